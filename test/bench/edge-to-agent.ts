// `npm run bench edge-to-agent`: from an answer that is posted at the edge to the agent that hears of the segment it changed. Load
// generator (a thread), edge (workerd), region's server, Apache Kafka (with --kafka) and agent are processes of their own on one
// machine, which carries all of it at once. Every answer is sealed as a page seals it. Probes change a segment that was at rest;
// `every answer` is the load's own segment, told at most every 10 ms. --seconds 10, --rates 200,1000,3000.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Segment } from "../../sdk/schema/segment.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { tokenFor } from "../flow/agent-client.ts";
import {
  invite,
  publishWidget,
  sampleWidget,
  startProduct,
  submissionOf,
  type Product,
} from "../flow/product.ts";
import { startBroker } from "../peers/kafka/brokers.ts";
import { AgentProcess, unixNow, type Notified } from "./agent-process.ts";
import { percentilesOf } from "./edge/figures.ts";
import { monotonic, run as sendUnderLoad } from "./edge/load.ts";
import { idLength, invitationLength, type Requests, type Template } from "./edge/requests.ts";

const { values: options } = parseArgs({
  options: {
    kafka: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    seconds: { type: "string", default: "10" },
    rates: { type: "string", default: "200,1000,3000" },
  },
});
const seconds = options.quick ? 3 : Number(options.seconds);
const rates = (options.quick ? "200,1000" : options.rates).split(",").map(Number);
const probes = ["p0", "p1", "p2", "p3"] as const;
const probesPerSecond = 20;
const connections = 32;
const sealedTogether = 64;
const quietMs = 1_500;
const settleMsMax = 60_000;
/** Before anything is measured: compilers of edge, server and broker take as long. */
const warming = options.quick ? { perSecond: 300, seconds: 5 } : { perSecond: 600, seconds: 40 };
const floor = 5;

const widget = Widget.parse({
  ...sampleWidget,
  questions: [
    {
      id: "which",
      kind: "single-choice",
      text: "Which?",
      required: true,
      options: ["load", ...probes].map((id) => ({ id, text: id })),
    },
  ],
});

let readers = 0;

/** Answers of so many new readers, each sealed by itself before anything is measured. */
async function sealed(
  product: Product,
  campaign: Manifest,
  which: string,
  count: number,
): Promise<string[]> {
  const bodies: string[] = [];
  const one = async (): Promise<string> => {
    const id = `reader-${readers++}@example.org`;
    const { invitation } = await invite(product, campaign, "eu", id);
    return JSON.stringify(await submissionOf(campaign, invitation, { which }));
  };
  while (bodies.length < count) {
    const some = Math.min(sealedTogether, count - bodies.length);
    bodies.push(...(await Promise.all(Array.from({ length: some }, one))));
  }
  return bodies;
}

