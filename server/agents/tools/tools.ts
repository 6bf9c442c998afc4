// The one way to call a tool: its input is checked, it runs within its time, and what it may not give is a problem.
import { setTimeout as sleep } from "node:timers/promises";
import {
  agentTools,
  type AgentToolName,
  type ToolInput,
  type ToolOutput,
} from "../../../sdk/schema/agent-tools.ts";
import type { AgentClaims } from "../../../sdk/schema/agents.ts";
import { Problem } from "../../../sdk/problem.ts";
import type { Asked } from "./asked.ts";
import { explainDecision } from "./explain.ts";
import { getReaderPreferences } from "./preferences.ts";
import { getCampaignResults } from "./results.ts";
import { getRevenueMetrics } from "./revenue.ts";
import { getSegment, listSegments } from "./segments.ts";

const toolMsMax = 10_000;
const retryAfterSeconds = 5;
const errorsMax = 20;
/** What asks the warehouse. */
const reading = new Set<AgentToolName>([
  "get_reader_preferences",
  "get_campaign_results",
  "get_revenue_metrics",
]);
/** Of those calls, of one subject and in all: the warehouse reads for one at a time, and for people too. */
const underWayOfSubjectMax = 4;
const underWayMax = 32;
const busySeconds = 1;

type Tools = {
  readonly [Name in AgentToolName]: (
    asked: Asked,
    input: ToolInput<Name>,
  ) => Promise<ToolOutput<Name>>;
};

const tools: Tools = {
  list_segments: listSegments,
  get_segment: getSegment,
  get_reader_preferences: getReaderPreferences,
  get_campaign_results: getCampaignResults,
  get_revenue_metrics: getRevenueMetrics,
  explain_decision: explainDecision,
};

/** Problem: `malformed-request`, naming places and no values. */
function parseInput<Name extends AgentToolName>(name: Name, input: unknown): ToolInput<Name> {
  const parsed = agentTools[name].input.safeParse(input);
  if (parsed.success) return parsed.data as ToolInput<Name>; // The schema of that name; TypeScript sees their union.
  throw new Problem("malformed-request", {
    detail: `Call ${name} with what its inputSchema says; the member \`errors\` names each place.`,
    errors: parsed.error.issues
      .slice(0, errorsMax)
      .map(({ path, message }) => `${path.join(".")}: ${message}`),
  });
}

/** Subject → calls under way. */
const underWay = new Map<string, number>();

/** Problem: `rate-limited`. A call whose time is up counts until it has really ended. */
async function begin<Result>(
  { iss, sub, tenant }: AgentClaims,
  call: () => Promise<Result>,
): Promise<Result> {
  const subject = JSON.stringify([iss, sub, tenant]);
  const mine = underWay.get(subject) ?? 0;
  const all = [...underWay.values()].reduce((sum, count) => sum + count, 0);
  if (mine >= underWayOfSubjectMax || all >= underWayMax)
    throw new Problem("rate-limited", { retryAfterSeconds: busySeconds });
  underWay.set(subject, mine + 1);
  try {
    return await call();
  } finally {
    const left = (underWay.get(subject) ?? 1) - 1;
    if (left === 0) underWay.delete(subject);
    else underWay.set(subject, left);
  }
}

/** Problems: `malformed-request`, `rate-limited`, `policy-denied`, `segment-unknown`, `campaign-unknown`, `region-unavailable`. */
export async function callTool<Name extends AgentToolName>(
  asked: Asked,
  name: Name,
  input: unknown,
): Promise<ToolOutput<Name>> {
  const parsed = parseInput(name, input);
  const over = new AbortController();
  const call = (): Promise<ToolOutput<Name>> => tools[name](asked, parsed);
  const begun = reading.has(name) ? begin(asked.claims, call) : call();
  try {
    return await Promise.race([
      begun,
      sleep(toolMsMax, undefined, { signal: over.signal, ref: false }).then(() => {
        throw new Problem("region-unavailable", { retryAfterSeconds });
      }),
    ]);
  } finally {
    over.abort();
  }
}
