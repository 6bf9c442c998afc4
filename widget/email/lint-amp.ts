// text/x-amp-html: what the AMP project's validator says of it, and what passes that but no client runs.
import { validateAmp } from "./amp-validator.ts";
import { reporter, type Finding, type Linted } from "./lint-finding.ts";
import { formsInForms } from "./lint-html.ts";
import type { Markup, MarkupElement } from "./lint-markup.ts";

/** amp.dev, AMP for Email: of one `style` attribute. */
const inlineStyleBytesMax = 1_000;
const styleBytesMax = 75_000;

type Report = ReturnType<typeof reporter>;

async function validatorFindings(report: Report, html: string): Promise<Finding[]> {
  return (await validateAmp(html)).map(({ line, column, code, message, severity }) =>
    report(
      severity,
      "amp-validator",
      `${message} (${code}) Clients show the HTML part instead.`,
      "See https://amp.dev/documentation/guides-and-tutorials/email/learn/validation-workflow/validate_emails/ for this rule.",
      { line, column: column + 1 },
    ),
  );
}

const forbiddenActions = /\bAMP\.(?:navigateTo|print|goBack)\b/;

function* lintElement(report: Report, markup: Markup, element: MarkupElement): Generator<Finding> {
  const { name, attributes, offset } = element;
  const point = markup.at(offset);
  const action = forbiddenActions.exec(attributes.get("on") ?? "")?.[0];
  if (action !== undefined)
    yield report(
      "error",
      "amp-action",
      `${action} is for pages: no mail client runs it, whatever the validator says.`,
      "Use a link for pages; leave printing and going back to the client.",
      point,
    );
  const xhr = attributes.get("action-xhr");
  if (xhr !== undefined && !/^https:\/\/[^/]/.test(xhr))
    yield report(
      /^http:\/\/(?:localhost|127\.0\.0\.1)\b/.test(xhr) ? "note" : "error",
      "amp-form-address",
      `The form posts to "${xhr.slice(0, 60)}"; clients post to whole https addresses alone.`,
      "Compile with the address that readers reach, `--edge https://…`.",
      point,
    );
  const bytes = Buffer.byteLength(attributes.get("style") ?? "");
  if (bytes > inlineStyleBytesMax)
    yield report(
      "error",
      "amp-style-size",
      `A style attribute has ${bytes} bytes; AMP takes ${inlineStyleBytesMax}.`,
      "Move it into the style sheet.",
      point,
    );
  const { raw } = element;
  const sheetBytes = name === "style" && raw !== undefined ? Buffer.byteLength(raw.text) : 0;
  if (sheetBytes > styleBytesMax)
    yield report(
      "error",
      "amp-style-size",
      `The style sheet has ${sheetBytes} bytes; AMP takes ${styleBytesMax}.`,
      "Drop rules that no element uses.",
      point,
    );
}

/** Whether a component that is loaded is used, by its element, attribute or template. */
function isUsed(markup: Markup, component: string): boolean {
  const { elements } = markup;
  switch (component) {
    case "amp-form":
      return elements.some(({ name }) => name === "form");
    case "amp-bind":
      return elements.some(
        ({ name, attributes }) =>
          name === "amp-state" || [...attributes.keys()].some((key) => /^\[.+\]$/.test(key)),
      );
    case "amp-mustache":
      return elements.some(({ name }) => name === "template");
    default:
      return elements.some(({ name }) => name === component);
  }
}

function* lintComponents(report: Report, markup: Markup): Generator<Finding> {
  for (const { name, attributes, offset } of markup.elements) {
    const component = attributes.get("custom-element") ?? attributes.get("custom-template");
    if (name === "script" && component !== undefined && !isUsed(markup, component))
      yield report(
        "warning",
        "amp-component",
        `${component} is loaded and nothing uses it: every reader fetches it for nothing.`,
        "Leave its script out.",
        markup.at(offset),
      );
  }
}

/** Boilerplate that the validator takes in any order, and clients' parsers do not. */
function* lintHead(report: Report, linted: Linted, markup: Markup): Generator<Finding> {
  const { elements } = markup;
  if (!/^\s*<!doctype html>/i.test(linted.text))
    yield report(
      "error",
      "amp-boilerplate",
      "The part does not begin with `<!doctype html>`.",
      "Write it as the very first line.",
    );
  const head = elements.find(({ name }) => name === "head");
  const first = elements.find(({ parent }) => parent === head && head !== undefined);
  if (first !== undefined && !(first.name === "meta" && first.attributes.has("charset")))
    yield report(
      "warning",
      "amp-boilerplate",
      `The head begins with <${first.name}>; the character set comes first, or what is before it may be read wrongly.`,
      'Write `<meta charset="utf-8">` first.',
      markup.at(first.offset),
    );
}

const delimiters = /\{\{=[^}\n]{1,100}=\}\}/g;

/** The validator and our own rules. */
export async function lintAmp(linted: Linted, markup: Markup): Promise<Finding[]> {
  const report = reporter(linted);
  const findings = await validatorFindings(report, linted.text);
  findings.push(...lintHead(report, linted, markup), ...lintComponents(report, markup));
  for (const element of markup.elements) findings.push(...lintElement(report, markup, element));
  for (const form of formsInForms(markup))
    findings.push(
      report(
        "error",
        "amp-nested-form",
        "A form lies in another: parsers drop the inner one, and its fields are sent with the outer.",
        "Close the first form before the second begins.",
        markup.at(form.offset),
      ),
    );
  for (const match of linted.text.matchAll(delimiters))
    findings.push(
      report(
        "error",
        "amp-delimiters",
        "A mustache template sets other delimiters, which passes the validator and fails in clients.",
        "Use {{ and }}.",
        markup.at(match.index),
      ),
    );
  return findings;
}
