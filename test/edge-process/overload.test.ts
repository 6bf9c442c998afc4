// Ten times as much as it can take: refused in good order, nothing lost, nothing kept in memory, and over when it is over.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import { describeProblem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Accepted } from "../../sdk/schema/submission.ts";
import { publishTo, startEdge, type EdgeProcess } from "./edge-process.ts";
import { invite, randomBytes, submissionOf } from "./fixture.ts";
import { willing } from "./intake-peer.ts";

const underWayMax = 512;
/** Ten times as many ask at once. */
const connections = 10 * underWayMax;
/** A region's server that takes so long to answer: whoever is let in until then is under way. */
const slowMilliseconds = 4_000;
/** Fewer than wait to be accepted at most. */
const connectsAtOnce = 256;
const waves = 2;
/** An isolate alone may use 128 MB on the platform; a process has its own code and the sockets' buffers too. */
const residentBytesMax = 512_000_000;
const arrivalMilliseconds = 60_000;

interface Answer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

let edge: EdgeProcess;
let campaign: Campaign;
beforeAll(async () => {
  edge = await startEdge({ trusting: true });
  campaign = await publishTo(edge);
}, 60_000);

afterAll(async () => {
  await edge.stop();
});

const open = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(edge.origin).port), "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });

/** An HTTP/1.1 message that says how long it is; undefined while it is not whole. */
function answerOf(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const [first = "", ...lines] = received.toString("latin1", 0, headEnd).split("\r\n");
  const fields = lines.map((line) => line.split(/:\s*/, 2) as [string, string]);
  const headers = new Map(fields.map(([name, value]) => [name.toLowerCase(), value]));
  const body = received.subarray(headEnd + 4);
  if (body.length < Number(headers.get("content-length"))) return undefined;
  return {
    status: Number(first.split(" ")[1]),
    contentType: headers.get("content-type"),
    retryAfter: headers.get("retry-after"),
    body: body.toString(),
  };
}

/** One request on a connection of its own: one used again may be closed by the edge at that very moment. */
const ask = (socket: Socket, body: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
    socket.on("data", (piece) => {
      received = Buffer.concat([received, piece]);
      const answer = answerOf(received);
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    });
    socket.write(
      `POST /v1/answers HTTP/1.1\r\nhost: edge\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });

/** All at once, on connections that are open before the first is written. */
async function sendAll(bodies: readonly string[]): Promise<Answer[]> {
  const sockets: Socket[] = [];
  for (let start = 0; start < bodies.length; start += connectsAtOnce)
    sockets.push(...(await Promise.all(bodies.slice(start, start + connectsAtOnce).map(open))));
  return Promise.all(bodies.map((body, index) => ask(sockets[index]!, body)));
}

/** Of as many readers, each with an id of its own; the sealed bytes cost the edge the same whoever sends them. */
async function submissions(count: number, region: Region = "eu"): Promise<string[]> {
  const { tenant, deployment } = edge.keys;
  const sealed = await submissionOf(deployment, await invite(tenant, campaign, region));
  return Promise.all(
    Array.from({ length: count }, async () =>
      JSON.stringify({
        ...sealed,
        invitation: await invite(tenant, campaign, region),
        submissionId: base64url(randomBytes(16)),
      }),
    ),
  );
}

/** The most that the process has had in memory (proc(5): VmHWM, in kB). */
const residentBytes = (): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${edge.child.pid}/status`, "utf8"))?.[1]) * 1024;

function expectRefusal({ status, contentType, retryAfter, body }: Answer): void {
  expect(contentType).toBe("application/problem+json");
  expect(Number(retryAfter)).toBeGreaterThan(0);
  const code = "region-unavailable";
  expect(JSON.parse(body)).toMatchObject({ ...describeProblem(code), status });
  expect(status).toBe(503);
}

test("what is too much is refused at once and in good order; what is acknowledged arrives, each once", async () => {
  const pid = edge.child.pid;
  const refused: string[] = [];
  let accepted = 0;
  for (let wave = 1; wave <= waves; wave++) {
    const bodies = await submissions(connections);
    const answers = await sendAll(bodies);
    for (const [index, answer] of answers.entries())
      if (answer.status === 202) {
        Accepted.parse(JSON.parse(answer.body));
        accepted += 1;
      } else {
        expectRefusal(answer);
        refused.push(bodies[index]!);
      }
    // Everybody who asks after the crowd has gone is served.
    const [next] = await sendAll(await submissions(1));
    expect(next?.status).toBe(202);
    accepted += 1;
    expect(residentBytes()).toBeLessThan(residentBytesMax);
  }
  expect(edge.child.pid).toBe(pid);
  expect(accepted).toBeGreaterThan(waves * underWayMax);
  // How many are refused is a matter of the machine: a fast one may take them all. What is, is taken when it comes again.
  for (let start = 0; start < refused.length; start += 128) {
    const again = await sendAll(refused.slice(start, start + 128));
    for (const { status } of again) expect(status).toBe(202);
  }
  const all = accepted + refused.length;
  await expect
    .poll(() => edge.peers.eu.taken.length, { timeout: arrivalMilliseconds, interval: 200 })
    .toBe(all);
  expect(new Set(edge.peers.eu.taken.map(({ record }) => record.submissionId)).size).toBe(all);
}, 240_000);

test("so many wait for a region that is slow, and every other one is refused before its body is read", async () => {
  edge.peers.apac.mood = { ...willing, milliseconds: slowMilliseconds };
  const bodies = await submissions(2 * underWayMax, "apac");
  const answers = await sendAll(bodies);
  const refused = bodies.filter((_, index) => answers[index]?.status !== 202);
  for (const answer of answers) if (answer.status !== 202) expectRefusal(answer);
  expect(refused.length).toBeGreaterThanOrEqual(underWayMax);
  expect(refused.length).toBeLessThan(bodies.length);
  edge.peers.apac.mood = willing;
  for (let start = 0; start < refused.length; start += 128)
    for (const { status } of await sendAll(refused.slice(start, start + 128)))
      expect(status).toBe(202);
  expect(edge.peers.apac.taken).toHaveLength(bodies.length);
}, 120_000);
