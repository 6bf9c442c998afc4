// Runs one operation on two classes of secrets in random order, and times each run.

/** What is looked at: two secrets' classes that must take the same time. */
export interface Case {
  readonly name: string;
  /** Which classes are compared. */
  readonly classes: string;
  /** A fresh input of a class: 0 or 1. Made before any is timed. */
  readonly input: (kind: 0 | 1) => readonly Uint8Array<ArrayBuffer>[];
  readonly run: (input: readonly Uint8Array<ArrayBuffer>[]) => unknown;
}

export interface Times {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

const inputsPerClass = 64;
const warmUpRuns = 3000;
/** However long a case runs: 16 MB of times. */
const runsMax = 2_000_000;

const random = new Uint32Array(1024);
let randomAt = random.length;
function randomWord(): number {
  if (randomAt === random.length) {
    crypto.getRandomValues(random);
    randomAt = 0;
  }
  return random[randomAt++] ?? 0;
}

/** Times `run` for so long; at most `runs` runs. */
export function measure(
  { input, run }: Case,
  { milliseconds, runs = runsMax }: { readonly milliseconds: number; readonly runs?: number },
): Times {
  const inputs = ([0, 1] as const).map((kind) =>
    Array.from({ length: inputsPerClass }, () => input(kind)),
  );
  const limit = Math.min(runs, runsMax);
  const times = new Float64Array(limit);
  const kinds = new Uint8Array(limit);
  // Both classes are run on from the same buffers: where something lies in memory tells in nanoseconds.
  const given = input(0).map(({ length }) => new Uint8Array(length));
  const give = (word: number): void => {
    const chosen = inputs[word & 1]?.[(word >>> 1) % inputsPerClass] ?? [];
    for (let part = 0; part < given.length; part++) given[part]?.set(chosen[part] ?? []);
  };
  for (let index = 0; index < warmUpRuns; index++) {
    give(randomWord());
    run(given);
  }
  const end = performance.now() + milliseconds;
  let count = 0;
  while (count < limit) {
    const word = randomWord();
    give(word);
    const begun = performance.now();
    run(given);
    const ended = performance.now();
    times[count] = (ended - begun) * 1e6;
    kinds[count] = word & 1;
    count += 1;
    if (ended > end) break;
  }
  const of = (kind: number) => times.subarray(0, count).filter((_, index) => kinds[index] === kind);
  return { left: of(0), right: of(1) };
}
