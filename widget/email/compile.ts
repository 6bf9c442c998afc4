// A campaign as a mail, compiled once: three parts a language, with slots for what differs from reader to reader.
import { templateOf } from "../../sdk/mail-plan.ts";
import { Problem } from "../../sdk/problem.ts";
import {
  mailPlanLimits,
  type MailParts,
  type MailPlan,
  type MailTemplate,
} from "../../sdk/schema/mail-plan.ts";
import { ampPart, type AmpPart } from "./amp.ts";
import { htmlBlock, htmlBytesMax, htmlPart } from "./html.ts";
import { lookOf, type Look } from "./look.ts";
import { filledBytes, inPlain, oneLine } from "./prose.ts";
import { textPart } from "./text.ts";
import { viewOf, type MailedCampaign, type MailView } from "./view.ts";
import { wordsIn } from "./words.ts";

/** Characters of an option's text and description together: fifty of them are still a mail that Gmail shows whole. */
export const optionCharactersMax = 500;
/** RFC 5322 §2.1.1 allows 998 in a header's line, and no inbox shows a tenth of it. */
export const subjectCharactersMax = 400;

export interface CompileOptions {
  /** The edge's origin, such as `https://answers.sender.example`. */
  readonly edge: string;
  /** Whether the AMP part holds each code, or all of them packed. */
  readonly codes: "direct" | "packed";
  /** Languages of the widget; without it all of them. */
  readonly languages?: readonly string[];
  /** Against the theme; without it the theme's. */
  readonly look?: Look;
  /** Hidden fields that each link brings, by their ids: `source` from the readers' column `source`. */
  readonly hidden?: readonly string[];
  /** A template's whole document around the widget's block, with tokens; without it our own. */
  readonly frame?: (view: MailView, block: string) => string;
}

export interface MailFault {
  /** Keys and indices in the widget, such as ["questions", 2, "options", 0]. */
  readonly path: readonly (string | number)[];
  readonly language?: string;
  /** What does not fit, and what to do. */
  readonly message: string;
}

const refuse = (errors: readonly MailFault[]): never => {
  throw new Problem("widget-invalid", { errors });
};

function originOf(edge: string): string {
  const url = URL.canParse(edge) ? new URL(edge) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw new Problem("configuration-invalid", {
    detail: `"${edge}" is no address of an edge; write its origin, such as https://answers.sender.example.`,
  });
}

/** In the widget's own order, whose first is the one to fall back to. */
function languagesOf(campaign: MailedCampaign, wanted: readonly string[] | undefined): string[] {
  const { languages } = campaign.definition;
  const unknown = wanted?.filter((language) => !languages.includes(language)) ?? [];
  if (unknown.length > 0 || wanted?.length === 0)
    refuse([
      {
        path: ["languages"],
        message: `the widget does not speak ${unknown.join(", ") || "no language"}; it speaks ${languages.join(", ")}`,
      },
    ]);
  return languages.filter((language) => wanted?.includes(language) ?? true);
}

/** What readers' columns may fill is what the widget lists. */
function hiddenOf(
  { definition }: MailedCampaign,
  wanted: readonly string[] = [],
): readonly string[] {
  const known = (definition.hidden ?? []).map(({ id }) => id);
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0)
    refuse([
      {
        path: ["hidden"],
        message: `there is no hidden field ${unknown.join(", ")}; ${known.length > 0 ? `there is ${known.join(", ")}` : "list it under `hidden`"}`,
      },
    ]);
  return [...new Set(wanted)];
}

/** Texts that no mail can hold, in one language. */
function* tooLong(view: MailView): Generator<MailFault> {
  const { language, subject, questions } = view;
  if (oneLine(subject).length > subjectCharactersMax)
    yield {
      path: ["mail", "subject"],
      language,
      message: `the subject has ${subject.length} characters in ${language}; shorten it to ${subjectCharactersMax}`,
    };
  for (const { question, index, options } of questions)
    for (const option of options) {
      const characters = option.label.length + (option.description?.length ?? 0);
      if (characters > optionCharactersMax)
        yield {
          path: [
            "questions",
            index,
            ...("options" in question ? ["options", option.index] : ["label"]),
          ],
          language,
          message: `an option of the question "${question.id}" has ${characters} characters in ${language}; a mail takes ${optionCharactersMax}`,
        };
    }
}

