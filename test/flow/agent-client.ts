// An agent as a test sees it: the MCP SDK's own client at one region's server, what it was notified of, and the same as events.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { resourceOf } from "../../demo/desk/keys.ts";
import { eventsOf } from "../../demo/agents/events.ts";
import { issueToken } from "../../server/agents/token-issue.ts";
import { agentTools, type AgentToolName, type ToolOutput } from "../../sdk/schema/agent-tools.ts";
import type { Region } from "../../sdk/region.ts";
import type { Product } from "./product.ts";

const tokenSeconds = 600;

export interface AgentOptions {
  readonly role?: string;
  readonly purposes?: readonly string[];
  /** Regions of the token, where they are others than the server's. */
  readonly regions?: readonly Region[];
}

/** A token for the region's server, as `maily agents token` makes one. */
export function tokenFor(
  { signer, keys, running }: Product,
  region: Region,
  { role = "campaign_strategist", purposes = ["results"], regions = [region] }: AgentOptions = {},
): Promise<string> {
  if (signer === undefined) throw new Error("start the product with agents");
  return issueToken(signer, {
    resource: resourceOf(running.servers[region]),
    seconds: tokenSeconds,
    sub: `${role}@test`,
    tenant: keys.tenant.tenant,
    role,
    regions: [...regions],
    purposes: [...purposes],
  });
}

export interface Agent {
  /** Addresses of resources that changed, as they were told. */
  readonly notified: readonly string[];
  /** What a tool gave. Throws Error with the refusal's text. */
  readonly call: <Name extends AgentToolName>(
    name: Name,
    input: Record<string, unknown>,
  ) => Promise<ToolOutput<Name>>;
  readonly subscribe: (uri: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export async function agentAt(
  product: Product,
  region: Region,
  options?: AgentOptions,
): Promise<Agent> {
  const token = await tokenFor(product, region, options);
  const client = new Client({ name: "test", version: "1" });
  const notified: string[] = [];
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    notified.push(params.uri);
  });
  const transport = new StreamableHTTPClientTransport(
    new URL(resourceOf(product.running.servers[region])),
    { requestInit: { headers: { authorization: `Bearer ${token}` } } },
  );
  await client.connect(transport);
  return {
    notified,
    async call(name, input) {
      const result = await client.callTool({ name, arguments: input });
      if (result.isError === true) throw new Error(JSON.stringify(result.content));
      return agentTools[name].output.parse(result.structuredContent) as ToolOutput<typeof name>; // That name's schema.
    },
    subscribe: (uri) => client.subscribeResource({ uri }),
    close: () => client.close(),
  };
}

/** The region's segments as server-sent events, the newest of each by its id, until `signal`. */
export async function followed(
  product: Product,
  region: Region,
  signal: AbortSignal,
  options?: AgentOptions,
): Promise<ReadonlyMap<string, { readonly size?: number; readonly sequence: number }>> {
  const response = await fetch(`${product.running.servers[region]}/v1/agents/segments`, {
    headers: { authorization: `Bearer ${await tokenFor(product, region, options)}` },
    signal,
  });
  if (!response.ok) throw new Error(`the feed answered ${response.status}`);
  const newest = new Map<string, { size?: number; sequence: number }>();
  const read = async (): Promise<void> => {
    for await (const { event, data } of eventsOf(response)) {
      if (event !== "segment") continue;
      // As the region's server writes it; the test looks at these alone.
      const change = JSON.parse(data) as { segment: string; size?: number; sequence: number };
      newest.set(change.segment, change);
    }
  };
  // Ends with the signal, or with the server: then the newest stays what it was, and the test sees that.
  void read().catch(() => undefined);
  return newest;
}
