// Merge tags of any service: which are left in a part, and samples in their place.
import { reporter, pointsOf, type Finding, type Linted } from "./lint-finding.ts";
import { codesField, invitationField, type Esp } from "./esp.ts";

/** Lengths as real ones have. */
const sampleInvitation = "AQEBAAAAAAEAAAAAAAAAAAAA".padEnd(136, "sample0invitation");
const sampleCode = "sampleCode-sampleCode0";

interface Family {
  readonly what: string;
  /** Global; each bounded, so that a text of opening braces alone stays linear. */
  readonly tag: RegExp;
}

const families: readonly Family[] = [
  { what: "{{…}}", tag: /\{{2,3}(?:\$\{|[^\n{]){0,300}?\}{2,4}/g },
  { what: "{%…%}", tag: /\{%[^\n{]{0,300}?%\}/g },
  { what: "*|…|*", tag: /\*\|[^|\n]{1,120}\|\*/g },
  { what: "%%…%%", tag: /%%(?:[A-Za-z_][\w .:@-]{0,120}|=[^%\n]{1,300}=|\[[^%\n]{1,300}\])%%/g },
  { what: "%recipient.…%", tag: /%recipient\.[\w.-]{1,120}%/g },
];
const ownToken = /~maily\.[\w.]{1,120}~?/g;

const matches = ({ tag }: Family, text: string): boolean => {
  tag.lastIndex = 0;
  return tag.test(text);
};

function sampleOf(tag: string, packed: string): string {
  const lower = tag.toLowerCase();
  if (lower.startsWith("{%")) return "";
  if (lower.includes(invitationField.slice(0, 10))) return sampleInvitation;
  if (!lower.includes(codesField.slice(0, 10))) return "Sample";
  return /slice|substring/.test(lower) ? sampleCode : packed;
}

/** `<template>` blocks of AMP, whose braces the reader's client resolves. */
const templates = /<template\b[\s\S]*?(?:<\/template>|$)/gi;

/** The text with every merge tag replaced by a sample as long as a real value; lines keep their numbers. */
export function withSamples(text: string, choices: number): string {
  const packed = sampleCode.repeat(choices);
  const kept: string[] = [];
  let sampled = text.replace(templates, (block) => {
    kept.push(block);
    return `\u0000${kept.length - 1}\u0000`;
  });
  for (const { tag } of families)
    sampled = sampled.replace(tag, (whole) => sampleOf(whole, packed));
  // oxlint-disable-next-line no-control-regex
  return sampled.replace(/\u0000(\d+)\u0000/g, (_, index) => kept[Number(index)] ?? "");
}

const remedies = {
  final: "Fill the merge tags before the message is sent, or lint the template instead.",
  none: "Say which service fills them: `--esp <name>`.",
} as const;

/**
 * Tags that nobody will fill: all of them in a finished message, those of other services in a template. `esp` is the service
 * that the template is for.
 */
export function* lintTags(
  linted: Linted,
  esp: Esp | undefined,
  final: boolean,
): Generator<Finding> {
  const report = reporter(linted);
  const { text } = linted;
  const at = pointsOf(text);
  const blanked = text.replace(templates, (block) => block.replace(/[^\n]/g, " "));
  // A service with one kind of tag has control tags of the same language beside it.
  const own = new Set(
    esp === undefined || final
      ? []
      : families
          .filter((family) => matches(family, esp.mergeTag("x")))
          .flatMap(({ what }) => (what === "{{…}}" ? [what, "{%…%}"] : [what])),
  );
  const remedy = final ? remedies.final : remedies.none;
  for (const { what, tag } of families) {
    if (own.has(what)) continue;
    for (const match of blanked.matchAll(tag))
      yield report(
        "error",
        "merge-tag",
        `The merge tag ${match[0].slice(0, 60)} is left unresolved: readers would see it${
          esp === undefined || final ? "" : `, as ${esp.title} does not know ${what}`
        }.`,
        esp === undefined || final
          ? remedy
          : `Write it as ${esp.title} does, such as ${esp.mergeTag("first_name")}.`,
        at(match.index),
      );
  }
  for (const match of text.matchAll(ownToken))
    yield report(
      "error",
      "own-token",
      `The place ${match[0].slice(0, 60)} was never filled: a link with it leads nowhere.`,
      "Compile the template with `maily compile`, and send what that writes.",
      at(match.index),
    );
}
