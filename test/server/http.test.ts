import { expect, test } from "vitest";
import { readMetrics } from "../prometheus.ts";
import { codeOf, TestRegion } from "./region.ts";
import { answerOf, randomId } from "./sealed.ts";

const eu = await TestRegion.start();

test("says that it is well, and with which keys", async () => {
  const response = await eu.get("/healthz");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    status: "ok",
    region: "eu",
    stream: true,
    warehouse: true,
    lag: 0,
    outgoing: 0,
    segments: { segments: 0, paused: 0, suspect: 0 },
    deadLetters: 0,
    keys: [
      { keyId: 1, state: "active" },
      { keyId: 4, state: "pending" },
    ],
  });
});

test("counts what it does in the Prometheus text format", async () => {
  const campaign = await eu.published();
  const answer = await answerOf(eu.keys, campaign);
  await eu.take(answer, answer, await answerOf(eu.keys, campaign, { payload: "{}" }));
  await eu.ingested();
  const response = await eu.get("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  for (const line of [
    'maily_http_requests_total{region="eu",route="/v1/intake",status="200"} 1',
    'maily_intake_entries_total{region="eu",status="stored"} 3',
    'maily_intake_batch_seconds_count{region="eu"} 1',
    'maily_intake_under_way{region="eu"} 0',
    'maily_ingested_total{region="eu"} 1',
    'maily_duplicates_total{region="eu"} 1',
    'maily_dead_lettered_total{region="eu",code="answer-invalid"} 1',
    'maily_admitted_to_stored_seconds_count{region="eu"} 1',
    'maily_admitted_to_stored_seconds_bucket{region="eu",le="+Inf"} 1',
    'maily_dead_letters{region="eu"} 1',
    'maily_stream_up{region="eu"} 1',
    'maily_warehouse_up{region="eu"} 1',
    'maily_ingest_lag_records{region="eu"} 0',
    'maily_ingest_lag_seconds{region="eu"} 0',
    'maily_live_followers{region="eu"} 0',
  ])
    expect(text.split("\n")).toContain(line);
  readMetrics(text);
  expect(text).not.toContain(campaign.id);
});

test("explains each problem", async () => {
  const response = await eu.get("/problems/notice-stale");
  expect(await response.json()).toMatchObject({ code: "notice-stale", status: 409 });
  expect(await codeOf(await eu.get("/problems/none"))).toBe("not-found");
  expect(await codeOf(await eu.get("/problems/toString"))).toBe("not-found");
});

test("refuses unknown paths, and unknown methods with those that there are", async () => {
  const unknown = await eu.get("/v2/intake");
  expect([unknown.status, await codeOf(unknown)]).toEqual([404, "not-found"]);
  expect(unknown.headers.get("content-type")).toBe("application/problem+json");
  const get = await eu.get("/v1/intake");
  expect([get.status, get.headers.get("allow"), await codeOf(get)]).toEqual([
    405,
    "POST",
    "method-not-allowed",
  ]);
  const posted = await fetch(`${eu.origin}/v1/campaigns/${randomId(8)}/results`, {
    method: "POST",
  });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET"]);
});

test("a path that is no text is refused like any other", async () => {
  const response = await eu.get("/v1/campaigns/%E0%A4%A/results", eu.keys.tenant.token);
  expect([response.status, await codeOf(response)]).toEqual([404, "campaign-unknown"]);
});

test("what nobody may keep is not kept by caches", async () => {
  const campaign = await eu.published();
  const results = await eu.get(`/v1/campaigns/${campaign.id}/results`, eu.keys.tenant.token);
  expect(results.headers.get("cache-control")).toBe("no-store");
});
