// Sends messages over SMTP: throttled, retried, resumed, and never twice.
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import {
  SmtpSession,
  type BounceClass,
  type Envelope,
  type SendOutcome,
  type SmtpServer,
} from "./smtp.ts";
import type { SendJournal } from "./send-journal.ts";

/** Messages that wait for another try; above it no new ones are begun. */
const retriesWaitingMax = 1_000;
const retryMilliseconds = { first: 2_000, max: 300_000 } as const;
/** Failures to reach the server in a row, on all connections together, after which the send stops. */
const connectionFailuresMax = 10;

/** One reader's message; `row` names its line in the readers file. */
export interface Outgoing {
  readonly row: number;
  /** The reader's pseudonym, 22 characters: the journal's name for the message. */
  readonly reader: string;
  readonly region: Region;
  readonly envelope: Envelope;
  /** Makes the whole message, signed; called only for what is really sent. */
  readonly compose: () => Promise<Buffer>;
}

export interface Sending {
  readonly server: SmtpServer;
  readonly journal: SendJournal;
  readonly connections: number;
  readonly messagesPerSecond: number;
  /** Tries of one message within this run. */
  readonly attempts: number;
  /** Sends again what may have arrived. */
  readonly repeatUncertain: boolean;
  readonly firstRetryMilliseconds?: number;
  /** Told of each message that is known to have been taken or refused for good, by an earlier run too; once or more. */
  readonly onKnown?: (outgoing: Outgoing, state: "sent" | "refused") => void;
}

export interface Bounce {
  readonly row: number;
  readonly reader: string;
  readonly state: "refused" | "postponed" | "uncertain";
  readonly bounce: BounceClass | "uncertain";
  readonly reply: string;
}

export interface SendCounts {
  sent: number;
  refused: number;
  /** Not taken so far; the next run tries again. */
  postponed: number;
  /** Nobody knows whether they arrived; the next run leaves them out, unless told otherwise. */
  uncertain: number;
  /** Sent or refused by an earlier run. */
  skipped: number;
}

interface Retry {
  readonly outgoing: Outgoing;
  readonly attempt: number;
  readonly dueAt: number;
}

/** Hands out moments to send at, evenly, for all connections together. */
class Throttle {
  readonly #interval: number;
  #next = 0;

  constructor(messagesPerSecond: number) {
    this.#interval = 1000 / messagesPerSecond;
  }

  async turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#interval;
    if (at > now) await sleep(at - now);
  }
}

/** The messages of a send in the order they are begun: due retries first, then the source. */
class Queue {
  readonly #source: AsyncIterator<Outgoing>;
  readonly #firstRetry: number;
  #retries: Retry[] = [];
  #reading: Promise<unknown> = Promise.resolve();
  #ended = false;
  /** Being sent right now: what they become may be a retry. */
  #busy = 0;

  constructor(source: AsyncIterable<Outgoing>, firstRetry: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#firstRetry = firstRetry;
  }

