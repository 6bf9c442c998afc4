// A Durable Object that does not answer, or a clock that was set back: what is known holds, no longer than it may, and whoever
// asks for more is told to come again.
import { createExecutionContext, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { campaignStoreOf, publishedCampaign } from "../../edge/campaigns.ts";
import { settingsOf } from "../../edge/env.ts";
import { ReaderRate } from "../../edge/reader-rate.ts";
import { healthOf } from "../../edge/routes/service.ts";
import { base64url, utf8 } from "../../sdk/bytes.ts";
import { sha256 } from "../../sdk/canonical.ts";
import { Problem } from "../../sdk/problem.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import {
  bytesOf,
  invite,
  publication,
  randomBytes,
  signCampaign,
} from "../edge-process/fixture.ts";
import { readMetrics, valueOf } from "../prometheus.ts";
import {
  bindings,
  expectProblem,
  logged,
  origin,
  outboxOf,
  post,
  publish,
  request,
  submission,
  tenant,
} from "./edge-under-test.ts";

/** What a newer edge left in an object, which this one cannot run on: every call of it fails from now on. */
async function breakObject(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("UPDATE schema_version SET version = 99");
    storage.sql.exec("INSERT INTO schema_history (version, readable_from) VALUES (99, 99)");
  });
  await evictDurableObject(stub);
}

const codeOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "answered",
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});

test("a clock that was set back by an hour does not keep a campaign for an hour", async () => {
  const own = await publish();
  expect((await publishedCampaign(bindings, own.id, Date.now())).campaign.revision).toBe(1);
  const text = JSON.stringify(await signCampaign({ ...own, revision: 2 }, tenant));
  // Through another isolate: this one is not told.
  await runInDurableObject(campaignStoreOf(bindings, own.id), (_, { storage }) => {
    storage.sql.exec("UPDATE campaigns SET revision = 2, text = ? WHERE id = ?", text, own.id);
  });
  const known = await publishedCampaign(bindings, own.id, Date.now());
  expect(known.campaign.revision).toBe(1);
  const later = await publishedCampaign(bindings, own.id, Date.now() - 3_600_000);
  expect(later.campaign.revision).toBe(2);
});

test("a clock that was set back by two hours does not hold a reader for three", () => {
  const rate = new ReaderRate();
  const now = Date.now();
  for (let times = 0; times < 5; times++) rate.count("reader", now);
  expect(rate.waitSeconds("reader", 5, now + 1_000)).toBe(3_599);
  expect(rate.waitSeconds("reader", 5, now - 7_200_000)).toBe(0);
});

const publicKey = base64url(randomBytes(1216));

async function parked(path: string, body: object): Promise<Response> {
  const bytes = utf8(JSON.stringify(body));
  const { keyId, seed } = tenant.operatorKey;
  const signature = await signRequest({ method: "POST", path, body: bytes }, keyId, {
    alg: "ed25519",
    seed: bytesOf(seed),
  });
  const headers = { "content-type": "application/json", ...signature };
  return request(path, { method: "POST", headers, body: bytes });
}

async function metrics() {
  const token = "a-token-of-the-operator-0123456789";
  const metricsTokenSha256 = base64url(await sha256(utf8(token)));
  const env = { ...bindings, TELEMETRY: JSON.stringify({ metricsTokenSha256 }) };
  const asked = new Request(`${origin}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return readMetrics(await (await app.fetch(asked, env, createExecutionContext())).text());
}

test("an outbox that is away: each route that asks it says so, and metrics say it too", async () => {
  await (await request("/healthz")).text();
  await breakObject(outboxOf("us"));
  const invitation = await invite(tenant, campaign, "us");
  const lines = await logged(async () => {
    for (const response of [
      await post("/v1/answers", await submission(campaign, "us")),
      await post("/v1/withdrawals", { invitation }),
      await post("/v1/my-data", { invitation, publicKey }),
      await parked("/admin/parked", { region: "us" }),
      await parked("/admin/parked/replay", { region: "us", ids: ["0-1"] }),
    ]) {
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await expectProblem(response, "region-unavailable")).toMatchObject({ region: "us" });
    }
    // What this isolate was told before is not taken for it.
    const health = await healthOf(bindings, settingsOf(bindings), Date.now() + 20_000);
    expect(health.get("us")).toBeInstanceOf(Problem);
    expect(health.get("eu")).toMatchObject({ waiting: expect.any(Number) as number });
    const problem = await expectProblem(await request("/healthz"), "region-unavailable");
    expect(problem).toMatchObject({ region: "us" });
    const families = await metrics();
    expect(valueOf(families, "maily_edge_outbox_up", { region: "eu" })).toBe(1);
    expect(valueOf(families, "maily_edge_outbox_up", { region: "us" })).toBe(0);
    expect(valueOf(families, "maily_edge_outbox_up", { region: "apac" })).toBeNaN();
    expect(valueOf(families, "maily_edge_outbox_waiting", { region: "us" })).toBeNaN();
  });
  expect(lines.filter((line) => line.includes("outbox-away")).length).toBeGreaterThan(3);
});

test("campaigns that are away: what is known holds for its ten seconds, and nothing else is taken", async () => {
  const { path, ...init } = await publication(
    await signCampaign({ ...campaign, revision: 2 }, tenant),
    tenant,
  );
  const unknown = await publish();
  await (await request(`/v1/campaigns/${campaign.id}`)).text();
  for (const id of [campaign.id, unknown.id])
    await breakObject(campaignStoreOf(bindings, id)).catch(() => undefined); // The same object, perhaps.
  const now = Date.now();
  const lines = await logged(async () => {
    // The first of these asks again, in vain.
    for (const age of [7_000, 8_000, 9_000])
      expect(await codeOf(publishedCampaign(bindings, campaign.id, now + age))).toBe("answered");
    expect(await codeOf(publishedCampaign(bindings, campaign.id, now + 11_000))).toBe(
      "region-unavailable",
    );
    for (const response of [
      await request(`/v1/campaigns/${unknown.id}`),
      await post("/v1/answers", await submission(unknown)),
      await request(path, init),
    ]) {
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      await expectProblem(response, "region-unavailable");
    }
  });
  expect(lines.filter((line) => line.includes("campaigns-away")).length).toBeGreaterThan(3);
});

test("without the memory of nonces nobody's signed call is taken", async () => {
  await breakObject(bindings.CAMPAIGNS.getByName("campaigns-0")).catch(() => undefined); // It may be broken.
  await logged(async () => {
    await expectProblem(await parked("/admin/parked", { region: "eu" }), "region-unavailable");
  });
});
