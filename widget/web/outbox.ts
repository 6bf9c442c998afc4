// One answer's way from this device to the edge, whoever takes it there: the page, another tab of it, the service worker.
// One submission id, the same bytes: what is sent twice counts once, and gets the same receipt (SPEC §4).
import type { Accepted, Submission } from "../../sdk/schema/submission.ts";
import { now } from "./clock.ts";
import { postAnswer, retrySecondsMax, type Reply } from "./edge.ts";
import {
  keptAnswers,
  keptFor,
  postpone,
  settle,
  type KeptAnswer,
  type Settled,
  type WaitingAnswer,
} from "./kept.ts";

/** Beyond so many tries nothing is sent by itself: only on a visit, or when the reader presses. */
export const triesMax = 200;
/** A request ends after 20 seconds: who waits longer for its lock waits for a tab that sleeps. */
const lockMilliseconds = 30_000;

/** What tabs and worker tell each other. It names the reader by pseudonym, and holds no answer and no invitation. */
export interface Heard {
  readonly name: string;
  readonly submissionId: string;
  readonly settled: Settled;
}

const channelName = "maily";

/** Where there are no channels, a tab hears of it when it tries itself. */
export function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(channelName);
  } catch {
    return undefined;
  }
}

function tell(heard: Heard): void {
  const channel = openChannel();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
  channel?.postMessage(heard);
  channel?.close();
}

/** One at a time on this device, so that two tabs and the worker spare each other's trips. */
async function alone<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  let begun = false;
  const begin = (): Promise<Value> => {
    begun = true;
    return work();
  };
  try {
    const signal = AbortSignal.timeout(lockMilliseconds);
    return await navigator.locks.request(`maily ${name}`, { signal }, begin);
  } catch (error) {
    if (begun) throw error;
    // No locks here, or nobody lets go of this one: a repeat is harmless.
    return work();
  }
}

const replyOf = (settled: Settled): Reply<Accepted> =>
  "receipt" in settled ? { is: "here", value: settled } : { is: "refused", code: settled.code };

/** Longer each time, and half a wait of chance, so that many readers' devices do not come back at once. */
export const waitSeconds = (asked: number, tries: number): number =>
  Math.min(asked * 2 ** Math.min(tries, 10), retrySecondsMax) * (1 + Math.random() / 2);

/** An answer that is dated too late for now, by a clock that was ahead: the seconds until it no longer is. */
const earlySeconds = ({ consent }: Submission): number =>
  Math.max(0, (Date.parse(consent.givenAt) - now()) / 1000);

async function send(
  name: string,
  submission: Submission,
  entry: WaitingAnswer | undefined,
  sealable: boolean,
): Promise<Reply<Accepted>> {
  const reply = await postAnswer(submission);
  const tries = (entry?.tries ?? 0) + 1;
  if (reply.is === "away") {
    const seconds = waitSeconds(reply.seconds, tries - 1);
    // Without a connection nobody asked for a wait.
    await postpone(name, submission, tries, reply.offline ? 0 : Date.now() + seconds * 1000);
    return { ...reply, seconds };
  }
  const early = earlySeconds(submission);
  if (reply.is === "refused" && reply.code === "consent-time" && early > 0 && !sealable) {
    await postpone(name, submission, tries, Date.now() + early * 1000);
    return { is: "away", offline: false, seconds: early };
  }
  const settled: Settled = reply.is === "here" ? reply.value : { code: reply.code };
  await settle(name, submission, settled);
  tell({ name, submissionId: submission.submissionId, settled });
  return reply;
}

/** What the edge said, and of which answer: another tab's may have taken a page's own's place. */
export interface Delivered {
  readonly reply: Reply<Accepted>;
  readonly submissionId: string;
}

/**
 * Sends what is kept under `name`, or what only a page's memory holds; says what the edge said, now or to whoever sent it
 * meanwhile. `sealable` where the page can seal the same answers again. Undefined where there is nothing to send.
 */
export const deliver = (
  name: string,
  inMemory?: Submission,
  sealable = false,
): Promise<Delivered | undefined> =>
  alone(name, async () => {
    const entry: KeptAnswer | undefined = await keptFor(name);
    if (entry !== undefined && "settled" in entry)
      return { reply: replyOf(entry.settled), submissionId: entry.submissionId };
    const submission = entry?.submission ?? inMemory;
    if (submission === undefined) return undefined;
    const reply = await send(name, submission, entry, sealable);
    return { reply, submissionId: submission.submissionId };
  });

/**
 * Sends whatever waits on this device and may be sent now, but for `except`. Returns in how many milliseconds more may be;
 * undefined where nothing waits.
 */
export async function deliverAll(except?: string): Promise<number | undefined> {
  let next: number | undefined;
  for (const { name } of await keptAnswers()) {
    const entry = await keptFor(name);
    if (entry === undefined || !("submission" in entry) || name === except) continue;
    if (entry.tries >= triesMax) continue;
    let wait = entry.notBefore - Date.now();
    if (wait <= 0) {
      const reply = (await deliver(name))?.reply;
      if (reply?.is !== "away") continue;
      wait = reply.seconds * 1000;
      // The others would fare no better.
      if (reply.offline) return wait;
    }
    next = Math.min(next ?? wait, wait);
  }
  return next;
}
