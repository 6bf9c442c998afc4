// A template written for one direction of text, for the other: left and right change places. Mail clients know no logical
// margins, so what is physical is mirrored here, once.
import type { MjmlNode } from "mjml-parser-xml";
import { attributeOf, elementsOf } from "./template.ts";

export type Direction = "ltr" | "rtl";

const otherSide: Readonly<Record<string, string>> = {
  left: "right",
  right: "left",
  ltr: "rtl",
  rtl: "ltr",
};
const swapped = (text: string): string =>
  text.replace(/\b(left|right)\b/g, (side) => otherSide[side] ?? side);

/** `1px 2px 3px 4px` names top, right, bottom, left; shorter forms are symmetric. */
const swappedSides = (sides: string): string => {
  const parts = sides.trim().split(/\s+/);
  const [top, right, bottom, left] = parts;
  return parts.length === 4 ? [top, left, bottom, right].join(" ") : sides;
};

/** Corners are named top left, top right, bottom right, bottom left. */
const swappedCorners = (corners: string): string => {
  const parts = corners.trim().split(/\s+/);
  const [topLeft, topRight, bottomRight, bottomLeft] = parts;
  return parts.length === 4 ? [topRight, topLeft, bottomLeft, bottomRight].join(" ") : corners;
};

/** The value of one property with its sides changed. Addresses keep theirs. */
function swappedValue(property: string, value: string): string {
  if (/^(?:inner-)?padding$|^margin$/.test(property)) return swappedSides(value);
  if (property === "border-radius") return swappedCorners(value);
  if (property === "direction") return otherSide[value] ?? value;
  return /^(?:align|text-align|float|clear|background-position(?:-x)?|icon-position)$/.test(
    property,
  )
    ? swapped(value)
    : value;
}

const declaration = /(^|[{;]\s*)([a-z-]+)(\s*:\s*)([^;{}]+)/g;

/** Declarations of a `style` attribute or a style sheet, mirrored. */
export const mirrorCss = (css: string): string =>
  css.replace(
    declaration,
    (_, before: string, property: string, colon: string, value: string) =>
      `${before}${swapped(property)}${colon}${swappedValue(property, value)}`,
  );

const styled = /(\sstyle\s*=\s*)("[^"]*"|'[^']*')/g;

const mirrorHtml = (html: string): string =>
  html
    .replace(
      styled,
      (_, name: string, quoted: string) =>
        `${name}${quoted.at(0)}${mirrorCss(quoted.slice(1, -1))}${quoted.at(0)}`,
    )
    .replace(
      /(\salign\s*=\s*["']?)(left|right)\b/g,
      (_, name: string, side: string) => `${name}${otherSide[side]}`,
    );

/** What MJML's components would otherwise be without a word of the author's. */
const startsOf = (direction: Direction): readonly MjmlNode[] => {
  const align = direction === "rtl" ? "right" : "left";
  return [
    ...["mj-section", "mj-wrapper", "mj-group", "mj-column"].map((tagName) => ({
      tagName,
      attributes: { direction },
    })),
    ...["mj-text", "mj-table"].map((tagName) => ({ tagName, attributes: { align } })),
  ];
};

/**
 * Turns the tree to `direction`, in place. A template says which it is written for by `dir` on `<mjml>`, ltr without; one
 * that is written for `direction` stays as it is.
 */
export function turnTo(root: MjmlNode, direction: Direction): void {
  const written = attributeOf(root, "dir") === "rtl" ? "rtl" : "ltr";
  if (written !== direction)
    for (const element of elementsOf(root)) {
      element.attributes = Object.fromEntries(
        Object.entries(element.attributes ?? {}).map(([name, value]) => [
          swapped(name),
          typeof value === "string" ? swappedValue(name, value) : value,
        ]),
      );
      if (element.content === undefined) continue;
      element.content =
        element.tagName === "mj-style" ? mirrorCss(element.content) : mirrorHtml(element.content);
    }
  if (direction === "rtl") {
    const head = headOf(root);
    head.children = [
      { tagName: "mj-attributes", children: [...startsOf(direction)] },
      ...(head.children ?? []),
    ];
  }
}

/** The tree's `mj-head`, made where there is none. */
export function headOf(root: MjmlNode): MjmlNode {
  const known = root.children?.find(({ tagName }) => tagName === "mj-head");
  if (known !== undefined) return known;
  const head: MjmlNode = { tagName: "mj-head", attributes: {}, children: [] };
  root.children = [head, ...(root.children ?? [])];
  return head;
}
