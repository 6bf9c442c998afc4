// The outbox of one region's shard of readers: a SQLite Durable Object that has an answer on disk before it is acknowledged,
// and hands it to the region's server until that has it.
import { DurableObject } from "cloudflare:workers";
import type { Region } from "../sdk/region.ts";
import { bringHome } from "./bring-home.ts";
import { settingsOf, type Bindings } from "./env.ts";
import { Homes, type ReaderMemory } from "./homes.ts";
import { logEvent } from "./log.ts";
import { Drain } from "./outbox-drain.ts";
import { entryText, type Entry, type Outcome } from "./outbox-entry.ts";
import { OutboxQueue, type Backlog } from "./outbox-queue.ts";
import { migrate } from "./outbox-schema.ts";
import type { ParkedPage, Replayed } from "./parked.ts";
import { ReaderRate } from "./reader-rate.ts";
import { Seen } from "./seen.ts";
import type { Layout } from "./shards.ts";

/** Calls that arrive together are committed together, up to so many. */
const groupCallsMax = 64;
/** Calls, and entries of them, that are not answered yet; of the largest entries together 32 MB. Beyond them none is taken. */
export const underWayLimits = { calls: 1_024, entries: 2_048 } as const;
/** After a write the alarm is due this soon, for an object that stopped before it had drained. */
const alarmMilliseconds = 2_000;
const forgetMilliseconds = 86_400_000;
const fullRetrySeconds = 30;
const busyRetrySeconds = 1;

interface Waiting {
  readonly entries: readonly Entry[];
  readonly layout: Layout;
  readonly resolve: (outcomes: Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

const unavailable = (retryAfterSeconds: number): Outcome => ({
  status: "refused",
  code: "region-unavailable",
  retryAfterSeconds,
});

export class Outbox extends DurableObject<Bindings> {
  readonly #queue: OutboxQueue;
  readonly #seen: Seen;
  readonly #homes: Homes;
  readonly #drain: Drain;
  readonly #copies = new ReaderRate();
  /** The region this object belongs to, from its first call on. */
  #region: Region | undefined;
  #pinned: boolean;
  #waiting: Waiting[] = [];
  readonly #underWay = { calls: 0, entries: 0 };
  #alarmAt = Infinity;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    migrate(ctx.storage, env.SCHEMA_TARGET);
    const { sql } = ctx.storage;
    this.#queue = new OutboxQueue(sql);
    this.#seen = new Seen(sql);
    this.#homes = new Homes(sql);
    this.#drain = new Drain(ctx, this.#queue, (change) => this.#write(change));
    const [pinned] = sql.exec<{ region: Region }>("SELECT region FROM pinned");
    this.#region = pinned?.region;
    this.#pinned = pinned !== undefined;
    // Alarms that failed too often, on tables that an older edge could not run on, are given up: whoever wakes it sets one.
    if (this.#queue.size > 0) this.#arm();
  }

  /** One outcome an entry, in order, once all are on disk. `layout` is the caller's, by which the readers belong here. */
  async add(region: Region, entries: readonly Entry[], layout: Layout): Promise<Outcome[]> {
    // Whoever calls it: another region's answers are never kept here.
    if (!this.#isOf(region))
      return entries.map(() => ({ status: "refused", code: "region-mismatch" }));
    const underWay = this.#underWay;
    if (
      underWay.calls >= underWayLimits.calls ||
      underWay.entries + entries.length > underWayLimits.entries
    )
      return entries.map(() => unavailable(busyRetrySeconds));
    underWay.calls += 1;
    underWay.entries += entries.length;
    try {
      if (!this.#homes.isSettled(layout)) await this.#bringHome(region, entries, layout);
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ entries, layout, resolve, reject });
        // A timer of nothing lets every call that has already arrived join: one transaction, one fsync for all of them.
        if (this.#waiting.length === 1) setTimeout(() => this.#commit(), 0);
      });
    } finally {
      underWay.calls -= 1;
      underWay.entries -= entries.length;
    }
  }

  #isOf(region: Region): boolean {
    this.#region ??= region;
    return this.#region === region;
  }

  /** What is remembered of readers who are in the shard `to` from now on; asked again, the same. */
  handOver(region: Region, readers: readonly string[], to: number): ReaderMemory[] {
    if (!this.#isOf(region)) throw new Error("asked for another region's readers");
    const now = Date.now();
    const memories = this.#write(() =>
      readers.map((reader) => this.#homes.handOver(reader, to, now)),
    );
    this.#arm();
    return memories;
  }

  async #bringHome(region: Region, entries: readonly Entry[], layout: Layout): Promise<void> {
    const here = {
      env: this.env,
      homes: this.#homes,
      write: (change: () => void) => this.#write(change),
    };
    const readers = new Set(entries.map(({ reader }) => reader));
    for (const { reader, seen } of await bringHome(here, region, readers, layout))
      this.#seen.arrived(
        reader,
        seen.map((row) => row.admitted_at),
      );
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

