// From an address to a page: the campaign is fetched, and everything that would refuse an answer is found out first.
import { base64url, type Bytes } from "../../sdk/bytes.ts";
import { readInvitation } from "../../sdk/invitation-body.ts";
import { chooseLanguage } from "../../sdk/local-text.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Notice } from "../../sdk/schema/widget.ts";
import type { Arrival } from "./address.ts";
import { fetchCampaign } from "./edge.ts";
import type { Speech, Visit } from "./page.ts";
import { chooseKey } from "./region-key.ts";
import { pageLanguages, speechIn, wantedLanguages } from "./speech.ts";
import type { Reason } from "./words/words.ts";

/** What the device knows that decides whether a reader may be asked. */
export interface Surroundings {
  /** Unix milliseconds. */
  readonly now: number;
  /** Global Privacy Control. */
  readonly gpc: boolean;
  readonly rootKey: Bytes;
}

/** What a reader may be asked to agree to, and what Global Privacy Control forbids to ask for. */
export function purposesUnder({ purposes: all }: Notice, gpc: boolean): Asked {
  const withheld = all.filter(({ sharing }) => gpc && sharing);
  return { purposes: all.filter((purpose) => !withheld.includes(purpose)), withheld };
}

type Asked = Pick<Visit, "purposes" | "withheld">;

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

export interface Found {
  readonly speech: Speech;
  readonly manifest?: Manifest;
  readonly visit: Visit | Reason;
}

/** Fetches the campaign; says why in the reader's language where there is nothing to answer. */
export async function find(arrival: Arrival | undefined, around: Surroundings): Promise<Found> {
  const wanted = wantedLanguages();
  const without = async (visit: Reason): Promise<Found> => ({
    speech: await speechIn(chooseLanguage(wanted, pageLanguages)),
    visit,
  });
  if (arrival === undefined) return without("unknown");
  // Outside a secure context browsers take WebCrypto away, types notwithstanding.
  if (!globalThis.isSecureContext) return without("insecure");
  const reply = await fetchCampaign(arrival.campaign);
  if (reply.is !== "here") return without(reply.is === "away" ? "offline" : "unknown");
  const manifest = reply.value;
  const [speech, visit] = await Promise.all([
    speechIn(chooseLanguage(wanted, manifest.definition.languages)),
    visitOf(manifest, arrival.invitation, around),
  ]);
  return { speech, manifest, visit };
}
