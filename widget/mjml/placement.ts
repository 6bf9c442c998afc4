// Where a template puts the widget, and whether a reader can do with it what a mail must let them do.
import type { MjmlNode } from "mjml-parser-xml";
import { askableQuestions } from "../email/asked.ts";
import type { MailView } from "../email/view.ts";
import { colourAttributes, colourOf, isWidgetTag, type WidgetTag } from "./components.ts";
import { attributeOf, elementsOf, type TemplateFault } from "./template.ts";

type Fault = Pick<TemplateFault, "severity" | "message"> & { readonly node: MjmlNode };

/** Elements of the widget that readers see; those in `mj-attributes` only say how others look. */
export function placedElements(root: MjmlNode): MjmlNode[] {
  const body = root.children?.find(({ tagName }) => tagName === "mj-body");
  return body === undefined
    ? []
    : [...elementsOf(body)].filter(({ tagName }) => isWidgetTag(tagName));
}

/** The files that the template's elements name, as written, each once. */
export const widgetPaths = (root: MjmlNode): readonly { path: string; line: number }[] => {
  const paths = new Map<string, number>();
  for (const node of placedElements(root)) {
    const path = attributeOf(node, "widget");
    if (path !== undefined && !paths.has(path)) paths.set(path, node.line ?? 1);
  }
  return [...paths].map(([path, line]) => ({ path, line }));
};

function* colourFaults(root: MjmlNode): Generator<Fault> {
  for (const node of elementsOf(root)) {
    if (!isWidgetTag(node.tagName)) continue;
    for (const name of colourAttributes) {
      const value = attributeOf(node, name);
      if (value !== undefined && colourOf(value) === undefined)
        yield {
          severity: "error",
          node,
          message: `${name}="${value}" must be a colour such as #0b5fff`,
        };
    }
  }
}

function* questionFaults(placed: readonly MjmlNode[], view: MailView): Generator<Fault> {
  const askable = new Set(askableQuestions(view).map(({ question }) => question.id));
  const known = view.questions.map(({ question }) => question.id);
  const whole = placed.some(({ tagName }) => tagName === "mj-maily");
  const seen = new Set<string>();
  for (const node of placed) {
    if (node.tagName !== "mj-maily-question") continue;
    const id = attributeOf(node, "question");
    if (id === undefined || !known.includes(id)) {
      const which = id === undefined ? "which question?" : `there is no question \`${id}\`;`;
      yield {
        severity: "error",
        node,
        message: `${which} write question="…" with one of: ${known.join(", ")}`,
      };
      continue;
    }
    if (seen.has(id) || (whole && askable.has(id)))
      yield { severity: "warning", node, message: `the question \`${id}\` is shown twice` };
    if (!askable.has(id))
      yield {
        severity: "warning",
        node,
        message: `\`${id}\` is only asked after other answers: a tap on it here may answer what the page never asks`,
      };
    seen.add(id);
  }
}

/** What is wrong with how `root` uses the widget of `view`. */
export function* placementFaults(
  root: MjmlNode,
  view: MailView,
  isWidget: (path: string) => boolean,
): Generator<Fault> {
  const placed = placedElements(root);
  const has = (tag: WidgetTag): boolean => placed.some(({ tagName }) => tagName === tag);
  if (placed.length === 0) {
    yield {
      severity: "error",
      node: root.children?.find(({ tagName }) => tagName === "mj-body") ?? root,
      message:
        'the template shows nothing of the widget: put <mj-maily widget="…" /> into an <mj-column>',
    };
    return;
  }
  for (const node of placed) {
    const path = attributeOf(node, "widget");
    if (path !== undefined && !isWidget(path))
      yield {
        severity: "error",
        node,
        message: `widget="${path}" is not the widget that is compiled; a mail carries one campaign`,
      };
  }
  yield* colourFaults(root);
  const [, ...again] = placed.filter(({ tagName }) => tagName === "mj-maily");
  for (const second of again)
    yield { severity: "warning", node: second, message: "the widget is shown twice" };
  yield* questionFaults(placed, view);
  const [node = root] = placed;
  if (has("mj-maily-question") && !has("mj-maily") && !has("mj-maily-notice"))
    yield {
      severity: "warning",
      node,
      message:
        "nothing here says how answers are used before a reader taps: add <mj-maily-notice />",
    };
  if (!has("mj-maily") && !has("mj-maily-preferences"))
    yield {
      severity: "warning",
      node,
      message: "the mail has no link to unsubscribe: add <mj-maily-preferences />",
    };
}
