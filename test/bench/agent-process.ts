// An agent in a process of its own, as the benchmarks have it: it follows segments over MCP and as events, and says when each change
// reached it. `node agent-process.ts <origin> <token> <segment,…>` is the process itself.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { parseSegmentUri, segmentUri } from "../../sdk/schema/agent-tools.ts";

/** A change that reached the agent. `at` in Unix milliseconds with fractions, of one machine's clock. */
export interface Notified {
  readonly by: "mcp" | "sse";
  readonly segment: string;
  readonly at: number;
  readonly sequence: number;
  /** Of events alone: how many readers, where that was told. */
  readonly size?: number;
}

export const unixNow = (): number => performance.timeOrigin + performance.now();

/** Starts the process and resolves once it follows. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly notified: Notified[] = [];
  readonly ready: Promise<void>;

  constructor(origin: string, token: string, segments: readonly string[]) {
    const own = fileURLToPath(import.meta.url);
    // The token is an argument of a process that lives for a benchmark, on this machine alone.
    this.#child = spawn(process.execPath, [own, origin, token, segments.join(",")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new TypeError("a process without an output");
    const lines = createInterface({ input: stdout });
    this.ready = new Promise((resolve) => {
      lines.on("line", (line) => {
        if (line === "ready") resolve();
        else this.notified.push(JSON.parse(line) as Notified); // As `main` writes it.
      });
    });
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

const say = (notified: Notified): void => {
  process.stdout.write(`${JSON.stringify(notified)}\n`);
};

async function followEvents(origin: string, authorization: string): Promise<void> {
  const response = await fetch(`${origin}/v1/agents/segments`, { headers: { authorization } });
  if (response.body === null || !response.ok) throw new Error(await response.text());
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response.body) {
    const at = unixNow();
    text += decoder.decode(part, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, data] = /^data: (.*)$/m.exec(event) ?? [];
      if (data === undefined) continue;
      const told = JSON.parse(data) as { segment: string; sequence: number; size?: number }; // Of our server.
      const { segment, sequence, size } = told;
      say({ by: "sse", segment, at, sequence, ...(size !== undefined && { size }) });
    }
  }
}

async function main([origin = "", token = "", segments = ""]: readonly string[]): Promise<void> {
  const authorization = `Bearer ${token}`;
  const client = new Client({ name: "bench", version: "1.0.0" });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    const at = unixNow();
    const sequence = Number(params._meta?.["maily/sequence"]);
    say({ by: "mcp", segment: parseSegmentUri(params.uri)?.segment ?? "", at, sequence });
  });
  const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), {
    requestInit: { headers: { authorization } },
  });
  await client.connect(transport);
  const { resources } = await client.listResources();
  for (const { uri } of resources)
    if (
      segments.split(",").some((segment) => uri === segmentUri(Number(uri.split("/")[2]), segment))
    )
      await client.subscribeResource({ uri });
  void followEvents(origin, authorization);
  process.stdout.write("ready\n");
  process.on("SIGTERM", () => process.exit(0));
}

if (import.meta.main) await main(process.argv.slice(2));
