// The edge with everything verified and every answer durable, beside a bare Hono that does nothing, on the same workerd.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { Child } from "../../demo/child.ts";
import { compatibilityDate } from "../../demo/workerd-config.ts";
import { base64url } from "../../sdk/bytes.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { publishTo, startEdge, type EdgeProcess } from "../edge-process/edge-process.ts";
import { invite, randomBytes, submissionOf } from "../edge-process/fixture.ts";
import { freePorts } from "../flow/product.ts";
import { closedLoop, openLoop, type Measured } from "./load.ts";

const connections = 32;
const closedAnswers = 6_000;
const openAnswers = 10_000;
const openPerSecond = 1_000;
/** So many envelopes are sealed; each is sent under many invitations and ids, which cost the edge the same. */
const envelopes = 200;
const rounds = 5;
const warmingAnswers = 2_000;

const require = createRequire(import.meta.url);
const { default: workerd } = require("workerd") as { default: string }; // The package exports its binary's path.

const bareWorker = `
import { Hono } from "hono";
const app = new Hono();
app.post("/v1/answers", async (context) => {
  await context.req.arrayBuffer();
  return context.json({ receipt: "x".repeat(1400) }, 202);
});
app.get("/healthz", (context) => context.text("ok"));
export default app;
`;

interface Process {
  readonly port: number;
  readonly pid: number;
}

async function startBare(): Promise<Process & { stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "maily-bare-"));
  const [port = 0] = await freePorts(1);
  await build({
    stdin: { contents: bareWorker, resolveDir: import.meta.dirname },
    outfile: join(folder, "bare.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
  });
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bare", worker = (
    modules = [(name = "bare.js", esModule = embed "bare.js")],
    compatibilityDate = "${compatibilityDate}"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "bare")],
);`;
  await writeFile(join(folder, "bare.capnp"), config);
  const child = new Child({
    name: "bare Hono",
    command: workerd,
    arguments: ["serve", join(folder, "bare.capnp")],
    environment: {},
    healthUrl: `http://127.0.0.1:${port}/healthz`,
    logFile: join(folder, "bare.log"),
  });
  await child.start();
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, pid: child.pid ?? 0, stop };
}

const requestOf = (submission: Submission): Buffer => {
  const body = JSON.stringify(submission);
  return Buffer.from(
    `POST /v1/answers HTTP/1.1\r\nhost: edge\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
};

async function prepare(edge: EdgeProcess, count: number): Promise<Buffer[]> {
  const campaign = await publishTo(edge);
  const { tenant, deployment } = edge.keys;
  const sealed: Submission[] = [];
  for (let index = 0; index < envelopes; index++)
    sealed.push(await submissionOf(deployment, await invite(tenant, campaign, "eu")));
  return Promise.all(
    Array.from({ length: count }, async (_, index) =>
      requestOf({
        ...sealed[index % envelopes]!,
        invitation: await invite(tenant, campaign, "eu"),
        submissionId: base64url(randomBytes(16)),
      }),
    ),
  );
}

/** Processor time that a process has used, in milliseconds (proc(5): stat, fields 14 and 15, in hundredths of a second). */
function processorMilliseconds(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}

interface Round extends Measured {
  readonly processorMicroseconds: number;
}

async function measure(
  name: string,
  { pid }: Pick<Process, "pid">,
  load: () => Promise<Measured>,
): Promise<Round> {
  const before = processorMilliseconds(pid);
  const measured = await load();
  const used = processorMilliseconds(pid) - before;
  const processorMicroseconds = (used * 1000) / measured.answers;
  const { perSecond, p50Milliseconds, p99Milliseconds, statuses } = measured;
  console.log(
    `${name.padEnd(30)} ${Math.round(perSecond).toString().padStart(6)} answers/s   p50 ${p50Milliseconds.toFixed(1)} ms   p99 ${p99Milliseconds.toFixed(1)} ms   ${Math.round(processorMicroseconds)} µs of processor an answer   ${JSON.stringify(statuses)}`,
  );
  return { ...measured, processorMicroseconds };
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

async function bench(): Promise<void> {
  const bare = await startBare();
  const running = await startEdge({ trusting: true });
  const edge = { port: Number(new URL(running.origin).port), pid: running.child.pid ?? 0 };
  const requests = await prepare(running, warmingAnswers + rounds * closedAnswers + openAnswers);
  const take = (count: number) => requests.splice(0, count);
  const warming = take(warmingAnswers);
  await closedLoop({ port: bare.port, requests: warming, connections });
  await closedLoop({ port: edge.port, requests: warming, connections });

  const shares: number[] = [];
  const processorShares: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const own = take(closedAnswers);
    const loop = (port: number) => () => closedLoop({ port, requests: own, connections });
    const hono = await measure(`bare Hono, closed loop, ${connections}`, bare, loop(bare.port));
    const ours = await measure(`edge, closed loop, ${connections}`, edge, loop(edge.port));
    shares.push(ours.perSecond / hono.perSecond);
    processorShares.push(hono.processorMicroseconds / ours.processorMicroseconds);
  }
  const steady = take(openAnswers);
  await measure(`edge, open loop, ${openPerSecond}/s`, edge, () =>
    openLoop({ port: edge.port, requests: steady, connections: 256 }, openPerSecond),
  );
  const sent = warmingAnswers + rounds * closedAnswers + openAnswers;
  while (running.peers.eu.taken.length < sent) await sleep(50);
  console.log(
    `edge ÷ bare Hono, median of ${rounds}: ${median(shares).toFixed(3)} of the answers/s, ${median(processorShares).toFixed(3)} by processor time; all ${sent} answers reached the region, each once`,
  );
  await running.stop();
  await bare.stop();
}

await bench();
