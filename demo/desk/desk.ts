// Three agents at work in one region, what each of them said, and why policy let them: kept in memory for whoever looks.
import { setTimeout as sleep } from "node:timers/promises";
import type { LoggedDecision } from "../../sdk/schema/agents.ts";
import type { SegmentState } from "../../sdk/schema/segment.ts";
import { Connection } from "../agents/connection.ts";
import { runAgent, type AgentName, type Said } from "../agents/run.ts";
import { Decisions } from "./decisions.ts";
import { segmentsOf, type Tenant } from "./segments.ts";

const entriesMax = 200;
const followersMax = 50;
/** What was said among so many entries is not said again. */
const repeatEntries = 60;
/** An agent that looks once looks again when segments changed, and not more often than this. */
const againMilliseconds = 20_000;
const retryMilliseconds = 2_000;
/** Several changes together are read once. */
const gatherMilliseconds = 60;

export interface Entry extends Said {
  readonly number: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** What the policy decided on it. */
  readonly why?: LoggedDecision | undefined;
}

export type News =
  | { readonly is: "entry"; readonly entry: Entry }
  | { readonly is: "segments"; readonly segments: readonly SegmentState[] }
  | { readonly is: "away" };

export interface DeskOptions {
  readonly tenant: Tenant;
  readonly tokens: Readonly<Record<AgentName, () => Promise<string>>>;
}

export class Desk {
  readonly #options: DeskOptions;
  readonly #decisions: Decisions;
  readonly #stopped = new AbortController();
  readonly #followers = new Set<(news: News) => void>();
  #entries: Entry[] = [];
  /** Above those of a run before, whose entries an open page may still show. */
  #number = Date.now();
  #segments: readonly SegmentState[] = [];
  #away = true;
  #refreshing = false;
  /** Woken when segments changed. */
  #changed = Promise.withResolvers<void>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#decisions = new Decisions(options.tenant);
  }

  /** Newest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }
  get segments(): readonly SegmentState[] {
    return this.#segments;
  }
  /** The region's server did not answer when it was last asked. */
  get away(): boolean {
    return this.#away;
  }

  start(): void {
    void this.#again("campaign_strategist", (connection, signal) =>
      runAgent("campaign_strategist", connection, this.#say, { signal }),
    );
    for (const agent of ["toolsmith", "compliance_guard"] as const)
      void this.#again(agent, async (connection) => {
        await runAgent(agent, connection, this.#say);
        await Promise.all([sleep(againMilliseconds), this.#changed.promise]);
      });
    void this.#again("compliance_guard", (connection, signal) => this.#watch(connection, signal));
  }

  stop(): void {
    this.#stopped.abort();
    this.#changed.resolve();
    this.#followers.clear();
  }

  /** Undefined where too many follow already; else call it to stop. */
  follow(follower: (news: News) => void): (() => void) | undefined {
    if (this.#followers.size >= followersMax) return undefined;
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** An agent reaches for money, so that everybody can see what policy says to it. */
  async reachForRevenue(agent: AgentName, campaign: string): Promise<void> {
    const connection = this.#connect(agent);
    const told = await connection.call("get_revenue_metrics", { campaign });
    await connection.close();
    this.#add(
      told.ok
        ? {
            agent,
            kind: "asked",
            text: "Was asked to look at revenue, and got it.",
            tool: "get_revenue_metrics",
            decision: told.value.decision,
          }
        : {
            agent,
            kind: "refused",
            text: "Was asked to look at revenue, and got nothing.",
            tool: "get_revenue_metrics",
            decision: told.decision,
            reasons: told.reasons,
          },
    );
  }

  #connect(agent: AgentName): Connection {
    return new Connection(this.#options.tenant.server, this.#options.tokens[agent]);
  }

  /** Runs it for as long as the desk does: whatever ends it, such as a server that is away, it begins again. */
  async #again(
    agent: AgentName,
    run: (connection: Connection, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await run(this.#connect(agent), signal);
      } catch {
        // Why is told by the next look at segments, which says that the server is away.
        await this.#refresh();
      }
      await sleep(retryMilliseconds, undefined, { ref: false });
    }
  }

  async #watch(connection: Connection, signal: AbortSignal): Promise<void> {
    await this.#refresh();
    for await (const _ of connection.follow(signal)) await this.#refresh();
  }

  /** Reads the segments anew, soon: what changes meanwhile is read with them. */
  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    await sleep(gatherMilliseconds);
    this.#refreshing = false;
    const read = await segmentsOf(this.#options.tenant).catch(() => undefined);
    this.#away = read === undefined;
    if (read === undefined) return this.#tell({ is: "away" });
    this.#segments = read;
    this.#tell({ is: "segments", segments: read });
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  readonly #say = (said: Said): void => {
    const same = ({ agent, text }: Entry): boolean => agent === said.agent && text === said.text;
    if (!this.#entries.slice(0, repeatEntries).some(same)) this.#add(said);
  };

  #add(said: Said): void {
    const entry: Entry = { ...said, number: ++this.#number, at: Date.now() };
    this.#entries = [entry, ...this.#entries].slice(0, entriesMax);
    void this.#explain(entry);
  }

  /** Tells of the entry once it is known why policy let it; without that where the log cannot be read. */
  async #explain(entry: Entry): Promise<void> {
    const why =
      entry.decision === undefined
        ? undefined
        : await this.#decisions.find(entry.decision).catch(() => undefined);
    const whole: Entry = why === undefined ? entry : { ...entry, why };
    this.#entries = this.#entries.map((each) => (each.number === entry.number ? whole : each));
    this.#tell({ is: "entry", entry: whole });
  }

  #tell(news: News): void {
    for (const follower of this.#followers) follower(news);
  }
}
