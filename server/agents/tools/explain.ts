// explain_decision: why the policy allowed or refused.
import type { ToolInput, ToolOutput } from "../../../sdk/schema/agent-tools.ts";
import { commonOf, noReaderScope, type Asked } from "./asked.ts";

export async function explainDecision(
  asked: Asked,
  { decision, limit, denied }: ToolInput<"explain_decision">,
): Promise<ToolOutput<"explain_decision">> {
  const { authority, claims, decisions } = asked;
  const permit = await authority.permit(claims, {
    action: "call",
    tool: "explain_decision",
    columns: ["decision", "decision.others"],
  });
  const of = {
    tenant: claims.tenant,
    ...(!permit.may("decision.others") && {
      issued: { issuer: claims.iss, subject: claims.sub },
    }),
  };
  // One more, for this call's own decision is the latest.
  const found =
    decision === undefined
      ? decisions
          .latest(of, limit + 1, denied)
          .filter((one) => one.decision !== permit.decision)
          .slice(0, limit)
      : [decisions.find(of, decision)].filter((one) => one !== undefined);
  return {
    ...commonOf(asked, permit, Date.now(), { scope: noReaderScope }),
    decisions: permit.may("decision") ? found : [],
  };
}
