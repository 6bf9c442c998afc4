// `npm run bench overload`: the edge asked for ten times what it can take, for a minute. It fails where the edge ends or does not
// answer afterwards, where a refusal is no problem document that says when to come again, or where something acknowledged does
// not reach the region. Memory, and how soon it answers as before, are figures to read. --quick: 15 s.
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { median } from "./edge/figures.ts";
import { monotonic, run } from "./edge/load.ts";
import { rise, tailMillisecondsMax } from "./edge/measure.ts";
import { startOurs, type Ours } from "./edge/ours.ts";
import type { OverloadTask, Second } from "./edge/overload-worker.ts";
import { memoryNow } from "./edge/processes.ts";
import { writeBlock } from "./edge/report.ts";
import { idAt, requestsFor, Supply, type Requests } from "./edge/requests.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    best: { type: "string" },
  },
});
const seconds = options.quick ? 15 : 60;
const times = 10;
/** Far more than what may be under way at the edge at once. */
const connections = 2_000;
const riseRates = [500, 1_000, 1_400, 2_000, 2_800, 4_000, 5_600, 8_000];
const riseSeconds = 3;
/** Answers that the edge might take in a minute, and then some: what is refused comes again. */
const freshMax = options.quick ? 80_000 : 300_000;
const probePerSecond = 200;
const probeSeconds = 5;

interface Overloaded {
  readonly seconds: readonly Second[];
  /** Bytes of the edge's memory, once a second. */
  readonly memory: readonly number[];
  readonly acknowledged: readonly number[];
}

async function overload(ours: Ours, requests: Requests, perSecond: number): Promise<Overloaded> {
  const task: OverloadTask = { port: ours.port, requests, connections, perSecond, seconds };
  const worker = new Worker(new URL("edge/overload-worker.ts", import.meta.url), {
    workerData: task,
  });
  const told: Second[] = [];
  const memory: number[] = [];
  const edge = { name: "edge", pid: () => ours.edge.pid ?? 0 };
  const acknowledged = await new Promise<number[]>((resolve, reject) => {
    worker.on("message", (message: { second?: Second; acknowledged?: number[] }) => {
      if (message.second !== undefined) {
        told.push(message.second);
        memory.push(memoryNow(edge));
        const { statuses, takenP50, takenP99, share } = message.second;
        console.log(
          `${told.length} s  ${JSON.stringify(statuses)}  taken p50 ${takenP50.toFixed(0)} p99 ${takenP99.toFixed(0)} ms  ${(memoryNow(edge) / 1e6).toFixed(0)} MB  generator ${(100 * share).toFixed(0)} %`,
        );
      }
      if (message.acknowledged !== undefined) resolve(message.acknowledged);
    });
    worker.once("error", reject);
  });
  await worker.terminate();
  return { seconds: told, memory, acknowledged };
}

/** Milliseconds after the beginning of the last answer due then that took longer than usual; 0 where none did. */
async function probe(ours: Ours, supply: Supply, usual: number) {
  const slice = supply.take(probePerSecond * probeSeconds);
  const began = monotonic();
  const ran = await run({ port: ours.port, slice, connections: 256, perSecond: probePerSecond });
  const slow = Array.from(ran.dueOf.values()).filter(
    (due, index) => (ran.times[index] ?? 0) > usual && due - began < probeSeconds * 1000,
  );
  return { ran, normalAfter: slow.length === 0 ? 0 : Math.max(...slow) - began };
}

/** Milliseconds; a dash where nothing was measured. */
const ms = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : "–");

const sumOf = (told: readonly Second[], wanted: (status: string) => boolean): number =>
  told
    .flatMap(({ statuses }) => Object.entries(statuses))
    .reduce((sum, [status, count]) => sum + (wanted(status) ? count : 0), 0);

