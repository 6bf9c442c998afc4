// Published campaigns as an isolate knows them: a few, none older than ten seconds.
import { base64url, fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { canonicalBytes, sha256 } from "../sdk/canonical.ts";
import { Problem } from "../sdk/problem.ts";
import { SignedCampaign, type Campaign } from "../sdk/schema/campaign.ts";
import type { Bindings } from "./env.ts";

/** Publishing, and so closing, a campaign takes effect everywhere within this. */
const ageMillisecondsMax = 10_000;
/** From this age on one request asks again, while the others go on with what is known. */
const ageMillisecondsRenewed = 5_000;
const campaignsMax = 256;
const campaignBytes = 8;
/**
 * Campaigns are kept in so many objects. One object a campaign would let anybody who invents campaign ids create an object,
 * with files, for each.
 */
const buckets = 16;

export interface Published {
  readonly campaign: Campaign;
  readonly operatorKeyId: string;
  readonly signature: string;
  /** base64url of the SHA-256 of the notice's RFC 8785 bytes. */
  readonly noticeSha256: string;
  /** 32-byte Ed25519 public keys by key id. */
  readonly invitationKeys: ReadonlyMap<number, Bytes>;
}

interface Known {
  /** Undefined where there is no such campaign: that is remembered as long. */
  readonly published: Published | undefined;
  readonly fetchedAt: number;
  renewing: boolean;
}

const known = new Map<string, Known>();
/** Apart, so that whoever invents campaign ids displaces no campaign. */
const unknown = new Map<string, Known>();

/** The object that keeps a campaign. Problem campaign-unknown for what is no campaign's id. */
export function campaignStoreOf(env: Bindings, id: string) {
  const bytes = fromBase64url(id);
  if (bytes?.length !== campaignBytes) throw new Problem("campaign-unknown");
  return env.CAMPAIGNS.getByName(`campaigns-${(bytes[0] ?? 0) % buckets}`);
}

async function publishedFrom(text: string): Promise<Published> {
  const { campaign, operatorKeyId, signature } = SignedCampaign.parse(JSON.parse(text));
  return {
    campaign,
    operatorKeyId,
    signature,
    noticeSha256: base64url(await sha256(canonicalBytes(campaign.notice))),
    invitationKeys: new Map(
      campaign.invitationKeys.map((key) => [
        key.keyId,
        fromBase64url(key.publicKey) ?? new Uint8Array(0), // The schema allows base64url alone.
      ]),
    ),
  };
}

async function renew(env: Bindings, id: string, old: Published | undefined): Promise<Known> {
  const now = Date.now();
  const answer = await campaignStoreOf(env, id).read(id, old?.campaign.revision);
  let published = old;
  if (answer !== "unchanged")
    published = answer === undefined ? undefined : await publishedFrom(answer);
  const fresh = { published, fetchedAt: now, renewing: false };
  known.delete(id);
  remember(published === undefined ? unknown : known, id, fresh);
  return fresh;
}

function remember(campaigns: Map<string, Known>, id: string, fresh: Known): void {
  campaigns.delete(id);
  campaigns.set(id, fresh);
  const oldest = campaigns.keys().next().value;
  if (campaigns.size > campaignsMax && oldest !== undefined) campaigns.delete(oldest);
}

/** Problem: campaign-unknown. `now` in Unix milliseconds. */
export async function publishedCampaign(
  env: Bindings,
  id: string,
  now: number,
): Promise<Published> {
  let entry = known.get(id) ?? unknown.get(id);
  const age = now - (entry?.fetchedAt ?? -Infinity);
  if (entry === undefined || age >= ageMillisecondsMax)
    entry = await renew(env, id, entry?.published);
  else if (age >= ageMillisecondsRenewed && !entry.renewing) {
    entry.renewing = true;
    entry = await renew(env, id, entry.published);
  }
  if (entry.published === undefined) throw new Problem("campaign-unknown");
  return entry.published;
}

/** After a publication through this isolate: the next request reads the campaign anew. */
export function forgetCampaign(id: string): void {
  known.delete(id);
  unknown.delete(id);
}
