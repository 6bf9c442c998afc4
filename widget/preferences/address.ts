// Where a link to the preference page leads (SPEC §3.10): the invitation in the fragment, or, where a mail program's own
// "unsubscribe" opens it, in the path.
import { base64url } from "../../sdk/bytes.ts";
import { readInvitation } from "../../sdk/invitation-body.ts";
import type { Arrival } from "../web/address.ts";

const unsubscribePath = /^\/u\/([\w-]+)\/?$/;
const preferencesPath = /^\/p\/([\w-]+)\/?$/;
const fragment = /^#?([\w-]+)$/;

/** Undefined where the path is no preference page's, or its invitation names no campaign. */
export function readPreferencesAddress(pathname: string, hash: string): Arrival | undefined {
  const [, inPath] = unsubscribePath.exec(pathname) ?? [];
  if (inPath !== undefined) {
    const invited = readInvitation(inPath);
    return invited && { campaign: base64url(invited.body.campaign), invitation: inPath };
  }
  const [, campaign] = preferencesPath.exec(pathname) ?? [];
  const [, invitation] = fragment.exec(hash) ?? [];
  return campaign === undefined
    ? undefined
    : { campaign, ...(invitation !== undefined && { invitation }) };
}

/** Reads the address and takes the invitation out of it at once; a reload finds it in the state of the history entry. */
export function arriveAtPreferences(): Arrival | undefined {
  const fresh = readPreferencesAddress(location.pathname, location.hash);
  if (fresh === undefined) return undefined;
  // What an earlier load of this page left; anything else is of another shape and has no such campaign.
  const kept = history.state as Arrival | null;
  const arrival =
    fresh.invitation === undefined && kept?.campaign === fresh.campaign ? kept : fresh;
  const language = new URLSearchParams(location.search).get("lang");
  const search = language === null ? "" : `?lang=${encodeURIComponent(language)}`;
  history.replaceState(arrival, "", `/p/${arrival.campaign}${search}`);
  return arrival;
}
