// What no well-behaved client sends, over bare HTTP; and segments as events and as a topic.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { SegmentChange } from "../../sdk/schema/segment.ts";
import { openEmbeddedStream } from "../../server/stream/embedded.ts";
import { segmentsTopic } from "../../server/stream/topics.ts";
import { until } from "../server/region.ts";
import { AgentRegion, call, settled } from "./agent-region.ts";
import { newIssuer, resource, token } from "./signing.ts";

let eu: AgentRegion;
let campaign: Campaign;

beforeAll(async () => {
  eu = await AgentRegion.start();
  campaign = await eu.region.published();
  await eu.answer(campaign, 6);
  await eu.declare(campaign);
  await settled(await eu.connect(), "light-fans", 6);
});

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "bare", version: "1" },
  },
};
const listTools = { jsonrpc: "2.0", id: 2, method: "tools/list" };

const post = (
  body: unknown,
  headers: Record<string, string> = {},
  presented = eu.token(),
): Promise<Response> =>
  fetch(`${eu.region.origin}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${presented}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const sessionOf = async (presented = eu.token()): Promise<string> => {
  const response = await post(initialize, {}, presented);
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
};
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { code?: unknown }).code;

describe("who is not let in", () => {
  test("learns where to ask for a token", async () => {
    const response = await fetch(`${eu.region.origin}/mcp`, { method: "POST" });
    expect(response.status).toBe(401);
    expect(await codeOf(response)).toBe("agent-token-invalid");
    expect(response.headers.get("www-authenticate")).toBe(
      'Bearer resource_metadata="https://eu.maily.example/.well-known/oauth-protected-resource/mcp"',
    );
    for (const path of ["", "/mcp"]) {
      const metadata = await eu.region.get(`/.well-known/oauth-protected-resource${path}`);
      expect(await metadata.json()).toMatchObject({
        resource,
        bearer_methods_supported: ["header"],
      });
    }
  });

  test("is told what is wrong with the token, and never the token", async () => {
    const foreign = token(await newIssuer());
    for (const path of ["/mcp", "/v1/agents/segments", "/v1/agents/segments/light-fans"]) {
      const response = await eu.region.get(path, foreign);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(await response.text()).not.toContain(foreign.slice(0, 40));
    }
  });

  test("is a tenant's or operator's own token, too", async () => {
    expect((await post(initialize, {}, eu.region.keys.tenant.token)).status).toBe(401);
  });

  test("is a page of another origin, whatever token it has", async () => {
    const refused = await post(initialize, { origin: "https://evil.example" });
    expect(refused.status).toBe(403);
    expect(await codeOf(refused)).toBe("agent-origin");
    expect((await post(initialize, { origin: "null" })).status).toBe(403);
    expect((await post(initialize, { origin: "https://eu.maily.example" })).status).toBe(200);
  });
});

describe("a session", () => {
  test("is its subject's and tenant's alone", async () => {
    const session = await sessionOf();
    const headers = { "mcp-session-id": session };
    expect((await post(listTools, headers)).status).toBe(200);
    for (const claims of [{ sub: "another" }, { tenant: 8 }]) {
      const stolen = await post(listTools, headers, eu.token(claims));
      expect(stolen.status).toBe(404);
      expect(await codeOf(stolen)).toBe("session-unknown");
    }
    expect((await post(listTools, { "mcp-session-id": "made-up" })).status).toBe(404);
  });

  test("has to be begun and named", async () => {
    expect((await post(listTools)).status).toBe(400);
  });

  test("ends when it is deleted", async () => {
    const headers = { "mcp-session-id": await sessionOf() };
    const ended = await fetch(`${eu.region.origin}/mcp`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${eu.token()}`, ...headers },
    });
    expect(ended.status).toBe(200);
    expect((await post(listTools, headers)).status).toBe(404);
  });

  test("of a client that begins ever more of them takes the place of its own oldest", async () => {
    const presented = eu.token({ sub: "restless" });
    const first = await sessionOf(presented);
    for (let more = 0; more < 20; more++) await sessionOf(presented);
    expect((await post(listTools, { "mcp-session-id": first }, presented)).status).toBe(404);
  });
});