/** As the load generator takes them: a template each. */
function requestsOf(bodies: readonly string[]): Requests {
  const ownLength = invitationLength + idLength;
  const own = new SharedArrayBuffer(bodies.length * ownLength);
  const bytes = Buffer.from(own);
  const templates = bodies.map((body, index): Template => {
    const { invitation, submissionId } = JSON.parse(body) as Record<string, string>; // Made above.
    bytes.write(`${invitation}${submissionId}`, index * ownLength, "latin1");
    const text = `POST /v1/answers HTTP/1.1\r\nhost: edge\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    return {
      bytes: Buffer.from(text),
      invitationAt: text.indexOf(invitation ?? ""),
      idAt: text.indexOf(submissionId ?? ""),
    };
  });
  return { templates, own, count: bodies.length };
}

async function putSegments({ running, keys }: Product, campaign: Manifest): Promise<void> {
  for (const id of ["load", ...probes]) {
    const segment = Segment.parse({
      id,
      campaign: campaign.id,
      name: id,
      purpose: "results",
      floor,
      owner: "bench@example.com",
      sql: `SELECT reader FROM current_answers WHERE question = 'which' AND option_id = '${id}'`,
    });
    const response = await fetch(`${running.servers.eu}/v1/segments/${id}`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${keys.tenant.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(segment),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}

async function send({ running }: Product, body: string): Promise<number> {
  const at = unixNow();
  const response = await fetch(`${running.edge}/v1/answers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  if (response.status !== 202) throw new Error(`a probe was answered ${response.status}`);
  await response.body?.cancel();
  return at;
}

/** When each was posted, by segment. */
type Sent = ReadonlyMap<string, readonly number[]>;

/** Probes at an even pace, whatever becomes of those before. */
async function probe(
  product: Product,
  bodies: ReadonlyMap<string, readonly string[]>,
): Promise<Sent> {
  const begun = performance.now();
  const sent = new Map<string, number[]>(probes.map((segment) => [segment, []]));
  const under: Promise<unknown>[] = [];
  for (let index = 0; index < probesPerSecond * seconds; index++) {
    await sleep(Math.max(0, begun + (index * 1_000) / probesPerSecond - performance.now()));
    const segment = probes[index % probes.length] ?? "p0";
    const body = bodies.get(segment)?.[Math.floor(index / probes.length)];
    if (body === undefined) throw new Error("too few probes");
    under.push(send(product, body).then((at) => sent.get(segment)?.push(at)));
  }
  await Promise.all(under);
  return new Map([...sent].map(([segment, times]) => [segment, times.toSorted((a, b) => a - b)]));
}

/**
 * Of notifications, which have no size: probes that were told of before the next of their segment was posted. Slower ones
 * cannot be told apart and are left out, so that `n` must be near the number of probes for the percentiles to mean anything.
 */
function toldApart(sent: Sent, notified: readonly Notified[]): number[] {
  return [...sent].flatMap(([segment, times]) => {
    const told = notified.filter((one) => one.by === "mcp" && one.segment === segment);
    return times.flatMap((at, index) => {
      const end = times[index + 1] ?? Infinity;
      const first = told.find((one) => one.at >= at && one.at < end);
      return first === undefined ? [] : [first.at - at];
    });
  });
}

/** Each answer by the first event whose size counts it: sizes rise by one a reader, in the order of the stream or near it. */
function bySize(
  times: readonly number[],
  notified: readonly Notified[],
  segment: string,
  counted: number,
): number[] {
  const events = notified.filter((one) => one.segment === segment && one.size !== undefined);
  let next = 0;
  return times.flatMap((at, index) => {
    while (next < events.length && (events[next]?.size ?? 0) < counted + index + 1) next++;
    const told = events[next];
    return told === undefined ? [] : [told.at - at];
  });
}

function line(name: string, milliseconds: readonly number[]): string {
  const { p50, p99 } = percentilesOf(milliseconds);
  const n = String(milliseconds.length).padStart(6);
  const most = milliseconds.reduce((left, right) => Math.max(left, right), 0);
  return `  ${name.padEnd(26)} n ${n}  p50 ${p50.toFixed(1).padStart(7)}  p99 ${p99.toFixed(1).padStart(7)}  max ${most.toFixed(1).padStart(7)} ms`;
}

async function settled({ running }: Product): Promise<void> {
  const deadline = performance.now() + settleMsMax;
  for (;;) {
    const { lag } = (await (await fetch(`${running.servers.eu}/healthz`)).json()) as {
      lag: number | null;
    }; // The server's.
    if (lag === 0) return;
    if (performance.now() > deadline) throw new Error(`${lag} records still wait`);
    await sleep(50);
  }
}

/** The load alone. */
async function warm(product: Product, campaign: Manifest): Promise<number> {
  const { perSecond, seconds: lasting } = warming;
  const count = perSecond * lasting;
  const requests = requestsOf(await sealed(product, campaign, "load", count));
  const port = Number(new URL(product.running.edge).port);
  const slice = { requests, first: 0, count };
  const { answers } = await sendUnderLoad({ port, slice, connections, perSecond });
  await settled(product);
  return answers;
}

async function measure(
  product: Product,
  campaign: Manifest,
  agent: AgentProcess,
  perSecond: number,
  counted: Map<string, number>,
): Promise<void> {
  const count = perSecond * seconds;
  const requests = requestsOf(await sealed(product, campaign, "load", count));
  const each = Math.ceil((probesPerSecond * seconds) / probes.length);
  const bodies = new Map<string, readonly string[]>();
  for (const segment of probes) bodies.set(segment, await sealed(product, campaign, segment, each));
  await sleep(quietMs);
  agent.notified.length = 0;
  const port = Number(new URL(product.running.edge).port);
  const offset = unixNow() - monotonic();
  const [run, sent] = await Promise.all([
    sendUnderLoad({ port, slice: { requests, first: 0, count }, connections, perSecond }),
    probe(product, bodies),
  ]);
  await settled(product);
  await sleep(quietMs);
  const due = [...run.dueOf.values()].map((at) => at + offset).toSorted((a, b) => a - b);
  console.log(
    `${perSecond}/s for ${seconds} s and ${probesPerSecond} probes a second (${run.answers} of ${count} acknowledged, ${Math.round(run.perSecond)}/s; load generator ${run.share.toFixed(2)} of a core; load ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores)`,
  );
  console.log(line("answer → 202", run.times));
  const { notified } = agent;
  const before = (segment: string): number => counted.get(segment) ?? 0;
  const probed = [...sent].flatMap(([segment, times]) =>
    bySize(times, notified, segment, before(segment)),
  );
  console.log(line("probe → MCP notification", toldApart(sent, notified)));
  console.log(line("probe → event", probed));
  console.log(line("every answer → event", bySize(due, notified, "load", before("load"))));
  counted.set("load", before("load") + run.answers);
  for (const [segment, times] of sent) counted.set(segment, before(segment) + times.length);
}

// A broker has a disk of its own: on this machine's, its writes would wait for the warehouse's fsync.
const brokerDisk = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const brokerFolder = mkdtempSync(join(brokerDisk, "maily-bench-kafka-"));
const broker = options.kafka
  ? await startBroker({ name: "bench", dataDir: brokerFolder, fullCompiler: true })
  : undefined;
try {
  const product = await startProduct({
    agents: true,
    more: {
      servers: (region) => ({
        nodeArguments: [],
        environment:
          broker === undefined || region !== "eu"
            ? {}
            : { MAILY_STREAM: "kafka", MAILY_KAFKA_BROKERS: `127.0.0.1:${broker.port}` },
      }),
    },
  });
  try {
    const campaign = await publishWidget(product, widget);
    await putSegments(product, campaign);
    for (const segment of probes)
      for (const body of await sealed(product, campaign, segment, floor)) await send(product, body);
    await settled(product);
    const token = await tokenFor(product, "eu");
    const agent = new AgentProcess(product.running.servers.eu, token, ["load", ...probes]);
    await agent.ready;
    console.log(
      broker === undefined ? "embedded stream" : `Apache Kafka, its log in ${brokerDisk}`,
    );
    const counted = new Map<string, number>(probes.map((segment) => [segment, floor]));
    counted.set("load", await warm(product, campaign));
    for (const perSecond of rates) await measure(product, campaign, agent, perSecond, counted);
    await agent.stop();
  } finally {
    await product.stop();
  }
} finally {
  await broker?.stop();
  rmSync(brokerFolder, { recursive: true, force: true });
}
