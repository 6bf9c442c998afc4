// Where a link leads (SPEC §3.4): a campaign, an invitation, and perhaps the option tapped in the mail.

/** Indices in the campaign's definition, from 0. */
export interface Choice {
  readonly question: number;
  readonly option: number;
}

export interface Arrival {
  readonly campaign: string;
  readonly invitation?: string;
  readonly choice?: Choice;
  /** Where hidden fields stand, kept with the rest for a reload; once a campaign has named its own, those alone. */
  readonly search?: string;
}

const path = /^\/a\/([\w-]+)(?:\/([\w-]+))?\/?$/;
const fragment = /^#?([\w-]+)(?:\.(\d{1,2})\.(\d{1,3}))?(?:\?.*)?$/;

/** Undefined where the path is no campaign's. A fragment wins over an invitation in the path. */
export function readAddress(pathname: string, hash: string): Arrival | undefined {
  const [, campaign, inPath] = path.exec(pathname) ?? [];
  if (campaign === undefined) return undefined;
  const [, inFragment, question, option] = fragment.exec(hash) ?? [];
  const invitation = inFragment ?? inPath;
  return {
    campaign,
    ...(invitation !== undefined && { invitation }),
    ...(question !== undefined && {
      choice: { question: Number(question), option: Number(option) },
    }),
  };
}

/**
 * Reads the address and takes the invitation out of it at once, so that no copied link, history list or screenshot has
 * it. A reload still needs it: it stays in the state of this one history entry, which other sites and other tabs cannot
 * read, is never sent, ends with the tab, and works where storage is denied (sessionStorage would not). The tapped
 * option goes with it. `?lang=` stays; whatever a sender's tracking added goes.
 */
export function arrive(): Arrival | undefined {
  const fresh = readAddress(location.pathname, location.hash);
  if (fresh === undefined) return undefined;
  // What an earlier load of this page left; anything else is of another shape and has no such campaign.
  const kept = history.state as Arrival | null;
  // Behind the fragment they never leave the device; in the query they come where a sender's tools put them.
  const search = `${location.search}&${/\?(.*)/.exec(location.hash)?.[1] ?? ""}`;
  const arrival =
    fresh.invitation === undefined && kept?.campaign === fresh.campaign
      ? kept
      : { ...fresh, search };
  const language = new URLSearchParams(location.search).get("lang");
  const rest = language === null ? "" : `?lang=${encodeURIComponent(language)}`;
  history.replaceState(arrival, "", `/a/${arrival.campaign}${rest}`);
  return arrival;
}
