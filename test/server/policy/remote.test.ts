// A remote OPA that is absent, slow or wrong: every call is denied, none waits long, none is allowed.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { policyLimits } from "../../../sdk/schema/policy.ts";
import { openPolicy, type Policy } from "../../../server/policy/policy.ts";
import { questionOf } from "./questions.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const question = questionOf({
  tool: "get_segment",
  role: "toolsmith",
  tenant: "own",
  place: "here",
  consent: "agreed",
});
const foreign = { ...question, resource: { ...question.resource, tenant: 2 } };
const allowed = { allow: true, reasons: ["granted: Yes."], columns: ["size"], floor: 20 };

const answering =
  (result: unknown, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ result }));
  };

let answer: Answer = answering(allowed);
let asked: { readonly path: string; readonly body: string }[] = [];
const sockets = new Set<unknown>();
const server = createServer((request, response) => {
  sockets.add(request.socket);
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    asked.push({ path: `${request.method} ${request.url}`, body });
    answer(request, response, body);
  });
});
let policy: Policy;
const at = (url: string): Promise<Policy> =>
  openPolicy({ region: "eu", folder: ".", settings: { url } });
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  policy = await at(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // Listens on a port.
});
beforeEach(() => {
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const unavailable = {
  allow: false,
  columns: [],
  floor: 20,
  reasons: [expect.stringMatching(/^policy-unavailable: /)],
};

test("asks what SPEC says, over connections that it keeps", async () => {
  answer = answering(allowed);
  sockets.clear();
  for (let count = 0; count < 20; count++)
    expect(await policy.decide(question)).toEqual({ ...allowed, columns: ["size"] });
  expect(asked[0]?.path).toBe("POST /v1/data/maily/decision");
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
    input: { ...question, server: { region: "eu" } },
  });
  expect(sockets.size).toBeLessThan(5);
});

test("its digest says which, and not where", () => {
  expect(policy.digest).toMatch(/^remote:[0-9a-f]{64}$/);
});

const wrong: Readonly<Record<string, Answer>> = {
  "undefined, as where no policy is loaded": (_, response) => response.end("{}"),
  "nothing but null": (_, response) => response.end("null"),
  "a plain true": answering(true),
  "no JSON": (_, response) => response.end("<html>"),
  "bytes that are no UTF-8": (_, response) => response.end(Buffer.from([0x22, 0xff, 0x22])),
  "a decision with other members": answering({ ...allowed, extra: 1 }),
  "a decision without a floor": answering({ allow: true, reasons: [], columns: ["size"] }),
  "an allow that is a text": answering({ ...allowed, allow: "true" }),
  "a floor below zero": answering({ ...allowed, floor: -1 }),
  "a decision with too many columns": answering({
    ...allowed,
    columns: Array.from({ length: policyLimits.columns + 1 }, () => "size"),
  }),
  "more bytes than are read": (_, response) =>
    response.end(JSON.stringify({ result: allowed, fill: "x".repeat(policyLimits.answerBytes) })),
  "an error": answering(allowed, 500),
  "not found": answering(allowed, 404),
  "no content": (_, response) => response.writeHead(204).end(),
  "a redirect": (request, response) =>
    response.writeHead(307, { location: `http://${request.headers.host}/elsewhere` }).end(),
  "half an answer": (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"result":');
    setTimeout(() => response.destroy(), 5);
  },
  "nothing, in time": () => {},
  "an answer that comes drop by drop": (_, response) => {
    response.writeHead(200);
    const drops = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drops));
  },
  "a closed connection": (request) => request.socket.destroy(),
};
for (const [what, wrongly] of Object.entries(wrong))
  test(`denies where it answers ${what}`, async () => {
    answer = wrongly;
    expect(await policy.decide(question)).toEqual(unavailable);
    expect(asked.every(({ path }) => path === "POST /v1/data/maily/decision")).toBe(true);
    answer = answering(allowed);
    expect((await policy.decide(question)).allow).toBe(true);
  });

test("denies where nobody listens", async () => {
  expect(await (await at("http://127.0.0.1:1")).decide(question)).toEqual(unavailable);
});

test("sheds what comes beyond its limit while the answer is awaited", async () => {
  const waiting: (() => void)[] = [];
  answer = (request, response, body) =>
    void waiting.push(() => answering(allowed)(request, response, body));
  const first = Array.from({ length: policyLimits.remoteTogether }, () => policy.decide(question));
  const beyond = await policy.decide(question);
  expect(beyond.reasons[0]).toContain("rate-limited");
  await expect.poll(() => waiting.length).toBe(policyLimits.remoteTogether);
  for (const release of waiting) release();
  const decided = await Promise.all(first);
  // A machine that is too slow denies for lack of time, and never otherwise.
  for (const { allow, reasons } of decided)
    if (!allow) expect(reasons[0]).toMatch(/^policy-unavailable/);
  answer = answering(allowed);
  expect((await policy.decide(question)).allow).toBe(true);
});

test("a policy that allows too much is held to tenant, region, columns and floor", async () => {
  answer = answering({ ...allowed, columns: ["size", "reader", "amount"], floor: 0 });
  const few = { ...question, columns: ["size", "text"] };
  expect(await policy.decide(few)).toMatchObject({ columns: ["size"], floor: 20 });
  const { floor: _, ...withoutFloor } = question.resource;
  expect(await policy.decide({ ...question, resource: withoutFloor })).toMatchObject({ floor: 5 });
  expect(await policy.decide(foreign)).toMatchObject({
    allow: false,
    columns: [],
    reasons: [expect.stringMatching(/^tenant-mismatch/)],
  });
  const elsewhere = { ...question, resource: { ...question.resource, region: "us" as const } };
  expect(await policy.decide(elsewhere)).toMatchObject({
    allow: false,
    reasons: [expect.stringMatching(/^region-elsewhere/)],
  });
  answer = answering({ ...allowed, allow: false });
  expect(await policy.decide(question)).toMatchObject({ allow: false, columns: [] });
});

test("counts are left out below the floor, whatever a policy gives", async () => {
  answer = answering({ ...allowed, columns: ["segment", "size"] });
  const small = { ...question, resource: { ...question.resource, size: 3 } };
  expect((await policy.decide(small)).columns).toEqual(["segment"]);
});
