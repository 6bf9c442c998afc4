// Whether an invitation admits to a campaign, and to what.
import { base64url, type Bytes } from "../../sdk/bytes.ts";
import { readInvitation } from "../../sdk/invitation-body.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { purposesUnder } from "./consentable.ts";
import type { Visit } from "./page.ts";
import { chooseKey } from "./region-key.ts";
import type { Reason } from "./words/words.ts";

/** What the device knows that decides whether a reader may be asked. */
export interface Surroundings {
  /** Unix milliseconds. */
  readonly now: number;
  /** Global Privacy Control. */
  readonly gpc: boolean;
  readonly rootKey: Bytes;
}

/** The visit that an invitation admits to, or why there is none. The edge decides in the end; this only spares a trip. */
export async function visitOf(
  manifest: Manifest,
  invitation: string | undefined,
  { now, gpc, rootKey }: Surroundings,
): Promise<Visit | Reason> {
  if (now >= Date.parse(manifest.closesAt)) return "closed";
  if (now < Date.parse(manifest.opensAt)) return "pending";
  const invited = readInvitation(invitation ?? "");
  if (!invitation || !invited || base64url(invited.body.campaign) !== manifest.id)
    return "uninvited";
  if (now >= invited.body.expiresAt * 1000) return "expired";
  const key = await chooseKey(manifest.keys, invited.body.region, rootKey, now);
  if (key === undefined) return "keys";
  const { purposes, withheld } = purposesUnder(manifest.notice, gpc);
  if (withheld.some(({ required }) => required) || purposes.length === 0) return "control";
  return { manifest, invitation, invited, key, purposes, withheld };
}
