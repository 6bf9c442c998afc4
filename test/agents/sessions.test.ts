// Sessions whose client does not take what it is told: bounded, and the client hears how much it missed.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Segment, type SegmentChange } from "../../sdk/schema/segment.ts";
import { Agents, type AgentParts } from "../../server/agents/agents.ts";
import { Metrics } from "../../server/metrics.ts";
import { campaignOf } from "../server/sealed.ts";
import { generateKeys } from "../../cli/keygen.ts";
import { temporaryFolder } from "../server/region.ts";
import { issuerName, newIssuer, resource, token, type Issuing } from "./signing.ts";

let issuing: Issuing;
let agents: Agents;
let change: (sequence: number) => void;
let known = true;

beforeAll(async () => {
  const folder = temporaryFolder();
  issuing = await newIssuer();
  const file = join(folder, "agents.json");
  const keys = [issuing.publicKey];
  await writeFile(
    file,
    JSON.stringify({ resource, issuers: [{ issuer: issuerName, tenants: [7], keys }] }),
  );
  const campaign = await campaignOf(await generateKeys(7, Date.now()));
  const segment = Segment.parse({
    id: "fans",
    campaign: campaign.id,
    name: "Fans",
    purpose: "results",
    owner: "o",
    sql: "SELECT reader FROM current_readers",
  });
  const state = (sequence: number): SegmentChange => ({
    kind: "segment",
    tenant: 7,
    region: "eu",
    segment: "fans",
    campaign: campaign.id,
    name: "Fans",
    purpose: "results",
    floor: 20,
    size: 20 + sequence,
    belowFloor: false,
    asOf: new Date().toISOString(),
    sequence,
    entered: 1,
    left: 0,
  });
  // Segments that change when the test says so; everything else is the real thing.
  const segments: AgentParts["segments"] = {
    list: () => [state(0)],
    get: () => (known ? state(0) : undefined),
    definitionOf: () => (known ? segment : undefined),
    choices: () => [],
    asOf: Date.now(),
    onChange: (listener) => {
      change = (sequence) => listener([state(sequence)]);
      return () => undefined;
    },
  };
  agents = await Agents.open(file, {
    region: "eu",
    dataDir: folder,
    campaigns: { ofTenant: () => campaign },
    warehouse: {
      read: () => Promise.reject(new Error("nothing is read here")),
    },
    segments,
    metrics: new Metrics("eu"),
    stream: { append: () => Promise.resolve() },
  });
});
afterAll(() => agents.close());

let id = 0;
const address = "https://eu.maily.example/mcp";
const accept = "application/json, text/event-stream";

/** One request of a client whose body was read. */
async function ask(
  method: string,
  params: object,
  session: Record<string, string> = {},
): Promise<Response> {
  const body = { jsonrpc: "2.0", id: ++id, method, params };
  const request = new Request(address, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token(issuing)}`,
      "content-type": "application/json",
      accept,
      ...session,
    },
  });
  return agents.mcp(request, await agents.identify(request), body);
}

async function begin(): Promise<Record<string, string>> {
  const begun = await ask("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "slow", version: "1" },
  });
  return { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
}

/** The connection on which the client is notified. */
async function listen(
  session: Record<string, string>,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const request = new Request(address, {
    headers: { authorization: `Bearer ${token(issuing)}`, accept, ...session },
  });
  const response = await agents.mcp(request, await agents.identify(request), undefined);
  if (response.body === null) throw new Error(`no stream: ${response.status}`);
  return response.body.getReader();
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const text = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> =>
  new TextDecoder().decode((await reader.read()).value);

test("a client that takes nothing has a few notifications waiting, then the newest alone", async () => {
  const session = await begin();
  const reader = await listen(session);
  expect((await ask("resources/subscribe", { uri: "segment://7/fans" }, session)).status).toBe(200);
  for (let sequence = 1; sequence <= 1_000; sequence++) {
    change(sequence);
    if (sequence % 100 === 0) await turn();
  }
  let told = "";
  const count = (): number => told.match(/notifications\/resources\/updated/g)?.length ?? 0;
  const skipped = (): number =>
    [...told.matchAll(/"maily\/skipped":(\d+)/g)].reduce((sum, [, some]) => sum + Number(some), 0);
  // Each change is either told or said to have been skipped.
  while (count() + skipped() < 1_000) told += await text(reader);
  expect(count() + skipped()).toBe(1_000);
  expect(count()).toBeLessThanOrEqual(8);
  await reader.cancel();
});

test("what changed while a client was not connected is told when it is", async () => {
  const session = await begin();
  await ask("resources/subscribe", { uri: "segment://7/fans" }, session);
  change(1);
  await turn();
  const reader = await listen(session);
  expect(await text(reader)).toContain("segment://7/fans");
  await reader.cancel();
});

test("a new connection takes the place of one that may be dead", async () => {
  const session = await begin();
  await ask("resources/subscribe", { uri: "segment://7/fans" }, session);
  const first = await listen(session);
  const second = await listen(session);
  expect((await first.read()).done).toBe(true);
  change(2);
  expect(await text(second)).toContain("segment://7/fans");
  await second.cancel();
});

test("a segment that is gone is not told of, and stays gone", async () => {
  const session = await begin();
  await ask("resources/subscribe", { uri: "segment://7/fans" }, session);
  const reader = await listen(session);
  known = false;
  change(3);
  await turn();
  known = true;
  change(4);
  await turn();
  const came = reader.read().then(({ done }) => !done);
  expect(await Promise.race([came, turn().then(() => false)])).toBe(false);
  await reader.cancel();
});

test("a request that its client cancels does not hold its connection", async () => {
  const session = await begin();
  const pending = ask("tools/call", { name: "explain_decision", arguments: {} }, session);
  await ask("notifications/cancelled", { requestId: id }, session).catch(() => undefined);
  const answered = await pending;
  expect([200, 503]).toContain(answered.status);
});
