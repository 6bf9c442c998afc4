// What must hold for every answer in the warehouse, whatever the edge let through: consent and campaign (SPEC §4.1).
import { requireConsent } from "../sdk/consent.ts";
import { Problem } from "../sdk/problem.ts";
import { statusOf, type Campaign } from "../sdk/schema/campaign.ts";
import type { Consent } from "../sdk/schema/consent.ts";

/** `admittedAt` in Unix milliseconds. Problems: campaign-closed, and those of `requireConsent`. */
export function recheckConsent(campaign: Campaign, consent: Consent, admittedAt: number): void {
  if (statusOf(campaign, admittedAt) !== "open") throw new Problem("campaign-closed");
  requireConsent(campaign.notice, consent, admittedAt);
}
