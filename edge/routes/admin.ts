// Publication by a tenant's operator.
import { fromBase64url, textOf, utf8, type Bytes } from "../../sdk/bytes.ts";
import { checkWidget } from "../../sdk/check-widget.ts";
import { verifyEd25519 } from "../../sdk/ed25519.ts";
import { nobodysPublicKey } from "../../sdk/http-signature.ts";
import { Problem } from "../../sdk/problem.ts";
import { CampaignId } from "../../sdk/schema/ids.ts";
import { SignedCampaign } from "../../sdk/schema/campaign.ts";
import { regionsOfSite } from "../../sdk/schema/site.ts";
import { widgetLimits } from "../../sdk/schema/widget.ts";
import { signedBytes } from "../../sdk/signed.ts";
import type { Publishing } from "../campaign-store.ts";
import { campaignStoreOf, forgetCampaign } from "../campaigns.ts";
import { requireImages } from "../images.ts";
import { operatorKeyOf, requireOperator } from "../operator.ts";
import { reach } from "../reach.ts";
import { route, type Arrival } from "../route.ts";

const campaignBytesMax = 131_072;
const faultsMax = 20;

type PublicationArrival = Arrival<SignedCampaign>;

/** What canonical JSON cannot say, half of a surrogate pair under a key that no schema looks at, nobody signed. */
function bytesSigned(campaign: unknown): Bytes {
  try {
    return signedBytes("campaign", campaign);
  } catch {
    throw new Problem("signature-invalid");
  }
}

/** The request and the document are both signed, by a key of the campaign's tenant. Problems: signature-*. */
async function requirePublisher(arrival: PublicationArrival): Promise<void> {
  const { settings, body, bodyBytes, now } = arrival;
  const tenant = await requireOperator(arrival);
  const key = operatorKeyOf(settings, body.operatorKeyId, now);
  const own = tenant === body.campaign.tenant && key?.tenant === tenant;
  // SPEC §3.5: over the document as it was received, before any default is filled in.
  const { campaign } = JSON.parse(textOf(bodyBytes)) as { campaign: unknown }; // The schema has seen the member.
  const holds = await verifyEd25519(
    // Whose key an id is cannot be told by the work of a refusal.
    own ? key.publicKey : nobodysPublicKey,
    fromBase64url(body.signature) ?? new Uint8Array(0), // The schema allows base64url alone.
    bytesSigned(campaign),
  );
  if (!own || !holds) throw new Problem("signature-invalid");
}

function refuse(path: string, message: string): never {
  throw new Problem("malformed-request", { errors: [{ path: `campaign.${path}`, message }] });
}

/** What makes codes that no region could open is not published. Problem: malformed-request. */
function requireOpenableChoices({ body, settings }: PublicationArrival): void {
  const { mail, regions } = body.campaign;
  const choices = mail?.choices ?? [];
  if (new Set(choices.map(({ region }) => region)).size < choices.length)
    refuse("mail.choices", "names a region twice");
  for (const { region, keyId } of choices) {
    if (!regions.includes(region)) refuse("mail.choices", `${region} is not of this campaign`);
    if (settings.epochs.get(keyId)?.region !== region)
      refuse("mail.choices", `key ${keyId} is not a key of ${region}`);
  }
}

/** Visitors would be told of a region that the campaign does not run in. Problem: malformed-request. */
function requireSoundSite({ body: { campaign }, settings }: PublicationArrival): void {
  const { regions, site } = campaign;
  if (site === undefined) return;
  const other = regionsOfSite(site).find((region) => !regions.includes(region));
  if (other !== undefined)
    refuse(
      "site.region",
      `${other} is not of this campaign: publish it there too, or name another`,
    );
  if (new Set(site.origins).size < site.origins.length) refuse("site.origins", "names one twice");
  if (settings.visitKey === undefined)
    refuse("site", "this edge has no visit key: run `maily rotate visit` and deploy it");
}

/** Problems: malformed-request, widget-invalid. */
function requireSound({ body, parameters, settings }: PublicationArrival): void {
  const { campaign } = body;
  if (campaign.id !== parameters["id"]) refuse("id", "is not the id in the address");
  if (Date.parse(campaign.closesAt) <= Date.parse(campaign.opensAt))
    refuse("closesAt", "must be after opensAt");
  if (new Set(campaign.regions).size < campaign.regions.length)
    refuse("regions", "names a region twice");
  const unserved = campaign.regions.find((region) => !settings.links.has(region));
  if (unserved !== undefined) refuse("regions", `${unserved} is not served by this edge`);
  if (
    new Set(campaign.invitationKeys.map((key) => key.keyId)).size < campaign.invitationKeys.length
  )
    refuse("invitationKeys", "uses a key id twice");
  const { definition, notice, site } = campaign;
  const faults = checkWidget({ ...definition, notice, ...(site !== undefined && { site }) });
  if (utf8(JSON.stringify(campaign.definition)).length > widgetLimits.definitionBytes)
    faults.push({
      path: [],
      message: `the definition is larger than ${widgetLimits.definitionBytes} bytes`,
    });
  if (faults.length > 0)
    throw new Problem("widget-invalid", {
      errors: faults
        .slice(0, faultsMax)
        .map(({ path, message }) => ({ path: path.join("."), message })),
    });
}

const retryAfterSeconds = 5;
/** Every region's server is asked at the same time, after those whom another publication of the campaign asks. */
const publishMilliseconds = 40_000;

const membersOf = ({ code, region }: Publishing & { readonly status: "refused" }) => ({
  ...(region !== undefined && { region }),
  ...(code === "region-unavailable" && { retryAfterSeconds }),
});

export const putCampaign = route({
  method: "PUT",
  path: "/admin/campaigns/:id",
  summary: "Publish a campaign",
  parameters: { id: CampaignId },
  signed: true,
  body: { schema: SignedCampaign, bytesMax: campaignBytesMax },
  limits: { address: true },
  answers: {
    200: { description: "This revision was published before", contentType: "application/json" },
    201: {
      description: "Stored by every region's server, and published",
      contentType: "application/json",
    },
  },
  problems: [
    "signature-missing",
    "signature-invalid",
    "signature-stale",
    "widget-invalid",
    "image-unknown",
    "campaign-conflict",
    "key-unknown",
    "rate-limited",
    "region-unavailable",
  ],
  handle: async (arrival) => {
    await requirePublisher(arrival);
    requireSound(arrival);
    requireOpenableChoices(arrival);
    requireSoundSite(arrival);
    await requireImages(arrival.env, arrival.body.campaign);
    const { id, tenant, revision, regions } = arrival.body.campaign;
    const text = textOf(arrival.bodyBytes);
    const store = campaignStoreOf(arrival.env, id);
    const publication = { id, tenant, revision, regions, text };
    const publishing = await reach<Publishing>(
      "campaigns-away",
      () => store.publish(publication),
      undefined,
      publishMilliseconds,
    );
    if (publishing.status === "refused") throw new Problem(publishing.code, membersOf(publishing));
    forgetCampaign(id);
    return Response.json(
      { id, revision },
      {
        status: publishing.status === "published" ? 201 : 200,
        headers: { "cache-control": "no-store" },
      },
    );
  },
});