describe("bad requests", () => {
  test("are named: no JSON, another type, too large, too many at once, another protocol", async () => {
    const session = { "mcp-session-id": await sessionOf() };
    expect((await post("{", session)).status).toBe(400);
    expect((await post("{}", { ...session, "content-type": "text/plain" })).status).toBe(415);
    expect((await post({ pad: "x".repeat(70_000) }, session)).status).toBe(413);
    expect(
      (
        await post(
          Array.from({ length: 51 }, () => listTools),
          session,
        )
      ).status,
    ).toBe(400);
    expect((await post({ nonsense: true }, session)).status).toBe(400);
    const old = await post(listTools, { ...session, "mcp-protocol-version": "1999-01-01" });
    expect(old.status).toBe(400);
    expect((await eu.region.get("/mcp", eu.token(), session)).status).toBe(406);
  });

  test("other methods are refused", async () => {
    const put = await fetch(`${eu.region.origin}/mcp`, { method: "PUT", body: "x" });
    expect(put.status).toBe(405);
  });
});

test("a subject that calls too often is told to wait, and others are not", async () => {
  const hasty = eu.token({ sub: "hasty" });
  const statuses = await Promise.all(
    // Each message of a batch is a call.
    Array.from({ length: 20 }, async () => {
      const response = await post(
        Array.from({ length: 50 }, () => listTools),
        {},
        hasty,
      );
      await response.text();
      return response.status;
    }),
  );
  expect(statuses).toContain(429);
  expect((await post(initialize)).status).toBe(200);
});

/** An open event stream and what came on it. */
async function listen(
  path: string,
  presented: string,
  headers: Record<string, string> = {},
): Promise<{ text: () => string; ended: Promise<void>; stop: () => Promise<void> }> {
  const response = await eu.region.get(path, presented, headers);
  if (response.status !== 200 || response.body === null) throw new Error(await response.text());
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const ended = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += decoder.decode(part.value, { stream: true });
  })().catch(() => undefined);
  return { text: () => text, ended, stop: () => reader.cancel() };
}

describe("segments as events", () => {
  test("begin with the state, go on with each change, and are the policy's columns alone", async () => {
    const events = await listen("/v1/agents/segments", eu.token());
    await until(() => events.text().includes('"size":6'));
    await eu.answer(campaign, 1);
    await until(() => events.text().includes('"size":7'));
    expect(events.text()).toContain("event: segment\nid: ");
    expect(events.text()).toContain('"entered":1');
    await events.stop();
  });

  test("do not say again what the client has, and say what it has not", async () => {
    const first = await listen("/v1/agents/segments/light-fans", eu.token());
    await until(() => first.text().includes("event: segment"));
    const [, id = ""] = /id: (\d+)/.exec(first.text()) ?? [];
    await first.stop();
    const again = await listen("/v1/agents/segments/light-fans", eu.token(), {
      "last-event-id": id,
    });
    await eu.answer(campaign, 1);
    await until(() => again.text().includes("event: segment"));
    expect(again.text().match(/event: segment/g)).toHaveLength(1);
    await again.stop();
  });

  test("of what is not there, or not allowed, are refused before they begin", async () => {
    const head = await fetch(`${eu.region.origin}/v1/agents/segments`, {
      method: "HEAD",
      headers: { authorization: `Bearer ${eu.token()}` },
    });
    expect([head.status, head.headers.get("allow")]).toEqual([405, "GET"]);
    expect((await eu.region.get("/v1/agents/segments/none", eu.token())).status).toBe(404);
    const theirs = await eu.region.get("/v1/agents/segments/light-fans", eu.token({ tenant: 8 }));
    expect(theirs.status).toBe(404);
    const aimless = eu.token({ purposes: [] });
    const denied = await eu.region.get("/v1/agents/segments/light-fans", aimless);
    expect(denied.status).toBe(403);
    expect(await codeOf(denied)).toBe("policy-denied");
  });

  test("end with their token", async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const short = eu.token({ iat: seconds - 30, exp: seconds + 3 });
    const events = await listen("/v1/agents/segments", short);
    await events.ended;
    expect(events.text()).toContain('event: end\ndata: {"reason":"expired"}');
  });
});

