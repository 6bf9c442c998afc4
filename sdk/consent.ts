// No consent, no record (SPEC §4.1): the rules the edge admits by, and the region server holds every stored answer to.
import { Problem } from "./problem.ts";
import type { Consent } from "./schema/consent.ts";
import type { Notice } from "./schema/widget.ts";

/** How far a device's clock, an operator's or a key's epoch may be from ours (SPEC §2). */
export const clockToleranceMilliseconds = 300_000;
/** An answer kept on the reader's device while offline may arrive this late. */
export const consentAgeDaysMax = 30;
/**
 * How long what a reader sent is remembered: a repeat after it, and an answer from before a withdrawal, is refused by the
 * age of its consent.
 */
export const rememberedDays: number = consentAgeDaysMax + 1;
const dayMilliseconds = 86_400_000;

function requireNotice(notice: Notice, consent: Consent): void {
  if (consent.notice !== notice.version)
    throw new Problem("notice-stale", { notice: notice.version });
  const known = notice.purposes.map((purpose) => purpose.id);
  if (consent.purposes.some((purpose) => !known.includes(purpose)))
    throw new Problem("purpose-unknown", { purposes: known });
}

function requireTime(consent: Consent, at: number): void {
  const age = at - Date.parse(consent.givenAt);
  const oldest = consentAgeDaysMax * dayMilliseconds + clockToleranceMilliseconds;
  if (!(age >= -clockToleranceMilliseconds && age <= oldest)) throw new Problem("consent-time");
}

/** Purposes without which nothing may be recorded and that the reader does not agree to; empty where an answer counts. */
export function missingPurposes(notice: Notice, consent: Pick<Consent, "purposes">): string[] {
  const given = new Set(consent.purposes);
  const missing = notice.purposes.filter((purpose) => purpose.required && !given.has(purpose.id));
  // Where every purpose is optional and none was chosen, nothing allows a record at all.
  const wanted = missing.length === 0 && given.size === 0 ? notice.purposes : missing;
  return wanted.map((purpose) => purpose.id);
}

/**
 * Refuses what cannot be a reader's decision on this notice, whatever was decided: preferences may take consent back.
 * `at` as below. Problems: notice-stale, purpose-unknown, consent-time.
 */
export function requireDecision(notice: Notice, consent: Consent, at: number): void {
  requireNotice(notice, consent);
  requireTime(consent, at);
}

/**
 * Refuses where the reader did not agree, to this notice, to what is required. `at` is when the answer arrived, in Unix
 * milliseconds. Problems: notice-stale, purpose-unknown, consent-missing, consent-time.
 */
export function requireConsent(notice: Notice, consent: Consent, at: number): void {
  requireNotice(notice, consent);
  const purposes = missingPurposes(notice, consent);
  if (purposes.length > 0) throw new Problem("consent-missing", { purposes });
  requireTime(consent, at);
}
