// Who talks to Snowpipe Streaming: the key-pair JWT is exchanged for a token that is good for the ingest host alone.
// docs.snowflake.com/user-guide/snowpipe-streaming/snowpipe-streaming-high-performance-rest-api
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import { textAtMost } from "../response-text.ts";
import { keyPairJwt } from "./key-pair.ts";
import type { SnowflakeSettings } from "./settings.ts";

/** One request, from the first byte to the last. */
const requestMsMax = 30_000;
/** Before Snowflake's own limit of an hour. */
const tokenMsMax = 50 * 60 * 1000;
const answerBytesMax = 4 * 1024 * 1024;
export const retryAfterSecondsDefault = 5;
const retryAfterSecondsMax = 300;

const Hostname = z.looseObject({ hostname: z.string().min(1).max(253) });
const Token = z.looseObject({ token: z.string().min(1).max(16_384) });
const Refusal = z.looseObject({ code: z.string().max(100) });

interface Session {
  readonly host: string;
  readonly token: string;
  readonly renewAt: number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Snowflake's name for what it refused; its message may change, and may quote. */
  readonly code: string;
  readonly retryAfterSeconds: number;
}

interface Sent {
  readonly method: "GET" | "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
}

/** Problem `snowflake-away`: it may be there again after `retryAfterSeconds`. */
export const away = (retryAfterSeconds = retryAfterSecondsDefault): Problem =>
  new Problem("snowflake-away", { retryAfterSeconds });

function retryAfterOf(headers: Headers): number {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0
    ? Math.min(seconds, retryAfterSecondsMax)
    : retryAfterSecondsDefault;
}

/** A JSON text, or a bare text such as a token. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Throws Problem `snowflake-away` when no answer came: then nobody knows whether the request was carried out. */
async function request(
  url: string,
  { method, headers = {}, body }: Sent,
  stopping: AbortSignal | undefined,
): Promise<Answer> {
  let response: Response;
  let text: string | undefined;
  try {
    response = await fetch(url, {
      method,
      headers: { accept: "application/json", "user-agent": "maily-server", ...headers },
      ...(body !== undefined && { body }),
      // A token is sent to the host that it is for, and to no other.
      redirect: "error",
      signal: AbortSignal.any([
        AbortSignal.timeout(requestMsMax),
        ...(stopping === undefined ? [] : [stopping]),
      ]),
    });
    text = await textAtMost(response, answerBytesMax);
  } catch {
    throw away();
  }
  if (text === undefined) throw away();
  const answered = parsed(text);
  const refusal = Refusal.safeParse(answered);
  return {
    status: response.status,
    body: answered,
    code: refusal.success ? refusal.data.code : "",
    retryAfterSeconds: retryAfterOf(response.headers),
  };
}

/** What every request may be refused with. `operation` is ours, such as `open channel`. */
export function refusalOf({ status, code, retryAfterSeconds }: Answer, operation: string): Problem {
  if (status === 401) return new Problem("snowflake-credentials", { operation });
  if (status === 429 || status >= 500) return away(retryAfterSeconds);
  return new Problem("snowflake-refused", { operation, answered: status, said: code });
}

/** Requests to the ingest host, with a token that is renewed in time, and once more when it is refused. */
export class IngestSession {
  readonly #settings: SnowflakeSettings;
  readonly #stopping: AbortSignal | undefined;
  #opening: Promise<Session> | undefined;

  /** Requests under way when `stopping` aborts are given up, their outcome unknown. */
  constructor(settings: SnowflakeSettings, stopping?: AbortSignal) {
    this.#settings = settings;
    this.#stopping = stopping;
  }

  /** `path` is below the ingest host. Throws Problem `snowflake-credentials`, `snowflake-refused`, `snowflake-away`. */
  async send(path: string, sent: Sent): Promise<Answer> {
    const first = await this.#send(path, sent);
    if (first.status !== 401) return first;
    // Refused before anything was done: a token that ran out is replaced, and the request made again.
    this.#opening = undefined;
    return this.#send(path, sent);
  }

  async #send(path: string, sent: Sent): Promise<Answer> {
    const { host, token } = await this.#session();
    const { protocol } = new URL(this.#settings.origin);
    const headers = { ...sent.headers, authorization: `Bearer ${token}` };
    return this.#request(`${protocol}//${host}${path}`, { ...sent, headers });
  }

  #request(url: string, sent: Sent): Promise<Answer> {
    return request(url, sent, this.#stopping);
  }

  async #session(): Promise<Session> {
    const opening = (this.#opening ??= this.#open());
    try {
      const session = await opening;
      if (Date.now() < session.renewAt) return session;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
    if (this.#opening === opening) this.#opening = this.#open();
    return this.#session();
  }

  async #open(): Promise<Session> {
    const { origin } = this.#settings;
    const now = Date.now();
    const jwt = keyPairJwt(this.#settings, now);
    const authorization = {
      authorization: `Bearer ${jwt}`,
      "x-snowflake-authorization-token-type": "KEYPAIR_JWT",
    };
    const named = await this.#request(`${origin}/v2/streaming/hostname`, {
      method: "GET",
      headers: authorization,
    });
    if (named.status !== 200) throw refusalOf(named, "ask for the ingest host");
    const host = this.#ingestHost(Hostname.safeParse(named.body).data?.hostname ?? named.body);
    const exchanged = await this.#request(`${origin}/oauth/token`, {
      method: "POST",
      headers: { ...authorization, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        scope: host,
      }).toString(),
    });
    if (exchanged.status !== 200) throw refusalOf(exchanged, "exchange the key-pair token");
    // The reference shows an object, the tutorial a bare text: both have been seen.
    const token = Token.safeParse(exchanged.body).data?.token ?? exchanged.body;
    if (typeof token !== "string" || token === "") throw away();
    return { host, token, renewAt: now + tokenMsMax };
  }

  /** Only a host of Snowflake's, or the one that stands in for it, is ever given a token. */
  #ingestHost(named: unknown): string {
    const host = typeof named === "string" ? named.toLowerCase().replaceAll("_", "-") : "";
    const { host: own } = new URL(this.#settings.origin);
    if (host === own || /^[a-z0-9.-]+\.snowflakecomputing\.(com|cn)$/.test(host)) return host;
    throw new Problem("snowflake-refused", { operation: "ask for the ingest host", said: "" });
  }
}
