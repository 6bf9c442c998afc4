// Structure of text/html: what readers with a screen reader, without pictures or in another direction need, and what no
// client keeps.
import { directionOf } from "../../sdk/local-text.ts";
import { reporter, type Finding, type Linted } from "./lint-finding.ts";
import { withAncestors, type Markup, type MarkupElement } from "./lint-markup.ts";

/** Elements whose end may be left out (HTML §13.1.2.4). */
const endless = new Set(
  "html head body p li dt dd option optgroup thead tbody tfoot tr td th colgroup rt rp".split(" "),
);
const stripped = new Set(["script", "iframe", "object", "embed", "applet", "frame", "frameset"]);

type Report = ReturnType<typeof reporter>;

const find = (markup: Markup, name: string): MarkupElement | undefined =>
  markup.elements.find((element) => element.name === name);

/** Of a whole document the root, of a paste-in block its first element. */
const rootOf = (markup: Markup): MarkupElement | undefined =>
  find(markup, "html") ?? markup.elements[0];

/** The language a part says it is in. */
export const languageOf = (markup: Markup): string | undefined =>
  [find(markup, "html"), find(markup, "body"), markup.elements[0]]
    .map((element) => element?.attributes.get("lang"))
    .find(Boolean);

function* lintDocument(report: Report, linted: Linted, markup: Markup): Generator<Finding> {
  const root = rootOf(markup);
  const point = markup.at(root?.offset ?? 0);
  const body = find(markup, "body");
  const written = languageOf(markup);
  const language = written ?? linted.language;
  if (written === undefined)
    yield report(
      "error",
      "document-language",
      "No `lang` says which language this is: screen readers read it with the wrong voice.",
      `Write \`lang="${language ?? "en"}"\` on the outermost element.`,
      point,
    );
  const direction = [root, body].map((element) => element?.attributes.get("dir")).find(Boolean);
  const expected = language === undefined ? "ltr" : directionOf(language);
  if (direction === undefined)
    yield report(
      expected === "rtl" ? "error" : "warning",
      "document-direction",
      `No \`dir\` says how the text runs; ${expected === "rtl" ? "this language runs from right to left" : "a client in another language may turn it"}.`,
      `Write \`dir="${expected}"\` on the outermost element.`,
      point,
    );
  else if (direction !== expected && direction !== "auto" && language !== undefined)
    yield report(
      "error",
      "document-direction",
      `\`dir="${direction}"\` does not go with the language ${language}, which runs ${expected}.`,
      `Write \`dir="${expected}"\`.`,
      point,
    );
  // AMP has the subject alone.
  if (find(markup, "html") === undefined || linted.part === "amp") return;
  const title = find(markup, "title")?.raw?.text.trim();
  if (title === undefined || title === "")
    yield report(
      "warning",
      "document-title",
      'The document has no title; screen readers and "view in browser" say it first.',
      "Write `<title>` with the subject into the head.",
      point,
    );
}

/** What every client takes out of HTML; of AMP its validator tells. */
function* lintStripped(report: Report, markup: Markup, element: MarkupElement): Generator<Finding> {
  const { name, attributes, offset } = element;
  if (stripped.has(name))
    yield report(
      "error",
      "stripped-element",
      `Every client takes out <${name}>, and some hold the mail for malicious.`,
      "Leave it out; what has to run belongs on the page that a link opens.",
      markup.at(offset),
    );
  const handler = [...attributes.keys()].find((key) => /^on[a-z]+$/.test(key));
  if (handler !== undefined)
    yield report(
      "error",
      "stripped-element",
      `Every client takes out the attribute ${handler}.`,
      "Leave it out.",
      markup.at(offset),
    );
}

function* lintElement(report: Report, markup: Markup, element: MarkupElement): Generator<Finding> {
  const { name, attributes, offset } = element;
  if ((name === "img" || name === "amp-img") && !attributes.has("alt"))
    yield report(
      "error",
      "image-alt",
      "A picture has no `alt`: with pictures off, or for a screen reader, its address is read out.",
      'Write `alt` with what it shows, or `alt=""` where it is only decoration.',
      markup.at(offset),
    );
  if (name === "a" && attributes.has("href") && !element.named)
    yield report(
      "error",
      "link-text",
      "A link has no text and no picture with an `alt`: nobody can tell where it leads.",
      "Write a text into it, or an `alt` on its picture.",
      markup.at(offset),
    );
  if (element.ended !== "closed" && !endless.has(name))
    yield report(
      "warning",
      "unclosed-element",
      `<${name}> is never closed: what follows takes on its look, and clients repair it in different ways.`,
      `Write \`</${name}>\` where it ends.`,
      markup.at(offset),
    );
}

const beyondWords = {
  characters: "it is longer than any client shows",
  elements: "it has more elements than any mail needs",
  nesting: "its elements lie too deep in each other",
} as const;

/** Structure, alternatives, and what clients strip. */
export function* lintHtml(linted: Linted, markup: Markup): Generator<Finding> {
  const report = reporter(linted);
  if (markup.beyond !== undefined)
    yield report(
      "error",
      "markup-limit",
      `Only what is before this place was looked at: ${beyondWords[markup.beyond.what]}.`,
      "Look for an element that is never closed, or split the mail.",
      markup.beyond.point,
    );
  yield* lintDocument(report, linted, markup);
  for (const element of markup.elements) {
    yield* lintElement(report, markup, element);
    if (linted.part === "html") yield* lintStripped(report, markup, element);
  }
}

/** Forms inside forms, which no parser keeps. */
export const formsInForms = (markup: Markup): MarkupElement[] =>
  markup.elements.filter(
    (element) =>
      element.name === "form" &&
      [...withAncestors(element.parent)].some(({ name }) => name === "form"),
  );
