// After an outage: how fast an outbox hands over what waited, beside answers that go on arriving, and what those notice of it.
// The peer that takes the place of a region's server is as far away as a case says, and checks signatures, not shapes.
import { setTimeout as sleep } from "node:timers/promises";
import { publishTo, startEdge } from "../edge-process/edge-process.ts";
import { willing } from "../edge-process/intake-peer.ts";
import { median, percentilesOf } from "./edge/figures.ts";
import { run } from "./edge/load.ts";
import { spentBy } from "./edge/processes.ts";
import { requestsFor, Supply } from "./edge/requests.ts";

/** What an object is meant to take (edge/env.ts): more readers a second are another shard's. */
const livePerSecond = 250;
const liveSeconds = 6;
const waitingEntries = 8_000;
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 3;
const connections = 64;
const arrivalMillisecondsMax = 120_000;

interface Case {
  readonly name: string;
  /** From here to the region's server and back, beside its work. */
  readonly milliseconds: number;
  readonly compression?: "gzip";
}

const cases: readonly Case[] = [
  { name: "beside it", milliseconds: 0 },
  { name: "50 ms away", milliseconds: 50 },
  { name: "200 ms away", milliseconds: 200 },
  { name: "50 ms away, gzip", milliseconds: 50, compression: "gzip" },
];

interface Outcome {
  /** Handed over a second, ÷ those arriving. */
  readonly ratio: number;
  /** Acknowledgement's p99 while it catches up ÷ the same with nothing waiting, and both in milliseconds. */
  readonly tail: number;
  readonly p99Milliseconds: readonly [quiet: number, catching: number];
  readonly bytesAnEntry: number;
  readonly microsecondsAnEntry: number;
}

/** Looks every `every` milliseconds. Throws Error where it does not come to pass. */
async function until(comes: () => boolean, every: number): Promise<void> {
  const deadline = performance.now() + arrivalMillisecondsMax;
  while (!comes()) {
    if (performance.now() > deadline)
      throw new Error(`not everything arrived within ${arrivalMillisecondsMax / 1_000} s`);
    await sleep(every);
  }
}

/** One outage, on an edge of its own. Throws Error where an answer was refused or lost. */
async function outage({ milliseconds, compression }: Case): Promise<Outcome> {
  const edge = await startEdge({ trusting: true });
  try {
    if (compression !== undefined) {
      await edge.child.stop();
      await edge.configure({ compression });
      await edge.child.start();
    }
    const peer = edge.peers.eu;
    const live = livePerSecond * liveSeconds;
    const supply = new Supply(
      await requestsFor(edge.keys, await publishTo(edge), waitingEntries + 3 * live),
    );
    const port = Number(new URL(edge.origin).port);
    const answer = async (count: number, perSecond?: number) => {
      const slice = supply.take(count);
      const ran = await run({ port, slice, connections, ...(perSecond && { perSecond }) });
      if (ran.answers !== count) throw new Error(`answered ${JSON.stringify(ran.statuses)}`);
      return ran;
    };
    peer.mood = { ...willing, milliseconds };
    await answer(live, livePerSecond);
    const quiet = await answer(live, livePerSecond);
    await until(() => peer.taken.length >= 2 * live, 10);

    peer.mood = { ...willing, away: true };
    await answer(waitingEntries);
    const [bytesBefore, takenBefore] = [peer.bytesReceived, peer.taken.length];
    peer.mood = { ...willing, milliseconds };
    await until(() => peer.taken.length > takenBefore, 1);
    const processor = () =>
      spentBy([{ name: "edge", pid: () => edge.child.pid ?? 0 }])[0]?.processorMilliseconds ?? 0;
    const processorBefore = processor();
    const began = performance.now();
    const catching = answer(live, livePerSecond);
    await until(() => peer.taken.length >= takenBefore + waitingEntries, 1);
    const caughtUp = (performance.now() - began) / 1000;
    const spentMilliseconds = processor() - processorBefore;
    const bytes = peer.bytesReceived - bytesBefore;
    const handed = peer.taken.length - takenBefore;
    const busy = await catching;
    // By their ids: one that came twice must not stand for one that never came.
    const different = (): number =>
      new Set(peer.taken.map(({ record }) => record.submissionId)).size;
    await until(() => different() >= 3 * live + waitingEntries, 50);
    // Only those that arrived while it caught up.
    const during = busy.times.slice(0, Math.max(50, Math.floor(caughtUp * livePerSecond)));
    const both = [percentilesOf(quiet.times).p99, percentilesOf(during).p99] as const;
    return {
      ratio: waitingEntries / caughtUp / livePerSecond,
      tail: both[1] / both[0],
      p99Milliseconds: both,
      bytesAnEntry: bytes / handed,
      microsecondsAnEntry: (spentMilliseconds * 1000) / handed,
    };
  } finally {
    await edge.stop();
  }
}

const by = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number =>
  median(outcomes.map(of));

for (const each of cases) {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round++) outcomes.push(await outage(each));
  console.log(
    `${each.name.padEnd(20)} catch-up ÷ live ${by(outcomes, ({ ratio }) => ratio).toFixed(1)}   p99 of an acknowledgement ÷ with nothing waiting ${by(outcomes, ({ tail }) => tail).toFixed(2)} (${by(outcomes, ({ p99Milliseconds }) => p99Milliseconds[0]).toFixed(1)} → ${by(outcomes, ({ p99Milliseconds }) => p99Milliseconds[1]).toFixed(1)} ms)   ${by(outcomes, ({ bytesAnEntry }) => bytesAnEntry).toFixed(0)} bytes an entry   ${by(outcomes, ({ microsecondsAnEntry }) => microsecondsAnEntry).toFixed(0)} µs of processor an entry`,
  );
}
console.log(
  `live: ${livePerSecond}/s, one shard; ${waitingEntries} entries waited; median of ${rounds}; none refused, none lost`,
);
