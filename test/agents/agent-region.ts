// A region's server that lets agents in: a campaign, readers who answered, segments, tokens, and the SDK's own client.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import type { AgentsFile } from "../../sdk/schema/agents.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Segment } from "../../sdk/schema/segment.ts";
import type { z } from "zod";
import { answerOf, dayMs, randomId, withdrawalOf, type Answering } from "../server/sealed.ts";
import { TestRegion, until, type Hosting } from "../server/region.ts";
import { issuerName, newIssuer, resource, token, type Forging, type Issuing } from "./signing.ts";

export class AgentRegion {
  readonly region: TestRegion;
  readonly issuing: Issuing;
  readonly #clients: Client[] = [];

  private constructor(region: TestRegion, issuing: Issuing) {
    [this.region, this.issuing] = [region, issuing];
  }

  static async start(hosting: Hosting = {}): Promise<AgentRegion> {
    const keys = hosting.keys ?? (await generateKeys(7, Date.now() - 45 * dayMs));
    const region = await TestRegion.prepare({ ...hosting, keys });
    const started = new AgentRegion(region, await newIssuer());
    region.environment["MAILY_AGENTS"] = join(region.folder, "agents.json");
    await started.writeAgents();
    await region.start();
    afterAll(async () => {
      await started.disconnect();
      await region.stop();
    });
    return started;
  }

  /** Replaces agents.json, as an operator does while the server runs. */
  async writeAgents(more: Partial<AgentsFile> = {}): Promise<void> {
    const file: AgentsFile = {
      resource,
      issuers: [{ issuer: issuerName, tenants: [7, 8], keys: [this.issuing.publicKey] }],
      ...more,
    };
    await writeFile(this.region.environment["MAILY_AGENTS"] ?? "", JSON.stringify(file));
  }

  token(forging: Forging["claims"] = {}): string {
    return token(this.issuing, { claims: forging });
  }

  tenant(path: string, method = "GET", document?: unknown): Promise<Response> {
    return fetch(this.region.origin + path, {
      method,
      headers: {
        authorization: `Bearer ${this.region.keys.tenant.token}`,
        "content-type": "application/json",
      },
      ...(document !== undefined && { body: JSON.stringify(document) }),
    });
  }

  async declare(
    campaign: Campaign,
    segment: Partial<z.input<typeof Segment>> = {},
  ): Promise<Segment> {
    const declared = Segment.parse({
      id: "light-fans",
      campaign: campaign.id,
      name: "Light roast",
      purpose: "results",
      floor: 5,
      owner: "team@roastery.example",
      sql: "SELECT reader FROM current_answers WHERE question = 'roast' AND option_id = 'light'",
      ...segment,
    });
    const response = await this.tenant(`/v1/segments/${declared.id}`, "PUT", declared);
    if (!response.ok) throw new Error(await response.text());
    return declared;
  }

  /** Readers who answer alike; their pseudonyms. */
  async answer(campaign: Campaign, count: number, answering: Answering = {}): Promise<string[]> {
    const readers = Array.from({ length: count }, () => randomId(16));
    const records = await Promise.all(
      readers.map((reader) => answerOf(this.region.keys, campaign, { reader, ...answering })),
    );
    await this.region.take(...records);
    await this.region.ingested();
    return readers;
  }

  async withdraw(campaign: Campaign, reader: string): Promise<void> {
    await this.region.take(await withdrawalOf(this.region.keys, campaign, { reader }));
    await this.region.ingested();
  }

  /** A client that has shaken hands, each a subject of its own where none is named. */
  async connect(claims: Forging["claims"] = {}): Promise<Client> {
    const client = new Client({ name: "test", version: "1.0.0" });
    const named = { sub: `agent-${this.#clients.push(client)}`, ...claims };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${this.region.origin}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${this.token(named)}` } },
      }),
    );
    return client;
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }
}

/** A tool's result, or the problem that it was refused with. */
export async function call(
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name, arguments: input });
  if (result.isError !== true) return result.structuredContent as Record<string, unknown>; // The client checked it against the tool's schema.
  const [content] = result.content as { text: string }[]; // Of our server's refusals.
  return JSON.parse(content?.text ?? "{}") as Record<string, unknown>;
}

/** Resolves once the segment has the size. */
export const settled = (client: Client, segment: string, size: number): Promise<void> =>
  until(async () => (await call(client, "get_segment", { segment }))["size"] === size);
