// What happens in a run: readers who send and take back, and faults. All of it is drawn from the seed beforehand, as a list
// from which steps can be left out: that is how a failure is shrunk.
import { faultsOf, type Fault } from "./plan-faults.ts";
import { Random } from "./random.ts";
import { begins, type Reader, type World, type WorldRegion } from "./world.ts";

const answersMax = 18;
const faultsMax = 8;
export const isolates = 2;
const secondsOf = { shortest: 4, longest: 40 } as const;

interface Sent {
  /** Virtual milliseconds. */
  readonly at: number;
  readonly reader: Reader;
  readonly isolate: number;
  /** When its device hangs up, milliseconds after each try; undefined where it waits. */
  readonly hangUpAfter: number | undefined;
}

export interface SealedStep extends Sent {
  readonly kind: "answer" | "preferences";
  /** The id it is sent under; two steps with one number are the same submission, or stuffing. */
  readonly number: number;
  readonly cups: number;
  /** Unix milliseconds. */
  readonly givenAt: number;
  /** Sealed is what no server can read as an answer. */
  readonly spoilt: boolean;
}

export interface WithdrawalStep extends Sent {
  readonly kind: "withdrawal";
}

export interface RequestStep extends Sent {
  readonly kind: "request";
  readonly number: number;
  readonly request: "unsubscribe" | "erase";
}

export type ReaderStep = SealedStep | WithdrawalStep | RequestStep;

export type Step = ReaderStep | Fault;

export interface Plan {
  readonly seed: number;
  /** What each region's stream is made of. */
  readonly streams: Readonly<Record<WorldRegion, "embedded" | "kafka">>;
  readonly shards: number;
  /** Whether batches are compressed on their way to eu. */
  readonly compressed: boolean;
  /** Before the end the whole edge is killed once more, and has nothing but its alarms to go on with. */
  readonly lastKill: boolean;
  /** When the last reader step and fault begins and ends, virtual milliseconds. */
  readonly lastsMilliseconds: number;
  readonly steps: readonly Step[];
}

/** To the second, so that a process seals few contents: sealing takes longer than all that follows. */
const givenMilliseconds = 2_000;
const cupsMax = 3;

/** Within a reader's few numbers repeats, stuffing and second answers all come up. */
const numbersMax = 3;

function sealedStep(random: Random, sent: Sent, kind: SealedStep["kind"]): SealedStep {
  // An answer held back on a device that was offline was agreed to earlier.
  const heldBack = random.happens(0.2) ? random.between(0, 20_000) : random.between(0, 400);
  return {
    ...sent,
    kind,
    number: random.whole(numbersMax) + (kind === "preferences" ? numbersMax : 0),
    cups: random.whole(cupsMax),
    givenAt: begins + Math.floor((sent.at - heldBack) / givenMilliseconds) * givenMilliseconds,
    spoilt: random.happens(0.03),
  };
}

function readerStep(random: Random, readers: readonly Reader[], at: number, before: Step[]): Step {
  const sent: Sent = {
    at,
    reader: random.one(readers),
    isolate: random.whole(isolates),
    hangUpAfter: random.happens(0.15) ? random.between(0, 200) : undefined,
  };
  const sealed = before.filter(
    (step): step is SealedStep => step.kind === "answer" || step.kind === "preferences",
  );
  // The same once more: another tab, a second tap, a device that did not hear the answer.
  if (sealed.length > 0 && random.happens(0.25))
    return { ...random.one(sealed), at, isolate: sent.isolate, hangUpAfter: sent.hangUpAfter };
  const kind = random.fraction();
  if (kind < 0.08) return { ...sent, kind: "withdrawal" };
  if (kind < 0.14)
    return {
      ...sent,
      kind: "request",
      number: 2 * numbersMax + random.whole(2),
      request: random.one(["unsubscribe", "erase"]),
    };
  return sealedStep(random, sent, kind < 0.22 ? "preferences" : "answer");
}

/** Deterministic: the same seed, the same plan. */
export function planOf(seed: number, world: World): Plan {
  const random = new Random(`plan ${seed}`);
  const lastsMilliseconds = 1_000 * random.between(secondsOf.shortest, secondsOf.longest);
  const own = random.of("readers");
  // Few readers: what happens to one of them meets itself.
  const readers = world.readers.filter(() => own.happens(0.4));
  if (readers.length === 0) readers.push(own.one(world.readers));
  const steps: Step[] = [];
  // In bursts and alone: some share a commit, others do not.
  const bursts = Array.from({ length: 1 + own.whole(4) }, () => own.between(0, lastsMilliseconds));
  const count = 2 + own.whole(answersMax);
  for (let index = 0; index < count; index++) {
    const at = own.happens(0.5)
      ? own.one(bursts) + own.between(0, 60)
      : own.between(0, lastsMilliseconds);
    steps.push(readerStep(own, readers, at, steps));
  }
  const chance = random.of("faults");
  // Each run has some kinds of fault and not others, or all would hide each other.
  const kinds = faultsOf.filter(() => chance.happens(0.35));
  for (let index = chance.whole(faultsMax + 1); kinds.length > 0 && index > 0; index--) {
    const at = chance.happens(0.4)
      ? chance.one(bursts) + chance.between(0, 100)
      : chance.between(0, lastsMilliseconds);
    const lasts = chance.between(100, Math.max(200, lastsMilliseconds - at));
    steps.push(chance.one(kinds)(chance, at, lasts));
  }
  steps.sort((left, right) => left.at - right.at);
  const stream = () => random.one(["embedded", "kafka"] as const);
  return {
    seed,
    streams: { eu: stream(), apac: stream() },
    shards: 1 + random.whole(3),
    compressed: random.happens(0.3),
    lastKill: random.happens(0.5),
    lastsMilliseconds,
    steps,
  };
}
