import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem, type ProblemCode } from "../../sdk/problem.ts";
import { ask, post } from "../../widget/web/edge.ts";

/** Answers with the problem that the path names. */
const server = createServer((request, response) => {
  const problem = new Problem((request.url ?? "").slice(1) as ProblemCode); // The tests ask for no other.
  response.writeHead(problem.status).end(JSON.stringify(problem));
});
let origin = "";
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server's address.
});
afterAll(() => server.close());

test("what may be sent again is away, and what the reader must change is refused", async () => {
  const replies: Partial<Record<ProblemCode, string>> = {
    "request-timeout": "away",
    "rate-limited": "away",
    "region-unavailable": "away",
    internal: "away",
    "malformed-request": "refused",
    "body-too-large": "refused",
    "consent-withdrawn": "refused",
  };
  for (const [code, is] of Object.entries(replies))
    expect((await ask(`${origin}/${code}`, post({}))).is, code).toBe(is);
});
