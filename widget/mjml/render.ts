// MJML becomes the HTML of a mail, once a language: readers' own values are slots in it. The one door to mjml.
import mjmlToHtml from "mjml";
import type { MJMLJsonObject, MJMLParsingOptions } from "mjml-core";
import type { MjmlNode } from "mjml-parser-xml";
import { htmlBytesMax } from "../email/html.ts";
import { filledBytes, inHtml, shortened } from "../email/prose.ts";
import type { MailView } from "../email/view.ts";
import { columnsAsSlots } from "./columns.ts";
import { presetFor, type Drawing } from "./components.ts";
import { chooseTexts } from "./language.ts";
import { headOf, turnTo } from "./mirror.ts";
import { placedElements, placementFaults, widgetPaths } from "./placement.ts";
import { elementsOf, parseTemplate, shownPath, type TemplateFault } from "./template.ts";

export type { TemplateFault } from "./template.ts";

export interface TemplateContext {
  readonly view: MailView;
  /** The template's path: it includes files of its own folder. */
  readonly file: string;
  /** Whether the `widget` of an element, as written, is the widget that is compiled. */
  readonly isWidget: (path: string) => boolean;
  /** The columns of the readers file, where it is known. */
  readonly columns?: readonly string[] | undefined;
}

export interface RenderedTemplate {
  /** The document, with slot tokens; undefined where an error forbids one. */
  readonly html: string | undefined;
  readonly faults: readonly TemplateFault[];
  /** The template and what it includes, as absolute paths. */
  readonly files: readonly string[];
}

export interface NamedWidgets {
  /** As written, each with the line of the first element that names it. */
  readonly widgets: readonly { readonly path: string; readonly line: number }[];
  /** Why a template that cannot be read names none. */
  readonly faults: readonly TemplateFault[];
}

/** The widget files that a template names. */
export function widgetsOf(text: string, file: string): NamedWidgets {
  const { root, sound, faults } = parseTemplate(text, file, undefined);
  return sound ? { widgets: widgetPaths(root), faults: [] } : { widgets: [], faults };
}

/** `[[column]]`s of a template, each once. */
export const columnsOf = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/\[\[(\w{1,64})\]\]/g)].map(([, name = ""]) => name)),
];

/** What an inbox shows of a preheader at most. */
const previewCharacters = 200;

/** The document's language and direction, and its title and preheader where the author gave none. */
function addHead(root: MjmlNode, view: MailView): void {
  root.attributes = { ...root.attributes, lang: view.language, dir: view.direction };
  const head = headOf(root);
  const texts = { "mj-title": view.subject, "mj-preview": view.preheader };
  const missing = Object.entries(texts).filter(
    ([tag]) => !head.children?.some(({ tagName, content }) => tagName === tag && content),
  );
  head.children = [
    ...missing.map(([tagName, text]) => ({
      tagName,
      attributes: {},
      content: inHtml(shortened(text, previewCharacters)),
    })),
    ...(head.children ?? []),
  ];
}

const around: Readonly<Record<string, readonly string[]>> = {
  "mj-body": ["mj-section", "mj-column"],
  "mj-wrapper": ["mj-section", "mj-column"],
  "mj-section": ["mj-column"],
};

/** `<mj-maily>` may stand where only sections may: it gets its own. */
function addSections(root: MjmlNode): void {
  const placed = new Set(placedElements(root));
  for (const parent of elementsOf(root)) {
    const tags = around[parent.tagName];
    if (tags === undefined || parent.children === undefined) continue;
    parent.children = parent.children.map((child) =>
      placed.has(child)
        ? tags.reduceRight<MjmlNode>(
            (inner, tagName) => ({
              tagName,
              attributes: {},
              children: [inner],
              ...(child.line !== undefined && { line: child.line }),
            }),
            child,
          )
        : child,
    );
  }
}

const isDark = (root: MjmlNode): boolean =>
  [...elementsOf(root)].some(
    ({ tagName, content }) =>
      (tagName === "mj-style" || tagName === "mj-raw") &&
      content?.includes("prefers-color-scheme") === true,
  );

/** MJML indents what it writes; a mail is counted in bytes. Lines stay lines, and `<pre>` stays as it is. */
const squeezed = (html: string): string =>
  /<(?:pre|textarea)\b/i.test(html)
    ? html
    : html
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "")
        .join("\n");

