// Campaigns as they were published, so that whatever reads the tables can name what was asked.
import { declared, type Column, type Table } from "./columns.ts";

const at4 = declared(4);

const published: readonly Column[] = [
  at4("tenant", "uint32", "Whose campaign."),
  at4("campaign", "text", "The campaign."),
  at4("revision", "uint32", "Rises with every publication."),
];

export const campaigns: Table = {
  name: "campaigns",
  description: "Campaigns, one row a revision.",
  key: ["tenant", "campaign", "revision"],
  since: 4,
  kind: "shared",
  columns: [
    ...published,
    at4("title", "text", "In the widget's first language."),
    at4("opens_at", "instant", "From when answers are taken."),
    at4("closes_at", "instant", "Until when."),
    at4("retention_days", "uint16", "How long the notice says that answers are kept."),
  ],
};

export const campaignOptions: Table = {
  name: "campaign_options",
  description:
    "Their questions and options, one row an option; a question without options has one row.",
  key: ["tenant", "campaign", "revision", "question", "option_position"],
  since: 4,
  kind: "shared",
  columns: [
    ...published,
    at4("question", "text", "The question's id."),
    at4("question_position", "uint16", "Its place in the widget."),
    at4("kind", "text", "The question's kind."),
    at4("question_text", "text", "What it asks, in the widget's first language."),
    at4("option_position", "uint16", "The option's place; 0 where there is none."),
    at4("option_id", "text", "An option, or `row:column` of a matrix.", { nullable: true }),
    at4("option_text", "text", "What it says, in the widget's first language.", { nullable: true }),
  ],
};
