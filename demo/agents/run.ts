// One name, one agent.
import type { AgentName, Run, Say } from "./agent.ts";
import { guard } from "./guard.ts";
import { strategist } from "./strategist.ts";
import { toolsmith } from "./toolsmith.ts";

const agents = { campaign_strategist: strategist, toolsmith, compliance_guard: guard } as const;

export type { AgentName, Said } from "./agent.ts";

/**
 * Runs an agent: once, or with `signal` until it is aborted (Campaign Strategist follows segments). Rejects where the server is
 * away or takes the token no longer.
 */
export async function runAgent(
  agent: AgentName,
  connection: Run["connection"],
  say: Say,
  options: Pick<Run, "models" | "signal"> = {},
): Promise<void> {
  try {
    await agents[agent]({ agent, connection, say, ...options });
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  }
}
