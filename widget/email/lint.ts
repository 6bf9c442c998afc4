// Looks a whole mail over before anybody gets it: each finding says where, why, and how to mend it.
import { fillPlan } from "../../sdk/mail-plan.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { espParts, type Esp } from "./esp.ts";
import { pointsOf, reporter, type Finding, type Linted, type LintedPart } from "./lint-finding.ts";
import { lintAmp } from "./lint-amp.ts";
import { lintHeaders } from "./lint-headers.ts";
import { languageOf, lintHtml } from "./lint-html.ts";
import { lintImages, type KnownPicture } from "./lint-images.ts";
import { lintLinks, lintTextLinks } from "./lint-links.ts";
import { lintLook } from "./lint-look.ts";
import { readMarkup } from "./lint-markup.ts";
import { lintAmpSize, lintFields, lintHtmlSize, mailSizes } from "./lint-size.ts";
import { lintSupport } from "./lint-support.ts";
import { lintTags, withSamples } from "./lint-tags.ts";

export type { Finding } from "./lint-finding.ts";

/** Of one rule in one part: a fault in a template's loop is not told a thousand times. */
const findingsPerRuleMax = 20;

export interface LintedParts {
  readonly subject?: string;
  readonly text?: string;
  readonly amp?: string;
  readonly html?: string;
}

export interface LintInput {
  /** By language tag; the empty one where it is not known. */
  readonly parts: Readonly<Record<string, LintedParts>>;
  /** The whole message as it is sent, RFC 5322: then nothing may be left to fill, and its headers are looked at. */
  readonly message?: string;
  /** Who sends it: the parts are a template of theirs. */
  readonly esp?: Esp;
  /** How many sealed choices the AMP part carries. */
  readonly choices?: number;
  /** The widget's pictures, where they are at hand. */
  readonly pictures?: readonly KnownPicture[];
  /** One part alone, such as a file: no other is missed. */
  readonly alone?: boolean;
}

/** A compiled mail as input: with a service its template, without one with samples in the slots. */
export function lintInputOf(
  plan: MailPlan,
  esp?: Esp,
  pictures: readonly KnownPicture[] = [],
): LintInput {
  const samples = {
    invitation: "A".repeat(136),
    codes: plan.choices.map((_, index) => `sampleCode${String(index).padStart(12, "0")}`),
    fields: Object.fromEntries(plan.fields.map((name) => [name, "Sample"])),
  };
  const parts = plan.languages.map((language) => {
    const { subject, text, amp, html } =
      esp === undefined ? fillPlan(plan, language, samples) : espParts(esp, plan, language);
    return [language, { subject, text, html, ...(amp !== undefined && { amp }) }] as const;
  });
  return {
    parts: Object.fromEntries(parts),
    ...(esp !== undefined && { esp }),
    choices: plan.choices.length,
    pictures,
  };
}

function* withoutPart(input: LintInput, language: string, parts: LintedParts): Generator<Finding> {
  if (input.alone === true) return;
  const where = language === "" ? {} : { language };
  if ((parts.text ?? "").trim() === "")
    yield reporter({ part: "text", ...where })(
      "error",
      "text-missing",
      "There is no text/plain part: watches, readers without HTML and spam filters look for it.",
      "Send the three parts that `maily compile` writes.",
    );
  if (parts.html === undefined)
    yield reporter({ part: "html", ...where })(
      "error",
      "html-missing",
      "There is no text/html part: most clients have nothing to show.",
      "Send the three parts that `maily compile` writes.",
    );
  if (parts.subject?.trim() === "")
    yield reporter({ part: "subject", ...where })(
      "warning",
      "subject-missing",
      "The subject is empty.",
      "Write `mail.subject` into the widget.",
    );
}

/** The first findings of each rule, the first of which says how many more there are. */
function limited(sources: readonly Iterable<Finding>[]): Finding[] {
  const counts = new Map<string, number>();
  const kept: Finding[] = [];
  for (const source of sources)
    for (const finding of source) {
      const count = (counts.get(finding.rule) ?? 0) + 1;
      counts.set(finding.rule, count);
      if (count <= findingsPerRuleMax) kept.push(finding);
    }
  return kept.map((finding) => {
    const left = (counts.get(finding.rule) ?? 0) - findingsPerRuleMax;
    counts.delete(finding.rule);
    return left > 0
      ? { ...finding, message: `${finding.message} (And ${left} more like it.)` }
      : finding;
  });
}

// Line ends and tabs apart.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

function* lintControls(linted: Linted): Generator<Finding> {
  const found = control.exec(linted.text);
  if (found === null) return;
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  yield reporter(linted)(
    "error",
    "control-character",
    `The control character U+${code} may be in no mail: servers refuse it, and clients show what is around it in different ways.`,
    "Take it out; it mostly came with a text pasted from elsewhere.",
    pointsOf(linted.text)(found.index),
  );
}

/** The rules of one part, as it looks with samples in place of merge tags. */
async function lintPart(
  input: LintInput,
  part: LintedPart,
  language: string,
  text: string,
): Promise<Finding[]> {
  const where = { part, ...(language !== "" && { language }) };
  const { esp } = input;
  const raw = { ...where, text };
  const tags = [lintControls(raw), lintTags(raw, esp, input.message !== undefined)];
  const linted = { ...where, text: withSamples(text, input.choices ?? 0) };
  if (part === "text") return limited([...tags, lintTextLinks(linted, pointsOf(linted.text))]);
  if (part === "subject") return limited(tags);
  const markup = readMarkup(linted.text);
  const common = [
    ...tags,
    lintHtml(linted, markup),
    lintLinks(linted, markup, esp),
    lintImages(linted, markup, input.pictures ?? []),
  ];
  // What lies beyond a limit would cost the others too much; the validator takes time squared for zeros.
  const whole = markup.beyond === undefined && !control.test(text);
  if (part === "amp") {
    const fits = Buffer.byteLength(linted.text) <= mailSizes.ampMax;
    const rules = whole && fits ? await lintAmp(linted, markup) : [];
    return limited([...common, lintAmpSize(linted), rules]);
  }
  return limited([
    ...common,
    lintHtmlSize(linted, markup, esp),
    lintLook(linted, markup),
    whole ? lintSupport(linted, markup) : [],
  ]);
}

const order = { error: 0, warning: 1, note: 2 } as const;

/**
 * Looks over all parts of a mail. Findings come by language, errors first; none where nothing is wrong. Never throws for what
 * the parts hold, however hostile.
 */
export async function lintMail(input: LintInput): Promise<Finding[]> {
  const { message, esp, choices = 0 } = input;
  const findings = limited([
    message === undefined ? [] : lintHeaders(message),
    esp === undefined ? [] : lintFields(esp, choices),
  ]);
  for (const [language, parts] of Object.entries(input.parts)) {
    const found = [...withoutPart(input, language, parts)];
    for (const part of ["subject", "text", "amp", "html"] as const) {
      const text = parts[part];
      if (text !== undefined) found.push(...(await lintPart(input, part, language, text)));
    }
    findings.push(...found.sort((one, other) => order[one.severity] - order[other.severity]));
  }
  return findings;
}

/** The language that an HTML text says it is in; empty where it does not. */
export const languageIn = (html: string): string => languageOf(readMarkup(html)) ?? "";
