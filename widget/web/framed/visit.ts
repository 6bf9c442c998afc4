// Who a visitor is whom nobody invited: an invitation that the edge gives to the site's embed key (SPEC §3.3).
import type { Settings } from "../../embed/protocol.ts";
import { fromBase64url, readUint } from "../../../sdk/bytes.ts";
import type { Visit } from "../../../sdk/schema/site.ts";
import { ask, post, type Reply } from "../edge.ts";

export type Visitor = { readonly invitation: string } | { readonly refused: string };

/** Where an invitation says when it ends, Unix seconds (SPEC §3.3). */
const expiryAt = { offset: 34, bytes: 4 } as const;

/**
 * Unix milliseconds; undefined of what is none. Read here and not by sdk/invitation-body.ts: shared with a second chunk, that
 * would be split off the page's first.
 */
function expiryOf(invitation: unknown): number | undefined {
  const bytes = typeof invitation === "string" ? fromBase64url(invitation) : undefined;
  return bytes && readUint(bytes, expiryAt.offset, expiryAt.bytes) * 1000;
}

const nameOf = (campaign: string): string => `maily.visit.${campaign}`;

/** Refusals of what was remembered rather than of the visitor. */
const forgotten: readonly string[] = [
  "invitation-malformed",
  "invitation-forged",
  "campaign-mismatch",
];

/** The frame's own storage, which browsers keep apart for every site around it. */
function remembered(campaign: string): Visit | undefined {
  try {
    return JSON.parse(localStorage.getItem(nameOf(campaign)) ?? "") as Visit; // Written below.
  } catch {
    return undefined;
  }
}

function remember(campaign: string, visit: Visit | undefined): void {
  try {
    if (visit === undefined) localStorage.removeItem(nameOf(campaign));
    else localStorage.setItem(nameOf(campaign), JSON.stringify(visit));
  } catch {
    // Denied or full: this visitor is somebody new the next time.
  }
}

/** What an earlier load of this page left in the history's state; a visit that is over begins anew. */
export function keptIn(state: unknown, now: number): Pick<Settings, "embedKey" | "invitation"> {
  const { embedKey, invitation } = (state ?? {}) as Settings; // Left by framed.ts, or by no page of ours.
  const expiry = expiryOf(invitation);
  return {
    ...(typeof embedKey === "string" && { embedKey }),
    ...(expiry !== undefined && now < expiry && { invitation }),
  };
}

/** Asks the edge for an invitation; the same reader's as before where the site asks once a reader. */
export async function visitorOf(
  campaign: string,
  { embedKey, once }: Pick<Settings, "embedKey" | "once">,
): Promise<Visitor> {
  const before = once === "reader" ? remembered(campaign) : undefined;
  const request = (visitor?: string): Promise<Reply<Visit>> =>
    ask("/v1/visits", post({ campaign, embedKey, visitor }));
  if (typeof embedKey !== "string") return { refused: "embed-unknown" };
  let reply = await request(before?.invitation);
  if (before !== undefined && reply.is === "refused" && forgotten.includes(reply.code)) {
    remember(campaign, undefined);
    reply = await request();
  }
  if (reply.is === "refused") return { refused: reply.code };
  if (reply.is === "here") {
    if (once === "reader") remember(campaign, reply.value);
    return { invitation: reply.value.invitation };
  }
  return before !== undefined && Date.now() < Date.parse(before.expiresAt)
    ? { invitation: before.invitation }
    : { refused: "away" };
}
