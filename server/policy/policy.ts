// The one door to the policy that decides what agents see: embedded, or an operator's OPA. Nothing here ever allows by default.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import {
  type PolicyColumn,
  PolicyInput,
  type PolicyDecision,
  type PolicySettings,
} from "../../sdk/schema/policy.ts";
import { segmentLimits } from "../../sdk/schema/segment.ts";
import { openEmbedded } from "./embedded.ts";
import { openRemote } from "./remote.ts";

export type { PolicyDecision, PolicyInput } from "../../sdk/schema/policy.ts";

export interface PolicyConfig {
  /** Of this process: it decides about no other region's answers. */
  readonly region: Region;
  readonly settings?: PolicySettings | undefined;
  /** Where relative paths of the settings begin. */
  readonly folder: string;
}

export interface Policy {
  /** Never throws: what cannot be decided is denied. */
  decide(input: PolicyInput): Promise<PolicyDecision>;
  /** Which policy decides: of the embedded one the digest of program and data, of a remote one that of its address. */
  readonly digest: string;
}

/** What puts a question to a policy; throws where there is no usable answer. */
export interface Evaluator {
  readonly digest: string;
  evaluate(question: PolicyQuestion): PolicyDecision | Promise<PolicyDecision>;
}
export type PolicyQuestion = PolicyInput & { readonly server: { readonly region: Region } };

/** Throws Problem `configuration-invalid` where a file is missing or is not the one that was meant. */
export async function openPolicy(config: PolicyConfig): Promise<Policy> {
  const { settings = {}, folder, region } = config;
  const evaluator =
    "url" in settings ? await openRemote(settings, folder) : await openEmbedded(settings, folder);
  return {
    digest: evaluator.digest,
    decide: async (input) => decideWith(evaluator, region, input),
  };
}

async function decideWith(
  evaluator: Evaluator,
  region: Region,
  unchecked: PolicyInput,
): Promise<PolicyDecision> {
  const parsed = PolicyInput.safeParse(unchecked);
  if (!parsed.success)
    return denied("input-malformed: The question to the policy is malformed.", 0);
  const input = parsed.data;
  try {
    return withinBounds(await evaluator.evaluate({ ...input, server: { region } }), input, region);
  } catch (error) {
    // Why is the operator's to know, and in the server's log by name only: a remote answer may hold anything.
    const cause = error instanceof Problem ? error.code : "failed";
    return denied(
      `policy-unavailable: The policy gave no usable answer (${cause}).`,
      input.resource.floor ?? 0,
    );
  }
}

/** What holds whatever an operator's own policy says: it may take away from this, and add nothing. */
function withinBounds(
  decision: PolicyDecision,
  input: PolicyInput,
  region: Region,
): PolicyDecision {
  const floor = Math.max(decision.floor, floorOf(input.resource.floor ?? 0));
  if (!decision.allow) return { ...decision, columns: [], floor };
  if (input.subject.tenant !== input.resource.tenant)
    return denied("tenant-mismatch: The subject's tenant has nothing of this name.", floor);
  if (input.resource.region !== region)
    return denied("region-elsewhere: This server keeps another region's answers.", floor);
  const { size = floor } = input.resource;
  const given = new Set(decision.columns);
  const columns = input.columns.filter(
    (column) => given.has(column) && (size >= floor || !counted.has(column)),
  );
  return { ...decision, floor, columns };
}

/** Left out below the floor; of every other column nobody is counted. */
const counted: ReadonlySet<string> = new Set<PolicyColumn>([
  "size",
  "movement",
  "options.count",
  "lift",
  "text",
  "amount",
  "orders",
]);

const floorOf = (floor: number): number => Math.max(floor, segmentLimits.floorMin);

const denied = (reason: string, floor: number): PolicyDecision => ({
  allow: false,
  reasons: [reason],
  columns: [],
  floor: floorOf(floor),
});
