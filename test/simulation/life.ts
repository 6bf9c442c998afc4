// One life of a Durable Object: from its start to the crash that ends it.
import type { Process } from "./clock.ts";
import { ObjectStorage, type Journal } from "./storage.ts";

/** What the platform calls of a class. */
export interface DurableObject {
  alarm?: () => Promise<void>;
  [method: string]: unknown;
}

export type ObjectClass = new (ctx: object, env: object) => DurableObject;

interface Held {
  readonly length: number;
  readonly release: () => void;
  readonly fail: (error: Error) => void;
}

/** From a start of an object to the crash that ends it. */
export class Life {
  readonly process: Process;
  readonly storage: ObjectStorage;
  object: DurableObject | undefined;
  /** How much of the journal is on disk. */
  durable: number;
  /** How much is on its way there. */
  flushing: number | undefined;
  /** Whether something was written in this turn that is not on its way yet. */
  isDirty = false;
  held: Held[] = [];
  ringing = false;

  constructor(process: Process, journal: Journal, wrote: () => void, isFull: () => boolean) {
    this.process = process;
    this.storage = new ObjectStorage(journal, wrote, isFull);
    this.durable = journal.length;
  }

  /** Waits until all that is written by now is on disk. Rejects where that fails. */
  gate(): Promise<void> {
    const { length } = this.storage.journal;
    if (length <= this.durable) return Promise.resolve();
    return new Promise((release, fail) => this.held.push({ length, release, fail }));
  }
}
