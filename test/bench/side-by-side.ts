// Contenders measured in turn, round after round, so that whatever else the machine does befalls them alike.

export interface Task {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Measured {
  readonly name: string;
  /** The median round's time of one run. */
  readonly microseconds: number;
}

const rounds = 25;
const warmUpMs = 400;
const roundMs = 12;

/** Runs for at least so long; microseconds a run. What gives no promise is not awaited. */
async function time(run: () => unknown, forMs: number): Promise<number> {
  const begun = performance.now();
  let runs = 0;
  let passed = 0;
  do {
    // A clock read costs next to nothing beside eight runs.
    for (let index = 0; index < 8; index++) {
      const result = run();
      if (result instanceof Promise) await result;
    }
    runs += 8;
    passed = performance.now() - begun;
  } while (passed < forMs);
  return (passed / runs) * 1000;
}

const median = (times: number[]): number =>
  times.toSorted((left, right) => left - right)[times.length >> 1] ?? Number.NaN;

export async function sideBySide(tasks: readonly Task[]): Promise<Measured[]> {
  const times = tasks.map((): number[] => []);
  for (const { run } of tasks) await time(run, warmUpMs);
  for (let round = 0; round < rounds; round++)
    for (const [index, { run }] of tasks.entries()) times[index]?.push(await time(run, roundMs));
  return tasks.map(({ name }, index) => ({ name, microseconds: median(times[index] ?? []) }));
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
