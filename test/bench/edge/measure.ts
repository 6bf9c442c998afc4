// One contender under one load: what its clients saw, what a consumer of its topic saw, what its processes spent.
import type { Contender } from "./contender.ts";
import { median, percentilesOf, type Percentiles } from "./figures.ts";
import { run, shareMax, type Load, type Run } from "./load.ts";
import { forgetPeaks, peakMemory, spentBy } from "./processes.ts";
import type { Supply } from "./requests.ts";

/** A rate is held as long as 99 of 100 answers are acknowledged within it. */
export const tailMillisecondsMax = 50;
/** Answers that are acknowledged and have not reached the topic by then are counted as lost. */
const seenMillisecondsMax = 60_000;

export interface Cost {
  readonly process: string;
  readonly processorMicroseconds: number;
  readonly writtenBytes: number;
  readonly peakBytes: number;
}

export interface Measured {
  readonly run: Run;
  /** Milliseconds from when an answer was due until the consumer of the topic had it. */
  readonly seen: Percentiles | undefined;
  /** An answer's, of each process; until all that was acknowledged had left the contender. */
  readonly costs: readonly Cost[];
}

export async function measure(contender: Contender, load: Omit<Load, "port">): Promise<Measured> {
  const { processes, sight } = contender;
  forgetPeaks(processes);
  const before = spentBy(processes);
  const ran = await run({ ...load, port: contender.port });
  await contender.drained?.(ran.answers);
  await sight?.sees(ran.dueOf.keys(), seenMillisecondsMax);
  const after = spentBy(processes);
  const costs = processes.map((watched, index): Cost => {
    const [from, to] = [before[index], after[index]];
    const spent = (key: keyof NonNullable<typeof from>): number =>
      (to?.[key] ?? 0) - (from?.[key] ?? 0);
    return {
      process: watched.name,
      processorMicroseconds: (spent("processorMilliseconds") * 1000) / ran.answers,
      writtenBytes: spent("writtenBytes") / ran.answers,
      peakBytes: peakMemory(watched),
    };
  });
  const seen =
    sight &&
    percentilesOf(
      Array.from(ran.dueOf, ([id, due]) => (sight.seenAt.get(id) ?? Number.NaN) - due).filter(
        (time) => !Number.isNaN(time),
      ),
    );
  return { run: ran, seen, costs };
}

export interface Step {
  readonly perSecond: number;
  readonly measured: Measured;
}

const isHeld = ({ measured: { run: ran } }: Step, asked: number): boolean =>
  ran.latency.p99 <= tailMillisecondsMax && ran.answers === asked;

/** Measured whatever becomes of them: what all are compared at. */
export const usualRates: readonly number[] = [500, 1_000];
const riseConnections = 256;

export interface Risen {
  readonly steps: readonly Step[];
  /** The highest rate that was held. */
  readonly held: number;
  /** It was the generator that gave up, or had no more to send, not the contender. */
  readonly generator: boolean;
}

/**
 * Rising rates until one is not held, nor when it is tried again: what else the machine does may spoil one. Leaves `reserve`
 * requests in the supply.
 */
export async function rise(
  contender: Contender,
  supply: Supply,
  rates: readonly number[],
  seconds: number,
  reserve = 0,
): Promise<Risen> {
  const steps: Step[] = [];
  let held = 0;
  for (const perSecond of rates) {
    if (supply.left < 2 * perSecond * seconds + reserve) return { steps, held, generator: true };
    for (let attempt = 0; attempt < 2 && held < perSecond; attempt++) {
      const load = { connections: riseConnections, perSecond };
      const slice = supply.take(perSecond * seconds);
      const step = { perSecond, measured: await measure(contender, { ...load, slice }) };
      if (attempt > 0) steps.pop();
      steps.push(step);
      if (isHeld(step, slice.count)) held = perSecond;
    }
    if (held < perSecond && perSecond >= Math.max(...usualRates)) break;
  }
  const share = steps.at(-1)?.measured.run.share ?? 0;
  return { steps, held, generator: share > shareMax };
}

export interface Round {
  readonly perSecond: number;
  readonly processorMicroseconds: number;
}

/** An answer's processor time in all processes of a contender. */
export const processorOf = ({ costs }: Measured): number =>
  costs.reduce((sum, { processorMicroseconds }) => sum + processorMicroseconds, 0);

/** The contenders in turn, round after round, so that what else the machine does befalls all alike. */
export async function closedRounds(
  contenders: readonly { readonly contender: Contender; readonly supply: Supply }[],
  { rounds, answers, connections }: { rounds: number; answers: number; connections: number },
): Promise<Round[]> {
  const measured = contenders.map((): Round[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, { contender, supply }] of contenders.entries()) {
      const one = await measure(contender, { slice: supply.take(answers), connections });
      measured[index]?.push({
        perSecond: one.run.perSecond,
        processorMicroseconds: processorOf(one),
      });
    }
  return measured.map((own) => ({
    perSecond: median(own.map(({ perSecond }) => perSecond)),
    processorMicroseconds: median(own.map(({ processorMicroseconds }) => processorMicroseconds)),
  }));
}
