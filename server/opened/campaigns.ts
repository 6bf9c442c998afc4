// Campaigns as they were published: what an option's id means is said beside the answers, not in each of them.
import { inLanguage } from "../../sdk/local-text.ts";
import { otherId } from "../../sdk/other-text.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { openedSchema, type PublishedCampaign } from "../../sdk/schema/opened.ts";
import { widgetLimits, type LocalText, type Question } from "../../sdk/schema/widget.ts";
import { openedTopic } from "../stream/topics.ts";
import type { Outgoing } from "./records.ts";

type PublishedQuestion = PublishedCampaign["questions"][number];
type TextOf = (text: LocalText) => string;

const shortened = (text: string): string => text.slice(0, widgetLimits.textCharacters);

function optionsOf(question: Question, textOf: TextOf): PublishedQuestion["options"] {
  if (question.kind === "matrix")
    return question.rows.flatMap((row) =>
      question.columns.map((column) => ({
        id: `${row.id}:${column.id}`,
        text: shortened(`${textOf(row.text)}: ${textOf(column.text)}`),
      })),
    );
  if (question.kind === "yes-no") return ["yes", "no"].map((id) => ({ id, text: id }));
  if (question.kind === "consent") return [{ id: "agreed", text: textOf(question.label) }];
  if (!("options" in question)) return [];
  const options = question.options.map(({ id, text }) => ({ id, text: textOf(text) }));
  const other = "other" in question ? question.other : undefined;
  if (other === undefined) return options;
  return [...options, { id: otherId, text: other === true ? otherId : textOf(other.text) }];
}

const unasked = (kind: string, ids: readonly { readonly id: string }[]): PublishedQuestion[] =>
  ids.map(({ id }) => ({ id, kind, text: id, options: [] }));

/** Everything an answer may have a value of, in its order; texts in the widget's first language. */
export function questionsOf({ definition }: Campaign): PublishedQuestion[] {
  const language = definition.languages[0] ?? "en";
  const textOf: TextOf = (text) => inLanguage(text, language, language);
  return [
    ...definition.questions.map((question) => ({
      id: question.id,
      kind: question.kind,
      text: textOf(question.text),
      options: optionsOf(question, textOf),
    })),
    ...unasked("hidden", definition.hidden ?? []),
    ...unasked("calculated", definition.calculated ?? []),
  ];
}

export function publishedCampaign(region: Region, campaign: Campaign): PublishedCampaign {
  const { id, tenant, revision, definition, notice } = campaign;
  const language = definition.languages[0] ?? "en";
  return {
    kind: "campaign",
    id: `campaign:${tenant}:${id}:${revision}`,
    region,
    tenant,
    campaign: id,
    revision,
    title: inLanguage(definition.title, language, language),
    opensAt: campaign.opensAt,
    closesAt: campaign.closesAt,
    retentionDays: notice.retentionDays,
    questions: questionsOf(campaign),
  };
}

/** Keyed by the campaign: its revisions stay in order. */
export const campaignRecord = (published: PublishedCampaign): Outgoing => ({
  topic: openedTopic(published.region),
  key: `${published.tenant}|${published.campaign}`,
  schema: openedSchema,
  value: published,
});
