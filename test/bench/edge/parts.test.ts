// The benchmarks' own arithmetic: a figure that is wrong is worse than none. Nothing here is timed.
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { array, assert, double, property } from "fast-check";
import { afterEach, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { Histogram, median, percentilesOf, reconcile } from "./figures.ts";
import { run } from "./load.ts";
import type { Measured } from "./measure.ts";
import { markersOf, page, tableOf, withBlock, type Column, type Report } from "./report.ts";
import { idAt, requestAt, Supply, type Requests } from "./requests.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port; // A TCP server's address is never a path.
}

const answer = (response: ServerResponse, status: number): void =>
  void response.writeHead(status, { "content-length": 2 }).end("{}");

const invitation = "i".repeat(136);
const id = "s".repeat(22);
/** Requests without anything sealed in them. */
function plainRequests(count: number): Requests {
  const body = JSON.stringify({ invitation, submissionId: id });
  const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
  const text = head + body;
  const own = new SharedArrayBuffer(count * 158);
  for (let index = 0; index < count; index++)
    Buffer.from(own).write(
      `${index}`.padStart(136, "a") + `${index}`.padStart(22, "b"),
      index * 158,
    );
  const template = {
    bytes: Buffer.from(text),
    invitationAt: text.indexOf(invitation),
    idAt: text.indexOf(id),
  };
  return { templates: [template], own, count };
}

test("a percentile is the value at its nearest rank", () => {
  const values = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
  expect(percentilesOf(values)).toEqual({ p50: 500, p99: 990, p999: 999 });
  expect(percentilesOf([7])).toEqual({ p50: 7, p99: 7, p999: 7 });
  expect(percentilesOf([]).p99).toBeNaN();
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2);
});

test("a histogram's percentile is the exact one, or at most 2 % above it", () => {
  const milliseconds = array(double({ min: 0.02, max: 1e5, noNaN: true }), { minLength: 1 });
  assert(
    property(milliseconds, (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.add(value);
      const exact = percentilesOf(values);
      expect(histogram.total).toBe(values.length);
      for (const [share, value] of [
        [0.5, exact.p50],
        [0.99, exact.p99],
      ] as const) {
        expect(histogram.percentile(share)).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(histogram.percentile(share)).toBeLessThanOrEqual(value * 1.0201);
      }
    }),
  );
  expect(new Histogram().percentile(0.5)).toBeNaN();
});

test("what was acknowledged and is not in the topic is lost, what is there twice is doubled", () => {
  const arrivals = new Map([
    ["a", 1],
    ["b", 3],
    ["d", 1],
  ]);
  expect(reconcile(new Set(["a", "b", "c"]), arrivals)).toEqual({
    acknowledged: 3,
    arrived: 3,
    lost: 1,
    doubled: 2,
    unacknowledged: 1,
  });
});

test("no two requests are the same, and a supply never gives one twice", () => {
  const requests = plainRequests(5);
  const texts = new Set(
    Array.from({ length: 5 }, (_, index) => requestAt(requests, index).toString()),
  );
  expect(texts.size).toBe(5);
  const third = JSON.parse(requestAt(requests, 3).toString().split("\r\n\r\n")[1] ?? "") as object;
  expect(third).toEqual({ invitation: "3".padStart(136, "a"), submissionId: idAt(requests, 3) });
  const supply = new Supply(requests);
  expect(supply.take(3).first).toBe(0);
  expect(supply.take(2).first).toBe(3);
  expect(supply.left).toBe(0);
  expect(() => supply.take(1)).toThrow("too few requests");
  const endless = new Supply(requests, { endless: true });
  expect(endless.take(4).first).toBe(0);
  expect(endless.take(4).first).toBe(0);
  expect(() => endless.take(6)).toThrow("too few requests");
});

test("every request is sent once and counted by its status, in a closed and in an open loop", async () => {
  const seen: string[] = [];
  const port = await serve((request, response) => {
    request.on("data", (piece: Buffer) => seen.push(String(piece)));
    request.on("end", () => answer(response, seen.length % 10 === 0 ? 503 : 202));
  });
  const supply = new Supply(plainRequests(200));
  const closed = await run({ port, slice: supply.take(100), connections: 8 });
  const open = await run({ port, slice: supply.take(100), connections: 8, perSecond: 2_000 });
  expect(new Set(seen).size).toBe(200);
  for (const { statuses, answers, dueOf, malformed } of [closed, open]) {
    expect(statuses).toEqual({ 202: 90, 503: 10 });
    expect(answers).toBe(90);
    expect(dueOf.size).toBe(90);
    // Neither a problem document nor a Retry-After.
    expect(malformed).toBe(10);
  }
  expect(open.seconds).toBeGreaterThan(0.049);
});

