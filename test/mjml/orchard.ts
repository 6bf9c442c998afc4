// A widget in a language of each direction, and templates around it.
import { parseWidget } from "../../cli/widget-file.ts";
import { fillTemplate, templateOf } from "../../sdk/mail-plan.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { viewOf, type MailView } from "../../widget/email/view.ts";
import { wordsIn } from "../../widget/email/words.ts";
import { renderTemplate, type RenderedTemplate } from "../../widget/mjml/render.ts";

export const orchardYaml = `maily: 1
title: { en: Your apples, he: התפוחים שלך }
languages: [en, he]
theme: { accent: "#0f6e5c", corners: soft, font: sans }
questions:
  - id: kind
    kind: single-choice
    text: { en: Which kind?, he: איזה סוג? }
    options:
      - { id: tart, text: { en: Tart, he: חמוץ } }
      - { id: sweet, text: { en: Sweet, he: מתוק }, next: end }
  - id: rating
    kind: rating
    text: { en: How were they?, he: איך היו? }
    next: [{ when: { atMost: 2 }, go: why }, { go: end }]
  - id: why
    kind: long-text
    text: { en: Why?, he: למה? }
notice:
  version: 1
  controller: { name: The Orchard, contact: privacy@orchard.example }
  retentionDays: 30
  text: { en: We count answers., he: אנחנו סופרים תשובות. }
  purposes:
    - { id: results, required: true, text: { en: Count answers, he: ספירת תשובות } }
`;

export function orchardView(language = "en", yaml = orchardYaml): MailView {
  const { notice, ...definition } = parseWidget(yaml);
  const campaign = { id: "AAAAAAAAAAA", revision: 1, definition, notice };
  return viewOf(campaign, "https://edge.example", language, wordsIn(language));
}

/** A template's body around `elements` of a column, on lines 4 and on. */
export const inColumn = (elements: string, head = ""): string =>
  `<mjml>\n${head}<mj-body>\n<mj-section><mj-column>\n${elements}\n</mj-column></mj-section>\n</mj-body>\n</mjml>`;

export const render = (
  mjml: string,
  context: { language?: string; file?: string; columns?: readonly string[]; yaml?: string } = {},
): Promise<RenderedTemplate> =>
  renderTemplate(mjml, {
    view: orchardView(context.language, context.yaml),
    file: context.file ?? "letter.mjml",
    columns: context.columns,
    isWidget: (path) => path.endsWith("orchard.yaml"),
  });

/** `html` as one reader gets it. */
export function filled(html: string, fields: Readonly<Record<string, string>> = {}): string {
  const plan: MailPlan = {
    maily: 1,
    campaign: "AAAAAAAAAAA",
    revision: 1,
    edge: "https://edge.example",
    choices: [],
    languages: ["en"],
    parts: {},
    fields: Object.keys(fields),
    answerableInMail: [],
  };
  return fillTemplate(plan, templateOf(html), { invitation: "INVITATION", codes: [], fields });
}

export const linesOf = ({ faults }: RenderedTemplate): string[] =>
  faults.map(({ severity, file, line, message }) => `${severity} ${file}:${line} ${message}`);
