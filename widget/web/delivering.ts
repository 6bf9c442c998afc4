// What the page does about an answer once it is sealed: it lies on the device before it is sent, is sent until the edge has
// said yes or no, and stays through closed tabs and lost connections. Fetched with the views that say so.
import type { Submission } from "../../sdk/schema/submission.ts";
import { asksForEvents, isSampled } from "../../sdk/events.ts";
import { bringOver, isMarked, mark, unmark } from "./bringing-over.ts";
import { now } from "./clock.ts";
import { draftUntil, forgetDraft } from "./drafts.ts";
import { forget, keep, keptFor, nameOf, type Settled } from "./kept.ts";
import { deliver as deliverKept, deliverAll, openChannel, type Heard } from "./outbox.ts";
import { current, goTo, type Open, type SentFrom, type Step } from "./page.ts";
import { refuse } from "./refusal.ts";
import { arrivedStep, sealed } from "./sending.ts";

export const nameOfVisit = ({ manifest, invitation }: Open["visit"]): string =>
  nameOf(manifest.id, invitation);

/** Where storage is denied the answer ends with the page: browsers ask the reader before it goes. */
const warn = (event: Event): void => event.preventDefault();

/** A browser's timers end after weeks: a wait of days is looked at again each hour. */
const timerSecondsMax = 3600;

let timer: ReturnType<typeof setTimeout> | undefined;
let notBefore = 0;
/** The last answer that this page sent or waits with: what is said of it is not another tab's. */
let own = "";

function stopWaiting(): void {
  clearTimeout(timer);
  notBefore = 0;
  removeEventListener("beforeunload", warn);
}

/** What the edge said of an answer; the reader sees it, so it need not be kept for the next visit. */
async function conclude(
  name: string,
  submissionId: string,
  settled: Settled,
  from?: SentFrom,
  elsewhere = false,
): Promise<void> {
  stopWaiting();
  if ("receipt" in settled) {
    const step = arrivedStep(settled);
    goTo(step.at === "thanked" && elsewhere ? { ...step, elsewhere } : step);
  } else await refuse(settled.code, from);
  await forget(name, submissionId);
  if ("receipt" in settled) await forgetDraft(name);
  await unmark();
}

/** Tries again once the wait is over: a timer may end an instant early, and goes on where it was cut. */
function waitOn(seconds: number): void {
  timer = setTimeout(
    () => {
      const left = (notBefore - Date.now()) / 1000;
      if (left > 0) waitOn(left);
      else void tryAgain();
    },
    Math.ceil(Math.min(seconds, timerSecondsMax) * 1000),
  );
}

async function attempt(submission: Submission, stored: boolean, from?: SentFrom): Promise<void> {
  const page = current();
  if (page === undefined) return;
  const name = nameOfVisit(page.visit);
  own = submission.submissionId;
  const delivered = await deliverKept(name, submission, from !== undefined);
  if (delivered === undefined) return;
  const { reply, submissionId } = delivered;
  const elsewhere = submissionId !== own;
  if (reply.is !== "away") {
    const settled = reply.is === "here" ? reply.value : { code: reply.code };
    if ("receipt" in settled && !elsewhere)
      void watchIfAsked()?.then(({ decide }) => decide(submission.consent));
    return conclude(name, submissionId, settled, elsewhere ? undefined : from, elsewhere);
  }
  const { offline, seconds } = reply;
  stopWaiting();
  if (!offline) notBefore = Date.now() + seconds * 1000;
  if (!stored) addEventListener("beforeunload", warn);
  waitOn(seconds);
  const at = { submission, stored, offline, trying: false, ...(from && { from }) };
  goTo({ at: "waiting", ...at });
}

/** A reader's press: the sealed answer is kept, in place of an earlier one, and sent. */
export async function deliver(submission: Submission, from: SentFrom): Promise<void> {
  const page = current();
  if (page === undefined) return;
  const name = nameOfVisit(page.visit);
  const stored = await keep(name, submission, "instead");
  if (stored) {
    mark();
    // If this page ends before its request does.
    void askForSync();
  } else await forget(name);
  await attempt(submission, stored, from);
}

