// Every question to the policy goes through here, and into the log of decisions.
import type { AgentClaims } from "../../sdk/schema/agents.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Metrics } from "../metrics.ts";
import type { Policy, PolicyDecision, PolicyInput } from "../policy/policy.ts";
import type { Decisions } from "./decisions.ts";

/** What is asked of the policy; whose tenant and region it is follows from the token where it is not said. */
export interface Asking extends Pick<PolicyInput, "action" | "columns"> {
  readonly tool?: string;
  readonly resource?: Partial<PolicyInput["resource"]>;
}

/** What was decided, under which name it is logged, and what may be given. */
export interface Permit {
  readonly decision: string;
  readonly policy: string;
  readonly floor: number;
  readonly may: (column: string) => boolean;
}

/** For whoever operates it: a policy that cannot be asked denies everything, and is no refusal. */
function resultOf({ allow, reasons }: PolicyDecision): "allowed" | "denied" | "unavailable" {
  if (allow) return "allowed";
  return reasons.some((reason) => reason.startsWith("policy-unavailable:"))
    ? "unavailable"
    : "denied";
}

export class Authority {
  readonly #policy: Policy;
  readonly #decisions: Decisions;
  readonly #metrics: Pick<Metrics, "agentDecisions">;
  readonly #region: Region;

  constructor(
    policy: Policy,
    decisions: Decisions,
    metrics: Pick<Metrics, "agentDecisions">,
    region: Region,
  ) {
    [this.#policy, this.#decisions, this.#metrics, this.#region] = [
      policy,
      decisions,
      metrics,
      region,
    ];
  }

  get digest(): string {
    return this.#policy.digest;
  }

  /** What the policy says, without a line in the log: of rows of a list that is logged as one. */
  weigh(claims: AgentClaims, asking: Asking): Promise<PolicyDecision> {
    return this.#policy.decide(this.#question(claims, asking));
  }

  /** Logs what was decided; the decision's id. Problem: `region-unavailable` where the log takes no more. */
  log(claims: AgentClaims, asking: Asking, decided: PolicyDecision, withheld = 0): string {
    const { segment, campaign, purpose } = asking.resource ?? {};
    this.#metrics.agentDecisions.add(1, asking.action, resultOf(decided));
    return this.#decisions.add({
      tenant: claims.tenant,
      issuer: claims.iss,
      subject: claims.sub,
      role: claims.role,
      action: asking.action,
      ...(asking.tool !== undefined && { tool: asking.tool }),
      ...(segment !== undefined && { segment }),
      ...(campaign !== undefined && { campaign }),
      ...(purpose !== undefined && { purpose }),
      allowed: decided.allow,
      reasons: [...decided.reasons],
      columns: [...decided.columns],
      withheld,
      policy: this.digest,
    });
  }

  /** Asks, logs, and refuses what is not allowed. Problems: `policy-denied`, `region-unavailable`. */
  async permit(claims: AgentClaims, asking: Asking): Promise<Permit> {
    const decided = await this.weigh(claims, asking);
    return this.permitted(decided, this.log(claims, asking, decided));
  }

  /** What a logged decision gives. Problem: `policy-denied`. */
  permitted({ allow, reasons, columns, floor }: PolicyDecision, decision: string): Permit {
    if (!allow) throw new Problem("policy-denied", { reasons, decision });
    const given = new Set(columns);
    return { decision, policy: this.digest, floor, may: (column) => given.has(column) };
  }

  #question(claims: AgentClaims, { action, tool, resource, columns }: Asking): PolicyInput {
    const { sub, role, tenant, regions, purposes } = claims;
    return {
      subject: { id: sub, role, tenant, regions, purposes },
      action,
      ...(tool !== undefined && { tool }),
      resource: { tenant, region: this.#region, ...resource },
      columns,
    };
  }
}