test("a stop waits for nobody who only listens", async () => {
  const other = await AgentRegion.start();
  const session = await fetch(`${other.region.origin}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${other.token()}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify(initialize),
  });
  await session.text();
  const events = await other.region.get("/v1/agents/segments", other.token());
  const notified = await other.region.get("/mcp", other.token(), {
    accept: "text/event-stream",
    "mcp-session-id": session.headers.get("mcp-session-id") ?? "",
  });
  expect([events.status, notified.status]).toEqual([200, 200]);
  const said = [events.text(), notified.text()];
  await other.region.stop();
  // Ended and not cut off: then they would reject.
  expect(await said[0]).toContain('event: end\ndata: {"reason":"closing"}');
  await said[1];
});

test("a subject that is revoked loses its streams and sessions at once, without a restart", async () => {
  const presented = eu.token({ sub: "leaver" });
  const events = await listen("/v1/agents/segments", presented);
  const session = { "mcp-session-id": await sessionOf(presented) };
  await eu.writeAgents({ revoked: { tokens: [], subjects: ["leaver"] } });
  await events.ended;
  expect(events.text()).toContain('{"reason":"revoked"}');
  expect((await post(listTools, session, presented)).status).toBe(401);
  // A file that is wrong changes nothing.
  await eu.writeAgents({ issuers: [] });
  expect((await post(initialize)).status).toBe(200);
  await eu.writeAgents();
  await until(async () => (await post(initialize, {}, presented)).status === 200);
});

test("what agents did is counted", async () => {
  await call(await eu.connect(), "list_segments");
  const text = await (await eu.region.get("/metrics")).text();
  expect(text).toMatch(
    /maily_agent_calls_total\{region="eu",tool="list_segments",result="given"\} \d/,
  );
  expect(text).toMatch(
    /maily_agent_decisions_total\{region="eu",action="call",result="allowed"\} \d/,
  );
  expect(text).toMatch(/maily_agent_followers\{region="eu"\} [1-9]/);
  expect(text).toMatch(/maily_agent_notified_seconds_count\{region="eu"\} [1-9]/);
});

test("without agents.json nobody asks as one, and a wrong one stops the start", async () => {
  const { TestRegion } = await import("../server/region.ts");
  const plain = await TestRegion.start();
  expect((await plain.get("/mcp", eu.token())).status).toBe(404);
  expect((await plain.get("/.well-known/oauth-protected-resource")).status).toBe(404);
  await plain.stop();
  plain.environment["MAILY_AGENTS"] = join(plain.folder, "none.json");
  await expect(plain.start()).rejects.toMatchObject({ code: "configuration-invalid" });
});

test("each change is on the topic, keyed by tenant and segment", async () => {
  await eu.answer(campaign, 1);
  await eu.region.stop();
  const stream = openEmbeddedStream({ path: join(eu.region.folder, "data", "stream.db") });
  const changes: SegmentChange[] = [];
  const consumer = await stream.consume(
    { topic: segmentsTopic("eu"), group: "test", nextOffsets: async () => new Map() },
    async (records) => {
      for (const { key, value, headers } of records) {
        expect(key).toBe("7|light-fans");
        expect(headers).toMatchObject({ region: "eu", schema: "maily.segment.v1" });
        changes.push(SegmentChange.parse(JSON.parse(new TextDecoder().decode(value))));
      }
    },
  );
  await until(() => changes.some(({ size }) => size === 9));
  const sequences = changes.map(({ sequence }) => sequence);
  expect(sequences).toEqual([...sequences].sort((one, next) => one - next));
  await consumer.stop();
  await stream.close();
});
