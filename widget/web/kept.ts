// An answer that could not be sent, kept on this device: the request as it was sealed, never what the reader said. Beside
// the ciphertext lie the consent and the invitation, which the reader's own mail holds as well.
import type { Submission } from "../../sdk/schema/submission.ts";

const prefix = "maily.kept.";

/** A reader's newest answer to a campaign replaces the one before, as it would at the region. */
const nameOf = (campaign: string, invitation: string): string =>
  // Bytes 16 to 31 of an invitation are the reader's pseudonym: characters 22 to 42 name the reader well enough.
  `${prefix}${campaign}.${invitation.slice(22, 42)}`;

/** Undefined where the browser denies storage: private modes, blocked site data. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** Whether it now lies on the device; false where storage is denied or full. */
export function keep(campaign: string, submission: Submission): boolean {
  try {
    localStorage.setItem(nameOf(campaign, submission.invitation), JSON.stringify(submission));
    return true;
  } catch {
    return false;
  }
}

export function keptFor(campaign: string, invitation: string): Submission | undefined {
  const text = storage()?.getItem(nameOf(campaign, invitation));
  return text ? (JSON.parse(text) as Submission) : undefined; // Written by `keep`.
}

/** Lets go of what was kept, unless a newer answer has taken its place. */
export function release(campaign: string, submission: Submission): void {
  if (keptFor(campaign, submission.invitation)?.submissionId === submission.submissionId)
    forget(campaign, submission.invitation);
}

export const forget = (campaign: string, invitation: string): void =>
  storage()?.removeItem(nameOf(campaign, invitation));