  /** Undefined once nothing is left and nothing can come back. */
  async next(): Promise<{ outgoing: Outgoing; attempt: number } | undefined> {
    for (;;) {
      const now = Date.now();
      const due = this.#retries.findIndex(({ dueAt }) => dueAt <= now);
      if (due >= 0) {
        const [retry] = this.#retries.splice(due, 1);
        if (retry !== undefined) return this.#begin(retry);
      }
      if (!this.#ended && this.#retries.length < retriesWaitingMax) {
        const outgoing = await this.#read();
        if (outgoing !== undefined) return this.#begin({ outgoing, attempt: 1 });
        continue;
      }
      if (this.#retries.length === 0 && this.#busy === 0) return undefined;
      const soonest = Math.min(...this.#retries.map(({ dueAt }) => dueAt), now + 100);
      await sleep(Math.max(soonest - now, 5));
    }
  }

  done(): void {
    this.#busy--;
  }

  again(outgoing: Outgoing, attempt: number): void {
    const wait = Math.min(this.#firstRetry * 2 ** (attempt - 1), retryMilliseconds.max);
    // Half of it jitter, so that many that failed together do not come back together.
    const dueAt = Date.now() + wait * (0.5 + Math.random() / 2);
    this.#retries.push({ outgoing, attempt: attempt + 1, dueAt });
  }

  /** What still waits when a send is stopped. */
  waiting(): readonly Outgoing[] {
    return this.#retries.map(({ outgoing }) => outgoing);
  }

  #begin<Item>(item: Item): Item {
    this.#busy++;
    return item;
  }

  /** One at a time: an async generator is read by one caller. */
  #read(): Promise<Outgoing | undefined> {
    const read = this.#reading.then(async () => {
      if (this.#ended) return undefined;
      const { done, value } = await this.#source.next();
      if (done === true) this.#ended = true;
      return done === true ? undefined : value;
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }
}

/**
 * Sends every message that no earlier run with this journal sent; yields what was not taken, and returns the counts.
 * `onProgress` is called after each message. Problem: server-unreachable, after what is under way has ended; the same
 * call with the same journal goes on from there.
 */
export async function sendAll(
  source: AsyncIterable<Outgoing>,
  sending: Sending,
  onBounce: (bounce: Bounce) => void = () => undefined,
  onProgress: (counts: Readonly<SendCounts>) => void = () => undefined,
): Promise<SendCounts> {
  const counts: SendCounts = { sent: 0, refused: 0, postponed: 0, uncertain: 0, skipped: 0 };
  const queue = new Queue(source, sending.firstRetryMilliseconds ?? retryMilliseconds.first);
  const throttle = new Throttle(sending.messagesPerSecond);
  let stopped: Problem | undefined;
  let failures = 0;

  const settle = async (
    outgoing: Outgoing,
    attempt: number,
    outcome: SendOutcome,
  ): Promise<void> => {
    const { reader, row } = outgoing;
    await sending.journal.write(reader, outcome.state);
    failures = outcome.state === "postponed" && outcome.bounce === "connection" ? failures + 1 : 0;
    if (failures >= connectionFailuresMax)
      stopped ??= new Problem("server-unreachable", {
        detail: "The SMTP server cannot be reached. Run the same command again to go on.",
      });
    if (outcome.state === "postponed" && attempt < sending.attempts && stopped === undefined)
      return queue.again(outgoing, attempt);
    counts[outcome.state]++;
    if (outcome.state === "sent" || outcome.state === "refused")
      sending.onKnown?.(outgoing, outcome.state);
    if (outcome.state !== "sent")
      onBounce({
        row,
        reader,
        state: outcome.state,
        bounce: outcome.state === "uncertain" ? "uncertain" : outcome.bounce,
        reply: outcome.reply,
      });
    onProgress(counts);
  };

  const work = async (): Promise<void> => {
    const session = new SmtpSession(sending.server);
    try {
      for (;;) {
        if (stopped !== undefined) return;
        const next = await queue.next();
        if (next === undefined) return;
        try {
          const { outgoing, attempt } = next;
          if (attempt === 1 && !isToBeSent(outgoing, sending, counts, onBounce)) continue;
          const message = await outgoing.compose();
          await throttle.turn();
          // On disk before the first byte leaves: whatever happens from here on, this message is not sent again unasked.
          await sending.journal.write(outgoing.reader, "trying");
          await settle(outgoing, attempt, await session.send(outgoing.envelope, message));
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          // Nothing of it left: the session was refused.
          await sending.journal.write(next.outgoing.reader, "postponed");
          stopped ??= error;
        } finally {
          queue.done();
        }
      }
    } finally {
      session.close();
    }
  };
  await Promise.all(Array.from({ length: sending.connections }, work));
  counts.postponed += queue.waiting().length;
  if (stopped !== undefined) throw stopped;
  return counts;
}

function isToBeSent(
  outgoing: Outgoing,
  { journal, repeatUncertain, onKnown }: Sending,
  counts: SendCounts,
  onBounce: (bounce: Bounce) => void,
): boolean {
  const { reader, row } = outgoing;
  const state = journal.stateOf(reader);
  if (state === "sent" || state === "refused") {
    counts.skipped++;
    onKnown?.(outgoing, state);
    return false;
  }
  if ((state !== "trying" && state !== "uncertain") || repeatUncertain) return true;
  counts.uncertain++;
  const reply = "an earlier run was stopped while this message was on its way";
  onBounce({ row, reader, state: "uncertain", bounce: "uncertain", reply });
  return false;
}
