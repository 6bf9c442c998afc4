// MCP over Streamable HTTP: sessions bound to who opened them, and what is sent to those who follow segments.
import { randomBytes } from "node:crypto";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { segmentUri } from "../../sdk/schema/agent-tools.ts";
import { AgentClaims } from "../../sdk/schema/agents.ts";
import { segmentLimits } from "../../sdk/schema/segment.ts";
import { Problem } from "../../sdk/problem.ts";
import { faultOf, log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { Follower, permitFollowing, type Feed } from "./feed.ts";
import { createMcpServer } from "./mcp.ts";
import type { Asked, ToolSources } from "./tools/asked.ts";

const sessionsMax = 500;
const sessionsOfTenantMax = 200;
const sessionsOfSubjectMax = 20;
const idleMsMax = 15 * 60_000;
const lifetimeMsMax = 12 * 60 * 60_000;
/** One exchange, whatever its calls do. */
const exchangeMsMax = 15_000;
const keepAliveMs = 15_000;
/** Notifications given to a connection that has not taken them; further changes wait as the newest of each segment. */
const unreadMax = 4;
const retryAfterSeconds = 5;

const headerName = "mcp-session-id";

/** One client's session. */
class Session {
  readonly id = randomBytes(24).toString("base64url");
  readonly begunAt = Date.now();
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  readonly follower: Follower;
  /** Segments whose changes the client asked for. */
  readonly subscribed = new Set<string>();
  usedAt = Date.now();
  /** Notifications that the connection has not taken; undefined while there is none to send them on. */
  unread: number | undefined;
  flushing = false;
  /** The connection that `unread` counts of. */
  listening: symbol | undefined;
  /** What ends the exchanges under way with the session. */
  readonly cutOffs = new Set<() => void>();

  constructor(
    claims: AgentClaims,
    sources: ToolSources,
    metrics: Metrics,
    { flush, onclose }: { flush: (session: Session) => void; onclose: () => void },
  ) {
    this.transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => this.id,
      enableJsonResponse: true,
      keepAliveMs,
    });
    this.follower = new Follower(
      claims,
      (segment) => this.subscribed.has(segment),
      () => flush(this),
    );
    this.server = createMcpServer({
      sources,
      metrics,
      claimsOf: ({ authInfo }) => AgentClaims.parse(authInfo?.extra?.["claims"]),
      subscriptions: {
        subscribe: async (asked: Asked, segment: string) => {
          if (this.subscribed.size >= segmentLimits.segments && !this.subscribed.has(segment))
            throw new Problem("rate-limited", { retryAfterSeconds });
          await permitFollowing(asked, this.follower, segment);
          this.subscribed.add(segment);
        },
        unsubscribe: (segment: string) => void this.subscribed.delete(segment),
      },
    });
    // The SDK has these as properties: it is no EventTarget.
    Object.assign(this.server, {
      onerror: (error: Error) => log("mcp-fault", { fault: faultOf(error) }),
      onclose,
    });
  }

  /** Whose it is: nobody else finds it. */
  isOf({ iss, sub, tenant }: AgentClaims): boolean {
    const { claims } = this.follower;
    return claims.iss === iss && claims.sub === sub && claims.tenant === tenant;
  }
}

export class McpSessions {
  readonly #sources: ToolSources;
  readonly #metrics: Metrics;
  readonly #feed: Feed;
  readonly #sessions = new Map<string, Session>();

  constructor(sources: ToolSources, metrics: Metrics, feed: Feed) {
    [this.#sources, this.#metrics, this.#feed] = [sources, metrics, feed];
  }

  /**
   * One request of a known subject; `body` is that of a POST. Problems: `session-unknown`, `malformed-request`, `rate-limited`,
   * `region-unavailable`.
   */
  async answer(request: Request, claims: AgentClaims, body: unknown): Promise<Response> {
    const session = await this.#sessionFor(request, claims, body);
    session.usedAt = Date.now();
    // The newest token speaks for the session: what it no longer holds is not sent either.
    if (claims.iat >= session.follower.claims.iat) session.follower.claims = claims;
    if (request.method === "GET") return this.#listen(session, request);
    const authInfo = { token: "", clientId: claims.sub, scopes: [], extra: { claims } };
    const answered = session.transport.handleRequest(request, {
      authInfo,
      ...(body !== undefined && { parsedBody: body }),
    });
    // Its end is what a DELETE asks for.
    const response =
      request.method === "DELETE" ? await answered : await withinTime(answered, session);
    // A session that was not even begun is not kept.
    if (session.transport.sessionId === undefined) this.#close(session);
    return response;
  }

  async #sessionFor(request: Request, claims: AgentClaims, body: unknown): Promise<Session> {
    const id = request.headers.get(headerName);
    if (id === null) {
      if (request.method === "POST" && isInitializeRequest(body)) return this.#begin(claims);
      throw new Problem("malformed-request", {
        errors: [`${headerName}: name the session that \`initialize\` gave`],
      });
    }
    const session = this.#sessions.get(id);
    if (session === undefined || !session.isOf(claims)) throw new Problem("session-unknown");
    return session;
  }

