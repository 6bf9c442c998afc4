// A fault in the middle of a steady load: what was acknowledged, lost, doubled, and how late. Counted, never estimated.
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "../../peers/kafka/brokers.ts";
import type { Contender } from "./contender.ts";
import { reconcile, type Reconciled } from "./figures.ts";
import { monotonic, run, type Run } from "./load.ts";
import { idAt, type Supply } from "./requests.ts";
import { watchTopic } from "./sight.ts";

export const faultPlan = {
  perSecond: 300,
  seconds: 20,
  beginsAfterSeconds: 4,
  lastsSeconds: 7,
} as const;
export const faultAnswers = faultPlan.perSecond * faultPlan.seconds;
/** One a request that hangs, for as long as the fault lasts. */
const connections = 4_096;
const recoveryMillisecondsMax = 60_000;
/** A topic that has not grown for so long has what it will have. */
const quietMilliseconds = 3_000;

export interface Fault {
  readonly name: string;
  begin(): Promise<void>;
  end(): Promise<void>;
}

export const brokerKilled = (broker: Broker): Fault => ({
  name: "broker killed for 7 s",
  begin: () => broker.kill9(),
  end: () => broker.restart(),
});

export interface FaultFigures extends Reconciled {
  readonly fault: string;
  readonly asked: number;
  readonly statuses: Run["statuses"];
  /** Milliseconds, of what was acknowledged. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds from the fault's end until a consumer had all that was due by then and acknowledged. */
  readonly recoveredAfter: number;
}

/** Records of each id, read from the topic's beginning by a consumer that saw no fault. */
async function countTopic(
  broker: string,
  topic: string,
  ids: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const fresh = await watchTopic(broker, topic, `count-${monotonic()}`);
  let before = -1;
  let grownAt = monotonic();
  while (monotonic() - grownAt < quietMilliseconds) {
    const now = Array.from(fresh.records.values()).reduce((sum, records) => sum + records, 0);
    if (now !== before) grownAt = monotonic();
    before = now;
    await sleep(100);
  }
  const counted = new Map(Array.from(fresh.records).filter(([id]) => ids.has(id)));
  await fresh.close();
  return counted;
}

/** `topic` is where the contender's answers go, on a broker at `broker`. */
export async function underFault(
  contender: Contender,
  supply: Supply,
  { broker, topic }: { broker: string; topic: string },
  fault: Fault,
): Promise<FaultFigures> {
  const { perSecond, beginsAfterSeconds, lastsSeconds } = faultPlan;
  const slice = supply.take(faultAnswers);
  const running = run({ port: contender.port, slice, connections, perSecond });
  await sleep(beginsAfterSeconds * 1000);
  await fault.begin();
  await sleep(lastsSeconds * 1000);
  await fault.end();
  const endedAt = monotonic();
  const ran = await running;
  await contender.sight?.sees(ran.dueOf.keys(), recoveryMillisecondsMax);
  const seen = Array.from(ran.dueOf, ([id, due]) =>
    due < endedAt ? (contender.sight?.seenAt.get(id) ?? 0) : 0,
  );
  const ids = new Set(
    Array.from({ length: slice.count }, (_, index) => idAt(slice.requests, slice.first + index)),
  );
  const counted = await countTopic(broker, topic, ids);
  return {
    ...reconcile(new Set(ran.dueOf.keys()), counted),
    fault: fault.name,
    asked: slice.count,
    statuses: ran.statuses,
    p50: ran.latency.p50,
    p99: ran.latency.p99,
    recoveredAfter: Math.max(0, seen.reduce((last, time) => Math.max(last, time), 0) - endedAt),
  };
}
