// What became of each message of a send, on disk before and after it happens, so that a send that was stopped goes on
// without sending anything twice. Readers are named by their pseudonym: the journal holds no address.
import { existsSync } from "node:fs";
import { open, readFile, type FileHandle } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../sdk/problem.ts";

/**
 * `trying` stands before the message leaves; a line of it with none after means that the send was stopped in between, and
 * nobody knows whether the message arrived. `refused` will never be taken; `postponed` may be, later.
 */
export const journalStates = ["trying", "sent", "refused", "postponed", "uncertain"] as const;
export type JournalState = (typeof journalStates)[number];

const lineForm = /^([\w-]{22}) (\w+)$/;
const isState = (text: string): text is JournalState =>
  (journalStates as readonly string[]).includes(text); // Narrowed by this very look.

export class SendJournal {
  readonly #file: FileHandle;
  readonly #lock: DatabaseSync;
  readonly #states: Map<string, JournalState>;
  #pending: string[] = [];
  #flushed: Promise<void> = Promise.resolve();
  #flushing = false;

  private constructor(file: FileHandle, lock: DatabaseSync, states: Map<string, JournalState>) {
    this.#file = file;
    this.#lock = lock;
    this.#states = states;
  }

  /** Opens or begins the journal at `path`. Problem: configuration-invalid where another send holds it, or it is none. */
  static async open(path: string): Promise<SendJournal> {
    const lock = takeLock(path);
    try {
      const text = existsSync(path) ? await readFile(path, "utf8") : "";
      // A line cut short by a crash was not yet promised to anybody.
      const whole = text.lastIndexOf("\n") + 1;
      const states = statesOf(text.slice(0, whole), path);
      const file = await open(path, "a");
      await file.truncate(whole);
      return new SendJournal(file, lock, states);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** What is known of a reader's message; `trying` from an earlier run is `uncertain` now. */
  stateOf(reader: string): JournalState | undefined {
    return this.#states.get(reader);
  }

  /** Resolves once it is on disk; lines that come together share one sync. */
  write(reader: string, state: JournalState): Promise<void> {
    this.#states.set(reader, state);
    this.#pending.push(`${reader} ${state}\n`);
    if (!this.#flushing) {
      this.#flushing = true;
      this.#flushed = this.#flushed.then(() => this.#flush());
    }
    return this.#flushed;
  }

  async #flush(): Promise<void> {
    // One turn of the loop gathers what other connections write at the same time.
    await new Promise((resolve) => setImmediate(resolve));
    const lines = this.#pending;
    this.#pending = [];
    this.#flushing = false;
    // Unlike `write`, it never stops in the middle of a line and calls that done, as a full disk makes it.
    await this.#file.appendFile(lines.join(""));
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#flushed;
    await this.#file.close();
    this.#lock.close();
  }
}

function statesOf(text: string, path: string): Map<string, JournalState> {
  const states = new Map<string, JournalState>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, reader = "", state = ""] = lineForm.exec(line) ?? [];
    if (!isState(state))
      throw new Problem("configuration-invalid", {
        detail: `${path} is not a journal of a send. Name another file.`,
      });
    states.set(reader, state);
  }
  return states;
}

/**
 * Two sends with one journal would each send what the other has not written yet. The system takes SQLite's lock back when
 * the process ends, however it ends; the empty file stays, for a lock on a file that is removed keeps nobody out.
 */
function takeLock(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${path}.lock`);
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch {
    lock?.close();
    throw new Problem("configuration-invalid", {
      detail: `Another send is using ${path}, or ${path}.lock cannot be written. Wait for it, or stop it.`,
    });
  }
}
