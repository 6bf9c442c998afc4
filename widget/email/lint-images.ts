// Pictures: how many, how heavy where that is known, and that none tells who opened the mail.
import { imageName } from "../../sdk/image-type.ts";
import { reporter, type Finding, type Linted } from "./lint-finding.ts";
import type { Markup, MarkupElement } from "./lint-markup.ts";

/** Beyond it a mail waits on slow networks, and filters look twice at what is mostly pictures. */
export const pictureLimits = { count: 30, bytes: 1_000_000 } as const;

/** A picture of the widget, as it is published. */
export interface KnownPicture {
  readonly name: string;
  readonly bytes: number;
}

/** An invitation: nothing else of a mail is as long (SPEC §3.2). */
const invitation = /[\w-]{136}/;

const addressesOf = ({ name, attributes }: MarkupElement): string[] => {
  const addresses = [attributes.get("background")];
  if (name === "img" || name === "amp-img" || name === "amp-anim")
    addresses.push(attributes.get("src"), attributes.get("srcset"));
  for (const [, url] of (attributes.get("style") ?? "").matchAll(/url\(\s*["']?([^"')]{1,2000})/g))
    addresses.push(url);
  return addresses.filter((address) => address !== undefined && address !== "") as string[]; // The others are gone.
};

const isDot = ({ attributes }: MarkupElement): boolean =>
  ["width", "height"].every((side) => /^[01](?:px)?$/.test(attributes.get(side) ?? ""));

const spaced = (count: number): string => count.toLocaleString("en");

/** `known`: the widget's own pictures, whose weight is known. */
export function* lintImages(
  linted: Linted,
  markup: Markup,
  known: readonly KnownPicture[],
): Generator<Finding> {
  const report = reporter(linted);
  const shown = new Map<string, MarkupElement>();
  for (const element of markup.elements)
    for (const address of addressesOf(element)) {
      if (!shown.has(address)) shown.set(address, element);
      if (invitation.test(address.replace(/\/images\/[0-9a-f]{64}\./g, "")))
        yield report(
          "error",
          "image-tracking",
          "A picture's address holds a reader's invitation: whoever serves it learns who opened the mail, and caches keep the secret.",
          "Show the same picture to everybody; openings that nobody consented to are not measured.",
          markup.at(element.offset),
        );
      else if (isDot(element))
        yield report(
          "warning",
          "image-tracking",
          "A picture of one pixel shows nothing: it only tells when a mail was opened.",
          "Leave it out, or switch open tracking off at the sending service.",
          markup.at(element.offset),
        );
    }
  const [first] = shown.values();
  if (first === undefined) return;
  if (shown.size > pictureLimits.count)
    yield report(
      "warning",
      "image-count",
      `The mail shows ${spaced(shown.size)} pictures; more than ${pictureLimits.count} take long on a phone, and spam filters count them.`,
      "Let fewer questions with pictures into the mail; the page has the rest.",
      markup.at(first.offset),
    );
  const weights = new Map(known.map(({ name, bytes }) => [name, bytes]));
  const bytes = [...shown.keys()].reduce((sum, address) => {
    const name = address.slice(address.lastIndexOf("/") + 1);
    return sum + (imageName.test(name) ? (weights.get(name) ?? 0) : 0);
  }, 0);
  if (bytes > pictureLimits.bytes)
    yield report(
      "warning",
      "image-weight",
      `The widget's pictures in this mail weigh ${spaced(bytes)} bytes; beyond ${spaced(pictureLimits.bytes)} they come late, or never on a train.`,
      "Save them smaller: twice the width they are shown at is enough.",
      markup.at(first.offset),
    );
}
