// From an address to a page: the campaign is fetched, and everything that would refuse an answer is found out first.
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Arrival } from "./address.ts";
import { visitOf, type Surroundings } from "./admission.ts";
import { fetchCampaign } from "./edge.ts";
import { fetchMore } from "./fetch-more.ts";
import { more } from "./more.ts";
import type { Speech, Visit } from "./page.ts";
import { speechIn, wantedLanguages } from "./speech.ts";
import type { Reason } from "./words/words.ts";

export { visitOf, type Surroundings };

export interface Found {
  readonly speech: Speech;
  readonly manifest?: Manifest;
  readonly visit: Visit | Reason;
}

/** Fetches the campaign; says why in the reader's language where there is nothing to answer. */
export async function find(arrival: Arrival | undefined, around: Surroundings): Promise<Found> {
  const wanted = wantedLanguages();
  const without = async (visit: Reason): Promise<Found> => ({
    speech: await speechIn(wanted),
    visit,
  });
  if (arrival === undefined) return without("unknown");
  // Outside a secure context browsers take WebCrypto away, types notwithstanding.
  if (!globalThis.isSecureContext) return without("insecure");
  const reply = await fetchCampaign(arrival.campaign);
  if (reply.is !== "here") return without(reply.is === "away" ? "offline" : "unknown");
  const manifest = reply.value;
  const [speech, visit, equipped] = await Promise.all([
    speechIn(wanted, manifest.definition.languages),
    visitOf(manifest, arrival.invitation, around),
    fetchMore(manifest.definition),
  ]);
  if (!equipped) return { speech, manifest, visit: "offline" };
  await more?.fetchWords(speech);
  return { speech, manifest, visit };
}
