// What readers' devices will send, prepared before anything is broken and kept in files: a million answers are never in
// memory at once. A visit is one reader's requests in the order in which that reader makes them.
import { openSync, readSync, closeSync, fstatSync } from "node:fs";
import { join } from "node:path";
import type { Region } from "../../sdk/region.ts";
import { Random } from "./random.ts";

/** Codes in the files; never reordered. */
export const stepKinds = ["answer", "choices", "withdrawal"] as const;
export type StepKind = (typeof stepKinds)[number];

export interface Step {
  readonly kind: StepKind;
  /** Once acknowledged it is sent again, as by a device that missed the answer. */
  readonly repeats: boolean;
  /** The reader's last. */
  readonly last: boolean;
  /** 16 bytes; zeros where the edge draws it. */
  readonly submissionId: Uint8Array;
  /** The reader's pseudonym, 16 bytes. */
  readonly reader: Uint8Array;
  /** JSON, or for choices a form. */
  readonly body: Uint8Array;
}

/** The shape of one visit, before anything is sealed. */
export interface Plan {
  readonly region: Region;
  readonly index: number;
  readonly kinds: readonly { readonly kind: StepKind; readonly repeats: boolean }[];
}

const shares = { choices: 0.3, repeats: 0.06, mindChanges: 0.05, withdrawals: 0.03 } as const;

/** The visits of a run that bring exactly `answers` answers: the same for a seed. */
export function* plans(seed: number, answers: number): Generator<Plan> {
  const random = new Random(seed, 1);
  let left = answers;
  for (let index = 0; left > 0; index++) {
    const region = random.pick(["eu", "us", "apac"]);
    const repeats = random.chance(shares.repeats);
    const changesMind = random.chance(shares.mindChanges);
    const withdraws = random.chance(shares.withdrawals);
    // Of choices the edge cannot tell a repeat from the same choice made again after another: they come alone.
    const isChoices = random.chance(shares.choices);
    const first = isChoices ? ("choices" as const) : ("answer" as const);
    const kinds: { kind: StepKind; repeats: boolean }[] = [{ kind: first, repeats }];
    left -= 1;
    if (changesMind && !isChoices && left > 0) {
      kinds.push({ kind: "answer", repeats: false });
      left -= 1;
    }
    if (withdraws) kinds.push({ kind: "withdrawal", repeats: false });
    yield { region, index, kinds };
  }
}

export const visitFile = (folder: string, region: Region, worker: number): string =>
  join(folder, `${region}-${worker}.visits`);

const idBytes = 16;
const headBytes = 3 + 2 * idBytes + 4;
const stepBytesMax = 65_536;
const chunkBytes = 262_144;

export function encodeStep(step: Step): Buffer {
  const head = Buffer.alloc(headBytes);
  head[0] = stepKinds.indexOf(step.kind);
  head[1] = Number(step.repeats);
  head[2] = Number(step.last);
  head.set(step.submissionId, 3);
  head.set(step.reader, 3 + idBytes);
  head.writeUInt32BE(step.body.length, 3 + 2 * idBytes);
  return Buffer.concat([head, step.body]);
}

/** Reads one file of visits from its beginning to its end, a chunk at a time. */
export class VisitReader {
  readonly #file: number;
  readonly #bytes: number;
  #chunk = Buffer.alloc(0);
  #offset = 0;
  #read = 0;

  constructor(path: string) {
    this.#file = openSync(path, "r");
    this.#bytes = fstatSync(this.#file).size;
  }

  /** One reader's steps, or undefined after the last. */
  next(): Step[] | undefined {
    const steps: Step[] = [];
    for (let step = this.#step(); step !== undefined; step = this.#step()) {
      steps.push(step);
      if (step.last) return steps;
    }
    if (steps.length > 0) throw new Error("a file of visits ends in the middle of one");
    return undefined;
  }

  close(): void {
    closeSync(this.#file);
  }

  #step(): Step | undefined {
    const head = this.#take(headBytes);
    if (head === undefined) return undefined;
    const length = head.readUInt32BE(3 + 2 * idBytes);
    const kind = stepKinds[head[0] ?? -1];
    const body = length <= stepBytesMax ? this.#take(length) : undefined;
    if (kind === undefined || body === undefined) throw new Error("a file of visits is damaged");
    return {
      kind,
      repeats: head[1] === 1,
      last: head[2] === 1,
      submissionId: head.subarray(3, 3 + idBytes),
      reader: head.subarray(3 + idBytes, 3 + 2 * idBytes),
      body,
    };
  }

  #take(length: number): Buffer | undefined {
    if (this.#chunk.length - this.#offset < length) {
      const rest = this.#chunk.subarray(this.#offset);
      const wanted = Math.min(Math.max(chunkBytes, length), this.#bytes - this.#read);
      const fresh = Buffer.alloc(wanted);
      // A local file gives all that is there.
      const got = wanted === 0 ? 0 : readSync(this.#file, fresh, 0, wanted, this.#read);
      this.#read += got;
      this.#chunk = Buffer.concat([rest, fresh.subarray(0, got)]);
      this.#offset = 0;
    }
    if (this.#chunk.length - this.#offset < length) return undefined;
    // A copy: a device that is refused keeps its answer for long, and must not keep the chunk.
    const taken = Buffer.from(this.#chunk.subarray(this.#offset, this.#offset + length));
    this.#offset += length;
    return taken;
  }
}

/** The visits of one region, from all the files that workers wrote. */
export class RegionVisits {
  readonly #readers: VisitReader[];

  constructor(folder: string, region: Region, workers: number) {
    this.#readers = Array.from(
      { length: workers },
      (_, worker) => new VisitReader(visitFile(folder, region, worker)),
    );
  }

  next(): Step[] | undefined {
    for (let reader = this.#readers[0]; reader !== undefined; reader = this.#readers[0]) {
      const visit = reader.next();
      if (visit !== undefined) return visit;
      reader.close();
      this.#readers.shift();
    }
    return undefined;
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
    this.#readers.length = 0;
  }
}
