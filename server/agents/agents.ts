// The agent feed of one region: who asks is known by a token, the policy decides, and everything is bounded (SPEC §10.5).
import { dirname, join } from "node:path";
import type { AgentClaims } from "../../sdk/schema/agents.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { CampaignRegistry } from "../campaigns.ts";
import type { Metrics } from "../metrics.ts";
import { openPolicy } from "../policy/policy.ts";
import type { Segments } from "../segments/segments.ts";
import type { Stream } from "../stream/stream.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import type { Row, Written } from "../warehouse/rows.ts";
import { KnownAgents } from "./agents-file.ts";
import { Authority } from "./authority.ts";
import { Decisions } from "./decisions.ts";
import { Feed } from "./feed.ts";
import { SegmentStreams } from "./follow.ts";
import { SegmentPublisher } from "./publish.ts";
import { Rates } from "./rates.ts";
import type { McpSessions } from "./mcp-sessions.ts";
import type { ToolSources } from "./tools/asked.ts";
import { AgreeingTallies } from "./tools/tallies.ts";

/** How soon an expired or revoked token's streams end. */
const sweepMs = 500;
/** Calls of one subject; a message of a batch is a call. */
const rate = { perSecond: 50, burst: 300 } as const;
const messagesMax = 50;

export interface AgentParts {
  readonly region: Region;
  readonly dataDir: string;
  readonly campaigns: Pick<CampaignRegistry, "ofTenant">;
  readonly warehouse: Pick<Warehouse, "read">;
  readonly segments: Pick<
    Segments,
    "list" | "get" | "definitionOf" | "choices" | "asOf" | "onChange"
  >;
  readonly metrics: Metrics;
  readonly stream: Pick<Stream, "append">;
}

export class Agents {
  readonly decisions: Decisions;
  readonly #known: KnownAgents;
  readonly #sources: ToolSources;
  readonly #tallies: AgreeingTallies;
  readonly #feed: Feed;
  readonly #publisher: SegmentPublisher;
  readonly #streams: SegmentStreams;
  readonly #sessions: McpSessions;
  readonly #rates = new Rates(rate);
  readonly #sweeping: NodeJS.Timeout;

  private constructor(
    parts: AgentParts,
    known: KnownAgents,
    decisions: Decisions,
    authority: Authority,
    makeSessions: (sources: ToolSources, feed: Feed) => McpSessions,
  ) {
    this.#known = known;
    this.decisions = decisions;
    this.#tallies = new AgreeingTallies(parts.warehouse);
    this.#sources = { ...parts, tallies: this.#tallies, authority, decisions };
    this.#publisher = new SegmentPublisher(parts.stream, parts.region, parts.metrics);
    this.#feed = new Feed(parts.segments, parts.metrics, (changes) => this.#publisher.add(changes));
    this.#streams = new SegmentStreams(this.#feed);
    this.#sessions = makeSessions(this.#sources, this.#feed);
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** Throws Problem `configuration-invalid`. */
  static async open(file: string, parts: AgentParts): Promise<Agents> {
    const { region, dataDir, metrics } = parts;
    const known = await KnownAgents.open(file, region);
    try {
      const policy = await openPolicy({
        region,
        settings: known.file.policy,
        folder: dirname(file),
      });
      // The SDK takes a while to load: a server without agents does without.
      const { McpSessions } = await import("./mcp-sessions.ts");
      const decisions = new Decisions(join(dataDir, "decisions.db"));
      const authority = new Authority(policy, decisions, metrics, region);
      return new Agents(
        parts,
        known,
        decisions,
        authority,
        (sources, feed) => new McpSessions(sources, metrics, feed),
      );
    } catch (error) {
      known.close();
      throw error;
    }
  }

  get resource(): string {
    return this.#known.resource;
  }

  /** What RFC 9728 §2 has of this server. */
  get metadata(): Record<string, unknown> {
    const { issuers } = this.#known.file;
    // An issuer whose keys are in the file alone is no server that anybody could ask for a token.
    const servers = issuers.filter((issuer) => "jwksUrl" in issuer).map(({ issuer }) => issuer);
    return {
      resource: this.resource,
      resource_name: "Maily",
      bearer_methods_supported: ["header"],
      ...(servers.length > 0 && { authorization_servers: servers }),
    };
  }

  /** Where the metadata are (RFC 9728 §3.1). */
  get metadataUrl(): string {
    const { origin, pathname } = new URL(this.resource);
    return `${origin}/.well-known/oauth-protected-resource${pathname === "/" ? "" : pathname}`;
  }

  /** The `WWW-Authenticate` of a refused token (RFC 6750 §3, RFC 9728 §5.1). */
  challenge({ members }: Problem): string {
    const { reason } = members;
    const fault =
      reason === "missing"
        ? ""
        : `, error="invalid_token", error_description="${typeof reason === "string" ? reason : "refused"}"`;
    return `Bearer resource_metadata="${this.metadataUrl}"${fault}`;
  }

  /** Who asks. Problems: `agent-origin`, `agent-token-invalid`, `rate-limited`. */
  async identify(request: Request, calls = 1): Promise<AgentClaims> {
    this.#checkOrigin(request.headers.get("origin"));
    const authorization = request.headers.get("authorization") ?? undefined;
    const claims = await this.#known.verifier.verify(authorization);
    this.#limit(claims, calls);
    return claims;
  }

  /** A page of another site that a browser was led to, by DNS rebinding too, may not ask (MCP, transports, security). */
  #checkOrigin(origin: string | null): void {
    if (origin === null) return;
    const { origins = [] } = this.#known.file;
    const known = [this.resource, ...origins].map((address) => new URL(address).origin);
    if (!known.includes(origin)) throw new Problem("agent-origin");
  }

