import { base64url } from "../sdk/bytes.ts";
import {
  parseInvitation,
  signedPartsOf,
  type Invitation,
  type ParsedInvitation,
} from "../sdk/invitation.ts";
import { holds } from "../sdk/node/ed25519.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { VisitKey } from "../sdk/schema/key-config.ts";
import type { CampaignRegistry } from "./campaigns.ts";

/** What is signed at `at`, Unix seconds, by one of the edge's keys is a visit; by a tenant's it never is. */
const visitKeyOf = (keys: readonly VisitKey[], keyId: number, at: number) => {
  const key = keys.find((candidate) => candidate.keyId === keyId);
  const isOver = key?.notAfter !== undefined && at * 1000 >= Date.parse(key.notAfter);
  return isOver ? undefined : key?.publicKey;
};

/** Base64url of the key that must have signed it; undefined where there is none. */
function publicKeyOf(
  { tenant, keyId, visit }: Invitation,
  revisions: readonly Campaign[],
  at: number,
  visitKeys: readonly VisitKey[],
): string | undefined {
  const ofTenant = revisions.filter((campaign) => campaign.tenant === tenant);
  if (visit) return ofTenant.length > 0 ? visitKeyOf(visitKeys, keyId, at) : undefined;
  for (const { invitationKeys } of ofTenant) {
    const key = invitationKeys.find((candidate) => candidate.keyId === keyId);
    if (key !== undefined) return key.publicKey;
  }
  return undefined;
}

/**
 * Verifies an invitation by the keys that any revision of its campaign names, and a visit by the edge's. `at` in Unix
 * seconds; 0 is before every expiry. Problems: `invitation-forged`, `invitation-expired`.
 */
export function verifyReader(
  invitation: ParsedInvitation,
  revisions: readonly Campaign[],
  at: number,
  visitKeys: readonly VisitKey[],
): void {
  const { body } = invitation;
  const publicKey = publicKeyOf(body, revisions, at, visitKeys);
  const { message, signature } = signedPartsOf(invitation);
  if (publicKey === undefined || !holds(publicKey, message, signature))
    throw new Problem("invitation-forged");
  if (at >= body.expiresAt) throw new Problem("invitation-expired");
}

export interface Identifying {
  readonly region: Region;
  readonly campaigns: Pick<CampaignRegistry, "revisionsOf">;
  /** The edge's, of the deployment. */
  readonly visitKeys: readonly VisitKey[];
}

/** A reader who is known by an invitation; `id` is the campaign's, `revisions` are newest first and never empty. */
export interface Identified {
  readonly invitation: ParsedInvitation;
  readonly id: string;
  readonly revisions: readonly Campaign[];
}

/** Problems: `invitation-malformed`, `region-mismatch`, `campaign-unknown`, and those of `verifyReader`. */
export function identify(
  text: string,
  at: number,
  { region, campaigns, visitKeys }: Identifying,
): Identified {
  const invitation = parseInvitation(text);
  const { body } = invitation;
  if (body.region !== region) throw new Problem("region-mismatch");
  const id = base64url(body.campaign);
  const revisions = campaigns.revisionsOf(id);
  if (revisions.length === 0) throw new Problem("campaign-unknown");
  verifyReader(invitation, revisions, at, visitKeys);
  return { invitation, id, revisions };
}