test("a request that found no free connection counts from when it was due", async () => {
  const pauseMilliseconds = 300;
  const port = await serve((_, response) => {
    setTimeout(() => answer(response, 202), pauseMilliseconds);
  });
  const slice = new Supply(plainRequests(3)).take(3);
  const { latency } = await run({ port, slice, connections: 1, perSecond: 1_000 });
  // The third waited for the two before it: a generator that leaves that out would say 300.
  expect(latency.p999).toBeGreaterThan(2.5 * pauseMilliseconds);
});

test("a refusal is well-formed when it is a problem document that says when to come again", async () => {
  const heads = [
    { "content-type": "application/problem+json", "retry-after": "5" },
    { "content-type": "application/problem+json" },
    { "content-type": "application/json", "retry-after": "5" },
  ];
  const port = await serve((_, response) => {
    const body = JSON.stringify({ type: "/problems/x", status: 503 });
    response.writeHead(503, { ...heads.shift(), "content-length": body.length }).end(body);
  });
  const connection = new Connection(port);
  await connection.open();
  const request = requestAt(plainRequests(1), 0);
  expect(await connection.send(request)).toEqual({ status: 503, wellFormed: true, retryAfter: 5 });
  expect(await connection.send(request)).toMatchObject({ wellFormed: false });
  expect(await connection.send(request)).toMatchObject({ wellFormed: false });
  connection.close();
});

test("a connection that is cut gives no answer, and the next request has a new one", async () => {
  let requests = 0;
  const port = await serve((request, response) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else answer(response, 202);
  });
  const connection = new Connection(port);
  await connection.open();
  const request = requestAt(plainRequests(1), 0);
  expect((await connection.send(request)).status).toBe(0);
  expect((await connection.send(request)).status).toBe(202);
  connection.close();
});

const nothing = { p50: 1, p99: 2, p999: 3 };
const measured: Measured = {
  run: {
    seconds: 1,
    malformed: 0,
    share: 0.1,
    answers: 1_000,
    perSecond: 1_000,
    statuses: { 202: 1_000 },
    latency: nothing,
    times: [],
    dueOf: new Map(),
    endedAt: 0,
  },
  seen: undefined,
  costs: [
    { process: "workerd", processorMicroseconds: 200, writtenBytes: 4_000, peakBytes: 1e8 },
    { process: "server", processorMicroseconds: 100, writtenBytes: 1_000, peakBytes: 2e8 },
  ],
};
const column = (name: string, perSecond: number): Column => ({
  name,
  closed: { perSecond, processorMicroseconds: 100 },
  steps: [{ perSecond: 1_000, measured }],
  held: 1_000,
  generator: false,
});
const report: Report = {
  at: "2026-11-21T00:00:00.000Z",
  machine: "a machine",
  quick: true,
  columns: [column("bare", 10_000), column("edge", 2_500)],
};

test("the table has a column a contender, and no row that says nothing of anyone", () => {
  const table = tableOf(report);
  expect(table).toContain("|  | bare | edge |");
  expect(table).toContain("| of bare Hono | 1.00 | 0.25 |");
  expect(table).toContain("300 (workerd 200, server 100)");
  expect(table).toContain("| written to disk an answer, bytes | 5,000 | 5,000 |");
  expect(table).not.toContain("broker killed");
});

test("the page has each block between its markers, once, and a block is replaced whole", async () => {
  const [begin, end] = markersOf("edge");
  expect(withBlock(`a\n${begin}\nold\n${end}\nb`, "edge", "new")).toBe(
    `a\n${begin}\nnew\n${end}\nb`,
  );
  expect(() => withBlock("no markers", "edge", "new")).toThrow("needs");
  expect(() => withBlock(`${end} ${begin}`, "edge", "new")).toThrow("needs");
  const text = await readFile(page, "utf8");
  expect(text.split("\n").length).toBeLessThanOrEqual(140);
  for (const name of ["edge", "edge-targets", "overload"]) {
    const [opening, closing] = markersOf(name);
    const block = text.split(opening)[1]?.split(closing)[0] ?? "";
    const rows = block.split("\n").filter((line) => line.startsWith("|"));
    expect(rows.length, name).toBeGreaterThan(2);
    // A table with a cell too many or too few would not be drawn.
    expect(new Set(rows.map((row) => row.split("|").length)).size, name).toBe(1);
    expect(withBlock(text, name, block.trim())).toBe(text);
  }
});
