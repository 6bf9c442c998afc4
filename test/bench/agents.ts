// `npm run bench agents`: from a record that is handed to a region's server to the agent that hears of the segment it changed. Load
// generator, server and agent are processes of their own; --kafka puts an Apache Kafka between intake and ingest. Probes change a
// segment that was at rest; `every record` is the load's own segment, told at most every 10 ms; a withdrawal is told before its commit. Ratios and shares within one run:
// the machine carries all of it at once. --seconds 10, --rates 200,1000,3000.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import { signCampaign } from "../../cli/publish.ts";
import { utf8 } from "../../sdk/bytes.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { EdgeRecord, SealedRecord } from "../../sdk/schema/record.ts";
import { Segment } from "../../sdk/schema/segment.ts";
import { newIssuer, issuerName, resource, token } from "../agents/signing.ts";
import { startBroker, type Broker } from "../peers/kafka/brokers.ts";
import { ServerProcess } from "../server/process.ts";
import {
  answerOf,
  bytesOf,
  campaignOf,
  definition,
  randomId,
  withdrawalOf,
} from "../server/sealed.ts";
import { Connection } from "./edge/connection.ts";
import { spentBy } from "./edge/processes.ts";
import { AgentProcess, unixNow, type Notified } from "./agent-process.ts";

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
/** A hand-over of the load, as an edge's outbox makes them. */
const tickMs = 10;
const probes = ["p0", "p1", "p2", "p3"] as const;
const probesPerSecond = 20;
/** Members of a segment of their own, who take their answers back. */
const leavesPerSecond = 5;
const floor = 5;
const sealedTogether = 64;
const quietMs = 1_500;
/** Of the same load before it is measured: compilers of both machines, the broker's and the server's, take as long. */
const warming = options.quick ? { perSecond: 500, seconds: 4 } : { perSecond: 1_000, seconds: 40 };
/** Hand-overs under way at once; more than that is no pace any more. */
const connectionsMax = 512;

const perTickOf = (perSecond: number): number => Math.round((perSecond * tickMs) / 1000);

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

function figures(name: string, milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((one, next) => one - next);
  const at = (share: number): string => percentile(sorted, share).toFixed(1).padStart(7);
  return `  ${name.padEnd(28)} n ${String(sorted.length).padStart(6)}  p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${at(1)} ms`;
}

const asked = {
  ...definition,
  questions: [
    {
      id: "which",
      kind: "single-choice",
      text: "Which?",
      required: true,
      options: ["load", "leaving", ...probes].map((id) => ({ id, text: id })),
    },
  ],
  outcomes: [],
} as unknown as Campaign["definition"]; // Parsed, with its defaults, by campaignOf.

const batchOf = (records: readonly EdgeRecord[]) => ({
  region: "eu",
  entries: records.map((record) => ({ record, receipt: record.submissionId })),
});

/** One region's server in a process, with a campaign and its segments. */
class Ground {
  readonly #keys: Keys;
  readonly campaign: Campaign;
  readonly #server: ServerProcess;
  readonly #folder: string;
  origin = "";

