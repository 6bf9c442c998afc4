import { base64url, fromBase64url } from "../sdk/bytes.ts";
import { parseInvitation, verifyInvitation, type ParsedInvitation } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { VisitKey } from "../sdk/schema/key-config.ts";
import type { CampaignRegistry } from "./campaigns.ts";

/** What is signed at `at`, Unix seconds, by one of the edge's keys is a visit; by a tenant's it never is. */
const visitKeyOf = (keys: readonly VisitKey[], keyId: number, at: number) => {
  const key = keys.find((candidate) => candidate.keyId === keyId);
  const isOver = key?.notAfter !== undefined && at * 1000 >= Date.parse(key.notAfter);
  return key === undefined || isOver ? undefined : fromBase64url(key.publicKey);
};

/**
 * Verifies an invitation by the keys that any revision of its campaign names, and a visit by the edge's. `at` in Unix
 * seconds; 0 is before every expiry. Problems: `invitation-malformed`, `invitation-forged`, `invitation-expired`.
 */
export const verifyReader = (
  invitation: string,
  revisions: readonly Campaign[],
  at: number,
  visitKeys: readonly VisitKey[],
): Promise<ParsedInvitation> =>
  verifyInvitation(
    invitation,
    (tenant, keyId, { visit }) => {
      if (visit)
        return revisions.some((campaign) => campaign.tenant === tenant)
          ? visitKeyOf(visitKeys, keyId, at)
          : undefined;
      for (const campaign of revisions) {
        const key = campaign.invitationKeys.find((candidate) => candidate.keyId === keyId);
        if (key !== undefined && campaign.tenant === tenant) return fromBase64url(key.publicKey);
      }
      return undefined;
    },
    at,
  );

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

/** Problems: those of `verifyReader`, `region-mismatch`, `campaign-unknown`. */
export async function identify(
  text: string,
  at: number,
  { region, campaigns, visitKeys }: Identifying,
): Promise<Identified> {
  const { body } = parseInvitation(text);
  if (body.region !== region) throw new Problem("region-mismatch");
  const id = base64url(body.campaign);
  const revisions = campaigns.revisionsOf(id);
  if (revisions.length === 0) throw new Problem("campaign-unknown");
  return { invitation: await verifyReader(text, revisions, at, visitKeys), id, revisions };
}
