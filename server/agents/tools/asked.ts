// What every tool has at hand, and what every result says of itself.
import { Problem } from "../../../sdk/problem.ts";
import type { Region } from "../../../sdk/region.ts";
import type { AgentClaims } from "../../../sdk/schema/agents.ts";
import type { AgentToolName, ToolOutput } from "../../../sdk/schema/agent-tools.ts";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import type { CampaignRegistry } from "../../campaigns.ts";
import type { Segments } from "../../segments/segments.ts";
import type { Warehouse } from "../../warehouse/duckdb.ts";
import type { Asking, Authority, Permit } from "../authority.ts";
import type { Decisions } from "../decisions.ts";
import type { AgreeingTallies } from "./tallies.ts";

/** Where tools read. */
export interface ToolSources {
  readonly region: Region;
  readonly campaigns: Pick<CampaignRegistry, "ofTenant">;
  readonly warehouse: Pick<Warehouse, "read">;
  readonly segments: Pick<Segments, "list" | "get" | "definitionOf" | "choices" | "asOf">;
  readonly tallies: AgreeingTallies;
  readonly authority: Authority;
  readonly decisions: Decisions;
}

export interface Asked extends ToolSources {
  readonly claims: AgentClaims;
}

/** The campaign, if it is the token's tenant's. Problem: `campaign-unknown`. */
export function campaignOf({ campaigns, claims }: Asked, id: string): Campaign {
  const campaign = campaigns.ofTenant(claims.tenant, id);
  if (campaign === undefined) throw new Problem("campaign-unknown");
  return campaign;
}

/** What the present notice may be agreed to. */
export const noticePurposes = ({ notice }: Campaign): string[] =>
  notice.purposes.map(({ id }) => id);

/** What is counted for where nobody says otherwise: the first purpose without which nobody answers. */
export const firstPurpose = ({ notice }: Campaign): string | undefined =>
  (notice.purposes.find(({ required }) => required) ?? notice.purposes[0])?.id;

/** The question to the policy about one segment, as it stands. */
export function segmentAsking(
  { campaigns, claims, segments }: Asked,
  id: string,
  asking: Omit<Asking, "resource">,
): Asking {
  const { tenant } = claims;
  const [state, definition] = [segments.get(tenant, id), segments.definitionOf(tenant, id)];
  if (state === undefined || definition === undefined) throw new Problem("segment-unknown");
  const campaign = campaigns.ofTenant(tenant, definition.campaign);
  return {
    ...asking,
    resource: {
      segment: id,
      campaign: definition.campaign,
      purpose: definition.purpose,
      // A purpose that the notice no longer has is agreed to by nobody.
      consented: campaign === undefined ? [] : noticePurposes(campaign),
      floor: definition.floor,
      ...(state.size !== undefined && { size: state.size }),
    },
  };
}

type Common = Pick<
  ToolOutput<AgentToolName>,
  "region" | "freshness" | "consent" | "decision" | "policy"
>;

/** `asOf` in Unix milliseconds. */
export function commonOf(
  { region }: Asked,
  { decision, policy }: Permit,
  asOf: number,
  { purpose, scope }: { readonly purpose?: string | undefined; readonly scope: string },
): Common {
  const now = Date.now();
  return {
    region,
    freshness: {
      asOf: new Date(asOf).toISOString(),
      lagMilliseconds: Math.max(0, Math.round(now - asOf)),
    },
    consent: { ...(purpose !== undefined && { purpose }), scope },
    decision,
    policy,
  };
}

export const agreeingScope =
  "Readers are counted only while they agree to this purpose; who withdraws is gone from the next answer.";
export const noReaderScope = "No reader's data.";