  private constructor(keys: Keys, campaign: Campaign, server: ServerProcess, folder: string) {
    [this.#keys, this.campaign, this.#server, this.#folder] = [keys, campaign, server, folder];
  }

  static async start(broker: Broker | undefined, agents: unknown): Promise<Ground> {
    const keys = await generateKeys(7, Date.now() - 1_000);
    const folder = mkdtempSync(join(tmpdir(), "maily-bench-agents-"));
    const file = (name: string): string => join(folder, name);
    await writeFile(file("deployment.json"), JSON.stringify(keys.deployment));
    await writeFile(file("region-eu.json"), JSON.stringify(keys.regions.eu), { mode: 0o600 });
    await writeFile(file("agents.json"), JSON.stringify(agents));
    const server = new ServerProcess({
      MAILY_REGION: "eu",
      MAILY_PORT: "0",
      MAILY_DATA_DIR: file("data"),
      MAILY_DEPLOYMENT: file("deployment.json"),
      MAILY_SECRETS: file("region-eu.json"),
      MAILY_DURABILITY: "outbox",
      MAILY_AGENTS: file("agents.json"),
      ...(broker !== undefined && {
        MAILY_STREAM: "kafka",
        MAILY_KAFKA_BROKERS: `127.0.0.1:${broker.port}`,
      }),
    });
    const campaign = await campaignOf(keys, { definition: asked });
    const ground = new Ground(keys, campaign, server, folder);
    ground.origin = `http://127.0.0.1:${await server.ready}`;
    const path = `/v1/intake/campaigns/${campaign.id}`;
    await ground.#signed("PUT", path, await signCampaign(campaign, keys.tenant));
    for (const id of ["load", "leaving", ...probes]) await ground.#declare(id);
    return ground;
  }

  async #declare(id: string): Promise<void> {
    const segment = Segment.parse({
      id,
      campaign: this.campaign.id,
      name: id,
      purpose: "results",
      floor,
      owner: "bench@example.com",
      sql: `SELECT reader FROM current_answers WHERE question = 'which' AND option_id = '${id}'`,
    });
    const response = await fetch(`${this.origin}/v1/segments/${id}`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${this.#keys.tenant.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(segment),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  async #sign(method: string, path: string, document: unknown) {
    const body = utf8(JSON.stringify(document));
    const [key] = this.#keys.regions.eu.forwardKeys;
    const signature = await signRequest({ method, path, body }, key?.keyId ?? "", {
      alg: "hmac-sha256",
      secret: bytesOf(key?.secret ?? ""),
    });
    return { body, headers: { "content-type": "application/json", ...signature } };
  }

  async #signed(method: string, path: string, document: unknown): Promise<void> {
    const { body, headers } = await this.#sign(method, path, document);
    const response = await fetch(this.origin + path, { method, headers, body });
    if (!response.ok) throw new Error(await response.text());
    await response.arrayBuffer();
  }

  /** Readers who are in segment `leaving`; they are told of by pseudonym. */
  async join(count: number): Promise<string[]> {
    const readers = Array.from({ length: count }, () => randomId(16));
    for (const reader of readers)
      await this.take([
        await answerOf(this.#keys, this.campaign, { reader, answers: { which: "leaving" } }),
      ]);
    return readers;
  }

  leave(readers: readonly string[]): Promise<EdgeRecord[]> {
    const leaving = readers.map((reader) => withdrawalOf(this.#keys, this.campaign, { reader }));
    return Promise.all(leaving);
  }

  /** Answers of so many readers, sealed before anything is measured. */
  async seal(option: string, count: number): Promise<SealedRecord[]> {
    const sealed: SealedRecord[] = [];
    while (sealed.length < count) {
      const some = Math.min(sealedTogether, count - sealed.length);
      const more = Array.from({ length: some }, () =>
        answerOf(this.#keys, this.campaign, { answers: { which: option } }),
      );
      sealed.push(...(await Promise.all(more)));
    }
    return sealed;
  }

  take(records: readonly EdgeRecord[]): Promise<void> {
    return this.#signed("POST", "/v1/intake", batchOf(records));
  }

  /** Signed: for as long as a signature holds (SPEC §6), which is more than one measuring takes. */
  async ready(records: readonly EdgeRecord[], perHandOver: number): Promise<HandOver[]> {
    const handOvers: HandOver[] = [];
    for (let from = 0; from < records.length; from += perHandOver) {
      const some = records.slice(from, from + perHandOver);
      const { body, headers } = await this.#sign("POST", "/v1/intake", batchOf(some));
      const lines = Object.entries({ host: "eu", ...headers, "content-length": body.length })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("");
      const head = Buffer.from(`POST /v1/intake HTTP/1.1\r\n${lines}\r\n`);
      handOvers.push({ request: Buffer.concat([head, body]), count: some.length });
    }
    return handOvers;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.origin}/metrics`)).text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}{`));
    return Number(line?.split(" ").at(-1));
  }

  get pid(): number {
    const ready = this.#server.lines.find((line) => line.includes('"event":"ready"')) ?? "{}";
    return (JSON.parse(ready) as { pid: number }).pid; // As the server logs it.
  }

  async stop(): Promise<void> {
    await this.#server.end("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Sent {
  readonly at: number;
  readonly count: number;
}

/** A hand-over made ready, so that the generator takes little of the machine that it shares with what it measures. */
interface HandOver {
  readonly request: Buffer;
  readonly count: number;
}

class HandOvers {
  readonly #port: number;
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];

  constructor(origin: string) {
    this.#port = Number(new URL(origin).port);
  }

  async send({ request }: HandOver): Promise<void> {
    const connection = this.#free.pop() ?? this.#another();
    const { status } = await connection.send(request);
    if (status !== 200) throw new Error(`a hand-over was answered ${status}`);
    this.#free.push(connection);
  }

  #another(): Connection {
    if (this.#all.length === connectionsMax) throw new Error("the server does not keep up");
    const connection = new Connection(this.#port);
    this.#all.push(connection);
    return connection;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}

/** Hands records over at an even pace, whether or not the ones before are answered. */
async function pace(
  ready: readonly HandOver[],
  everyMs: number,
  handOvers: HandOvers,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const under: Promise<void>[] = [];
  const begun = performance.now();
  for (const [tick, handOver] of ready.entries()) {
    await sleep(Math.max(0, begun + tick * everyMs - performance.now()));
    sent.push({ at: unixNow(), count: handOver.count });
    under.push(handOvers.send(handOver));
  }
  await Promise.all(under);
  return sent;
}

/** For each record of a segment the first event that counts it, sizes rising by one a reader. */
function tellingOf(
  segment: string,
  sent: readonly Sent[],
  notified: readonly Notified[],
  before: number,
): { readonly at: number; readonly told: Notified }[] {
  const events = notified.filter((one) => one.segment === segment && (one.size ?? 0) > before);
  const telling: { at: number; told: Notified }[] = [];
  let counted = before;
  let next = 0;
  for (const { at, count } of sent)
    for (let one = 0; one < count; one++) {
      counted++;
      while (next < events.length && (events[next]?.size ?? 0) < counted) next++;
      const told = events[next];
      if (told !== undefined) telling.push({ at, told });
    }
  return telling;
}

/** For each withdrawal how long it took until an event of segment `leaving` counted one less. */
function leavingOf(sent: readonly Sent[], notified: readonly Notified[], before: number): number[] {
  const events = notified.filter(
    ({ segment, size }) => segment === "leaving" && size !== undefined,
  );
  return sent.flatMap(({ at }, index) => {
    const told = events.find(({ size = before }) => size < before - index);
    return told === undefined ? [] : [told.at - at];
  });
}

/** The same by MCP: a notification has no size, and names the change that the event told. */
function byMcp(
  telling: readonly { readonly at: number; readonly told: Notified }[],
  notified: readonly Notified[],
): number[] {
  return telling.flatMap(({ at, told: { segment, sequence } }) => {
    const first = notified.find(
      (one) => one.by === "mcp" && one.segment === segment && one.sequence >= sequence,
    );
    return first === undefined ? [] : [first.at - at];
  });
}

/** The load alone, of so many seconds. */
async function load(
  ground: Ground,
  { perSecond, seconds: lasting }: typeof warming,
  before: Map<string, number>,
): Promise<void> {
  const records = await ground.seal("load", perSecond * lasting);
  const handOvers = new HandOvers(ground.origin);
  await pace(await ground.ready(records, perTickOf(perSecond)), tickMs, handOvers);
  handOvers.close();
  before.set("load", (before.get("load") ?? 0) + records.length);
}

async function measure(
  ground: Ground,
  agent: AgentProcess,
  perSecond: number,
  before: Map<string, number>,
): Promise<void> {
  const handOvers = new HandOvers(ground.origin);
  const records = await ground.seal("load", perSecond * seconds);
  const loading = await ground.ready(records, perTickOf(perSecond));
  const probing = new Map<string, HandOver[]>();
  for (const probe of probes) {
    const sealed = await ground.seal(probe, (probesPerSecond / probes.length) * seconds);
    probing.set(probe, await ground.ready(sealed, 1));
  }
  const leavers = await ground.join(leavesPerSecond * seconds + floor);
  const leaving = await ground.ready(await ground.leave(leavers.slice(floor)), 1);
  const members = (before.get("leaving") ?? 0) + leavers.length;
  before.set("leaving", floor + (before.get("leaving") ?? 0));
  await sleep(quietMs);
  agent.notified.length = 0;
  const server = [{ name: "server", pid: () => ground.pid }];
  const cpu = process.cpuUsage();
  const [spentBefore] = spentBy(server);
  const sentProbes = new Map<string, Sent[]>();
  const begun = performance.now();
  const [sent, left] = await Promise.all([
    pace(loading, tickMs, handOvers),
    pace(leaving, 1000 / leavesPerSecond, handOvers),
    ...[...probing].map(async ([probe, ready], index) => {
      await sleep((index * 1000) / probesPerSecond);
      const every = (1000 / probesPerSecond) * probes.length;
      sentProbes.set(probe, await pace(ready, every, handOvers));
    }),
  ]);
  const took = (performance.now() - begun) / 1000;
  while ((await ground.metric("maily_ingest_lag_records")) > 0) await sleep(50);
  await sleep(quietMs);
  const { user, system } = process.cpuUsage(cpu);
  const [spent] = spentBy(server);
  const serverMs = (spent?.processorMilliseconds ?? 0) - (spentBefore?.processorMilliseconds ?? 0);
  handOvers.close();
  const count = records.length + probes.length * (probing.get("p0")?.length ?? 0);
  console.log(
    `${perSecond}/s for ${seconds} s (${count} records handed over in ${took.toFixed(1)} s; server ${(serverMs / count).toFixed(2)} ms of CPU a record; load generator ${((user + system) / 1000 / count).toFixed(2)}; load ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores)`,
  );
  const probed = probes.flatMap((probe) =>
    tellingOf(probe, sentProbes.get(probe) ?? [], agent.notified, before.get(probe) ?? 0),
  );
  const loaded = tellingOf("load", sent, agent.notified, before.get("load") ?? 0);
  const latency = ({ at, told }: (typeof loaded)[number]): number => told.at - at;
  console.log(figures("probe → MCP notification", byMcp(probed, agent.notified)));
  console.log(figures("probe → event", probed.map(latency)));
  console.log(figures("every record → event", loaded.map(latency)));
  console.log(figures("withdrawal → event", leavingOf(left, agent.notified, members)));
  for (const [segment, added] of [["load", records] as const, ...probing])
    before.set(segment, (before.get(segment) ?? 0) + added.length);
}
const issuing = await newIssuer();
const agents = {
  resource,
  issuers: [{ issuer: issuerName, tenants: [7], keys: [issuing.publicKey] }],
};
// A broker has a disk of its own: on this machine's, its writes would wait for the warehouse's fsync.
const brokerDisk = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const brokerFolder = mkdtempSync(join(brokerDisk, "maily-bench-kafka-"));
const broker = options.kafka
  ? await startBroker({ name: "bench", dataDir: brokerFolder, fullCompiler: true })
  : undefined;
try {
  const ground = await Ground.start(broker, agents);
  const now = Math.floor(Date.now() / 1000);
  const presented = token(issuing, { claims: { exp: now + 3_600 } });
  const agent = new AgentProcess(ground.origin, presented, ["load", "leaving", ...probes]);
  await agent.ready;
  // Past the floor, so that sizes are told.
  const before = new Map<string, number>(probes.map((probe) => [probe, floor]));
  for (const probe of probes) await ground.take(await ground.seal(probe, floor));
  console.log(options.kafka ? `Apache Kafka, its log in ${brokerDisk}` : "embedded stream");
  await load(ground, warming, before);
  // The first to leave has statements planned that nobody needed before.
  for (const record of await ground.leave(await ground.join(leavesPerSecond)))
    await ground.take([record]);
  for (const perSecond of rates) await measure(ground, agent, perSecond, before);
  await agent.stop();
  await ground.stop();
} finally {
  await broker?.stop();
  rmSync(brokerFolder, { recursive: true, force: true });
}
