// From an address to a page: whose it is, and what may still be set.
import { base64url } from "../../sdk/bytes.ts";
import { readInvitation } from "../../sdk/invitation-body.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Arrival } from "../web/address.ts";
import { purposesUnder } from "../web/consentable.ts";
import { fetchCampaign } from "../web/edge.ts";
import { speechIn, wantedLanguages } from "../web/speech.ts";
import { surroundings } from "../web/surroundings.ts";
import { begun, type Center, type Guest, type Shut } from "./center.ts";
import { wordsIn } from "./words-in.ts";
import type { Refusal } from "./words/words.ts";

/** `optedOut` where the edge saw the browser's header and the page cannot see the setting. */
export function guestOf(
  manifest: Manifest,
  invitation: string | undefined,
  optedOut = false,
): Guest | Refusal {
  const invited = readInvitation(invitation ?? "");
  if (!invitation || !invited || base64url(invited.body.campaign) !== manifest.id)
    return "uninvited";
  const { now, gpc } = surroundings(optedOut);
  const { purposes, withheld } = purposesUnder(manifest.notice, gpc);
  const open = Date.parse(manifest.opensAt) <= now && now < Date.parse(manifest.closesAt);
  const over =
    !open || now >= invited.body.expiresAt * 1000 || withheld.some(({ required }) => required);
  return { manifest, invitation, invited, purposes, withheld, over };
}

async function inBest(
  wanted: readonly string[],
  spoken?: readonly string[],
): Promise<Pick<Center, "speech" | "words">> {
  const speech = await speechIn(wanted, spoken);
  return { speech, words: await wordsIn(speech) };
}

/** Fetches the campaign; says why in the reader's language where there is nothing to set. */
export async function find(arrival: Arrival | undefined): Promise<Center | Shut> {
  const wanted = wantedLanguages();
  const shut = async (refusal: Refusal): Promise<Shut> => ({
    at: "shut",
    ...(await inBest(wanted)),
    refusal,
  });
  if (arrival === undefined) return shut("uninvited");
  // Outside a secure context browsers take WebCrypto away, types notwithstanding.
  if (!globalThis.isSecureContext) return shut("insecure");
  const reply = await fetchCampaign(arrival.campaign);
  if (reply.is !== "here") return shut(reply.is === "away" ? "offline" : "unknown");
  const guest = guestOf(reply.value, arrival.invitation);
  if (typeof guest === "string") return shut(guest);
  const { speech, words } = await inBest(wanted, reply.value.definition.languages);
  return begun(guest, speech, words);
}