/**
 * The AMP parts by language. Each takes the same questions, since one order of codes holds for all: what one language has
 * no room for is left to the page in every language.
 */
function ampParts(
  views: readonly MailView[],
  { codes, look }: CompileOptions,
): Map<string, AmpPart> {
  const partsWithout = (onPage: readonly number[]): Map<string, AmpPart> =>
    new Map(
      views.flatMap((view) => {
        const part = ampPart(view, { codes, onPage, ...(look !== undefined && { look }) });
        return part === undefined ? [] : [[view.language, part] as const];
      }),
    );
  const parts = partsWithout([]);
  const taken = [...parts.values()].map(({ answerable }) => answerable);
  const [first] = views;
  if (first === undefined || new Set(taken.map((ids) => ids.join())).size < 2) return parts;
  return partsWithout(
    first.questions
      .filter(({ question }) => !taken.every((ids) => ids.includes(question.id)))
      .map(({ index }) => index),
  );
}

function htmlOf(view: MailView, look: Look, frame: CompileOptions["frame"]): string {
  if (frame === undefined) return htmlPart(view, { look });
  const bytesMax = htmlBytesMax - filledBytes(frame(view, ""));
  return frame(view, htmlBlock(view, { look, bytesMax }));
}

function checked(text: string, view: MailView, part: string): MailTemplate {
  const template = templateOf(text);
  const { partCharacters, piecesPerTemplate } = mailPlanLimits;
  if (text.length > partCharacters || template.length > piecesPerTemplate)
    refuse([
      {
        path: [],
        language: view.language,
        message: `the ${part} part has ${text.length} characters in ${template.length} pieces in ${view.language}; it may have ${partCharacters} in ${piecesPerTemplate}; shorten the template or the widget`,
      },
    ]);
  return template;
}

function partsOf(view: MailView, amp: AmpPart | undefined, options: CompileOptions): MailParts {
  const look = options.look ?? lookOf(view.campaign.definition.theme);
  return {
    subject: templateOf(inPlain(oneLine(view.subject))),
    text: checked(textPart(view), view, "text/plain"),
    ...(amp !== undefined && { amp: checked(amp.amp, view, "text/x-amp-html") }),
    html: checked(htmlOf(view, look, options.frame), view, "text/html"),
  };
}

function fieldsOf(parts: readonly MailParts[]): string[] {
  const names = new Set<string>();
  for (const { subject, text, amp = [], html } of parts)
    for (const piece of [...subject, ...text, ...amp, ...html])
      if (typeof piece !== "string" && piece.slot === "field") names.add(piece.name);
  return [...names];
}

/**
 * Compiles a campaign's mail. Throws Problem widget-invalid with `errors`: MailFault[], one a text that no mail can hold,
 * and configuration-invalid for an `edge` that is no address.
 */
export function compileMail(campaign: MailedCampaign, options: CompileOptions): MailPlan {
  const edge = originOf(options.edge);
  const languages = languagesOf(campaign, options.languages);
  const hidden = hiddenOf(campaign, options.hidden);
  const views = languages.map((language) =>
    viewOf(campaign, edge, language, wordsIn(language), hidden),
  );
  const faults = views.flatMap((view) => [...tooLong(view)]);
  if (faults.length > 0) refuse(faults);
  const amps = ampParts(views, options);
  const [amp] = amps.values();
  const parts = Object.fromEntries(
    views.map((view) => [view.language, partsOf(view, amps.get(view.language), options)]),
  );
  const plan: MailPlan = {
    maily: 1,
    campaign: campaign.id,
    revision: campaign.revision,
    edge,
    choices: amp?.choices ?? [],
    languages,
    parts,
    fields: fieldsOf(Object.values(parts)),
    answerableInMail: amp?.answerable ?? [],
  };
  const planBytes = Buffer.byteLength(JSON.stringify(plan));
  if (planBytes > mailPlanLimits.planBytes)
    refuse([
      {
        path: ["languages"],
        message: `the mail has ${planBytes} bytes in ${languages.length} languages; compile fewer of them at a time`,
      },
    ]);
  return plan;
}
