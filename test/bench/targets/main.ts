// `npm run bench edge-targets`: the outbox that delivers to a region's intake, beside one that speaks the Kafka protocol itself
// and one that produces through Redpanda's HTTP Proxy, each through the same load and the same faults. Fails where an answer is lost. --quick, --markdown.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  brokerKilled,
  faultAnswers,
  underFault,
  type Fault,
  type FaultFigures,
} from "../edge/fault.ts";
import { measure, processorOf, type Measured } from "../edge/measure.ts";
import { writeBlock } from "../edge/report.ts";
import { requestsFor, Supply } from "../edge/requests.ts";
import { sizeOf } from "./build.ts";
import { paths, startGround, type Path } from "./paths.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    /** One path, for whoever works on it. */
    only: { type: "string" },
  },
});
const rates = [500, 1_000];
const seconds = options.quick ? 3 : 10;
const warmingAnswers = 1_500;
const connections = 256;
const slowMilliseconds = 300;

const faultsOf = ({ ours, link }: Path): Fault[] => [
  brokerKilled(broker),
  {
    name: "link cut for 7 s",
    begin: async () => link.set({ kind: "cut" }),
    end: async () => link.set({ kind: "open" }),
  },
  {
    name: "answers lost for 7 s",
    begin: async () => link.set({ kind: "half-open", loses: "back" }),
    end: async () => link.set({ kind: "open" }),
  },
  {
    name: `${slowMilliseconds} ms slow for 7 s`,
    begin: async () => link.set({ kind: "delayed", milliseconds: slowMilliseconds }),
    end: async () => link.set({ kind: "open" }),
  },
  { name: "workerd killed", begin: () => ours.edge.kill9(), end: () => ours.edge.start() },
];

interface Column {
  readonly name: string;
  readonly bundle: { bytes: number; gzipped: number };
  readonly measured: readonly Measured[];
  readonly faults: readonly FaultFigures[];
}

async function columnOf(path: Path): Promise<Column> {
  const { contender, ours, topic } = path;
  const faults = faultsOf(path);
  const answers = warmingAnswers + seconds * 1_500 + faults.length * faultAnswers;
  const supply = new Supply(await requestsFor(ours.keys, ours.campaign, answers));
  await measure(contender, { slice: supply.take(warmingAnswers), connections: 32 });
  const measured: Measured[] = [];
  for (const perSecond of rates)
    measured.push(
      await measure(contender, { slice: supply.take(perSecond * seconds), connections, perSecond }),
    );
  const at = { broker: `127.0.0.1:${broker.port}`, topic };
  const figures: FaultFigures[] = [];
  for (const fault of options.quick ? faults.slice(0, 2) : faults) {
    figures.push(await underFault(contender, supply, at, fault));
    console.log(contender.name, JSON.stringify(figures.at(-1)));
  }
  const bundle = await sizeOf(join(ours.folder, "worker.js"));
  return { name: contender.name, bundle, measured, faults: figures };
}

const ms = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(value < 10 ? 1 : 0) : "–";

function tableOf(columns: readonly Column[]): string {
  const line = (label: string, cell: (column: Column) => string): string =>
    `| ${[label, ...columns.map(cell)].join(" | ")} |`;
  const lines = rates.flatMap((rate, index) => [
    line(`seen by a consumer at ${rate}/s: p50, p99 ms`, ({ measured }) => {
      const seen = measured[index]?.seen;
      return `${ms(seen?.p50 ?? Number.NaN)}, ${ms(seen?.p99 ?? Number.NaN)}`;
    }),
    line(`processor time an answer at ${rate}/s, µs`, ({ measured }) => {
      const one = measured[index];
      return one === undefined
        ? "–"
        : `${processorOf(one).toFixed(0)} (${one.costs
            .map((cost) => `${cost.process} ${cost.processorMicroseconds.toFixed(0)}`)
            .join(", ")})`;
    }),
  ]);
  const names = columns[0]?.faults.map(({ fault }) => fault) ?? [];
  return [
    line("", ({ name }) => name),
    line("---", () => "---:"),
    ...lines,
    line(
      "bundle, KB (gzipped)",
      ({ bundle }) => `${(bundle.bytes / 1e3).toFixed(0)} (${(bundle.gzipped / 1e3).toFixed(0)})`,
    ),
    ...names.map((name, index) =>
      line(`${name}: lost, doubled; whole again after s`, ({ faults }) => {
        const figures = faults[index];
        return figures === undefined
          ? "–"
          : `${figures.lost}, ${figures.doubled}; ${(figures.recoveredAfter / 1000).toFixed(1)}`;
      }),
    ),
  ].join("\n");
}

const folder = await mkdtemp(join(tmpdir(), "maily-targets-"));
const ground = await startGround(folder);
const { broker } = ground;
let failed = true;
try {
  const columns: Column[] = [];
  for (const [name, start] of Object.entries(paths)) {
    if (options.only !== undefined && name !== options.only) continue;
    const path = await start(ground);
    columns.push(await columnOf(path));
    await path.contender.sight?.close();
    await path.contender.stop();
    await path.link.close();
    await path.close();
  }
  console.log(`\n${tableOf(columns)}`);
  if (options.markdown) await writeBlock("edge-targets", tableOf(columns));
  failed = columns.some(({ faults }) => faults.some(({ lost }) => lost > 0));
} catch (error) {
  console.error(error);
} finally {
  await broker.kill9();
  await rm(folder, { recursive: true, force: true });
  // A client that waits for a broker would keep the process alive.
  process.exit(failed ? 1 : 0);
}
