// Tells when a file of a few changes. Editors replace files instead of writing them: so folders are watched, not files.
import { existsSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** An editor's save is several events. */
const settleMilliseconds = 60;
const foldersMax = 50;

export interface Watch {
  /** From now on, these files. */
  readonly follow: (files: readonly string[]) => void;
  readonly close: () => void;
}

export function watchFiles(onChange: () => void): Watch {
  const watchers = new Map<string, FSWatcher>();
  let names = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMilliseconds);
  };
  return {
    follow(files) {
      names = new Map();
      for (const file of files.map((path) => resolve(path)))
        names.set(dirname(file), (names.get(dirname(file)) ?? new Set()).add(basename(file)));
      for (const [folder, watcher] of watchers)
        if (!names.has(folder)) {
          watcher.close();
          watchers.delete(folder);
        }
      for (const folder of names.keys()) {
        if (watchers.has(folder) || watchers.size >= foldersMax || !existsSync(folder)) continue;
        const watcher = watch(folder, (_, name) => {
          // Some systems do not say which file it was.
          if (name === null || names.get(folder)?.has(name) === true) changed();
        });
        // A folder that is taken away ends its watcher; the next compilation says what is missing.
        watcher.on("error", changed);
        watchers.set(folder, watcher);
      }
    },
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
