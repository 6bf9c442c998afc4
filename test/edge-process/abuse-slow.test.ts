// Callers that take their time: each is cut off, whatever it holds open, and a reader with a bad connection is not.
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyPace } from "../../edge/body-pace.ts";
import { utf8 } from "../../sdk/bytes.ts";
import { TestRegion } from "../server/region.ts";
import { startEdge, type EdgeProcess } from "./edge-process.ts";
import { exchange, type Exchange } from "./socket.ts";

let edge: EdgeProcess;
const region = await TestRegion.start();
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

const head = (path: string, headers: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: maily.test\r\nContent-Type: application/json\r\n${headers}\r\n`;
const signature = "Signature: maily=:AAAA:\r\n";
const drops = (drop: string): string[] => Array.from({ length: 80 }, () => drop);
/** What one answer should say: the request took too long, and the connection ends. */
function expectCut({ statuses, text }: Exchange): void {
  expect(statuses).toEqual([408]);
  expect(text).toContain('"code":"request-timeout"');
}

test.concurrent("the edge: a body of known length that comes drop by drop", async () => {
  const pieces = [head("/v1/answers", "Content-Length: 400\r\n"), ...drops("x")];
  const cut = await exchange(edge.origin, pieces, { gapMilliseconds: 500, andThen: false });
  expectCut(cut);
  expect(cut.milliseconds).toBeGreaterThan(bodyPace.graceMilliseconds - 100);
  expect(cut.milliseconds).toBeLessThan(bodyPace.millisecondsMax);
});

test.concurrent("the edge: a body of unknown length that comes drop by drop", async () => {
  const pieces = [head("/v1/answers", "Transfer-Encoding: chunked\r\n"), ...drops("1\r\nx\r\n")];
  expectCut(await exchange(edge.origin, pieces, { gapMilliseconds: 500, andThen: false }));
});

test.concurrent("the edge: a form and a withdrawal that never come", async () => {
  const form = head("/v1/withdrawals", "Content-Length: 20\r\n");
  expectCut(await exchange(edge.origin, [form], { andThen: false }));
});

test.concurrent("the edge: a body at a bad connection's pace is read", async () => {
  const length = 16_000;
  const pieces = Array.from({ length: 10 }, () => "x".repeat(length / 10));
  const whole = [head("/v1/answers", `Content-Length: ${length}\r\n`), ...pieces];
  const { statuses, text, milliseconds } = await exchange(edge.origin, whole, {
    gapMilliseconds: 1_100,
  });
  expect(milliseconds).toBeGreaterThan(bodyPace.graceMilliseconds);
  expect(statuses).toEqual([400, 404]);
  expect(text).toContain('"code":"malformed-request"');
});

// The platform's: workerd gives headers, and an idle connection, 15 seconds in all, and says nothing.
test.concurrent("workerd: headers that come drop by drop", async () => {
  const pieces = ["GET /v1/keys HTTP/1.1\r\nHost: maily.test\r\n", ...drops("X-A: a\r\n")];
  const { statuses } = await exchange(edge.origin, pieces, { gapMilliseconds: 500 });
  expect(statuses).toEqual([]);
});

test.concurrent("workerd: a connection that says nothing, before and after a request", async () => {
  const [silent, idle] = await Promise.all([
    exchange(edge.origin, []),
    exchange(edge.origin, ["GET /v1/keys HTTP/1.1\r\nHost: maily.test\r\n\r\n"], {
      andThen: false,
    }),
  ]);
  expect(silent.statuses).toEqual([]);
  expect(idle.statuses).toEqual([200]);
});

test.concurrent("the server: headers that come drop by drop", async () => {
  const pieces = ["GET /healthz HTTP/1.1\r\nHost: maily.test\r\n", ...drops("X-A: a\r\n")];
  expectCut(await exchange(region.origin, pieces, { gapMilliseconds: 500, andThen: false }));
});

test.concurrent("the server: a signed body that comes drop by drop", async () => {
  const body = utf8(JSON.stringify({ region: "eu", entries: [] }).padEnd(400));
  const signed = await region.signature("POST", "/v1/intake", body);
  const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}\r\n`);
  const first = head("/v1/intake", `${lines.join("")}Content-Length: ${body.length}\r\n`);
  const cut = await exchange(region.origin, [first, ...drops("{")], {
    gapMilliseconds: 500,
    andThen: false,
  });
  expectCut(cut);
  expect(cut.milliseconds).toBeGreaterThan(10_000);
});

test.concurrent("the server: who cannot sign holds no place for a body", async () => {
  const waiting = head("/v1/intake", `${signature}Content-Length: 400\r\n`);
  const many = Array.from({ length: 64 }, () => exchange(region.origin, [waiting]));
  for (const { statuses } of await Promise.all(many)) expect(statuses[0]).toBe(401);
});

test("both are well afterwards", async () => {
  expect((await fetch(`${edge.origin}/healthz`)).status).toBe(200);
  expect((await fetch(`${region.origin}/healthz`)).status).toBe(200);
});
