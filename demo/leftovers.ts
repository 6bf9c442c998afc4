// Children of a run that was killed before it could stop them: found by their noted pids and ended, so that their data can be opened again.
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const started = ["server/main.ts", "workerd.capnp"];
const goneMilliseconds = 5_000;
const pollMilliseconds = 50;

const Note = z.strictObject({ parent: z.int().min(1), children: z.array(z.int().min(1)).max(16) });
type Note = z.infer<typeof Note>;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // What is no JSON fails the schema after it.
  }
}

const noteOf = (folder: string): string => join(folder, "pids.json");

export const notePids = (folder: string, children: number[]): Promise<void> =>
  writeFile(noteOf(folder), JSON.stringify({ parent: process.pid, children } satisfies Note));

/** True where `pid` runs what this product starts; a pid may long belong to somebody else. */
function runs(pid: number, ...programs: readonly string[]): boolean {
  if (process.platform === "win32") return false;
  try {
    const command = execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return programs.some((program) => command.includes(program));
  } catch {
    return false; // No such process, or no ps to ask: either way not ours to end.
  }
}

/** Throws Error where the folder belongs to a run that still goes on. */
export async function endLeftovers(folder: string): Promise<void> {
  const text = await readFile(noteOf(folder), "utf8").catch(() => "");
  const note = Note.safeParse(jsonOf(text));
  // None yet, cut short by a power cut, or of another version: there is nothing to go by.
  if (!note.success) return;
  const { parent, children } = note.data;
  if (parent !== process.pid && runs(parent, "demo/main.ts"))
    throw new Error(
      `${folder} is in use by another Maily (process ${parent}). Stop it, or name another folder: npm start -- --data other`,
    );
  for (const pid of children) {
    if (!runs(pid, ...started)) continue;
    process.kill(pid, "SIGKILL");
    // Its port and its files are free once it is gone, not once it was told to go.
    for (
      let waited = 0;
      runs(pid, ...started) && waited < goneMilliseconds;
      waited += pollMilliseconds
    )
      await sleep(pollMilliseconds);
  }
}
