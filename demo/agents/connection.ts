// An agent's side of a region's server, by plain fetch: MCP over Streamable HTTP for questions, server-sent events for changes.
import { z } from "zod";
import { agentTools, type AgentToolName, type ToolOutput } from "../../sdk/schema/agent-tools.ts";
import { eventsOf } from "./events.ts";

const protocolVersion = "2025-06-18";
const callMsMax = 15_000;
const answerCharactersMax = 4_000_000;

const Reply = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});
const ToolResult = z.object({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })).optional(),
});
const Refusal = z.object({
  code: z.string(),
  reasons: z.array(z.string()).optional(),
  decision: z.string().optional(),
});

/** Of a change what an agent looks at; what the policy withholds is absent, and what else there may be is not read. */
export const Followed = z.object({
  segment: z.string(),
  name: z.string().optional(),
  floor: z.int().optional(),
  size: z.int().optional(),
  paused: z.string().optional(),
});
export type Followed = z.infer<typeof Followed>;

/** What a tool gave, or why it gave nothing. */
export type Told<Name extends AgentToolName> =
  | { readonly ok: true; readonly value: ToolOutput<Name> }
  | {
      readonly ok: false;
      readonly code: string;
      readonly reasons: readonly string[];
      readonly decision?: string | undefined;
    };

export class Connection {
  readonly #server: string;
  readonly #token: () => Promise<string>;
  #session: string | undefined;
  #id = 0;

  /** `token` is asked for each request, so that it may be renewed meanwhile. */
  constructor(server: string, token: () => Promise<string>) {
    [this.#server, this.#token] = [server.replace(/\/$/, ""), token];
  }

  async tools(): Promise<readonly string[]> {
    const listed = z
      .object({ tools: z.array(z.object({ name: z.string() })) })
      .parse(await this.#request("tools/list", {}));
    return listed.tools.map(({ name }) => name);
  }

  /** A refusal is an answer; what throws is a server that is away or speaks another language. */
  async call<Name extends AgentToolName>(
    name: Name,
    input: z.input<(typeof agentTools)[Name]["input"]>,
  ): Promise<Told<Name>> {
    const result = ToolResult.parse(await this.#request("tools/call", { name, arguments: input }));
    if (result.isError !== true)
      return {
        ok: true,
        // The schema of that name; TypeScript sees their union.
        value: agentTools[name].output.parse(result.structuredContent) as ToolOutput<Name>,
      };
    const { code, reasons = [], decision } = refusalOf(result.content?.[0]?.text ?? "");
    return { ok: false, code, reasons, decision };
  }

  /** The present state of every segment this token may follow, then each change, until `signal` or the token ends. */
  async *follow(signal: AbortSignal): AsyncGenerator<Followed> {
    const response = await fetch(`${this.#server}/v1/agents/segments`, {
      headers: { authorization: `Bearer ${await this.#token()}`, accept: "text/event-stream" },
      signal,
    });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    for await (const { event, data } of eventsOf(response))
      if (event === "segment") yield Followed.parse(JSON.parse(data));
  }

  async close(): Promise<void> {
    if (this.#session === undefined) return;
    const { status } = await this.#send({ method: "DELETE" });
    // A server that has forgotten the session, or never lets one be ended (405), has nothing to end.
    if (status >= 500) throw new Error(`The server answered ${status}.`);
    this.#session = undefined;
  }

  async #request(method: string, params: object): Promise<Record<string, unknown>> {
    if (this.#session === undefined) await this.#initialize();
    let response = await this.#post({ id: ++this.#id, method, params });
    if (response.status === 404) {
      // The session has ended: a new one, once.
      await response.body?.cancel();
      await this.#initialize();
      response = await this.#post({ id: ++this.#id, method, params });
    }
    return resultOf(response, this.#id);
  }

  async #initialize(): Promise<void> {
    this.#session = undefined;
    const clientInfo = { name: "maily-example-agent", version: "1" };
    const params = { protocolVersion, capabilities: {}, clientInfo };
    const response = await this.#post({ id: ++this.#id, method: "initialize", params });
    this.#session = response.headers.get("mcp-session-id") ?? "";
    await resultOf(response, this.#id);
    await (await this.#post({ method: "notifications/initialized" })).body?.cancel();
  }

  #post(message: object): Promise<Response> {
    return this.#send({ method: "POST", body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }

  async #send(request: { readonly method: string; readonly body?: string }): Promise<Response> {
    return fetch(`${this.#server}/mcp`, {
      ...request,
      headers: {
        authorization: `Bearer ${await this.#token()}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": protocolVersion,
        ...(this.#session && { "mcp-session-id": this.#session }),
      },
      redirect: "error",
      signal: AbortSignal.timeout(callMsMax),
    });
  }
}

/** The reply to one request, from JSON or from the stream that a server may answer with. */
async function resultOf(response: Response, id: number): Promise<Record<string, unknown>> {
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The server answered ${response.status}.`);
  }
  for await (const text of textsOf(response)) {
    const reply = Reply.parse(JSON.parse(text));
    if (reply.id !== id) continue;
    if (reply.result !== undefined) return reply.result;
    throw new Error(`The server refused the request (${reply.error?.code ?? 0}).`);
  }
  throw new Error("The server gave no answer.");
}

async function* textsOf(response: Response): AsyncGenerator<string> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) {
    for await (const { data } of eventsOf(response)) yield data;
    return;
  }
  const text = await response.text();
  if (text.length > answerCharactersMax) throw new Error("The server's answer is too long.");
  yield text;
}

function refusalOf(text: string): z.infer<typeof Refusal> {
  const malformed = { code: "internal" };
  try {
    return Refusal.safeParse(JSON.parse(text)).data ?? malformed;
  } catch {
    return malformed;
  }
}
