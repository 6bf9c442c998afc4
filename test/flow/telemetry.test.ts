// What the running product tells its operator: figures for Prometheus, and logs without secrets.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromBase64url } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { regions } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Collector } from "../collector.ts";
import { readMetrics, valueOf, type Family } from "../prometheus.ts";
import {
  invite,
  post,
  publishWidget,
  resultsWith,
  startProduct,
  submissionOf,
  type Product,
} from "./product.ts";

const metricsToken = "a-token-of-the-operator-0123456789";
const collectorKey = "a-key-of-the-collector-0123456789";
const answerText = "quince-and-cardamom";
const readerId = "who-is-never-named@example.org";

let collector: Collector;
let product: Product;
let manifest: Manifest;
beforeAll(async () => {
  collector = await Collector.listen();
  const otlp = {
    endpoint: collector.endpoint,
    headers: { authorization: `Bearer ${collectorKey}` },
    sampleOneIn: 1,
  };
  const metricsTokenSha256 = createHash("sha256").update(metricsToken).digest("base64url");
  product = await startProduct({
    more: {
      telemetry: JSON.stringify({ otlp, metricsTokenSha256 }),
      servers: () => ({
        nodeArguments: [],
        environment: { MAILY_OTLP_ENDPOINT: collector.endpoint },
      }),
    },
  });
  manifest = await publishWidget(product);
}, 120_000);
afterAll(async () => {
  await product.stop();
  await collector.close();
});

const ask = (token?: string): Promise<Response> =>
  fetch(`${product.running.edge}/metrics`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

const figures = async (): Promise<Map<string, Family>> =>
  readMetrics(await (await ask(metricsToken)).text());

/** All that a reader sends and is, in this test: none of it may be in any log. */
const secrets = new Map<string, string>();

async function answer(region: "eu" | "us" | "apac"): Promise<Response> {
  const { invitation, link } = await invite(product, manifest, region, `${region}-${readerId}`);
  const submission = await submissionOf(manifest, invitation, { drink: "tea", why: answerText });
  const { body, bytes } = parseInvitation(invitation);
  secrets.set(`invitation in ${region}`, invitation);
  secrets.set(`the bytes of it in ${region}`, Buffer.from(bytes).toString("hex"));
  secrets.set(`link in ${region}`, link);
  secrets.set(`submission in ${region}`, submission.submissionId);
  secrets.set(`envelope in ${region}`, submission.envelope.slice(0, 64));
  for (const encoding of ["base64url", "base64", "hex"] as const)
    secrets.set(`reader in ${region}, ${encoding}`, Buffer.from(body.reader).toString(encoding));
  const response = await post(product, submission);
  if (response.ok) {
    const { receipt } = (await response.clone().json()) as { receipt: string };
    secrets.set(`receipt in ${region}`, receipt);
  }
  return response;
}

/** How a log could spell it. */
const spellings = (text: string): string[] => {
  const bytes = fromBase64url(text);
  return [
    text,
    Buffer.from(text).toString("hex"),
    Buffer.from(text).toString("base64url").slice(0, -2),
    ...(bytes === undefined ? [] : [Buffer.from(bytes).toString("hex")]),
  ];
};

test("the edge's figures are the operator's alone", async () => {
  for (const token of [undefined, "short", `${metricsToken}x`, product.keys.tenant.token]) {
    const response = await ask(token);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ code: "token-invalid" });
  }
  const response = await ask(metricsToken);
  expect(response.status).toBe(200);
  expect(response.headers.get("www-authenticate")).toBeNull();
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
});

test("traffic, errors and latency are counted for each region", async () => {
  for (const region of regions) expect((await answer(region)).status).toBe(202);
  for (const region of regions) await resultsWith(product, region, manifest.id, 1);
  const refused = await post(product, { invitation: "A".repeat(136) });
  expect(refused.status).toBe(400);
  const families = await figures();
  const requests = "maily_edge_requests_total";
  const duration = "maily_edge_request_duration_seconds";
  for (const region of regions) {
    expect(valueOf(families, requests, { route: "/v1/answers", region, outcome: "202" })).toBe(1);
    const of = families.get(duration)?.samples.filter(({ labels }) => labels["region"] === region);
    expect(of?.find(({ name }) => name === `${duration}_count`)?.value).toBe(1);
  }
  expect(valueOf(families, requests, { route: "/v1/answers", outcome: "malformed-request" })).toBe(
    1,
  );
  expect(valueOf(families, "maily_edge_requests_under_way")).toBe(1); // The one that asks.
});

