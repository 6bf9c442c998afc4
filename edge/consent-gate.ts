// No consent, no record (SPEC §4.1, step 4), as the reader's browser asks for it too.
import { requireConsent, requireDecision } from "../sdk/consent.ts";
import { Problem } from "../sdk/problem.ts";
import type { Consent } from "../sdk/schema/consent.ts";
import type { Notice } from "../sdk/schema/widget.ts";

/**
 * `gpc` is whether the browser sent `Sec-GPC: 1`; `now` in Unix milliseconds. Problems: gpc-opt-out, and those of
 * `requireConsent`.
 */
export function passConsentGate(notice: Notice, consent: Consent, gpc: boolean, now: number): void {
  requireConsent(notice, consent, now);
  if (gpc) requireNoSharing(notice, consent);
}

/** The same for preferences, which may refuse what is required. Problems: gpc-opt-out, and those of `requireDecision`. */
export function passDecisionGate(
  notice: Notice,
  consent: Consent,
  gpc: boolean,
  now: number,
): void {
  requireDecision(notice, consent, now);
  if (gpc) requireNoSharing(notice, consent);
}

function requireNoSharing(notice: Notice, consent: Consent): void {
  const given = new Set(consent.purposes);
  const optedOut = notice.purposes.filter((purpose) => purpose.sharing && given.has(purpose.id));
  if (optedOut.length > 0)
    throw new Problem("gpc-opt-out", { purposes: optedOut.map((purpose) => purpose.id) });
}
