import type { PolicyInput } from "../../../server/policy/policy.ts";
import { columns, consents, places, purposeless, type Cell } from "../../agents/matrix.ts";

/** The question that a call of this cell puts to the policy. */
export function questionOf({ tool, role, tenant, place, consent }: Cell): PolicyInput {
  const { token, resource } = places[place];
  const { held, agreed } = consents[consent];
  return {
    subject: { id: "agent", role, tenant: 1, regions: token, purposes: held },
    action: "call",
    tool,
    resource: {
      tenant: tenant === "own" ? 1 : 2,
      region: resource,
      ...(!purposeless.includes(tool) && { purpose: "results", consented: agreed }),
      floor: 20,
      size: 50,
    },
    columns,
  };
}

export const wordsOf = (reasons: readonly string[]): string[] =>
  reasons.map((reason) => reason.slice(0, reason.indexOf(":")));
