// A server that speaks both protocols of models, checks what it is sent, and answers as it is told to.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ModelRequest {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: {
    readonly model: string;
    readonly max_tokens: number;
    readonly system?: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}
/** Takes the place of the usual answer, once. */
export type Fault = (response: ServerResponse) => void;

const answer = (path: string, text: string, cut: boolean): object =>
  path.endsWith("/messages")
    ? {
        type: "message",
        role: "assistant",
        content: [{ type: "text", text }],
        stop_reason: cut ? "max_tokens" : "end_turn",
        usage: { input_tokens: 30, output_tokens: 20 },
      }
    : {
        object: "chat.completion",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: text },
            finish_reason: cut ? "length" : "stop",
          },
        ],
        usage: { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50 },
      };

/** What a real one would refuse: the wrong method, path, version, key or body. */
function faultOf(method: string | undefined, request: ModelRequest, version: unknown): number {
  const { path, key, body } = request;
  if (method !== "POST") return 405;
  if (path !== "/v1/messages" && path !== "/v1/chat/completions") return 404;
  if (path === "/v1/messages" && version !== "2023-06-01") return 400;
  if (key !== "right-key") return 401;
  const [first] = body.messages;
  const systemFirst =
    path === "/v1/messages" ? body.system !== undefined : first?.role === "system";
  return systemFirst && body.messages.at(-1)?.role === "user" && body.max_tokens > 0 ? 0 : 400;
}

export class ModelPeer {
  readonly requests: ModelRequest[] = [];
  readonly faults: Fault[] = [];
  says = "Do this first.";
  truncated = false;
  readonly #server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const { authorization, "x-api-key": apiKey, "anthropic-version": version } = request.headers;
      const seen: ModelRequest = {
        path: request.url ?? "",
        key: authorization?.replace(/^Bearer /, "") ?? apiKey?.toString(),
        body: JSON.parse(text || '{"messages":[]}') as ModelRequest["body"], // Written by the client under test.
      };
      this.requests.push(seen);
      const fault = this.faults.shift();
      if (fault !== undefined) return fault(response);
      const status = faultOf(request.method, seen, version);
      response.writeHead(status || 200, { "content-type": "application/json" });
      response.end(
        JSON.stringify(status === 0 ? answer(seen.path, this.says, this.truncated) : {}),
      );
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo; // Listens on a port.
    return `http://127.0.0.1:${port}/v1`;
  }

  reset(): void {
    this.requests.length = 0;
    this.faults.length = 0;
    this.says = "Do this first.";
    this.truncated = false;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