const ours = await startOurs({ name: "our edge" });
const supply = new Supply(
  await requestsFor(
    ours.keys,
    ours.campaign,
    2 * riseSeconds * riseRates.reduce((sum, rate) => sum + rate, 0) +
      4 * probePerSecond * probeSeconds,
  ),
);
const overloading = await requestsFor(ours.keys, ours.campaign, freshMax);
let failed = true;
try {
  await probe(ours, supply, tailMillisecondsMax); // Warms up.
  const best =
    options.best === undefined
      ? (await rise(ours, supply, riseRates, riseSeconds)).held || 500
      : Number(options.best);
  const before = await probe(ours, supply, tailMillisecondsMax);
  await ours.drained?.(before.ran.answers);
  const usual = Math.max(tailMillisecondsMax, before.ran.latency.p99);
  console.log(
    `holds ${best}/s; ${times} times as much is due for ${seconds} s, over ${connections} connections`,
  );
  const { seconds: told, memory, acknowledged } = await overload(ours, overloading, best * times);
  const after = await probe(ours, supply, usual);
  const wanted = new Set(acknowledged.map((index) => idAt(overloading, index)));
  const deadline = monotonic() + 120_000;
  const arrived = (): Set<string> =>
    new Set((ours.peer?.taken ?? []).map(({ record }) => record.submissionId));
  const lost = (): number => {
    const there = arrived();
    return Array.from(wanted).filter((id) => !there.has(id)).length;
  };
  while (lost() > 0 && monotonic() < deadline) await new Promise((done) => setTimeout(done, 500));
  const due = told.reduce((sum, second) => sum + second.due, 0);
  const sent = sumOf(told, () => true);
  const unanswered = sumOf(told, (status) => status === "0");
  const other = sumOf(told, (status) => !["0", "202", "429", "503"].includes(status));
  const malformed = told.reduce((sum, second) => sum + second.malformed, 0) - unanswered;
  const third = Math.max(1, Math.floor(memory.length / 3));
  const [early, late] = [median(memory.slice(third, 2 * third)), median(memory.slice(-third))];
  const lines: [string, string][] = [
    ["due; sent", `${due}; ${sent}`],
    [
      "acknowledged; refused with 429 or 503",
      `${acknowledged.length}; ${sumOf(told, (status) => status === "429" || status === "503")}`,
    ],
    [
      "without an answer; other answers; malformed refusals",
      `${unanswered}; ${other}; ${malformed}`,
    ],
    ["acknowledged and lost", String(lost())],
    [
      "acknowledged meanwhile: p50, p99 ms (medians of the seconds)",
      `${median(told.map(({ takenP50 }) => takenP50)).toFixed(0)}, ${median(told.map(({ takenP99 }) => takenP99)).toFixed(0)}`,
    ],
    ["refused: p99 ms", ms(median(told.map(({ refusedP99 }) => refusedP99)))],
    [
      "memory, MB: second third, last third, highest",
      [early, late, Math.max(...memory)].map((bytes) => (bytes / 1e6).toFixed(0)).join(", "),
    ],
    [
      `p99 ms at ${probePerSecond}/s before; after`,
      `${before.ran.latency.p99.toFixed(1)}; ${after.ran.latency.p99.toFixed(1)}`,
    ],
    ["as before after, ms", after.normalAfter.toFixed(0)],
    ["the generator's share of a processor", median(told.map(({ share }) => share)).toFixed(2)],
  ];
  for (const [label, value] of lines) console.log(`${label.padEnd(64)} ${value}`);
  if (options.markdown)
    await writeBlock(
      "overload",
      [
        `| ${times} × ${best}/s for ${seconds} s | |`,
        "| --- | ---: |",
        ...lines.map(([label, value]) => `| ${label} | ${value} |`),
      ].join("\n"),
    );
  const isDeaf = after.ran.answers < probePerSecond * probeSeconds;
  if (isDeaf) console.error(`afterwards: ${JSON.stringify(after.ran.statuses)}`);
  failed = lost() > 0 || malformed > 0 || other > 0 || isDeaf;
} catch (error) {
  console.error(error);
} finally {
  await ours.stop();
  process.exit(failed ? 1 : 0);
}
