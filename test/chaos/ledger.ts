// What readers were told, one entry of 36 bytes after another, on disk: the only account of what was promised.
import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { regions, type Region } from "../../sdk/region.ts";
import { stepKinds, type StepKind } from "./visits.ts";

/** Codes in the file; never reordered. `open`: the device gave up, so that it may or may not be stored. */
export const outcomes = ["acknowledged", "refused", "open", "other-receipt"] as const;
export type Outcome = (typeof outcomes)[number];

export interface LedgerEntry {
  readonly outcome: Outcome;
  readonly region: Region;
  readonly kind: StepKind;
  /** 16 bytes. Of a withdrawal the reader's pseudonym; of choices whose id nobody learnt `unnamedChoices`. */
  readonly id: Uint8Array;
  /** 16 bytes. */
  readonly reader: Uint8Array;
}

const idBytes = 16;
const entryBytes = 4 + 2 * idBytes;
const waitingEntriesMax = 1_024;
const readEntries = 4_096;

/** Stands for the id of a reader's choices where the device was never told it: of one reader there are no others. */
export const unnamedChoices = (reader: Uint8Array): Uint8Array => reader.map((byte) => byte ^ 0xff);

/** Appends, and never goes back. */
export class LedgerWriter {
  readonly #file: number;
  readonly #waiting = Buffer.alloc(waitingEntriesMax * entryBytes);
  #entries = 0;

  constructor(path: string) {
    this.#file = openSync(path, "a", 0o600);
  }

  append({ outcome, region, kind, id, reader }: LedgerEntry): void {
    const offset = this.#entries * entryBytes;
    this.#waiting[offset] = outcomes.indexOf(outcome);
    this.#waiting[offset + 1] = regions.indexOf(region);
    this.#waiting[offset + 2] = stepKinds.indexOf(kind);
    this.#waiting.set(id, offset + 4);
    this.#waiting.set(reader, offset + 4 + idBytes);
    this.#entries += 1;
    if (this.#entries === waitingEntriesMax) this.flush();
  }

  flush(): void {
    writeSync(this.#file, this.#waiting, 0, this.#entries * entryBytes);
    this.#entries = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}

export const entriesIn = (path: string): number => statSync(path).size / entryBytes;

function decode(entry: Buffer): LedgerEntry {
  const outcome = outcomes[entry[0] ?? -1];
  const region = regions[entry[1] ?? -1];
  const kind = stepKinds[entry[2] ?? -1];
  if (outcome === undefined || region === undefined || kind === undefined)
    throw new Error("the ledger is damaged");
  return {
    outcome,
    region,
    kind,
    id: entry.subarray(4, 4 + idBytes),
    reader: entry.subarray(4 + idBytes),
  };
}

/** Every entry in order; its bytes are valid until the next is asked for. */
export function* readLedger(path: string): Generator<LedgerEntry> {
  const file = openSync(path, "r");
  const chunk = Buffer.alloc(readEntries * entryBytes);
  try {
    for (;;) {
      const read = readSync(file, chunk);
      if (read === 0) return;
      if (read % entryBytes !== 0) throw new Error("the ledger ends in the middle of an entry");
      for (let offset = 0; offset < read; offset += entryBytes)
        yield decode(chunk.subarray(offset, offset + entryBytes));
    }
  } finally {
    closeSync(file);
  }
}
