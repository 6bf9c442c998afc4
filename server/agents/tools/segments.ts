// list_segments, get_segment, and the same as the resource segment://{tenant}/{id}.
import {
  segmentUri,
  type QuestionCounts,
  type ToolInput,
  type ToolOutput,
} from "../../../sdk/schema/agent-tools.ts";
import type { SegmentState } from "../../../sdk/schema/segment.ts";
import { Problem } from "../../../sdk/problem.ts";
import type { Asking, Permit } from "../authority.ts";
import { agreeingScope, commonOf, segmentAsking, type Asked } from "./asked.ts";
import { choicesWithin } from "./choices.ts";

type SegmentRow = ToolOutput<"list_segments">["segments"][number];

/** Of a state what the policy gives. A size below the floor is nowhere. */
export function segmentRow(
  state: SegmentState,
  { may, floor }: Pick<Permit, "may" | "floor">,
): SegmentRow {
  const told = state.size !== undefined && state.size >= floor && state.paused === undefined;
  return {
    segment: state.segment,
    uri: segmentUri(state.tenant, state.segment),
    ...(may("segment") && {
      name: state.name,
      campaign: state.campaign,
      purpose: state.purpose,
      floor,
      belowFloor: !told,
      ...(state.paused !== undefined && { paused: state.paused }),
    }),
    ...(may("size") && told && { size: state.size }),
    sequence: state.sequence,
  };
}

export async function listSegments(
  asked: Asked,
  { campaign }: ToolInput<"list_segments">,
): Promise<ToolOutput<"list_segments">> {
  const { authority, claims, segments } = asked;
  const calling: Asking = {
    action: "call",
    tool: "list_segments",
    columns: ["segment", "size"],
    ...(campaign !== undefined && { resource: { campaign } }),
  };
  const decided = await authority.weigh(claims, calling);
  const rows: SegmentRow[] = [];
  let withheld = 0;
  for (const state of decided.allow ? segments.list(claims.tenant) : []) {
    if (campaign !== undefined && state.campaign !== campaign) continue;
    const reading = segmentAsking(asked, state.segment, {
      action: "read",
      columns: ["segment", "size"],
    });
    const row = await authority.weigh(claims, reading);
    if (!row.allow) withheld++;
    else
      rows.push(
        segmentRow(state, { floor: row.floor, may: (column) => row.columns.includes(column) }),
      );
  }
  const permit = authority.permitted(decided, authority.log(claims, calling, decided, withheld));
  return {
    ...commonOf(asked, permit, segments.asOf, { scope: agreeingScope }),
    segments: rows,
    withheld,
  };
}

/** Questions of a segment's members, each count that may be told. */
function questionsOf(
  asked: Asked,
  state: SegmentState,
  floor: number,
): QuestionCounts[] | undefined {
  const { segments, campaigns, claims } = asked;
  const campaign = campaigns.ofTenant(claims.tenant, state.campaign);
  const chosen = segments.choices(claims.tenant, state.segment);
  if (campaign === undefined || chosen === undefined || state.size === undefined) return undefined;
  return choicesWithin(campaign, chosen, { readers: state.size, floor });
}

/** A segment as the policy gives it, for a tool or a resource. Problems: `segment-unknown`, `policy-denied`. */
export async function segmentFor(
  asked: Asked,
  id: string,
  asking: Pick<Asking, "action" | "tool">,
): Promise<ToolOutput<"get_segment">> {
  const { authority, claims, segments } = asked;
  const permit = await authority.permit(
    claims,
    segmentAsking(asked, id, { ...asking, columns: ["segment", "size", "options.count"] }),
  );
  // Asked again after the policy: it may have changed or gone meanwhile.
  const [state, definition] = [
    segments.get(claims.tenant, id),
    segments.definitionOf(claims.tenant, id),
  ];
  if (state === undefined || definition === undefined) throw new Problem("segment-unknown");
  const row = segmentRow(state, permit);
  const questions =
    permit.may("options.count") && row.size !== undefined
      ? questionsOf(asked, state, permit.floor)
      : undefined;
  return {
    ...commonOf(asked, permit, segments.asOf, { purpose: state.purpose, scope: agreeingScope }),
    ...row,
    ...(permit.may("segment") && {
      ...(definition.description !== undefined && { description: definition.description }),
      owner: definition.owner,
    }),
    ...(questions !== undefined && { questions }),
  };
}

export const getSegment = (
  asked: Asked,
  { segment }: ToolInput<"get_segment">,
): Promise<ToolOutput<"get_segment">> =>
  segmentFor(asked, segment, { action: "call", tool: "get_segment" });
