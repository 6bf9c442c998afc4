// `npm run bench edge`: the edge beside a bare Hono that keeps nothing, beside Bento, and beside Hono on Node, in one run on one
// machine with the same bodies and the same load generator. --quick: some minutes; --json <file>; --markdown: into docs.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sealedTopic } from "../../../server/stream/topics.ts";
import { startBroker, type Broker } from "../../peers/kafka/brokers.ts";
import { startBare } from "./bare.ts";
import { hasGo, startBento } from "./bento.ts";
import type { Contender } from "./contender.ts";
import { brokerKilled, faultAnswers, underFault } from "./fault.ts";
import { risingRates } from "./figures.ts";
import { shareMax } from "./load.ts";
import { closedRounds, rise } from "./measure.ts";
import { startNodeHono } from "./node-hono.ts";
import { startOurs } from "./ours.ts";
import {
  captionOf,
  jsonOf,
  tableOf,
  terminalTable,
  writeBlock,
  type Column,
  type Report,
} from "./report.ts";
import { requestsFor, Supply } from "./requests.ts";
import { makeTopic, watchTopic } from "./sight.ts";

const plans = {
  full: { rounds: 5, closedAnswers: 6_000, warmingAnswers: 3_000, rates: risingRates, seconds: 6 },
  quick: {
    rounds: 3,
    closedAnswers: 2_500,
    warmingAnswers: 1_500,
    rates: [500, 1_000, 2_000, 4_000],
    seconds: 2,
  },
} as const;
const connections = 32;
/** Nothing on one machine came near more; the rest of the supply stays unused. */
const riseAnswersMax = 200_000;

interface Lane {
  readonly contender: Contender;
  readonly supply: Supply;
  readonly topic?: string;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    markdown: { type: "boolean", default: false },
    "no-faults": { type: "boolean", default: false },
  },
});
const plan = options.quick ? plans.quick : plans.full;
const answersEach =
  plan.warmingAnswers +
  plan.rounds * plan.closedAnswers +
  Math.min(riseAnswersMax, 2 * plan.seconds * plan.rates.reduce((sum, rate) => sum + rate, 0)) +
  faultAnswers;

async function peers(address: string): Promise<{ contender: Contender; topic: string }[]> {
  const started: { contender: Contender; topic: string }[] = [];
  const add = async (
    topic: string,
    start: (broker: string, topic: string) => Promise<Contender>,
  ): Promise<void> => {
    await makeTopic(address, topic);
    const contender = await start(address, topic);
    const sight = await watchTopic(address, topic, `sight-${topic}`);
    started.push({ contender: { ...contender, sight }, topic });
  };
  if (hasGo) await add("bench.bento", startBento);
  else console.log("Bento is left out: it is built with Go, which is not on this machine.");
  await add("bench.node", startNodeHono);
  return started;
}

async function lanesOf(broker: Broker): Promise<Lane[]> {
  const address = `127.0.0.1:${broker.port}`;
  const bare = await startBare();
  const alone = await startOurs({ name: "our edge, durable" });
  const product = await startOurs({ name: "our edge → server → Kafka", broker: address });
  const topic = sealedTopic("eu");
  const sight = await watchTopic(address, topic, "sight-ours");
  const started = await peers(address);
  console.log(`minting invitations for ${answersEach} readers, twice …`);
  const requests = await requestsFor(alone.keys, alone.campaign, answersEach);
  const own = await requestsFor(product.keys, product.campaign, answersEach);
  return [
    { contender: bare, supply: new Supply(requests, { endless: true }) },
    { contender: alone, supply: new Supply(requests) },
    { contender: { ...product, sight }, supply: new Supply(own), topic },
    ...started.map((peer) => ({ ...peer, supply: new Supply(requests) })),
  ];
}

async function columnsOf(lanes: readonly Lane[], broker: Broker): Promise<Column[]> {
  const rounds = { rounds: 1, answers: plan.warmingAnswers, connections };
  await closedRounds(lanes, rounds);
  const closed = await closedRounds(lanes, { ...plan, answers: plan.closedAnswers, connections });
  const columns: Column[] = [];
  for (const [index, { contender, supply, topic }] of lanes.entries()) {
    const risen = await rise(contender, supply, plan.rates, plan.seconds, faultAnswers);
    const shares = risen.steps.map(({ measured }) => measured.run.share);
    console.log(
      `${contender.name}: held ${risen.held}/s; the generator used up to ${(100 * Math.max(...shares)).toFixed(0)} % of a processor${Math.max(...shares) > shareMax ? ", too much to tell more" : ""}`,
    );
    const killed =
      options["no-faults"] || topic === undefined
        ? undefined
        : await underFault(
            contender,
            supply,
            { broker: `127.0.0.1:${broker.port}`, topic },
            brokerKilled(broker),
          );
    const round = closed[index];
    if (round === undefined) throw new Error("a contender without its round");
    columns.push({ name: contender.name, closed: round, ...risen, ...(killed && { killed }) });
  }
  return columns;
}

const folder = await mkdtemp(join(tmpdir(), "maily-bench-"));
const broker = await startBroker({ name: "bench", dataDir: folder, fullCompiler: true });
const lanes = await lanesOf(broker);
try {
  const report: Report = {
    at: new Date().toISOString(),
    machine: `${availableParallelism()} processors (${cpus()[0]?.model ?? "unknown"}) shared by all of it`,
    quick: options.quick,
    columns: await columnsOf(lanes, broker),
  };
  console.log(`\n${terminalTable(report)}`);
  if (options.json !== undefined) await writeFile(options.json, jsonOf(report));
  if (options.markdown) await writeBlock("edge", `${tableOf(report)}\n\n${captionOf(report)}`);
} finally {
  for (const { contender } of lanes) {
    await contender.sight?.close();
    await contender.stop();
  }
  await broker.kill9();
  await rm(folder, { recursive: true, force: true });
  // A client that waits for a broker would keep the process alive.
  process.exit();
}