  /** What a tenant has among what is parked, some rows at a time, after an id. */
  parked(tenant: number, after: number): ParkedPage {
    return this.#queue.parked.page(tenant, after);
  }

  /** Puts what is parked back at the queue's end. `next` is the id to go on after; absent at the end. */
  replay(tenant: number, which: Replayed): { readonly replayed: number; readonly next?: number } {
    if (this.#queue.parked.rows === 0) return { replayed: 0 };
    const now = Date.now();
    const { entries, ...page } = this.#write(() => {
      const taken = this.#queue.parked.take(tenant, which);
      this.#queue.append(taken.entries, now);
      return taken;
    });
    if (entries.length > 0) {
      logEvent("replayed", { region: this.#region, entries: entries.length });
      this.#arm();
      this.#drainSoon();
    }
    return { replayed: entries.length, ...page };
  }

  /** Never throws: after six failures the platform would give up the alarm, and with it the answers. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    try {
      await this.#drainNow();
      // No write came by that would have taken it along.
      if (this.#queue.hasTaken) this.#write(() => undefined);
      const now = Date.now();
      const more = [this.#seen.forget(now, this.#queue.isCrowded()), this.#homes.forget(now)];
      if (more.includes(true)) this.#armAt(now);
      this.#arm();
    } catch (error) {
      this.#fault("outbox-alarm", error);
    }
  }

  /** A bug, or storage that fails: rest, and have the alarm try again. */
  #fault(event: string, error: unknown): void {
    this.#drain.fault(event, error, this.#region);
    this.#armAt(this.#drain.restUntil);
  }

  /** In one transaction, with what the region's server has since the last; the first makes the object its region's for good. */
  #write<Result>(change: () => Result): Result {
    const result = this.ctx.storage.transactionSync(() => {
      if (!this.#pinned) this.ctx.storage.sql.exec("INSERT INTO pinned VALUES (?)", this.#region);
      this.#queue.deleteTaken();
      return change();
    });
    this.#pinned = true;
    this.#queue.forgetTaken();
    return result;
  }

  /**
   * One transaction for a group of calls. The answers to them leave through the object's output gate, which opens when the
   * write is on disk: whatever is acknowledged survives a kill.
   */
  #commit(): void {
    const group = this.#waiting.splice(0, groupCallsMax);
    if (this.#waiting.length > 0) setTimeout(() => this.#commit(), 0);
    try {
      const outcomes = this.#write(() => this.#admit(group));
      this.#seen.committed();
      // In the same turn as the write, so that both are on disk or neither is.
      this.#armAt(Math.max(Date.now() + alarmMilliseconds, this.#drain.restUntil));
      for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] ?? []);
    } catch (error) {
      this.#seen.rolledBack();
      for (const { reject } of group) reject(error);
      return;
    }
    this.#drainSoon();
  }

  #admit(group: readonly Waiting[]): Outcome[][] {
    const now = Date.now();
    const full = this.#queue.isFull(now);
    const kept: string[] = [];
    const outcomes = group.map(({ entries, layout }) => {
      const settled = this.#homes.isSettled(layout);
      return entries.map((entry) => {
        // Another object has the reader by now, or did not answer: the next try asks it again.
        if (!settled && this.#homes.toAsk(entry.reader, layout).length > 0)
          return unavailable(busyRetrySeconds);
        const outcome = this.#admitOne(entry, full);
        // Its receipt is remembered here; the region's server has no use for it.
        if (outcome.status === "stored") kept.push(entryText({ ...entry, receipt: "" }));
        return outcome;
      });
    });
    this.#queue.append(kept, now);
    return outcomes;
  }

  #admitOne(entry: Entry, full: boolean): Outcome {
    // What takes something back is always taken: there is at most one withdrawal for an answer and few requests an hour, and
    // to refuse them would keep what is taken back.
    if (entry.kind === "withdrawal") return this.#seen.addWithdrawal(entry);
    if (entry.kind === "request") return this.#seen.addRequest(entry);
    if (entry.kind === "events")
      return full || this.#queue.isBusy(Date.now())
        ? unavailable(fullRetrySeconds)
        : this.#seen.addEvents(entry);
    return full ? unavailable(fullRetrySeconds) : this.#seen.addConsented(entry);
  }

  #drainSoon(): void {
    if (!this.#drain.isIdle) return;
    this.#drainNow().catch((error: unknown) => this.#fault("outbox-drain", error));
  }

  async #drainNow(): Promise<void> {
    if (this.#region !== undefined) await this.#drain.run(settingsOf(this.env), this.#region);
    this.#arm();
  }

  #arm(): void {
    if (this.#queue.size > 0) this.#armAt(Math.max(Date.now(), this.#drain.restUntil));
    else if (this.#queue.hasTaken) this.#armAt(Date.now() + alarmMilliseconds);
    else if (this.#seen.remembers()) this.#armAt(Date.now() + forgetMilliseconds);
  }

  /** The alarm at `at`, unless it is due before. */
  #armAt(at: number): void {
    if (this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }
}