test("each server tells the same of its region, in figures that Prometheus takes", async () => {
  for (const region of regions) {
    const text = await (await fetch(`${product.running.servers[region]}/metrics`)).text();
    const families = readMetrics(text);
    const of = (name: string, labels = {}): number =>
      valueOf(families, name, { region, ...labels });
    expect(of("maily_ingested_total")).toBe(1);
    expect(of("maily_http_requests_total", { route: "/v1/intake", status: "200" })).toBe(1);
    expect(of("maily_ingest_lag_records")).toBe(0);
    expect(of("maily_ingest_lag_seconds")).toBeLessThan(5);
    expect(of("maily_intake_under_way")).toBe(0);
    expect(of("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  }
});

test("the age of what waits rises while a region is away, and falls when it is back", async () => {
  const age = async (): Promise<number> =>
    valueOf(await figures(), "maily_edge_outbox_oldest_age_seconds", { region: "us" });
  expect(await age()).toBe(0);
  await product.running.children.us.kill9();
  const { invitation } = await invite(product, manifest, "us", `later-${readerId}`);
  const submission = await submissionOf(manifest, invitation, { drink: "tea" });
  expect((await post(product, submission)).status).toBe(202);
  await expect.poll(age, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  const waiting = valueOf(await figures(), "maily_edge_outbox_waiting", { region: "us" });
  expect(waiting).toBe(1);
  await product.running.children.us.start();
  await expect.poll(age, { timeout: 30_000 }).toBe(0);
});

test("when the last key of a region ends is a figure", async () => {
  const ends = product.keys.deployment.directory.keys
    .filter(({ region }) => region === "apac")
    .map(({ notAfter }) => Date.parse(notAfter) / 1000);
  const name = "maily_edge_region_key_expires_timestamp_seconds";
  expect(valueOf(await figures(), name, { region: "apac" })).toBe(Math.max(...ends));
});

test("no log of any process holds a secret, and every line is an event with its time", async () => {
  // Faults of every kind beside the answers above: bad bodies, forged invitations, a region away, an unknown campaign.
  await answer("eu");
  const { invitation } = await invite(product, manifest, "eu", readerId);
  secrets.set("forged invitation", `${invitation.slice(0, -4)}AAAA`);
  const submission = await submissionOf(manifest, invitation, { drink: "tea", why: answerText });
  const forged = { ...submission, invitation: `${invitation.slice(0, -4)}AAAA` };
  expect((await post(product, forged)).status).toBe(403);
  expect((await post(product, `{"invitation":"${invitation}",`)).status).toBe(400);
  expect((await post(product, { ...submission, envelope: "AAAA" })).status).toBe(400);
  await fetch(`${product.running.edge}/a/${manifest.id}/${invitation}`);
  await fetch(`${product.running.servers.eu}/v1/campaigns/${manifest.id}/results`, {
    headers: { authorization: `Bearer ${product.keys.tenant.token.slice(0, -1)}` },
  });
  await product.running.children.apac.kill9();
  expect((await answer("apac")).status).toBe(503);
  await product.running.children.apac.start();

  const { tenant, edge, operator, regions: held } = product.keys;
  secrets.set("tenant", tenant.token).set("operator", operator.token);
  secrets.set("reader key", tenant.readerKey).set("invitation seed", tenant.invitationKey.seed);
  secrets.set("receipt seed", edge.receiptKey.seed).set("root", operator.rootSeed);
  secrets.set("metrics", metricsToken).set("collector", collectorKey);
  for (const { region, keys, forwardKeys, wrapKey } of Object.values(held)) {
    for (const { seed } of keys) secrets.set(`seed of ${region}`, seed);
    for (const { secret } of forwardKeys) secrets.set(`forward key of ${region}`, secret);
    secrets.set(`wrap key of ${region}`, wrapKey);
  }
  secrets.set("answer", answerText).set("reader", readerId);
  const folder = join(product.folder, "log");
  const files = await readdir(folder);
  expect(files.toSorted()).toEqual(["apac.log", "edge.log", "eu.log", "us.log"]);
  const events = new Set<string>();
  for (const file of files) {
    const text = await readFile(join(folder, file), "utf8");
    // The search finds what a log does hold.
    if (file !== "edge.log") expect(text).toContain(manifest.id);
    for (const [name, secret] of secrets)
      for (const spelling of spellings(secret))
        expect(text.includes(spelling), `${name} in ${file}`).toBe(false);
    for (const line of text.split("\n").filter((candidate) => candidate.startsWith("{"))) {
      const { at, event, trace, region } = JSON.parse(line) as Record<string, string>;
      if (file !== "edge.log") expect(`${region}.log`).toBe(file);
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      events.add(`${file} ${event}`);
      if (file === "edge.log" && event === "refused") expect(trace).toMatch(/^[0-9a-f]{32}$/);
    }
  }
  expect([...events]).toEqual(
    expect.arrayContaining([
      "edge.log refused",
      "edge.log region-away",
      "eu.log ready",
      "eu.log refused",
    ]),
  );
  const told = collector.bodies.join("\n");
  for (const [name, secret] of secrets)
    for (const spelling of spellings(secret))
      expect(told.includes(spelling), `${name} at the collector`).toBe(false);
});
