// Sizes as they arrive: what a service adds to a part is counted too.
import { codesField, invitationField, type Esp } from "./esp.ts";
import { reporter, type Finding, type Linted } from "./lint-finding.ts";
import { trackedLinks } from "./lint-links.ts";
import type { Markup } from "./lint-markup.ts";

/** Bytes. */
export const mailSizes = {
  /** Gmail shows no more, and hides the rest behind a link. */
  htmlClipped: 102_400,
  htmlWarned: 90_000,
  /** Gmail drops a style block beyond it. */
  styleBlock: 16_384,
  ampMax: 200_000,
  ampWarned: 100_000,
} as const;
/** Characters of an invitation and of a sealed choice. */
const invitationCharacters = 136;
const codeCharacters = 22;

const spaced = (count: number): string => count.toLocaleString("en");

export function* lintHtmlSize(
  linted: Linted,
  markup: Markup,
  esp: Esp | undefined,
): Generator<Finding> {
  const report = reporter(linted);
  const own = Buffer.byteLength(linted.text);
  const added =
    esp === undefined
      ? 0
      : esp.adds.bytes + esp.adds.bytesPerTrackedLink * trackedLinks(markup, esp);
  const bytes = own + added;
  const more =
    esp === undefined || added === 0 ? "" : `, and ${esp.title} adds about ${spaced(added)}`;
  if (bytes > mailSizes.htmlWarned)
    yield report(
      bytes > mailSizes.htmlClipped ? "error" : "warning",
      "html-size",
      `The HTML part has ${spaced(own)} bytes${more}; Gmail clips at ${spaced(mailSizes.htmlClipped)}, and what is clipped is neither seen nor answered.`,
      "Shorten the template, or let fewer questions into the mail; the page has the rest.",
    );
  for (const { name, raw, offset } of markup.elements) {
    const styleBytes = name === "style" && raw !== undefined ? Buffer.byteLength(raw.text) : 0;
    if (styleBytes > mailSizes.styleBlock)
      yield report(
        "warning",
        "style-size",
        `A style block has ${spaced(styleBytes)} bytes; Gmail drops one of more than ${spaced(mailSizes.styleBlock)} whole.`,
        "Split it in two, or drop rules that no element uses.",
        markup.at(offset),
      );
  }
}

export function* lintAmpSize(linted: Linted): Generator<Finding> {
  const bytes = Buffer.byteLength(linted.text);
  if (bytes <= mailSizes.ampWarned) return;
  yield reporter(linted)(
    bytes > mailSizes.ampMax ? "error" : "warning",
    "amp-size",
    `The AMP part has ${spaced(bytes)} bytes; clients take ${spaced(mailSizes.ampMax)}, and older ones ${spaced(mailSizes.ampWarned)}.`,
    "Let fewer questions into the mail; the page has the rest.",
  );
}

/** Whether a service's columns hold an invitation and the packed codes of `choices` options, and what it says of AMP. */
export function* lintFields(esp: Esp, choices: number): Generator<Finding> {
  const report = reporter({ part: "fields" });
  const { amp, field, title } = esp;
  if (choices > 0 && amp.carries !== "yes")
    yield report(
      "note",
      "amp-carried",
      `${title}: ${amp.says}`,
      amp.carries === "on-application"
        ? "Apply for it, and send yourself a test before the campaign."
        : "Readers answer by the links of the HTML part.",
    );
  const most = field.charactersMax;
  if (most === undefined) return;
  const mailsAmp = amp.carries === "yes" || amp.carries === "on-application";
  const columns: [name: string, characters: number][] = [
    [invitationField, invitationCharacters],
    [codesField, mailsAmp ? choices * codeCharacters : 0],
  ];
  for (const [name, characters] of columns)
    if (characters > most)
      yield report(
        "error",
        "field-size",
        `The column ${name} has ${spaced(characters)} characters, too many for ${title}. ${field.says}`,
        esp.fetch === undefined
          ? `Leave all but ${Math.floor(most / codeCharacters)} options to the page, or send with a service that holds more.`
          : `${esp.fetch.says} That needs no column of codes.`,
      );
}