  #limit({ iss, sub, tenant }: AgentClaims, calls: number): void {
    const retryAfterSeconds = this.#rates.take(JSON.stringify([iss, sub, tenant]), calls);
    if (retryAfterSeconds > 0) throw new Problem("rate-limited", { retryAfterSeconds });
  }

  /** One MCP request whose POST had this body. Problems as `McpSessions.answer`. */
  mcp(request: Request, claims: AgentClaims, body: unknown): Promise<Response> {
    if (Array.isArray(body)) {
      if (body.length > messagesMax)
        throw new Problem("malformed-request", { errors: [`at most ${messagesMax} messages`] });
      if (body.length > 1) this.#limit(claims, body.length - 1);
    }
    return this.#sessions.answer(request, claims, body);
  }

  /** Changes of one segment or of all, as server-sent events. Problems as `SegmentStreams.open`. */
  follow(
    claims: AgentClaims,
    segment: string | undefined,
    lastEventId: string | undefined,
  ): Promise<ReadableStream<Uint8Array>> {
    return this.#streams.open({ ...this.#sources, claims }, segment, lastEventId);
  }

  /** To be called before segments count what was read. */
  read(rows: readonly Row[]): void {
    this.#feed.counting(rows.filter((row) => row.kind === "submission"));
  }

  /** To be called before segments count the commit. */
  committed(written: Pick<Written, "stored" | "campaigns">): void {
    this.#tallies.changed(written.campaigns);
    this.#feed.counting(written.stored);
  }

  #sweep(): void {
    const { verifier } = this.#known;
    const now = Date.now() / 1000;
    // A stream ends with its token, without the allowance that requests have for clocks that differ.
    const faultOf = (claims: AgentClaims): string | undefined =>
      claims.exp <= now ? "expired" : verifier.faultIn(claims);
    this.#streams.end(faultOf);
    this.#sessions.sweep(faultOf);
  }

  /** Ends every stream, so that a stop waits for none; calls under way are answered. */
  endStreams(): void {
    this.#streams.close();
    this.#sessions.endStreams();
  }

  /** Ends every stream and session. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    this.#known.close();
    this.#streams.close();
    this.#sessions.close();
    this.#feed.close();
    await this.#publisher.close();
    this.decisions.close();
  }
}
