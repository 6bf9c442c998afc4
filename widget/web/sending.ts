// From "send" to a receipt. One sealed answer has one submission id; every further try sends the same bytes.
import { base64url } from "../../sdk/bytes.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Accepted, Submission } from "../../sdk/schema/submission.ts";
import { sealPayload, warmUp } from "../../sdk/seal.ts";
import { faultsOnPath, showFaults } from "./asking.ts";
import { now } from "./clock.ts";
import { postAnswer } from "./edge.ts";
import { isReaders } from "./gesture.ts";
import { fetchLater, laterViews } from "./later-view.ts";
import { current, goTo, type Open, type SentFrom, type Step } from "./page.ts";
import { answersToSend } from "./path.ts";
import type { Note } from "./words/words.ts";

const submissionIdBytes = 16;

let warm: Promise<void> | undefined;

/** On the reader's first gesture: nothing is compiled for those who only look. Sends nothing. */
export function warmUpOnce(): void {
  // Behind what the gesture does: it is not held up.
  setTimeout(() => {
    const page = current();
    // A failure to warm up shows when the answer is sealed, not before.
    if (page !== undefined) warm ??= warmUp(page.visit.key).catch(() => {});
  });
}

function consentOf({ visit, agreed, speech }: Open): Consent {
  const purposes = visit.purposes.filter(({ id, required }) => required || agreed.includes(id));
  return {
    notice: visit.manifest.notice.version,
    purposes: purposes.map(({ id }) => id),
    givenAt: new Date(now()).toISOString(),
    language: speech.language,
  };
}

/** What goes out of the page, in the language it is read in. Problem: answer-too-long. */
export async function sealed(
  { visit, speech }: Open,
  consent: Consent,
  content: object,
): Promise<Submission> {
  const { body, bytes } = visit.invited;
  const submissionId = crypto.getRandomValues(new Uint8Array(submissionIdBytes));
  const envelope = await sealPayload(
    { ...body, ...visit.key, submissionId, consent, invitation: bytes },
    JSON.stringify({ ...content, language: speech.language }),
  );
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
    const answers = answersToSend(page.visit.manifest.definition, page.answers);
    submission = await sealed(page, consent, { answers });
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

/** What the reader sees of an answer that the edge has taken. */
export const arrivedStep = (accepted: Accepted): Step => ({
  at: accepted.confirm ? "confirming" : "thanked",
  ...accepted,
});

async function deliver(submission: Submission, from: SentFrom): Promise<void> {
  const views = laterViews();
  if (typeof views === "object") return views.deliver(submission, from);
  // What keeps an answer has not come yet. Whatever this says but yes, the views take up when they are here.
  const reply = await postAnswer(submission);
  goTo(
    reply.is === "here"
      ? arrivedStep(reply.value)
      : { at: "waiting", submission, from, stored: false, offline: true, trying: false },
  );
  await fetchLater();
}

export function askToWithdraw(): void {
  const back = current()?.step;
  if (back !== undefined) goTo({ at: "withdrawing", state: "asking", back });
}
