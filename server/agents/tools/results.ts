// get_campaign_results: counts of who agrees, what some of them wrote, and what follows from a choice.
import type {
  ToolInput,
  ToolOutput,
  Untrusted,
  QuestionCounts,
} from "../../../sdk/schema/agent-tools.ts";
import { toolLimits } from "../../../sdk/schema/agent-tools.ts";
import { activityPurposes } from "../../../sdk/activities.ts";
import { segmentLimits } from "../../../sdk/schema/segment.ts";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import type { DuckDBConnection } from "@duckdb/node-api";
import { liftOf } from "../../activities/lift.ts";
import { saidIn } from "../../option-results.ts";
import { rounded } from "../../rounded.ts";
import { writtenQuestions } from "../../written-questions.ts";
import type { Permit } from "../authority.ts";
import { shownAlone } from "../suppress.ts";
import {
  agreeingScope,
  campaignOf,
  commonOf,
  firstPurpose,
  noticePurposes,
  type Asked,
} from "./asked.ts";
import { choicesOf, toldOptions } from "./choices.ts";
import { readClearedTexts, tellsOfFew, type AgreeingCounts, type AgreeingTo } from "./counted.ts";

type Input = ToolInput<"get_campaign_results">;
type Output = ToolOutput<"get_campaign_results">;

// What hides in a text from whoever reads it and not from a model: controls, directions, invisible and tag characters.
const hidden = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}\p{Variation_Selector}]/gu;

/** A reader's words as labelled data. */
export const untrusted = (text: string): Untrusted => ({
  untrusted: true,
  from: "reader",
  text: text.replace(hidden, "").slice(0, toolLimits.textCharacters),
});

function questionsOf(
  { definition }: Campaign,
  { readers, questions }: AgreeingCounts,
  floor: number,
): QuestionCounts[] {
  const said = saidIn(definition.languages[0] ?? "en");
  return definition.questions.map((question) => {
    const found = questions.get(question.id);
    const answered = found?.answered ?? 0;
    const head = { id: question.id, kind: question.kind, text: said.textOf(question.text) };
    const counts = new Map(
      Array.from(found?.options ?? [], ([id, { count, first }]) => [
        id,
        question.kind === "ranking" ? first : count,
      ]),
    );
    const choices = choicesOf(question, said, { counts, answered }, { readers, floor });
    if (choices !== undefined) return { ...head, ...choices };
    if (!shownAlone(answered, readers, floor)) return head;
    const { sum = 0, numbers = 0 } = found ?? {};
    const mean = numbers >= floor ? { mean: rounded(sum / numbers) } : {};
    return { ...head, answered, ...mean };
  });
}

/** Outcomes are parts of one whole. */
function outcomesOf(
  { definition }: Campaign,
  counts: AgreeingCounts,
  floor: number,
): Output["outcomes"] {
  if (definition.outcomes.length === 0) return undefined;
  const said = saidIn(definition.languages[0] ?? "en");
  const parts = definition.outcomes.map(({ id, title }) => ({
    id,
    text: said.textOf(title),
    count: counts.outcomes.get(id) ?? 0,
  }));
  return toldOptions(parts, { readers: counts.readers, floor }, true).options;
}

/** What may be given beside counts, read from the same state of the tables. */
async function besides(
  connection: DuckDBConnection,
  { of, written: questions }: { of: AgreeingTo; written: readonly string[] },
  { texts, lift }: Input,
  { may, floor }: Permit,
): Promise<Pick<Output, "texts" | "lift">> {
  const asked = may("text") ? texts : undefined;
  const written =
    asked !== undefined && questions.includes(asked.question)
      ? await readClearedTexts(connection, of, { ...asked, floor })
      : asked && [];
  const found =
    lift !== undefined && may("lift")
      ? await liftOf(
          connection,
          of,
          { question: lift.question, option: lift.option },
          { kind: lift.kind, ...(lift.label !== undefined && { label: lift.label }) },
          { floor, purposes: [of.purpose], asOf: Date.now() },
        )
      : undefined;
  return {
    ...(written !== undefined && { texts: written.map(untrusted) }),
    ...(found !== undefined && { lift: found }),
  };
}

export async function getCampaignResults(asked: Asked, input: Input): Promise<Output> {
  const { authority, claims, warehouse, tallies } = asked;
  const campaign = campaignOf(asked, input.campaign);
  // What readers did is kept, and counted, for purposes that allow it alone.
  const purposes =
    input.lift === undefined ? noticePurposes(campaign) : activityPurposes(campaign.notice);
  const first = input.lift === undefined ? firstPurpose(campaign) : purposes[0];
  const purpose = input.purpose ?? first ?? "";
  const permit = await authority.permit(claims, {
    action: "call",
    tool: "get_campaign_results",
    columns: [
      "size",
      "options.count",
      ...(input.texts === undefined ? [] : ["text"]),
      ...(input.lift === undefined ? [] : ["lift"]),
    ],
    resource: {
      campaign: campaign.id,
      ...(purpose !== "" && { purpose }),
      consented: purposes,
      floor: segmentLimits.floorDefault,
    },
  });
  const { may, floor } = permit;
  const others = noticePurposes(campaign).filter(
    (other) => other !== purpose && claims.purposes.includes(other),
  );
  const of = { tenant: claims.tenant, campaign: campaign.id, purpose, others };
  const asOf = Date.now();
  const counts = await tallies.count(of);
  const belowFloor = counts.readers < floor || tellsOfFew(counts, floor);
  const more = belowFloor
    ? {}
    : await warehouse.read((connection) =>
        besides(connection, { of, written: writtenQuestions(campaign) }, input, permit),
      );
  const outcomes = outcomesOf(campaign, counts, floor);
  const { languages, title } = campaign.definition;
  return {
    ...commonOf(asked, permit, asOf, { purpose, scope: agreeingScope }),
    campaign: campaign.id,
    title: saidIn(languages[0] ?? "en").textOf(title),
    floor,
    belowFloor,
    ...(!belowFloor && may("size") && { readers: counts.readers }),
    ...(!belowFloor &&
      may("options.count") && {
        questions: questionsOf(campaign, counts, floor),
        ...(outcomes !== undefined && { outcomes }),
      }),
    ...more,
  };
}
