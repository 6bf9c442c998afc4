// Contenders measured in turn, round after round, so that whatever else the machine does befalls them alike.

export interface Task {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Measured {
  readonly name: string;
  /** One run's time in the fastest round: whatever else the machine does only adds to it. */
  readonly microseconds: number;
}

/** Short enough to fall between what else a machine does, long beside a browser's clock of 0.1 ms. */
const roundMs = 5;
/** Reading the clock costs next to nothing beside a run as long as this. */
const longUs = 200;
const runsBetweenClocks = 8;

export interface Pace {
  readonly rounds: number;
  readonly warmUpMs: number;
  /** Awaited after each contender's turn, with the share of all that is done; what it throws ends the measuring. */
  readonly between?: (share: number) => Promise<void>;
}

const steady: Pace = { rounds: 60, warmUpMs: 400 };

/** Runs for at least so long; microseconds a run. What gives no promise is not awaited. */
async function time(
  run: () => unknown,
  forMs: number,
  atOnce: number = runsBetweenClocks,
): Promise<number> {
  const begun = performance.now();
  let runs = 0;
  let passed = 0;
  do {
    for (let index = 0; index < atOnce; index++) {
      const result = run();
      if (result instanceof Promise) await result;
    }
    runs += atOnce;
    passed = performance.now() - begun;
  } while (passed < forMs);
  return (passed / runs) * 1000;
}

export async function sideBySide(
  tasks: readonly Task[],
  { rounds, warmUpMs, between }: Pace = steady,
): Promise<Measured[]> {
  const times = tasks.map((): number[] => []);
  let turns = 0;
  const turnDone = () => between?.((turns += 1) / ((rounds + 1) * tasks.length));
  const atOnce: number[] = [];
  for (const { run } of tasks) {
    atOnce.push((await time(run, warmUpMs)) > longUs ? 1 : runsBetweenClocks);
    await turnDone();
  }
  for (let round = 0; round < rounds; round++)
    for (const [index, { run }] of tasks.entries()) {
      times[index]?.push(await time(run, roundMs, atOnce[index]));
      await turnDone();
    }
  return tasks.map(({ name }, index) => ({
    name,
    microseconds: Math.min(...(times[index] ?? [])),
  }));
}

/** One line each; the first is what the others are compared with. */
export function lines(title: string, measured: readonly Measured[]): string {
  const base = measured[0]?.microseconds ?? Number.NaN;
  return [
    title,
    ...measured.map(({ name, microseconds }) => {
      const share = microseconds / base;
      const times = `${share.toFixed(2)} of the first's time, ${(1 / share).toFixed(1)} × as fast`;
      return `  ${name.padEnd(36)} ${microseconds.toFixed(1).padStart(9)} µs   ${times}`;
    }),
  ].join("\n");
}
