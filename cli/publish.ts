// A widget becomes a campaign: signed by the tenant's operator, sent to the edge, which hands it to the regions first.
import { randomBytes } from "node:crypto";
import { base64url, fromBase64url, utf8, type Bytes } from "../sdk/bytes.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import { publicKeyOfSeed, signEd25519 } from "../sdk/ed25519.ts";
import { signRequest } from "../sdk/http-signature.ts";
import { movedFrom } from "../sdk/options.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { Campaign, Manifest, type SignedCampaign } from "../sdk/schema/campaign.ts";
import type { ChoiceRoots, TenantSecrets } from "../sdk/schema/deployment.ts";
import type { Widget } from "../sdk/schema/widget.ts";
import { signedBytes } from "../sdk/signed.ts";
import { ask } from "./ask.ts";
import { rootsFor } from "./choice-roots.ts";
import { uploadImages, type ImageFile } from "./images.ts";

export interface Publication {
  readonly widget: Widget;
  /** What it shows: stored at the edge before it, where they are not there. */
  readonly images?: readonly ImageFile[];
  /** The campaign to replace, or undefined for a new one. */
  readonly id?: string | undefined;
  readonly regions: readonly Region[];
  /** Without it a new campaign opens now, and one that is replaced keeps its date. */
  readonly opensAt?: string | undefined;
  readonly closesAt: string;
  /** Addresses whose AMP mails may post answers. Without it a campaign that is replaced keeps its own. */
  readonly senders?: readonly string[] | undefined;
}

export const newCampaignId = (): string => base64url(randomBytes(8));

const newEmbedKey = (): string => base64url(randomBytes(16));

const seedOf = (text: string): Bytes => {
  const seed = fromBase64url(text);
  if (seed?.length !== 32)
    throw new Problem("configuration-invalid", {
      detail: "A key of the tenant's file is not 32 bytes.",
    });
  return seed;
};

/** The campaign at the edge, or undefined where there is none yet. */
export async function fetchManifest(edge: string, id: string): Promise<Manifest | undefined> {
  const manifest = await ask(`${edge}/v1/campaigns/${id}`).catch((error: unknown) => {
    if (error instanceof Problem && error.code === "campaign-unknown") return undefined;
    throw error;
  });
  return manifest === undefined ? undefined : Manifest.parse(manifest);
}

const contentOf = (campaign: Campaign): string =>
  base64url(canonicalBytes({ ...campaign, revision: 0 }));

/** Signs `campaign` as its tenant's operator. */
export async function signCampaign(
  campaign: Campaign,
  secrets: TenantSecrets,
): Promise<SignedCampaign> {
  const signature = await signEd25519(
    seedOf(secrets.operatorKey.seed),
    signedBytes("campaign", campaign),
  );
  return { campaign, operatorKeyId: secrets.operatorKey.keyId, signature: base64url(signature) };
}

async function campaignOf(
  publication: Publication,
  current: Manifest | undefined,
  secrets: TenantSecrets,
  edge: string,
  folder: string | undefined,
): Promise<{ campaign: Campaign; roots: ChoiceRoots }> {
  const { notice, site, ...definition } = publication.widget;
  const invitationKey = await publicKeyOfSeed(seedOf(secrets.invitationKey.seed));
  const id = publication.id ?? newCampaignId();
  const { choices, roots } = await rootsFor({
    edge,
    tenant: secrets.tenant,
    campaign: id,
    regions: publication.regions,
    published: current?.mail?.choices ?? [],
    folder,
  });
  const campaign = Campaign.parse({
    id,
    tenant: secrets.tenant,
    revision: (current?.revision ?? 0) + 1,
    regions: publication.regions,
    opensAt: publication.opensAt ?? current?.opensAt ?? new Date().toISOString(),
    closesAt: publication.closesAt,
    definition,
    notice,
    invitationKeys: [{ keyId: secrets.invitationKey.keyId, publicKey: base64url(invitationKey) }],
    mail: { senders: publication.senders ?? current?.mail?.senders ?? [], choices },
    // Sites name the campaign by it: it stays the same.
    ...(site && { site: { ...site, embedKey: current?.site?.embedKey ?? newEmbedKey() } }),
  });
  return { campaign, roots };
}

/** Problem: campaign-conflict. */
function refuseMoved({ definition: before }: Campaign, { definition: after }: Campaign): void {
  const moved = movedFrom(before, after);
  if (moved === undefined) return;
  throw new Problem("campaign-conflict", {
    detail: `${moved} has another place than in the mails already sent, whose answers would be taken for others. Keep the order and add at the end, or publish a new campaign without --campaign.`,
  });
}

async function putSigned(edge: string, campaign: Campaign, secrets: TenantSecrets): Promise<void> {
  const path = `/admin/campaigns/${campaign.id}`;
  const body = utf8(JSON.stringify(await signCampaign(campaign, secrets)));
  const signature = await signRequest({ method: "PUT", path, body }, secrets.operatorKey.keyId, {
    alg: "ed25519",
    seed: seedOf(secrets.operatorKey.seed),
  });
  await ask(edge + path, {
    method: "PUT",
    headers: { "content-type": "application/json", ...signature },
    body,
  });
}

/** Pictures are sent where the edge says that it lacks them: mostly it has them, from the time before. */
async function put(
  edge: string,
  campaign: Campaign,
  images: readonly ImageFile[],
  secrets: TenantSecrets,
): Promise<void> {
  try {
    await putSigned(edge, campaign, secrets);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "image-unknown") throw error;
    const { images: lacking } = error.members;
    const missing = images.filter(({ name }) => Array.isArray(lacking) && lacking.includes(name));
    if (missing.length === 0) throw error;
    await uploadImages(edge, missing, secrets);
    await putSigned(edge, campaign, secrets);
  }
}

/**
 * Publishes and returns the campaign as it now stands; publishing the same content again changes nothing. `roots` make its
 * readers' sealed choices; they are secret, and kept in `keysFolder` before anything is published. Without a folder they
 * are only returned, and those of an earlier publication are not among them.
 * Throws the edge's Problem, such as campaign-conflict or region-unavailable, and configuration-invalid where the roots of
 * an earlier publication are lost.
 */
export async function publish(
  edge: string,
  publication: Publication,
  secrets: TenantSecrets,
  keysFolder?: string,
): Promise<{ campaign: Campaign; changed: boolean; roots: ChoiceRoots }> {
  const current =
    publication.id === undefined ? undefined : await fetchManifest(edge, publication.id);
  const { campaign, roots } = await campaignOf(publication, current, secrets, edge, keysFolder);
  if (current !== undefined) {
    refuseMoved(current, campaign);
    const {
      status: _status,
      keys: _keys,
      operatorKeyId: _id,
      signature: _signature,
      ...published
    } = current;
    if (contentOf(published) === contentOf(campaign))
      return { campaign: published, changed: false, roots };
  }
  await put(edge, campaign, publication.images ?? [], secrets);
  return { campaign, changed: true, roots };
}
