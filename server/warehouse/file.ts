// The warehouse's file: opened with nothing else of the disk in reach, and copied before a newer version changes it.
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { learnReaders } from "./known-readers.ts";
import { raiseNumbers } from "./outgoing.ts";
import { migrate, stage, versionOf } from "./tables.ts";
import { tablesVersion } from "./schema/tables.ts";

/**
 * The log is folded into the file when it reaches this: bounds both the log and how long a restart replays it, about 1 s. Folding
 * costs the same for much as for little, more the more readers there are.
 */
const checkpointThreshold = "128MB";
const memoryLimit = "1GB";
/** A batch is too small to share out: with more, the threads wait for each other. Queries run beside it on their own. */
const threads = "1";
/** How long the copy of an older version is kept: whoever is erased meanwhile is still in it. */
const olderKeptMs = 7 * 86_400_000;

export interface Opened {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
  /** Long work beside both, such as exports. */
  readonly asides: Set<DuckDBConnection>;
}

/** The one folder beside the file in which DuckDB may write others: copies and exports on their way out. */
export const outFolder = (path: string): string => `${path}.out`;

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

async function instanceOf(path: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, {
    checkpoint_threshold: checkpointThreshold,
    memory_limit: memoryLimit,
    threads,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  // In this order: once the disk is out of reach, nothing can be named any more.
  await connection.run(`SET allowed_directories = [${literal(`${outFolder(path)}/`)}]`);
  await connection.run("SET enable_external_access = false");
  // Only `close` folds the log: what is closed for a commit that failed would write the wreck of it into the file.
  await connection.run("PRAGMA disable_checkpoint_on_shutdown");
  connection.closeSync();
  return instance;
}

/** Keeps the file as an older version of Maily left it, whole or not at all. */
async function keepOlder(path: string, version: number): Promise<void> {
  const kept = `${path}.version-${version}`;
  copyFileSync(path, `${kept}.new`);
  renameSync(`${kept}.new`, kept);
}

function forgetOlder(path: string): void {
  const name = `${basename(path)}.version-`;
  for (const file of readdirSync(dirname(path))) {
    if (!file.startsWith(name)) continue;
    const kept = join(dirname(path), file);
    if (Date.now() - statSync(kept).mtimeMs > olderKeptMs || file.endsWith(".new")) rmSync(kept);
  }
}

/** Opens the file, brought up to date. Throws Problem `configuration-invalid` for one of a newer version. */
export async function openFile(path: string): Promise<Opened> {
  // What a query had spilled when the process was killed is plain text that nobody will read again; so are unfinished copies.
  rmSync(`${path}.tmp`, { recursive: true, force: true });
  rmSync(outFolder(path), { recursive: true, force: true });
  mkdirSync(outFolder(path), { mode: 0o700 });
  forgetOlder(path);
  let instance = await instanceOf(path);
  let writer = await instance.connect();
  const version = await versionOf(writer);
  if (version > 0 && version < tablesVersion) {
    await writer.run("CHECKPOINT");
    writer.closeSync();
    instance.closeSync();
    await keepOlder(path, version);
    instance = await instanceOf(path);
    writer = await instance.connect();
  }
  await migrate(writer);
  await raiseNumbers(writer);
  return openedOf(instance, writer);
}

/** Opens it again within one process: nothing is written, for the disk may be full. */
export async function reopenFile(path: string): Promise<Opened> {
  const instance = await instanceOf(path);
  const writer = await instance.connect();
  await stage(writer);
  return openedOf(instance, writer);
}

async function openedOf(instance: DuckDBInstance, writer: DuckDBConnection): Promise<Opened> {
  const asides = new Set<DuckDBConnection>();
  const learning = await instance.connect();
  asides.add(learning);
  // Beside the first commits; where it fails, as when the file is closed, everybody stays known.
  void learnReaders(writer, learning)
    .catch(() => undefined)
    .finally(() => {
      // Closed already where the whole file was.
      if (asides.delete(learning)) learning.closeSync();
    });
  return { instance, writer, reader: await instance.connect(), asides };
}

export function closeFile({ instance, writer, reader, asides }: Opened): void {
  for (const aside of asides) {
    aside.interrupt();
    aside.closeSync();
  }
  asides.clear();
  writer.closeSync();
  reader.closeSync();
  instance.closeSync();
}
