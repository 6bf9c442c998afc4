// The whole product for a test: its own keys, folder and ports; readers who answer with the sdk as the page does.
import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeKeys, type Keys } from "../../cli/keygen.ts";
import { mint } from "../../cli/mint.ts";
import { fetchManifest, publish } from "../../cli/publish.ts";
import {
  launch,
  originsOf,
  type Launch,
  type Ports,
  type Running,
  type ServerStart,
} from "../../demo/launch.ts";
import { base64url, fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { AgentSigner } from "../../sdk/schema/agents.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import { Results } from "../../sdk/schema/results.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { seal } from "../../sdk/seal.ts";
import { keptBuild } from "./kept-build.ts";

export const yearMilliseconds = 365 * 86_400_000;

/**
 * Below what systems hand out by themselves (Linux: from 32768), so that no connection takes a port between two starts of
 * what listens there.
 */
const portRange = [12_000, 32_000] as const;
const portTriesMax = 1_000;

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.once("close", () => resolve(true));
    server.listen(port, "127.0.0.1", () => server.close());
  });

export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === portTriesMax) throw new Error(`no ${count} free ports`);
    const port = randomInt(...portRange);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export const sampleWidget: Widget = Widget.parse({
  maily: 1,
  title: "Tea or coffee",
  languages: ["en"],
  questions: [
    {
      id: "drink",
      kind: "single-choice",
      text: "Which?",
      required: true,
      options: [
        { id: "tea", text: "Tea" },
        { id: "coffee", text: "Coffee" },
      ],
    },
    { id: "cups", kind: "slider", from: 0, to: 10, text: "How many?" },
    { id: "why", kind: "short-text", text: "Why?" },
  ],
  notice: {
    version: 1,
    controller: { name: "Test Tea", contact: "privacy@tea.example" },
    retentionDays: 30,
    text: "We count.",
    purposes: [
      { id: "results", text: "Count answers", required: true },
      { id: "partners", text: "Share", sharing: true },
    ],
  },
});

/** A product that runs, whoever started it and will stop it. */
export interface Deployed {
  readonly folder: string;
  readonly keys: Keys;
  readonly running: Pick<Running, "edge" | "servers">;
}

export interface Product extends Deployed {
  readonly running: Running;
  /** Names agents, where the product was started with them. */
  readonly signer?: AgentSigner;
  stop(): Promise<void>;
}

export interface ProductOptions {
  readonly brokers?: Readonly<Record<Region, string>>;
  /** Agents may ask the servers: with tokens that `signer` signs. */
  readonly agents?: boolean;
  /** What edge and servers are started with beside the product's own. */
  readonly more?: Pick<Launch, "telemetry" | "servers">;
}

/** Everything started and answering; `stop` ends it and removes its folder. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), "maily-product-"));
  const { keys, built } = await keptBuild(join(folder, "build"));
  const keysFolder = join(folder, "keys");
  await writeKeys(keysFolder, keys);
  const [edge = 0, eu = 0, us = 0, apac = 0] = await freePorts(4);
  const ports: Ports = { edge, servers: { eu, us, apac } };
  const agents = options.agents
    ? await (
        await import("../../demo/desk/keys.ts")
      ).prepareAgents(keysFolder, keys.tenant.tenant, originsOf(ports))
    : undefined;
  const servers = (region: Region): ServerStart => {
    const { nodeArguments = [], environment } = options.more?.servers?.(region) ?? {};
    const named = agents !== undefined && { MAILY_AGENTS: agents.file };
    return { nodeArguments, environment: { ...environment, ...named } };
  };
  const running = await launch({
    folder,
    keysFolder,
    ...built,
    ports,
    ...(options.brokers !== undefined && { brokers: options.brokers }),
    ...options.more,
    servers,
  });
  const stop = async (): Promise<void> => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, keys, running, stop, ...(agents && { signer: agents.signer }) };
}

/** Publishes a widget in every region and returns its manifest as the edge gives it. */
export async function publishWidget(
  product: Deployed,
  widget: Widget = sampleWidget,
): Promise<Manifest> {
  const { campaign } = await publish(
    product.running.edge,
    {
      widget,
      regions,
      opensAt: new Date(Date.now() - 60_000).toISOString(),
      closesAt: new Date(Date.now() + yearMilliseconds).toISOString(),
    },
    product.keys.tenant,
  );
  const manifest = await fetchManifest(product.running.edge, campaign.id);
  if (manifest === undefined) throw new Error("published, but not there");
  return manifest;
}

/** An invitation of the tenant's reader `id`, valid for a year. */
export async function invite(
  product: Deployed,
  manifest: Manifest,
  region: Region,
  id: string,
  more: { test?: boolean; expiresAt?: number } = {},
): Promise<{ invitation: string; link: string }> {
  return mint(
    {
      campaign: manifest,
      secrets: product.keys.tenant,
      edge: product.running.edge,
      expiresAt: more.expiresAt ?? Math.floor((Date.now() + yearMilliseconds) / 1000),
      test: more.test ?? false,
    },
    { id, region },
  );
}

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};

export const consentNow = (purposes: readonly string[] = ["results"], notice = 1): Consent => ({
  notice,
  purposes: [...purposes],
  givenAt: new Date(Date.now() - 1000).toISOString(),
  language: "en",
});

/** A submission as the page makes it, sealed to the region's active key. */
export async function submissionOf(
  manifest: Manifest,
  invitation: string,
  answers: Answers,
  consent: Consent = consentNow(),
): Promise<Submission> {
  const { body, bytes } = parseInvitation(invitation);
  const key = manifest.keys.find(
    ({ region, notBefore, notAfter }) =>
      region === body.region &&
      Date.parse(notBefore) <= Date.now() &&
      Date.now() < Date.parse(notAfter),
  );
  if (key === undefined) throw new Error(`no active key in ${body.region}`);
  const submissionId = randomBytes(16);
  const envelope = await seal({
    publicKey: bytesOf(key.publicKey),
    keyId: key.keyId,
    region: body.region,
    tenant: body.tenant,
    campaign: body.campaign,
    reader: body.reader,
    submissionId: Uint8Array.from(submissionId),
    consent,
    invitation: bytes,
    answers,
    language: "en",
  });
  return {
    invitation,
    submissionId: base64url(submissionId),
    consent,
    envelope: base64url(envelope),
  };
}

export const post = (
  product: Deployed,
  submission: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${product.running.edge}/v1/answers`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof submission === "string" ? submission : JSON.stringify(submission),
  });

export async function resultsOf(
  product: Deployed,
  region: Region,
  campaign: string,
): Promise<Results> {
  const response = await fetch(
    `${product.running.servers[region]}/v1/campaigns/${campaign}/results`,
    {
      headers: { authorization: `Bearer ${product.keys.tenant.token}` },
    },
  );
  if (!response.ok) throw new Error(`results answered ${response.status}`);
  return Results.parse(await response.json());
}

/** Waits until a region's results hold `answers` readers. Throws Error with what there is after `milliseconds`. */
export async function resultsWith(
  product: Deployed,
  region: Region,
  campaign: string,
  answers: number,
  milliseconds = 20_000,
): Promise<Results> {
  const deadline = Date.now() + milliseconds;
  let results = await resultsOf(product, region, campaign);
  while (results.answers !== answers && Date.now() < deadline) {
    await sleep(50);
    results = await resultsOf(product, region, campaign);
  }
  if (results.answers !== answers)
    throw new Error(
      `${region} has ${results.answers} answers, not ${answers}, after ${milliseconds} ms`,
    );
  return results;
}
