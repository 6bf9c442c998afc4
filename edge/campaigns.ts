// Published campaigns as an isolate knows them: a few, none older than ten seconds.
import { fromBase64url } from "../sdk/bytes.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import { Problem } from "../sdk/problem.ts";
import { SignedCampaign, type Campaign } from "../sdk/schema/campaign.ts";
import { sha256Text, verifyingKey, type SignatureKey } from "./at-once.ts";
import type { Bindings } from "./env.ts";
import { reach } from "./reach.ts";
import { Recent } from "./recent.ts";

/** Publishing, and so closing, a campaign takes effect everywhere within this. */
const ageMillisecondsMax = 10_000;
/** From this age on one request asks again, while the others go on with what is known. */
const ageMillisecondsRenewed = 5_000;
/** However many are answered at once, and however large they are: a campaign's JSON may have 131,072 bytes. */
const campaignsMax = 256;
const campaignsBytesMax = 4_194_304;
/** What is remembered of an id that names no campaign takes about this much. */
const unknownBytes = 64;
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
  /** Ed25519 public keys by key id. */
  readonly invitationKeys: ReadonlyMap<number, SignatureKey>;
}

interface Known {
  /** Undefined where there is no such campaign: that is remembered as long. */
  readonly published: Published | undefined;
  /** About as many as its JSON has. */
  readonly bytes: number;
  readonly fetchedAt: number;
  renewing: boolean;
}

const known = new Recent<Known>(campaignsMax, campaignsBytesMax);
/** Apart, so that whoever invents campaign ids displaces no campaign. */
const unknown = new Recent<Known>(campaignsMax, campaignsMax * unknownBytes);

/** The object that keeps a campaign. Problem campaign-unknown for what is no campaign's id. */
export function campaignStoreOf(env: Bindings, id: string) {
  const bytes = fromBase64url(id);
  if (bytes?.length !== campaignBytes) throw new Problem("campaign-unknown");
  return env.CAMPAIGNS.getByName(`campaigns-${(bytes[0] ?? 0) % buckets}`);
}

function publishedFrom(text: string): Published {
  const { campaign, operatorKeyId, signature } = SignedCampaign.parse(JSON.parse(text));
  return {
    campaign,
    operatorKeyId,
    signature,
    noticeSha256: sha256Text(canonicalBytes(campaign.notice)),
    invitationKeys: new Map(
      campaign.invitationKeys.map((key) => [
        key.keyId,
        verifyingKey(fromBase64url(key.publicKey) ?? new Uint8Array(32)), // The schema allows base64url of 32 bytes alone.
      ]),
    ),
  };
}

async function renew(env: Bindings, id: string, old: Known | undefined): Promise<Known> {
  const now = Date.now();
  const store = campaignStoreOf(env, id);
  const answer = await reach("campaigns-away", () =>
    store.read(id, old?.published?.campaign.revision),
  );
  const fresh: Known =
    answer === "unchanged" && old !== undefined
      ? { ...old, fetchedAt: now, renewing: false }
      : {
          published: answer === undefined ? undefined : publishedFrom(answer),
          bytes: answer?.length ?? unknownBytes,
          fetchedAt: now,
          renewing: false,
        };
  known.delete(id);
  (fresh.published === undefined ? unknown : known).set(id, fresh, fresh.bytes);
  return fresh;
}

/** Either way round: a clock that was set back must not keep what is known for ever. */
const ageOf = ({ fetchedAt }: Known, now: number): number => Math.abs(now - fetchedAt);

/** Where the object is away, what is known holds for as long as it would have anyway. */
async function renewEarly(env: Bindings, id: string, old: Known): Promise<Known> {
  old.renewing = true;
  try {
    return await renew(env, id, old);
  } catch (error) {
    if (ageOf(old, Date.now()) >= ageMillisecondsMax) throw error;
    return old;
  }
}

/** Problems: campaign-unknown, region-unavailable. `now` in Unix milliseconds. */
export async function publishedCampaign(
  env: Bindings,
  id: string,
  now: number,
): Promise<Published> {
  let entry = known.get(id) ?? unknown.get(id);
  if (entry === undefined || ageOf(entry, now) >= ageMillisecondsMax)
    entry = await renew(env, id, entry);
  else if (ageOf(entry, now) >= ageMillisecondsRenewed && !entry.renewing)
    entry = await renewEarly(env, id, entry);
  if (entry.published === undefined) throw new Problem("campaign-unknown");
  return entry.published;
}

/** How many bytes of campaigns this isolate has in memory, about. */
export const knownCampaignBytes = (): number => known.bytes;

/** After a publication through this isolate: the next request reads the campaign anew. */
export function forgetCampaign(id: string): void {
  known.delete(id);
  unknown.delete(id);
}
