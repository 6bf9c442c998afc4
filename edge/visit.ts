// A visitor of a site becomes a reader whom nobody invited (SPEC §3.14): in the region that the site's rule gives, and nothing
// of it is kept.
import { mintInvitation, parseInvitation } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { regionOfVisitor, type Site, type Visit, type VisitRequest } from "../sdk/schema/site.ts";
import type { Bytes } from "../sdk/bytes.ts";
import { base64url, fromBase64url } from "./base64url.ts";
import { publishedCampaign, type Published } from "./campaigns.ts";
import { countryOf } from "./country.ts";
import { requireOpen, verify } from "./invited.ts";
import { limitVisits } from "./limits.ts";
import type { Arrival } from "./route.ts";
import { requireSite } from "./site-origin.ts";

const readerBytes = 16;
const hourMilliseconds = 3_600_000;

/**
 * An invitation, signed by the edge. Problems: campaign-unknown, embed-unknown, origin-unknown, campaign-closed,
 * rate-limited, region-undecided, invitation-malformed, invitation-forged, campaign-mismatch, region-unavailable.
 */
export async function admitVisit(arrival: Arrival<VisitRequest>): Promise<Visit> {
  const { env, settings, request, body, now, trace } = arrival;
  const published = await publishedCampaign(env, body.campaign, now);
  const site = siteOf(published, arrival);
  requireOpen({ published }, now);
  await limitVisits(arrival, request, published);
  const region = regionOfVisitor(site, countryOf(request, settings.visitors));
  if (region === undefined) throw new Problem("region-undecided");
  trace.region = region;
  const { visitKey } = settings;
  if (visitKey === undefined)
    throw new Problem("configuration-invalid", { detail: "SECRETS has no visit key." });
  const expiresAt = Math.floor((now + site.visitHours * hourMilliseconds) / 1000);
  const { campaign } = published;
  const invitation = await mintInvitation(
    {
      keyId: visitKey.keyId,
      region,
      test: false,
      visit: true,
      tenant: campaign.tenant,
      campaign: fromBase64url(campaign.id) ?? new Uint8Array(0), // The schema allows 8 bytes alone.
      reader: readerOf(arrival, published, region),
      notice: campaign.notice.version,
      expiresAt,
    },
    visitKey.seed,
  );
  return { invitation, expiresAt: new Date(expiresAt * 1000).toISOString() };
}

/** Problems: origin-unknown, embed-unknown. */
function siteOf(
  { campaign: { site } }: Pick<Published, "campaign">,
  arrival: Arrival<VisitRequest>,
): Site {
  if (site === undefined) throw new Problem("embed-unknown");
  requireSite(arrival, site);
  if (site.embedKey !== arrival.body.embedKey) throw new Problem("embed-unknown");
  return site;
}

/**
 * The reader that this browser was before, where that one's answers are in the same region: no reader is ever in two. Else one
 * drawn anew. Problems: invitation-malformed, campaign-mismatch, invitation-forged.
 */
function readerOf(
  { settings, body: { campaign, visitor } }: Arrival<VisitRequest>,
  published: Published,
  region: Region,
): Bytes {
  if (visitor === undefined) return crypto.getRandomValues(new Uint8Array(readerBytes));
  const invitation = parseInvitation(fromBase64url(visitor) ?? new Uint8Array(0));
  if (base64url(invitation.body.campaign) !== campaign) throw new Problem("campaign-mismatch");
  // Who was invited by mail is another reader, and needs no visit.
  if (!invitation.body.visit) throw new Problem("invitation-forged");
  // At 0, which is before every expiry.
  const { body } = verify({ published, invitation, visitKeys: settings.visitKeys }, 0).invitation;
  return body.region === region ? body.reader : crypto.getRandomValues(new Uint8Array(readerBytes));
}