/** Sends what waits, where the edge's wait is over or the reader wants it now. */
export async function tryAgain(pressed = false): Promise<void> {
  const page = current();
  if (page?.step.at !== "waiting" || page.step.trying) return;
  if (!pressed && Date.now() < notBefore) return;
  const { submission, from } = page.step;
  goTo({ ...page.step, trying: true });
  // It may have had no place before, or lost it: browsers clear what they think is old.
  const stored = await keep(nameOfVisit(page.visit), submission, "unless-kept");
  if (stored) mark();
  await attempt(submission, stored, from);
}

/** What was refused while no page was open, for `resume` to say. */
let refused: Extract<Settled, { code: unknown }> | undefined;

/** Whether this page knows what was kept for its reader: not where these views came too late to say so at first. */
let hasLooked = false;

/** What an earlier visit left on this device: a step to begin with, or undefined. */
export async function keptStep(visit: Open["visit"]): Promise<Step | undefined> {
  const name = nameOfVisit(visit);
  hasLooked = true;
  await bringOver();
  const kept = await keptFor(name);
  if (kept !== undefined && "submission" in kept) {
    const { submission } = kept;
    notBefore = kept.notBefore;
    return { at: "waiting", submission, stored: true, offline: true, trying: false };
  }
  if (kept !== undefined) {
    const { settled, submissionId } = kept;
    await forget(name, submissionId);
    if ("receipt" in settled) await forgetDraft(name);
    await unmark();
    if ("receipt" in settled) return arrivedStep(settled);
    refused = settled;
    return undefined;
  }
  const until = await draftUntil(name);
  return until === undefined ? undefined : { at: "returning", until };
}

function hear({ data }: MessageEvent<Heard>): void {
  const page = current();
  if (page === undefined || data.name !== nameOfVisit(page.visit)) return;
  const { step } = page;
  // Whoever is sending hears it from the edge.
  if (step.at === "sending" || (step.at === "waiting" && step.trying)) return;
  const mine = step.at === "waiting" && step.submission.submissionId === data.submissionId;
  if (!mine && data.submissionId === own) return;
  // Another tab's refusal is that tab's to deal with.
  if (!mine && !("receipt" in data.settled)) return;
  void conclude(data.name, data.submissionId, data.settled, mine ? step.from : undefined, !mine);
}

let channel: BroadcastChannel | undefined;

function listen(): void {
  channel ??= openChannel();
  channel?.addEventListener("message", hear);
}

/** An open channel would keep the page out of the browser's back-forward cache. */
function stopListening(): void {
  channel?.close();
  channel = undefined;
}

let watching: Promise<typeof import("./watching.ts")> | undefined;

/** Where a purpose that the reader is asked for allows events, and the reader is in the sample. */
function watchIfAsked(): typeof watching {
  const page = current();
  if (page === undefined) return undefined;
  const { purposes, invited, manifest } = page.visit;
  if (!asksForEvents({ purposes }) || !isSampled(invited.body.reader, manifest.definition))
    return undefined;
  // Nobody is kept from answering where it does not come.
  watching ??= import("./watching.ts").then((watcher) => {
    watcher.watch({ current, now, sealed });
    return watcher;
  });
  return watching;
}

let resumed = false;

/** Takes up what waits: when these views have come, the connection returns, or the page is looked at again. */
export function resume(): void {
  if (refused !== undefined) {
    const { code } = refused;
    refused = undefined;
    void refuse(code, undefined);
  }
  if (!resumed) {
    resumed = true;
    listen();
    addEventListener("pagehide", stopListening);
    addEventListener("pageshow", () => {
      listen();
      resume();
    });
    addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void tryAgain();
    });
    watchIfAsked()?.catch(() => {});
    void begin();
  }
  void tryAgain();
}

/** What else lies on this device, of other campaigns and other readers; then the shell for the next visit. */
async function begin(): Promise<void> {
  const page = current();
  if (isMarked()) await deliverAll(hasLooked && page ? nameOfVisit(page.visit) : undefined);
  await unmark();
  await (await serving())?.serve(current);
}

/** Undefined where it cannot be fetched: the next visit has another try. */
const serving = () => import("./serving.ts").catch(() => undefined);

const askForSync = async (): Promise<void> => (await serving())?.requestSync();
