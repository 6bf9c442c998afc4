// From "send" to a receipt. One sealed answer has one submission id; every further try sends the same bytes.
import { base64url } from "../../sdk/bytes.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { seal, warmUp } from "../../sdk/seal.ts";
import { faultsOnPath, showFaults } from "./asking.ts";
import { postAnswer, type Reply } from "./edge.ts";
import { isReaders } from "./gesture.ts";
import { keep, keptFor, release } from "./kept.ts";
import { current, goTo, type Open, type SentFrom, type Step } from "./page.ts";
import { answersToSend } from "./path.ts";
import type { Note } from "./words/words.ts";

const submissionIdBytes = 16;

let warm: Promise<void> | undefined;

/** On the reader's first gesture: nothing is compiled for those who only look. Sends nothing. */
export function warmUpOnce(): void {
  const page = current();
  // A failure to warm up shows when the answer is sealed, not before.
  if (page !== undefined) warm ??= warmUp(page.visit.key.publicKey).catch(() => {});
}

function consentOf({ visit, agreed, speech }: Open): Consent {
  const purposes = visit.purposes.filter(({ id, required }) => required || agreed.includes(id));
  return {
    notice: visit.manifest.notice.version,
    purposes: purposes.map(({ id }) => id),
    givenAt: new Date().toISOString(),
    language: speech.language,
  };
}

async function sealed(page: Open, consent: Consent): Promise<Submission> {
  const { visit, answers, speech } = page;
  const { body, bytes } = visit.invited;
  const submissionId = crypto.getRandomValues(new Uint8Array(submissionIdBytes));
  const envelope = await seal({
    ...body,
    ...visit.key,
    submissionId,
    consent,
    invitation: bytes,
    answers: answersToSend(visit.manifest.definition, answers),
    language: speech.language,
  });
  return {
    invitation: visit.invitation,
    submissionId: base64url(submissionId),
    consent,
    envelope: base64url(envelope),
  };
}

/** A reader's press, and nothing but that. A second one finds another step and does nothing. */
export async function send(event: Event): Promise<void> {
  const page = current();
  if (page === undefined || page.step.at === "sending") return;
  const from = page.step.at as SentFrom; // No other step has a button that comes here.
  const faults = faultsOnPath(page);
  if (faults.size > 0) return showFaults(faults);
  if (!isReaders(event)) return;
  const consent = consentOf(page);
  if (consent.purposes.length === 0) return goTo(askAgain(from, "consent"));
  goTo({ at: "sending", from });
  let submission: Submission;
  try {
    submission = await sealed(page, consent);
  } catch (error) {
    // seal refuses with one problem alone; its class is not in the page.
    const tooLong = (error as { code?: unknown } | null)?.code === "answer-too-long";
    return goTo(askAgain(from, tooLong ? "length" : "again"));
  }
  await deliver(submission, from);
}

/** Back to the button, with a word on why. */
export const askAgain = (from: SentFrom, note: Note): Step =>
  from === "all" ? { at: "all", faults: new Map(), note } : { at: "deciding", note };

async function deliver(submission: Submission, from?: SentFrom): Promise<void> {
  const page = current();
  if (page === undefined) return;
  const { id } = page.visit.manifest;
  const reply = await postAnswer(submission);
  if (reply.is === "away") return wait(id, submission, reply);
  release(id, submission);
  clearTimeout(timer);
  if (reply.is === "here")
    return goTo({ at: reply.value.confirm ? "confirming" : "thanked", ...reply.value });
  // An edge that refuses can be reached, and so can the rest of the page.
  const { refuse } = await import("./later.tsx");
  await refuse(reply.code, from);
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Keeps the ciphertext, and tries again by itself: the reader has already pressed send. */
function wait(
  campaign: string,
  submission: Submission,
  { offline, seconds }: Extract<Reply<unknown>, { is: "away" }>,
): void {
  const stored = keep(campaign, submission);
  // Half a wait of jitter, so that many readers' pages do not come back at once.
  clearTimeout(timer);
  timer = setTimeout(() => void tryAgain(), seconds * 1000 * (1 + Math.random() / 2));
  goTo({ at: "waiting", submission, stored, offline, trying: false });
}

/** Sends what waits; also when the connection returns. */
export async function tryAgain(): Promise<void> {
  const step = current()?.step;
  if (step?.at !== "waiting" || step.trying) return;
  goTo({ ...step, trying: true });
  await deliver(step.submission);
}

/** What an earlier visit could not send: a step to begin with, or undefined. */
export function waitingStep({ manifest, invitation }: Open["visit"]): Step | undefined {
  const submission = keptFor(manifest.id, invitation);
  return submission && { at: "waiting", submission, stored: true, offline: true, trying: false };
}

export function askToWithdraw(): void {
  const back = current()?.step;
  if (back !== undefined) goTo({ at: "withdrawing", state: "asking", back });
}
