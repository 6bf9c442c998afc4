// An MCP client of our own: JSON-RPC 2.0 over fetch, by the page of the specification (2025-06-18, Streamable HTTP) and no library.

export interface Answered {
  readonly status: number;
  /** Every byte of the answer, as text. */
  readonly text: string;
  readonly message: RpcMessage | undefined;
}
export interface RpcMessage {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Readonly<Record<string, unknown>> & {
    readonly isError?: boolean;
    readonly structuredContent?: Readonly<Record<string, unknown>>;
    readonly content?: readonly { readonly type: string; readonly text: string }[];
    readonly tools?: readonly { readonly name: string }[];
    readonly resources?: readonly { readonly uri: string }[];
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

const version = "2025-06-18";

/** Of JSON, or of the `data` lines of an event stream, the message with this id. */
function messageOf(text: string, type: string, id: number): RpcMessage | undefined {
  const texts = type.startsWith("text/event-stream")
    ? text.split("\n\n").map((block) =>
        block
          .split("\n")
          .filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5))
          .join("\n"),
      )
    : [text];
  return texts
    .filter((one) => one.trim() !== "")
    .map((one) => JSON.parse(one) as RpcMessage) // What the tests then look at, member by member.
    .find((message) => message.id === id);
}

export class MatrixClient {
  readonly #origin: string;
  readonly #token: string;
  #session: string | null = null;
  #id = 0;

  constructor(origin: string, token: string) {
    [this.#origin, this.#token] = [origin, token];
  }

  /** The status with which the session was opened. */
  async open(): Promise<number> {
    const opened = await this.send("initialize", {
      protocolVersion: version,
      capabilities: {},
      clientInfo: { name: "matrix", version: "0" },
    });
    if (opened.status === 200) await this.#post({ method: "notifications/initialized" });
    return opened.status;
  }

  async send(method: string, params: object = {}): Promise<Answered> {
    const id = ++this.#id;
    const response = await this.#post({ id, method, params });
    this.#session ??= response.headers.get("mcp-session-id");
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const message = response.ok ? messageOf(text, type, id) : undefined;
    return { status: response.status, text, message };
  }

  call(name: string, input: object): Promise<Answered> {
    return this.send("tools/call", { name, arguments: input });
  }

  #post(message: object): Promise<Response> {
    return fetch(`${this.#origin}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.#token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": version,
        ...(this.#session !== null && { "mcp-session-id": this.#session }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });
  }
}
