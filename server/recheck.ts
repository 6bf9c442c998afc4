// What must hold for every answer in the warehouse, whatever the edge let through: consent and campaign (SPEC §4.1).
import { requireConsent } from "../sdk/consent.ts";
import { Problem } from "../sdk/problem.ts";
import { statusOf, type Campaign } from "../sdk/schema/campaign.ts";
import type { Consent } from "../sdk/schema/consent.ts";
import type { Invitation } from "../sdk/invitation.ts";
import type { Channel } from "../sdk/schema/record.ts";
import { regionsOfSite } from "../sdk/schema/site.ts";

/** `admittedAt` in Unix milliseconds. Problems: campaign-closed, and those of `requireConsent`. */
export function recheckConsent(campaign: Campaign, consent: Consent, admittedAt: number): void {
  if (statusOf(campaign, admittedAt) !== "open") throw new Problem("campaign-closed");
  requireConsent(campaign.notice, consent, admittedAt);
}

/**
 * A visitor's answer, where the campaign was for sites in that region; and the record says that it was one, since results are
 * told apart by it. Problems: record-malformed, embed-unknown, region-mismatch.
 */
export function recheckVisit(
  { site }: Pick<Campaign, "site">,
  { visit, region }: Invitation,
  channel: Channel,
): void {
  if (visit !== (channel === "site")) throw new Problem("record-malformed");
  if (!visit) return;
  if (site === undefined) throw new Problem("embed-unknown");
  if (!regionsOfSite(site).includes(region)) throw new Problem("region-mismatch");
}