/** MJML names the file only in its sentence for people. */
const fileIn = (formatted: string, file: string): string =>
  /^Line \d+ of (.+?)(?:, included at .*)? \([\w-]+\) —/.exec(formatted)?.[1] ?? file;

async function drawTree(
  root: MjmlNode,
  file: string,
  drawing: Drawing,
): Promise<{ html: string; faults: TemplateFault[] }> {
  const options = {
    presets: [presetFor(drawing)],
    // A mail fetches nothing from strangers unless its author says so with <mj-font>.
    fonts: {},
    validationLevel: "soft",
  } satisfies MJMLParsingOptions & { presets: unknown };
  // A copy: mjml writes defaults into the tree it is given. Its own parser made this tree.
  const { html, errors } = await mjmlToHtml(copyOf(root) as MJMLJsonObject, options);
  return {
    html: squeezed(html),
    faults: errors.map(({ line, message, formattedMessage }) => ({
      severity: "error",
      file: shownPath(fileIn(formattedMessage, file), file),
      line: line > 0 ? line : 1,
      message,
    })),
  };
}

/** Without what the parser keeps for itself, such as each element's parent. */
const copyOf = (node: MjmlNode): MjmlNode & { parent: undefined } => ({
  ...node,
  parent: undefined,
  attributes: { ...node.attributes },
  children: (node.children ?? []).map(copyOf),
});

/** Draws once, and again with fewer questions where the whole would be clipped. */
async function drawWithinBudget(
  root: MjmlNode,
  file: string,
  drawing: Omit<Drawing, "bytesMax">,
): Promise<{ html: string; faults: readonly TemplateFault[] }> {
  const first = await drawTree(root, file, { ...drawing, bytesMax: htmlBytesMax });
  const over = filledBytes(first.html) - htmlBytesMax;
  if (over <= 0) return first;
  // With no question at all the frame alone is left: the rest of the budget is the widget's.
  const bare = await drawTree(root, file, { ...drawing, bytesMax: 0 });
  const room = htmlBytesMax - filledBytes(bare.html);
  const second = await drawTree(root, file, { ...drawing, bytesMax: Math.max(0, room) });
  const bytes = filledBytes(second.html);
  if (bytes <= htmlBytesMax) return second;
  const message = `the mail is ${bytes} bytes; Gmail clips at about 102,000 with what the sending service adds: shorten the template to ${htmlBytesMax}`;
  return { ...second, faults: [...second.faults, { severity: "warning", file, line: 1, message }] };
}

/**
 * One language of a template. Faults are told at their file and line: a template without the widget, an unknown question,
 * what MJML refuses, a column no readers file has, a file that cannot be included. Where one is an error there is no HTML.
 */
export async function renderTemplate(
  mjml: string,
  context: TemplateContext,
): Promise<RenderedTemplate> {
  const { view, file } = context;
  const { root, faults, sound, files } = parseTemplate(mjml, file, context.columns);
  if (!sound) return { html: undefined, faults, files };
  const [fallback = view.language] = view.campaign.definition.languages;
  chooseTexts(root, view.language, fallback);
  const placed = [...placementFaults(root, view, context.isWidget)].map(
    ({ severity, node, message }): TemplateFault => ({
      severity,
      file: shownPath(node.absoluteFilePath ?? file, file),
      line: node.line ?? 1,
      message,
    }),
  );
  const tags = new Set(placedElements(root).map(({ tagName }) => tagName));
  turnTo(root, view.direction);
  addHead(root, view);
  addSections(root);
  const drawing = {
    view,
    dark: isDark(root),
    notice: tags.has("mj-maily-notice"),
    preferences: tags.has("mj-maily-preferences"),
  };
  const drawn = await drawWithinBudget(root, file, drawing);
  const { html, refused } = columnsAsSlots(drawn.html);
  const columnFaults = refused.map(({ name, why }): TemplateFault => ({
    severity: "error",
    file,
    line: lineOfColumn(mjml, name),
    message: `[[${name}]] cannot stand here: ${why}`,
  }));
  const all = [...faults, ...placed, ...drawn.faults, ...columnFaults].sort(
    (a, b) => a.line - b.line,
  );
  const whole = all.every(({ severity }) => severity !== "error");
  return { html: whole ? html : undefined, faults: all, files };
}

/** The first line that has the column; a column is refused once drawn, where lines are no longer the author's. */
const lineOfColumn = (text: string, name: string): number =>
  Math.max(1, text.slice(0, Math.max(0, text.indexOf(`[[${name}]]`))).split("\n").length);
