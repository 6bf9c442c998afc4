// The elements a template may hold: `<mj-maily>`, the whole widget, and its pieces. They draw with what draws text/html, so
// that a template and a mail without one show the same.
import { BodyComponent } from "mjml-core";
import { htmlStyle, narrowStyle } from "../email/html-frame.ts";
import { htmlNotice, htmlPreferences } from "../email/html-notice.ts";
import { htmlQuestion } from "../email/html-question.ts";
import { htmlBlock } from "../email/html.ts";
import { lookOf, type Look, type LookOverrides } from "../email/look.ts";
import type { MailView } from "../email/view.ts";

export const widgetTags = [
  "mj-maily",
  "mj-maily-question",
  "mj-maily-notice",
  "mj-maily-preferences",
] as const;
export type WidgetTag = (typeof widgetTags)[number];

export const isWidgetTag = (tagName: string): tagName is WidgetTag =>
  (widgetTags as readonly string[]).includes(tagName); // Or it could not ask about other strings.

/** What the elements of one template are drawn from. */
export interface Drawing {
  readonly view: MailView;
  /** The template has a dark look of its own: the widget follows. */
  readonly dark: boolean;
  /** What the template has elements of its own for, which `<mj-maily>` then leaves out. */
  readonly notice: boolean;
  readonly preferences: boolean;
  /** What the questions of `<mj-maily>` may take. */
  readonly bytesMax: number;
}

/** What each element takes, by MJML's types; `mj-maily-question` also `question`. */
export const widgetAttributes = {
  widget: "string",
  accent: "color",
  "text-color": "color",
  "background-color": "color",
  corners: "enum(square,soft,round)",
  "font-family": "string",
  width: "unit(px)",
  align: "enum(left,center,right)",
  "container-background-color": "color",
  padding: "unit(px,%){1,4}",
  "padding-top": "unit(px,%)",
  "padding-right": "unit(px,%)",
  "padding-bottom": "unit(px,%)",
  "padding-left": "unit(px,%)",
} as const;

/** Attributes whose colours are mixed with others: names such as `teal` would not do. */
export const colourAttributes = ["accent", "text-color", "background-color"] as const;

/** `#rgb` and `#rrggbb` as `#rrggbb`; undefined for anything else. */
export function colourOf(text: string | undefined): string | undefined {
  const [, short, long] = /^#(?:([0-9a-f]{3})|([0-9a-f]{6}))$/i.exec(text ?? "") ?? [];
  if (short !== undefined) return `#${short.replace(/./g, "$&$&").toLowerCase()}`;
  return long === undefined ? undefined : `#${long.toLowerCase()}`;
}

const radii: Readonly<Record<string, number>> = { square: 2, soft: 12, round: 22 };

// Double quotes would end the attribute that styles stand in.
const fontOf = (family: string | undefined): string | undefined =>
  family?.replace(/["<>&;{}]/g, "");

interface Element {
  readonly getAttribute: (name: string) => string | undefined;
  /** Pixels between the element's paddings. */
  readonly box: number;
}

function lookFor({ view }: Drawing, { getAttribute, box }: Element): Look {
  const radius = radii[getAttribute("corners") ?? ""];
  const accent = colourOf(getAttribute("accent"));
  const paper = colourOf(
    getAttribute("background-color") ?? getAttribute("container-background-color"),
  );
  const font = fontOf(getAttribute("font-family"));
  const asked = Number.parseInt(getAttribute("width") ?? "", 10);
  const overrides: LookOverrides = {
    ...(accent !== undefined && { accent }),
    ...(paper !== undefined && { sheet: paper, ground: paper }),
    ...(radius !== undefined && { radius }),
    ...(font !== undefined && { font }),
    width: Number.isNaN(asked) ? box : Math.min(asked, box),
  };
  const look = lookOf(view.campaign.definition.theme, overrides);
  const ink = colourOf(getAttribute("text-color"));
  return ink === undefined
    ? look
    : { ...look, light: { ...look.light, ink, muted: ink, onGround: ink } };
}

/** Narrower than its column where the author says so; Word wants the width as an attribute. */
function boxed(html: string, element: Element, drawing: Drawing): string {
  const { language, direction } = drawing.view;
  const width = Number.parseInt(element.getAttribute("width") ?? "", 10);
  const inner = `<div lang="${language}" dir="${direction}">${html}</div>`;
  if (Number.isNaN(width) || width >= element.box) return inner;
  const align = element.getAttribute("align") ?? "center";
  return `<table role="presentation" align="${align}" width="${width}" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:${width}px"><tr><td>${inner}</td></tr></table>`;
}

function drawn(tag: WidgetTag, drawing: Drawing, element: Element): string {
  const { view, notice, preferences, bytesMax } = drawing;
  const look = lookFor(drawing, element);
  switch (tag) {
    case "mj-maily":
      return htmlBlock(view, { look, notice: !notice, preferences: !preferences, bytesMax });
    case "mj-maily-question": {
      const id = element.getAttribute("question");
      const question = view.questions.find((candidate) => candidate.question.id === id);
      // Told by placement.ts, with its line.
      return question === undefined ? "" : htmlQuestion(view, question, look);
    }
    case "mj-maily-notice":
      return htmlNotice(view, look);
    case "mj-maily-preferences":
      return htmlPreferences(view, look);
  }
}

/** The cell turns dark with what stands on it. */
const paperClasses: Readonly<Record<Exclude<WidgetTag, "mj-maily">, string>> = {
  "mj-maily-question": "m-sheet",
  "mj-maily-notice": "m-sheet",
  "mj-maily-preferences": "m-ground",
};

/** The components of one drawing, as a preset of mjml's: nothing is kept between templates. */
export const presetFor = (
  drawing: Drawing,
): { components: (typeof BodyComponent)[]; dependencies: Record<string, readonly string[]> } => ({
  components: widgetTags.map((tag) => componentFor(tag, drawing)),
  dependencies: { "mj-column": widgetTags, "mj-hero": widgetTags },
});

function componentFor(tag: WidgetTag, drawing: Drawing): typeof BodyComponent {
  return class extends BodyComponent {
    static componentName = tag;
    static allowedAttributes = {
      ...widgetAttributes,
      ...(tag === "mj-maily-question" && { question: "string" }),
    };
    static override defaultAttributes = { padding: "10px 25px" };

    override getAttribute(name: string): string | undefined {
      const value: unknown = super.getAttribute(name);
      const own = typeof value === "string" ? value : undefined;
      const paper: unknown = super.getAttribute("background-color");
      // The whole widget has a sheet of its own; what a piece stands on is its cell, which the column draws.
      if (tag === "mj-maily" || typeof paper !== "string") return own;
      if (name === "container-background-color") return own ?? paper;
      if (name === "css-class") return [own, paperClasses[tag]].filter(Boolean).join(" ");
      return own;
    }

    override render(): string {
      const element: Element = {
        getAttribute: (name) => this.getAttribute(name),
        box: this.getBoxWidths().box,
      };
      const { addHeadStyle } = this.context as Context;
      addHeadStyle("mj-maily", () =>
        drawing.dark ? htmlStyle(lookFor(drawing, element)) : narrowStyle,
      );
      return boxed(drawn(tag, drawing, element), element, drawing);
    }
  };
}

/** What mjml hands to each component, of which its types say nothing. */
interface Context {
  readonly addHeadStyle: (name: string, style: (breakpoint: string) => string) => void;
}
