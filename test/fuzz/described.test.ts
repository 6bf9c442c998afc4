// The edge as a process, asked by its own description: no undocumented status, body or problem, nothing unfit taken, no 5xx.
import { afterAll, beforeAll, expect, test } from "vitest";
import { mailOf, invite, randomCode } from "../edge-process/fixture.ts";
import { publishTo, startEdge, type EdgeProcess } from "../edge-process/edge-process.ts";
import { Descriptions, type Description } from "./described.ts";
import { Random } from "./random.ts";

const requestsEach = 250;
const together = 16;

let edge: EdgeProcess;
let descriptions: Descriptions;
let genuine: Record<string, string[]>;

beforeAll(async () => {
  edge = await startEdge();
  const campaign = await publishTo(edge, { mail: mailOf(edge.keys.deployment) });
  const invitations = await Promise.all(
    Array.from({ length: 40 }, () => invite(edge.keys.tenant, campaign, "eu")),
  );
  genuine = {
    invitation: invitations,
    campaign: [campaign.id],
    id: [campaign.id],
    code: ["rate-limited", "internal"],
    consent: ["results"],
    "List-Unsubscribe": ["One-Click"],
    "q.drink": [randomCode()],
  };
  const response = await fetch(`${edge.origin}/openapi.json`);
  descriptions = new Descriptions((await response.json()) as Description);
}, 120_000);
afterAll(() => edge.stop());

test(`${requestsEach} requests a route, from the description: every answer is as described`, async () => {
  const faults = new Map<string, string>();
  const statuses = new Map<string, Set<number>>();
  const names = descriptions.operations;
  expect(names.length).toBeGreaterThan(15);
  for (const name of names)
    for (let start = 0; start < requestsEach; start += together)
      await Promise.all(
        Array.from({ length: together }, async (_, offset) => {
          const described = descriptions.request(
            new Random(`${name}|${start + offset}`),
            name,
            genuine,
          );
          const response = await fetch(edge.origin + described.path, {
            ...described.init,
            redirect: "manual",
          });
          statuses.set(name, (statuses.get(name) ?? new Set()).add(response.status));
          for (const fault of await descriptions.faultsOf(described, response))
            faults.set(`${name}: ${fault}`, JSON.stringify(described).slice(0, 600));
        }),
      );
  expect(Object.fromEntries(faults)).toEqual({});
  // It went in: some of what a reader may send was taken, and some of it refused.
  for (const name of ["post /v1/withdrawals", "post /v1/requests", "post /u/{invitation}"]) {
    const met = statuses.get(name) ?? new Set();
    expect(
      [...met].some((status) => status < 300),
      `${name}: ${[...met].join()}`,
    ).toBe(true);
    expect(
      [...met].some((status) => status >= 400),
      name,
    ).toBe(true);
  }
}, 300_000);

test("an answer that the description does not know is found", async () => {
  const described = descriptions.request(new Random("x"), "get /v1/keys", genuine);
  expect(await descriptions.faultsOf(described, Response.json({}, { status: 418 }))).toHaveLength(
    1,
  );
  expect(await descriptions.faultsOf(described, Response.json({ keys: "none" }))).toHaveLength(1);
  expect(await descriptions.faultsOf(described, new Response("text"))).toHaveLength(1);
  const unfit = {
    ...descriptions.request(new Random("y"), "post /v1/requests", genuine),
    allowed: false,
  };
  const taken = Response.json(
    { requestId: randomCode(), recordedAt: "2026-01-01T00:00:00Z" },
    { status: 202 },
  );
  expect(await descriptions.faultsOf(unfit, taken)).toEqual([
    "takes a body that its schema refuses",
  ]);
});
