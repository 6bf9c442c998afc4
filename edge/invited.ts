// Who sends, and to which campaign: step 2 of admission (SPEC §4.1), the same for all that a reader may send.
import { parseInvitation, signedPartsOf, type ParsedInvitation } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import { statusOf } from "../sdk/schema/campaign.ts";
import { regionsOfSite } from "../sdk/schema/site.ts";
import { holds, type SignatureKey } from "./at-once.ts";
import { base64url, fromBase64url } from "./base64url.ts";
import { publishedCampaign, type Published } from "./campaigns.ts";
import type { Settings } from "./env.ts";
import type { Occasion } from "./receipt.ts";
import type { Arrival } from "./route.ts";
import { grantSite, requireSite } from "./site-origin.ts";

/** A campaign and an invitation to it; whether the invitation is genuine is not said. */
export interface Claimed {
  readonly published: Published;
  readonly invitation: ParsedInvitation;
  readonly visitKeys: Settings["visitKeys"];
}

/** A `Claimed` whose invitation its tenant signed or, for a visit, the edge. */
export type Invited = Claimed & { readonly genuine: true };

/**
 * From here on the campaign's own sites may read what is answered. Problems: invitation-malformed, campaign-unknown,
 * origin-unknown (a visit, from a page of another site), region-unavailable.
 */
export async function claim(arrival: Arriving, text: string): Promise<Claimed> {
  const { env, settings, now, trace } = arrival;
  const invitation = parseInvitation(fromBase64url(text) ?? new Uint8Array(0));
  const { campaign, region, visit } = invitation.body;
  trace.region = region;
  const published = await publishedCampaign(env, base64url(campaign), now);
  const { site } = published.campaign;
  if (site !== undefined) (visit ? requireSite : grantSite)(arrival, site);
  return { published, invitation, visitKeys: settings.visitKeys };
}

type Arriving = Pick<Arrival, "env" | "settings" | "request" | "now" | "trace" | "headers">;

/** At `nowSeconds`, Unix; 0 is before every expiry. Problems: invitation-forged, invitation-expired. */
export function verify(claimed: Claimed, nowSeconds: number): Invited {
  const { invitation } = claimed;
  const { expiresAt } = invitation.body;
  const key = keyOf(claimed, nowSeconds);
  const { message, signature } = signedPartsOf(invitation);
  if (key === undefined || !holds(key, message, signature)) throw new Problem("invitation-forged");
  if (nowSeconds >= expiresAt) throw new Problem("invitation-expired");
  return { ...claimed, genuine: true };
}

/** A tenant's signature under a visit is not genuine, nor is the edge's under a mail's invitation. */
function keyOf(
  { published, invitation, visitKeys }: Claimed,
  nowSeconds: number,
): SignatureKey | undefined {
  const { campaign, invitationKeys } = published;
  const { tenant, visit, keyId } = invitation.body;
  if (tenant !== campaign.tenant) return undefined;
  if (!visit) return invitationKeys.get(keyId);
  const known = visitKeys.get(keyId);
  return known !== undefined && nowSeconds * 1000 < known.notAfter ? known.key : undefined;
}

/** Problem: campaign-closed, before it opens too. */
export function requireOpen(
  { published: { campaign } }: Pick<Invited, "published">,
  now: number,
): void {
  if (statusOf(campaign, now) !== "open")
    throw new Problem("campaign-closed", {
      opensAt: campaign.opensAt,
      closesAt: campaign.closesAt,
    });
}

/**
 * A visit admits answers while its campaign is for sites, and its region one of their rule's; what takes back is taken
 * either way. Problems: embed-unknown, region-mismatch.
 */
export function requireVisitable({
  published: { campaign },
  invitation: { body },
}: Pick<Invited, "published" | "invitation">): void {
  if (!body.visit) return;
  if (campaign.site === undefined) throw new Problem("embed-unknown");
  if (!regionsOfSite(campaign.site).includes(body.region))
    throw new Problem("region-mismatch", { region: body.region });
}

/** Problem: region-mismatch, where the campaign does not run in the invitation's region. */
export function requireRegion({ published: { campaign }, invitation: { body } }: Invited): void {
  if (!campaign.regions.includes(body.region))
    throw new Problem("region-mismatch", { region: body.region });
}

export const occasionOf = (
  { request, now }: Pick<Arrival, "request" | "now">,
  { published, invitation: { body } }: Invited,
  method: Occasion["method"],
): Occasion => ({
  published,
  reader: base64url(body.reader),
  region: body.region,
  admittedAt: new Date(now).toISOString(),
  // Global Privacy Control: the browser's opt-out of sale and sharing.
  gpc: request.headers.get("sec-gpc") === "1",
  origin: originOf(request.url),
  method,
});

/** The part of an absolute address before its path; a URL object would cost as much as a digest. */
const originOf = (address: string): string =>
  address.slice(0, address.indexOf("/", address.indexOf("//") + 2));

/** One tenant's readers are never another's, whatever pseudonyms they were given. */
export const readerKey = ({ published: { campaign }, invitation: { body } }: Invited): string =>
  `${campaign.tenant}|${campaign.id}|${base64url(body.reader)}`;

/** 16 random bytes, where the reader's own program draws none. */
export const drawId = (): string => base64url(crypto.getRandomValues(new Uint8Array(16)));
