// Who sends, and to which campaign: step 2 of admission (SPEC §4.1), the same for all that a reader may send.
import { parseInvitation, signedPartsOf, type ParsedInvitation } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import { statusOf } from "../sdk/schema/campaign.ts";
import { holds } from "./at-once.ts";
import { base64url, fromBase64url } from "./base64url.ts";
import { publishedCampaign, type Published } from "./campaigns.ts";
import type { Occasion } from "./receipt.ts";
import type { Arrival } from "./route.ts";

/** A campaign and an invitation to it; whether the invitation is genuine is not said. */
export interface Claimed {
  readonly published: Published;
  readonly invitation: ParsedInvitation;
}

/** A `Claimed` whose invitation its tenant signed. */
export type Invited = Claimed & { readonly genuine: true };

/** Problems: invitation-malformed, campaign-unknown, region-unavailable. */
export async function claim(
  { env, now, trace }: Pick<Arrival, "env" | "now" | "trace">,
  text: string,
): Promise<Claimed> {
  const invitation = parseInvitation(fromBase64url(text) ?? new Uint8Array(0));
  const { campaign, region } = invitation.body;
  trace.region = region;
  return { published: await publishedCampaign(env, base64url(campaign), now), invitation };
}

/** At `nowSeconds`, Unix; 0 is before every expiry. Problems: invitation-forged, invitation-expired. */
export function verify({ published, invitation }: Claimed, nowSeconds: number): Invited {
  const { campaign, invitationKeys } = published;
  const { tenant, visit, keyId, expiresAt } = invitation.body;
  // A visit is signed by a key of the edge, and this edge has none: a tenant's signature under one is not genuine.
  const key = tenant === campaign.tenant && !visit ? invitationKeys.get(keyId) : undefined;
  const { message, signature } = signedPartsOf(invitation);
  if (key === undefined || !holds(key, message, signature)) throw new Problem("invitation-forged");
  if (nowSeconds >= expiresAt) throw new Problem("invitation-expired");
  return { published, invitation, genuine: true };
}

/** Problem: campaign-closed, before it opens too. */
export function requireOpen({ published: { campaign } }: Invited, now: number): void {
  if (statusOf(campaign, now) !== "open")
    throw new Problem("campaign-closed", {
      opensAt: campaign.opensAt,
      closesAt: campaign.closesAt,
    });
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
