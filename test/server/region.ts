// A region's server as the edge meets it: real HTTP, real files, answers really sealed. Used by the tests beside it.
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import { signCampaign } from "../../cli/publish.ts";
import { utf8, type Bytes } from "../../sdk/bytes.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { IntakeAnswer, type EdgeRecord, type IntakeResult } from "../../sdk/schema/record.ts";
import { Results } from "../../sdk/schema/results.ts";
import { readConfig } from "../../server/config.ts";
import { startServer, type RunningServer } from "../../server/main.ts";
import { bytesOf, campaignOf, dayMs } from "./sealed.ts";

/** A folder that is gone after the tests of this file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "maily-server-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves once `check` holds; the test's own time-out bounds it. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10));
}

export interface Hosting {
  readonly region?: Region;
  readonly durability?: "outbox" | "stream";
  readonly keys?: Keys;
  readonly folder?: string;
}

/** One region's server and what its callers do. */
export class TestRegion {
  readonly keys: Keys;
  readonly region: Region;
  readonly folder: string;
  readonly environment: Record<string, string>;
  #server: RunningServer | undefined;
  #port = 0;

  private constructor(keys: Keys, region: Region, folder: string, durability: string) {
    this.keys = keys;
    this.region = region;
    this.folder = folder;
    this.environment = {
      MAILY_REGION: region,
      MAILY_PORT: "0",
      MAILY_DATA_DIR: join(folder, "data"),
      MAILY_DEPLOYMENT: join(folder, "deployment.json"),
      MAILY_SECRETS: join(folder, `region-${region}.json`),
      MAILY_DURABILITY: durability,
    };
  }

  static async prepare(hosting: Hosting = {}): Promise<TestRegion> {
    const keys = hosting.keys ?? (await generateKeys(7, Date.now() - 45 * dayMs));
    const folder = hosting.folder ?? temporaryFolder();
    const { region = "eu", durability = "outbox" } = hosting;
    const prepared = new TestRegion(keys, region, folder, durability);
    const { MAILY_DEPLOYMENT: deployment = "", MAILY_SECRETS: secrets = "" } = prepared.environment;
    await writeFile(deployment, JSON.stringify(keys.deployment));
    await writeFile(secrets, JSON.stringify(keys.regions[region]), { mode: 0o600 });
    return prepared;
  }

  static async start(hosting: Hosting = {}): Promise<TestRegion> {
    const prepared = await TestRegion.prepare(hosting);
    await prepared.start();
    afterAll(() => prepared.stop());
    return prepared;
  }

  async start(): Promise<void> {
    this.#server = await startServer(await readConfig(this.environment));
    this.#port = this.#server.port;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Speaks to a server that was started elsewhere with `environment`. */
  at(port: number): void {
    this.#port = port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async signed(
    method: string,
    path: string,
    document: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const body = utf8(typeof document === "string" ? document : JSON.stringify(document));
    const signature = await this.signature(method, path, body);
    return fetch(this.origin + path, {
      method,
      headers: { "content-type": "application/json", ...signature, ...headers },
      body,
    });
  }

  /** The headers with which this region's edge signs a body. */
  signature(method: string, path: string, body: Bytes): Promise<Record<string, string>> {
    const [key] = this.keys.regions[this.region].forwardKeys;
    if (key === undefined) throw new TypeError("a region without a forward key");
    return signRequest({ method, path, body }, key.keyId, {
      alg: "hmac-sha256",
      secret: bytesOf(key.secret),
    });
  }

  async publish(campaign: Campaign): Promise<Response> {
    return this.signed(
      "PUT",
      `/v1/intake/campaigns/${campaign.id}`,
      await signCampaign(campaign, this.keys.tenant),
    );
  }

  /** A campaign that this region has stored. */
  async published(changes: Partial<Campaign> = {}): Promise<Campaign> {
    const campaign = await campaignOf(this.keys, changes);
    const response = await this.publish(campaign);
    if (!response.ok) throw new Error(await response.text());
    return campaign;
  }

  /** Sends entries, each with its receipt, and returns their results. */
  async take(...entries: (EdgeRecord | [EdgeRecord, string])[]): Promise<IntakeResult[]> {
    const response = await this.signed("POST", "/v1/intake", {
      region: this.region,
      entries: entries.map((entry) =>
        Array.isArray(entry)
          ? { record: entry[0], receipt: entry[1] }
          : { record: entry, receipt: `receipt of ${entry.submissionId}` },
      ),
    });
    if (!response.ok) throw new Error(await response.text());
    return IntakeAnswer.parse(await response.json()).results;
  }

  get(path: string, token?: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.origin + path, {
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });
  }

  operator(path: string, method = "GET"): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      headers: { authorization: `Bearer ${this.keys.operator.token}` },
    });
  }

  async results(campaign: Campaign): Promise<Results> {
    const response = await this.get(`/v1/campaigns/${campaign.id}/results`, this.keys.tenant.token);
    if (!response.ok) throw new Error(await response.text());
    return Results.parse(await response.json());
  }

  async health(): Promise<{ status: string; lag: number; deadLetters: number }> {
    return (await (await this.get("/healthz")).json()) as {
      status: string;
      lag: number;
      deadLetters: number;
    };
  }

  /** Resolves once everything on the stream is in the warehouse. */
  async ingested(): Promise<void> {
    await until(async () => (await this.metric("maily_ingest_lag_records")) === 0);
  }

  async metric(name: string): Promise<number> {
    const text = await (await this.get("/metrics")).text();
    const series = `${name}{region="${this.region}"} `;
    const line = text.split("\n").find((candidate) => candidate.startsWith(series));
    return Number(line?.slice(series.length));
  }

  async deadLetters(): Promise<{ id: string; code: string; attempts: number }[]> {
    const page = (await (await this.operator("/v1/dead-letters")).json()) as {
      deadLetters: { id: string; code: string; attempts: number }[];
    };
    return page.deadLetters;
  }
}

export const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code;
