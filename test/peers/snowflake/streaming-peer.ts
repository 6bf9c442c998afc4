// Snowpipe Streaming's REST API as a process of its own could speak it: the key-pair JWT is verified, tokens run out, commits
// come late, and on demand it fails in every way that a network and a service can. Rows count once they are committed.
import { createHash, createPublicKey, randomUUID, verify, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { PeerRefusal, StreamingTable } from "./streaming-table.ts";

const requestBytesMax = 16_000_000;
const rowsBytesMax = 4_000_000;
const jwtSecondsMax = 3_600;

/** Chances in one request to append, 0 to 1. */
export interface Faults {
  /** Applied, and the connection cut before the answer. */
  readonly lostAnswer: number;
  /** Cut before anything was done. */
  readonly lostRequest: number;
  /** The request arrives twice; the answer is the second's. */
  readonly doubled: number;
  readonly tooMany: number;
  /** 500 after it was applied, or before. */
  readonly broken: number;
  /** The token is not taken any more. */
  readonly expired: number;
  readonly invalidated: number;
}

export const noFaults: Faults = {
  lostAnswer: 0,
  lostRequest: 0,
  doubled: 0,
  tooMany: 0,
  broken: 0,
  expired: 0,
  invalidated: 0,
};

export interface PeerOptions {
  readonly account: string;
  readonly user: string;
  readonly publicKey: KeyObject;
  /** Pipes that there are and that this user may use. */
  readonly pipes: readonly string[];
  readonly random: () => number;
  /** Milliseconds until an appended batch is committed, at most. */
  readonly commitMs: number;
}

export class StreamingPeer {
  readonly tables: ReadonlyMap<string, StreamingTable>;
  readonly counts = { lost: 0, doubled: 0, refused: 0, crashes: 0, appends: 0, zstd: 0 };
  faults: Faults = noFaults;
  /** Nothing is committed while it is true: a warehouse that is full or slow. */
  paused = false;
  readonly #options: PeerOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #tokens = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.tables = new Map(options.pipes.map((pipe) => [pipe, new StreamingTable()]));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  set acceptsAll(accepts: boolean) {
    for (const table of this.tables.values()) table.acceptsAll = accepts;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => request.socket.destroy());
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port; // A TCP server's.
    this.#server = server;
    this.#timer = setInterval(() => this.#commitSome(), 5);
  }

  /** As kill -9: connections are cut, tokens and everything uncommitted are gone. `listen` brings it back. */
  async crash(): Promise<void> {
    this.counts.crashes++;
    for (const table of this.tables.values()) table.crash();
    this.#tokens = new Set();
    await this.close();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** Every token that was given out is refused from now on. */
  expireTokens(): void {
    this.#tokens = new Set();
  }

  #commitSome(): void {
    if (this.paused) return;
    for (const table of this.tables.values())
      for (const name of table.names())
        if (this.#options.random() < 5 / Math.max(5, this.#options.commitMs)) table.commit(name);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? "/", this.origin);
    const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(value));
    };
    try {
      if (url.pathname === "/v2/streaming/hostname") {
        this.#verifyJwt(request);
        send(200, { hostname: `127.0.0.1:${this.#port}` });
      } else if (url.pathname === "/oauth/token") {
        this.#verifyJwt(request);
        const form = new URLSearchParams(body.toString());
        if (form.get("scope") !== `127.0.0.1:${this.#port}`)
          throw new PeerRefusal(400, "INVALID_SCOPE");
        const token = randomUUID();
        this.#tokens.add(token);
        send(200, { token });
      } else await this.#streaming(request, url, body, send);
    } catch (error) {
      if (!(error instanceof PeerRefusal)) throw error;
      this.counts.refused++;
      send(
        error.status,
        { code: error.code, message: "in words" },
        error.status === 429 ? { "retry-after": "0" } : {},
      );
    }
  }

  async #streaming(
    request: IncomingMessage,
    url: URL,
    body: Buffer,
    send: (status: number, value: unknown) => void,
  ): Promise<void> {
    const [, token = ""] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (!this.#tokens.has(token)) throw new PeerRefusal(401, "INVALID_TOKEN");
    const form =
      /^\/v2\/streaming\/(data\/)?databases\/[^/]+\/schemas\/[^/]+\/pipes\/([^/:]+)(:[a-z-]+|\/channels\/([^/]+)(\/rows)?)$/;
    const [, data, pipe = "", verb = "", channel = "", rows] = form.exec(url.pathname) ?? [];
    const table = this.tables.get(pipe);
    // Snowflake does not tell a pipe that is missing from one that the role may not use.
    if (table === undefined)
      throw new PeerRefusal(404, "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED");
    if (verb === ":bulk-channel-status") {
      const { channel_names: names } = JSON.parse(body.toString()) as { channel_names: string[] };
      send(200, { channel_statuses: table.statuses(names) });
    } else if (request.method === "PUT" && data === undefined) {
      const { continuation, status } = table.open(channel);
      send(200, { next_continuation_token: continuation, channel_status: status });
    } else if (request.method === "POST" && rows !== undefined) {
      await this.#append(request, url, { table, channel, body }, send);
    } else throw new PeerRefusal(404, "NOT_FOUND");
  }

  async #append(
    request: IncomingMessage,
    url: URL,
    { table, channel, body }: { table: StreamingTable; channel: string; body: Buffer },
    send: (status: number, value: unknown) => void,
  ): Promise<void> {
    this.counts.appends++;
    const fault = this.#fault();
    if (fault === "lostRequest") {
      this.counts.lost++;
      return void request.socket.destroy();
    }
    if (fault === "tooMany") throw new PeerRefusal(429, "TOO_MANY_REQUESTS");
    if (fault === "expired") {
      this.expireTokens();
      throw new PeerRefusal(401, "INVALID_TOKEN");
    }
    if (fault === "invalidated") table.invalidate(channel);
    const lines = linesOf(request, body);
    if (request.headers["content-encoding"] === "zstd") this.counts.zstd++;
    const tokens = {
      continuation: url.searchParams.get("continuationToken") ?? "",
      first: url.searchParams.get("startOffsetToken") ?? "",
      last: url.searchParams.get("endOffsetToken") ?? "",
    };
    const next = table.append(channel, tokens, lines);
    if (fault === "doubled") {
      this.counts.doubled++;
      // The second of two: the token is spent, and this answer is the one that arrives.
      table.append(channel, tokens, lines);
    }
    if (fault === "broken") throw new PeerRefusal(500, "INTERNAL_ERROR");
    if (fault === "lostAnswer") {
      this.counts.lost++;
      return void request.socket.destroy();
    }
    send(200, { next_continuation_token: next });
  }

  #fault(): keyof Faults | undefined {
    let drawn = this.#options.random();
    for (const [name, chance] of Object.entries(this.faults)) {
      if (drawn < chance) return name as keyof Faults; // Object.entries loses the keys' type.
      drawn -= chance;
    }
    return undefined;
  }

  /** RS256, the issuer's fingerprint of the key that is known, and valid for an hour at most. */
  #verifyJwt({ headers }: IncomingMessage): void {
    const { account, user, publicKey } = this.#options;
    if (headers["x-snowflake-authorization-token-type"] !== "KEYPAIR_JWT") throw forged();
    const [, jwt = ""] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ?? [];
    const [head = "", claims = "", signature = ""] = jwt.split(".");
    const signed = Buffer.from(`${head}.${claims}`);
    if (!verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url")))
      throw forged();
    const { alg } = jsonPart(head);
    const { iss, sub, iat, exp } = jsonPart(claims);
    const der = createPublicKey(publicKey.export({ type: "spki", format: "pem" })).export({
      type: "spki",
      format: "der",
    });
    const subject = `${account}.${user}`.toUpperCase();
    const issuer = `${subject}.SHA256:${createHash("sha256").update(der).digest("base64")}`;
    const now = Date.now() / 1000;
    if (alg !== "RS256" || sub !== subject || iss !== issuer) throw forged();
    if (typeof iat !== "number" || typeof exp !== "number" || exp < now || iat > now + 60)
      throw forged();
    if (exp - iat > jwtSecondsMax) throw forged();
  }
}

const forged = (): PeerRefusal => new PeerRefusal(401, "JWT_TOKEN_INVALID");

const jsonPart = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > requestBytesMax) throw new PeerRefusal(413, "REQUEST_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function linesOf({ headers }: IncomingMessage, body: Buffer): Record<string, unknown>[] {
  if (headers["content-type"] !== "application/x-ndjson")
    throw new PeerRefusal(400, "BAD_CONTENT_TYPE");
  const encoding = headers["content-encoding"];
  const plain =
    encoding === "zstd" ? zstdDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body;
  if (plain.length > rowsBytesMax) throw new PeerRefusal(413, "ROWS_TOO_LARGE");
  const text = plain.toString();
  if (!text.endsWith("\n")) throw new PeerRefusal(400, "MALFORMED_ROWS");
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