  async #begin(claims: AgentClaims): Promise<Session> {
    const mine = [...this.#sessions.values()].filter((session) => session.isOf(claims));
    // A client that was restarted leaves sessions behind: its own oldest idle one makes room.
    if (mine.length >= sessionsOfSubjectMax) {
      const [oldest] = mine
        .filter(({ unread }) => unread === undefined)
        .sort((one, next) => one.usedAt - next.usedAt);
      if (oldest === undefined) throw new Problem("rate-limited", { retryAfterSeconds });
      this.#close(oldest);
    }
    const ofTenant = [...this.#sessions.values()].filter(
      ({ follower }) => follower.claims.tenant === claims.tenant,
    );
    if (this.#sessions.size >= sessionsMax || ofTenant.length >= sessionsOfTenantMax)
      throw new Problem("rate-limited", { retryAfterSeconds });
    const session = new Session(claims, this.#sources, this.#metrics, {
      flush: (one) => this.#flushSoon(one),
      onclose: () => this.#forget(session),
    });
    this.#sessions.set(session.id, session);
    this.#feed.add(session.follower);
    await session.server.connect(session.transport);
    return session;
  }

  /** The connection on which a session is notified; a new one takes the place of one that may be dead. */
  async #listen(session: Session, request: Request): Promise<Response> {
    session.transport.closeStandaloneSSEStream();
    const response = await session.transport.handleRequest(request);
    if (response.status !== 200 || response.body === null) return response;
    const connection = Symbol("connection");
    session.listening = connection;
    session.unread = 0;
    const counted = taken(response.body, {
      each: () => {
        if (session.listening !== connection) return;
        if (session.unread !== undefined && session.unread > 0) session.unread--;
        session.usedAt = Date.now();
        this.#flushSoon(session);
      },
      end: () => {
        if (session.listening === connection) session.unread = undefined;
      },
    });
    this.#flushSoon(session);
    return new Response(counted, response);
  }

  #flushSoon(session: Session): void {
    if (session.flushing || session.unread === undefined) return;
    session.flushing = true;
    this.#flush(session)
      .catch((error: unknown) => log("mcp-fault", { fault: faultOf(error) }))
      .finally(() => {
        session.flushing = false;
        if (session.follower.waits && session.unread !== undefined && session.unread < unreadMax)
          this.#flushSoon(session);
      });
  }

  /** Tells of each change that waits, as long as the client takes what it is told. */
  async #flush(session: Session): Promise<void> {
    const { follower, subscribed, server } = session;
    while (session.unread !== undefined && session.unread < unreadMax) {
      const waiting = follower.take();
      if (waiting === undefined) return;
      const { tenant, segment, sequence } = waiting.change;
      const asked = { ...this.#sources, claims: follower.claims };
      try {
        await permitFollowing(asked, follower, segment);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // Gone or no longer allowed: the subscription ends, and the log of decisions says so. An outage passes.
        if (error.code !== "region-unavailable") subscribed.delete(segment);
        continue;
      }
      const { skipped } = follower;
      follower.skipped = 0;
      session.unread++;
      await server.sendResourceUpdated({
        uri: segmentUri(tenant, segment),
        // A client that has read the segment since knows that it need not again.
        _meta: { "maily/sequence": sequence, ...(skipped > 0 && { "maily/skipped": skipped }) },
      });
      this.#feed.told(waiting);
    }
  }

  /** Ends sessions whose token is not taken any more, and those that are idle or old. */
  sweep(faultOfClaims: (claims: AgentClaims) => string | undefined, now = Date.now()): void {
    for (const session of this.#sessions.values())
      if (
        faultOfClaims(session.follower.claims) !== undefined ||
        (session.unread === undefined && now - session.usedAt > idleMsMax) ||
        now - session.begunAt > lifetimeMsMax
      )
        this.#close(session);
  }

  #close(session: Session): void {
    this.#forget(session);
    session.server.close().catch((error: unknown) => log("mcp-fault", { fault: faultOf(error) }));
  }

  #forget(session: Session): void {
    this.#sessions.delete(session.id);
    this.#feed.remove(session.follower);
    session.unread = undefined;
    for (const cutOff of session.cutOffs) cutOff();
  }

  /** Ends the connections on which sessions are notified; calls under way are answered. */
  endStreams(): void {
    for (const { transport } of this.#sessions.values()) transport.closeStandaloneSSEStream();
  }

  close(): void {
    for (const session of this.#sessions.values()) this.#close(session);
  }
}

/** An answer that never comes, such as of a request that was cancelled, holds no connection for ever. */
async function withinTime(answered: Promise<Response>, { cutOffs }: Session): Promise<Response> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      cutOffs.delete(cutOff);
      reject(new Problem("region-unavailable", { retryAfterSeconds }));
    }, exchangeMsMax);
    const cutOff = (): void => {
      clearTimeout(late);
      reject(new Problem("session-unknown"));
    };
    cutOffs.add(cutOff);
    answered.then(resolve, reject).finally(() => {
      clearTimeout(late);
      cutOffs.delete(cutOff);
    });
  });
}

/** The same bytes, with a word for each part that the other side takes. */
function taken(
  body: ReadableStream<Uint8Array>,
  say: { readonly each: () => void; readonly end: () => void },
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) {
          say.end();
          controller.close();
          return;
        }
        controller.enqueue(value);
        say.each();
      },
      cancel: async (reason) => {
        say.end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
