// What became of each message of a send, on disk before and after it happens, so that a send that was stopped goes on
// without sending anything twice. Readers are named by their pseudonym: the journal holds no address.
import { existsSync } from "node:fs";
import { open, readFile, rm, writeFile, type FileHandle } from "node:fs/promises";
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
  readonly #lock: string;
  readonly #states: Map<string, JournalState>;
  #pending: string[] = [];
  #flushed: Promise<void> = Promise.resolve();
  #flushing = false;

  private constructor(file: FileHandle, lock: string, states: Map<string, JournalState>) {
    this.#file = file;
    this.#lock = lock;
    this.#states = states;
  }

  /** Opens or begins the journal at `path`. Problem: configuration-invalid where another send holds it, or it is none. */
  static async open(path: string): Promise<SendJournal> {
    const lock = `${path}.lock`;
    await takeLock(lock, path);
    const states = new Map<string, JournalState>();
    let text = existsSync(path) ? await readFile(path, "utf8") : "";
    const whole = text.lastIndexOf("\n") + 1;
    // A line cut short by a crash was not yet promised to anybody.
    text = text.slice(0, whole);
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const [, reader = "", state = ""] = lineForm.exec(line) ?? [];
      if (!isState(state)) {
        await rm(lock, { force: true });
        throw new Problem("configuration-invalid", {
          detail: `${path} is not a journal of a send. Name another file.`,
        });
      }
      states.set(reader, state);
    }
    const file = await open(path, "a");
    await file.truncate(whole);
    return new SendJournal(file, lock, states);
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
    await this.#file.write(lines.join(""));
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#flushed;
    await this.#file.close();
    await rm(this.#lock, { force: true });
  }
}

const isAlive = (processId: number): boolean => {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
};

/** Two sends with one journal would each send what the other has not written yet. */
async function takeLock(lock: string, path: string): Promise<void> {
  const mine = String(process.pid);
  try {
    await writeFile(lock, mine, { flag: "wx" });
  } catch {
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (holder > 0 && holder !== process.pid && isAlive(holder))
      throw new Problem("configuration-invalid", {
        detail: `Another send (process ${holder}) is using ${path}. Wait for it, or stop it.`,
      });
    await writeFile(lock, mine);
  }
}
