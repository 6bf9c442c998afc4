// The outbox of one region's shard of readers: a SQLite Durable Object that has an answer on disk before it is acknowledged,
// and hands it to the region's server until that has it.
import { DurableObject } from "cloudflare:workers";
import type { Region } from "../sdk/region.ts";
import type { IntakeResult } from "../sdk/schema/record.ts";
import { settingsOf, type Bindings, type Settings } from "./env.ts";
import { forwardBatch } from "./forward.ts";
import { logEvent, logFault } from "./log.ts";
import { entryText, type Entry, type Outcome } from "./outbox-entry.ts";
import { entriesOf, OutboxQueue, type Backlog, type Segment } from "./outbox-queue.ts";
import { migrate } from "./outbox-schema.ts";
import { ReaderRate } from "./reader-rate.ts";
import { Seen } from "./seen.ts";

/** Calls that arrive together are committed together, up to so many. */
const groupCallsMax = 64;
/** After a write the alarm is due this soon, for an object that stopped before it had drained. */
const alarmMilliseconds = 2_000;
const backOffMilliseconds = { first: 250, max: 10_000 } as const;
const forgetMilliseconds = 86_400_000;
const fullRetrySeconds = 30;

interface Waiting {
  readonly entries: readonly Entry[];
  readonly resolve: (outcomes: Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Outbox extends DurableObject<Bindings> {
  readonly #queue: OutboxQueue;
  readonly #seen: Seen;
  readonly #copies = new ReaderRate();
  /** The region this object belongs to, from its first call on. */
  #region: Region | undefined;
  #pinned: boolean;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #failures = 0;
  /** Unix milliseconds before which the region's server is left alone. */
  #restUntil = 0;
  #alarmAt = Infinity;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    migrate(ctx.storage);
    this.#queue = new OutboxQueue(ctx.storage.sql);
    this.#seen = new Seen(ctx.storage.sql);
    const [pinned] = ctx.storage.sql.exec<{ region: Region }>("SELECT region FROM pinned");
    this.#region = pinned?.region;
    this.#pinned = pinned !== undefined;
  }

  /** One outcome an entry, in order, once all are on disk. */
  async add(region: Region, entries: readonly Entry[]): Promise<Outcome[]> {
    this.#region ??= region;
    // Whoever calls it: another region's answers are never kept here.
    if (this.#region !== region)
      return entries.map(() => ({ status: "refused", code: "region-mismatch" }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      // A timer of nothing lets every call that has already arrived join: one transaction, one fsync for all of them.
      if (this.#waiting.length === 1) setTimeout(() => this.#commit(), 0);
    });
  }

  /** In how many seconds a reader may have a copy, at most `hourlyMax` an hour; 0 is now, and counted. Records nothing. */
  copyWaitSeconds(reader: string, hourlyMax: number): number {
    const now = Date.now();
    const waitSeconds = this.#copies.waitSeconds(reader, hourlyMax, now);
    if (waitSeconds === 0) this.#copies.count(reader, now);
    return waitSeconds;
  }

  backlog(): Backlog {
    return this.#queue.backlog(Date.now());
  }

  /** Never throws: after six failures the platform would give up the alarm, and with it the answers. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    try {
      await this.#drainOnce();
      const more = this.#seen.forget(Date.now(), this.#queue.isCrowded());
      if (more) this.#armAt(Date.now());
      this.#arm();
    } catch (error) {
      this.#fault("outbox-alarm", error);
    }
  }

  /** A bug, or storage that fails: rest, and have the alarm try again. */
  #fault(event: string, error: unknown): void {
    logFault(event, error, { region: this.#region });
    this.#rest();
    this.#armAt(this.#restUntil);
  }

  /**
   * One transaction for a group of calls. The answers to them leave through the object's output gate, which opens when the
   * write is on disk: whatever is acknowledged survives a kill.
   */
  #commit(): void {
    const group = this.#waiting.splice(0, groupCallsMax);
    if (this.#waiting.length > 0) setTimeout(() => this.#commit(), 0);
    try {
      const outcomes = this.ctx.storage.transactionSync(() => this.#admit(group));
      this.#pinned = true;
      // In the same turn as the write, so that both are on disk or neither is.
      this.#armAt(Math.max(Date.now() + alarmMilliseconds, this.#restUntil));
      for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] ?? []);
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    this.#drainSoon();
  }

  #admit(group: readonly Waiting[]): Outcome[][] {
    const now = Date.now();
    if (!this.#pinned) this.ctx.storage.sql.exec("INSERT INTO pinned VALUES (?)", this.#region);
    const full = this.#queue.isFull(now);
    const kept: string[] = [];
    const outcomes = group.map(({ entries }) =>
      entries.map((entry) => {
        const outcome = this.#admitOne(entry, full);
        if (outcome.status === "stored") kept.push(entryText(entry));
        return outcome;
      }),
    );
    this.#queue.append(kept, now);
    return outcomes;
  }

  #admitOne(entry: Entry, full: boolean): Outcome {
    // What takes something back is always taken: there is at most one withdrawal for an answer and few requests an hour, and
    // to refuse them would keep what is taken back.
    if (entry.kind === "withdrawal") return this.#seen.addWithdrawal(entry);
    if (entry.kind === "request") return this.#seen.addRequest(entry);
    return full
      ? { status: "refused", code: "region-unavailable", retryAfterSeconds: fullRetrySeconds }
      : this.#seen.addConsented(entry);
  }

  #drainSoon(): void {
    if (this.#draining !== undefined || Date.now() < this.#restUntil) return;
    this.#drainOnce().catch((error: unknown) => this.#fault("outbox-drain", error));
  }

  /** One drain at a time, so that a reader's records keep their order. */
  #drainOnce(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const region = this.#region;
    if (region === undefined) return;
    const settings = settingsOf(this.env);
    while (Date.now() >= this.#restUntil) {
      const segments = this.#queue.next();
      const [oldest] = segments;
      if (oldest === undefined) return;
      const texts = segments.map(({ text }) => text);
      const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
      const delivery = await forwardBatch(settings, region, texts, entries);
      if (delivery.status === "delivered") this.#settle(segments, delivery.results);
      else if (delivery.status === "away") this.#rest(delivery.retryAfterSeconds);
      else await this.#sendOneByOne(settings, region, oldest);
    }
    this.#arm();
  }

  /** Where the server refuses a batch as a whole, only the entry at fault is parked; the others are taken. */
  async #sendOneByOne(settings: Settings, region: Region, segment: Segment): Promise<void> {
    const results: IntakeResult[] = [];
    for (const entry of entriesOf(segment)) {
      const delivery = await forwardBatch(settings, region, [entry], 1);
      if (delivery.status === "away") {
        this.#rest(delivery.retryAfterSeconds);
        return;
      }
      results.push(...(delivery.status === "delivered" ? delivery.results : [delivery]));
    }
    this.#settle([segment], results);
  }

  #settle(segments: readonly Segment[], results: readonly IntakeResult[]): void {
    this.#failures = 0;
    this.ctx.storage.transactionSync(() => this.#queue.settle(segments, results, Date.now()));
    for (const result of results)
      if (result.status === "refused")
        logEvent("parked", { region: this.#region, code: result.code });
  }

  /** Exponential back-off with jitter, and never less than what the server asked for. */
  #rest(retryAfterSeconds = 0): void {
    const step = Math.min(backOffMilliseconds.first * 2 ** this.#failures, backOffMilliseconds.max);
    this.#failures += 1;
    this.#restUntil = Date.now() + retryAfterSeconds * 1000 + step * (0.5 + Math.random() / 2);
    if (this.#failures === 1) logEvent("region-away", { region: this.#region });
  }

  #arm(): void {
    if (this.#queue.backlog(Date.now()).waiting > 0)
      this.#armAt(Math.max(Date.now(), this.#restUntil));
    else if (this.#seen.remembers()) this.#armAt(Date.now() + forgetMilliseconds);
  }

  /** The alarm at `at`, unless it is due before. */
  #armAt(at: number): void {
    if (this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }
}
