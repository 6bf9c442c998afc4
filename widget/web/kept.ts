// Answers that wait on this device: each request as it was sealed, never what the reader said. Beside the ciphertext lie the
// consent and the invitation, which the reader's own mail holds as well. Page and service worker both read and write here.
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Accepted, Submission } from "../../sdk/schema/submission.ts";
import { changeEntry, entriesOf, entryOf } from "./database.ts";

/** Answers on one device; with so many waiting, another is held in its page alone. */
export const keptAnswersMax = 50;
/** After the age at which the edge refuses a consent (SPEC §2), nothing could come of sending it. */
export const keptDaysMax = 31;
const dayMilliseconds = 86_400_000;

/** What the edge said in the end, for the reader to hear at the next visit. */
export type Settled = Accepted | { readonly code: ProblemCode };

interface Entry {
  readonly name: string;
  readonly submissionId: string;
  /** Unix milliseconds by this device's clock, as `notBefore` is. */
  readonly keptAt: number;
}

export interface WaitingAnswer extends Entry {
  readonly submission: Submission;
  /** How often it was sent in vain. */
  readonly tries: number;
  /** When the edge wants to hear of it again. */
  readonly notBefore: number;
}

/** Without the answer and the invitation: only what became of it. */
export interface SettledAnswer extends Entry {
  readonly settled: Settled;
}

export type KeptAnswer = WaitingAnswer | SettledAnswer;

/** A reader's newest answer to a campaign replaces the one before, as it would at the region. */
export const nameOf = (campaign: string, invitation: string): string =>
  // Bytes 16 to 31 of an invitation are the reader's pseudonym: characters 22 to 42 name the reader well enough.
  `${campaign}.${invitation.slice(22, 42)}`;

const isOver = ({ keptAt }: Entry): boolean =>
  Math.abs(Date.now() - keptAt) > keptDaysMax * dayMilliseconds;

/** Rejects where storage is denied. */
async function answersNow(): Promise<KeptAnswer[]> {
  const entries = await entriesOf<KeptAnswer>("answers", keptAnswersMax);
  return entries.filter((entry) => !isOver(entry));
}

/** What is kept on this device, oldest entries left out. Empty where storage is denied. */
export const keptAnswers = (): Promise<KeptAnswer[]> => answersNow().catch(() => []);

/** Rejects where storage is denied: nobody knows then. */
export const hasAnswers = async (): Promise<boolean> => (await answersNow()).length > 0;

/** Takes away what nothing can come of any more. */
async function prune(): Promise<number> {
  const entries = await entriesOf<KeptAnswer>("answers", keptAnswersMax);
  for (const { name } of entries.filter(isOver))
    await changeEntry<KeptAnswer>("answers", name, (entry) =>
      entry && isOver(entry) ? undefined : entry,
    );
  return entries.filter((entry) => !isOver(entry)).length;
}

/**
 * Whether it, or in its place what was kept before, now lies on the device; false where storage is denied or full.
 * `instead` takes an earlier answer's place.
 */
export async function keep(
  name: string,
  submission: Submission,
  how: "instead" | "unless-kept",
): Promise<boolean> {
  try {
    const isNew = (await entryOf("answers", name)) === undefined;
    if (isNew && (await prune()) >= keptAnswersMax) return false;
    const { submissionId } = submission;
    await changeEntry<KeptAnswer>("answers", name, (entry) =>
      entry && (how === "unless-kept" || entry.submissionId === submissionId)
        ? entry
        : { name, submissionId, submission, keptAt: Date.now(), tries: 0, notBefore: 0 },
    );
    return true;
  } catch {
    return false;
  }
}

/** Undefined where nothing is kept, or storage is denied. */
export const keptFor = (name: string): Promise<KeptAnswer | undefined> =>
  entryOf<KeptAnswer>("answers", name).catch(() => undefined);

/** Changes what waits, unless a newer answer has taken its place or it is gone. Storage that fails changes nothing. */
async function changeWaiting(
  { submissionId }: Submission,
  name: string,
  work: (entry: WaitingAnswer) => KeptAnswer,
): Promise<void> {
  await changeEntry<KeptAnswer>("answers", name, (entry) =>
    entry && "submission" in entry && entry.submissionId === submissionId ? work(entry) : entry,
  ).catch(() => undefined);
}

/** Lets go of the answer, and keeps what the edge said of it. */
export const settle = (name: string, submission: Submission, settled: Settled): Promise<void> =>
  changeWaiting(submission, name, ({ submissionId, keptAt }) => ({
    name,
    submissionId,
    keptAt,
    settled,
  }));

/** Sent in vain: not to be sent again by itself before `notBefore`. */
export const postpone = (
  name: string,
  submission: Submission,
  tries: number,
  notBefore: number,
): Promise<void> => changeWaiting(submission, name, (entry) => ({ ...entry, tries, notBefore }));

/** Takes away what is kept; where `submissionId` is given, only if it is still that answer. */
export async function forget(name: string, submissionId?: string): Promise<void> {
  await changeEntry<KeptAnswer>("answers", name, (entry) =>
    submissionId !== undefined && entry?.submissionId !== submissionId ? entry : undefined,
  ).catch(() => undefined);
}
