import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  fillPlan,
  fillTemplate,
  invitationToken,
  partsIn,
  shuffledTokens,
  slotToken,
  templateOf,
  type SlotValues,
} from "../../sdk/mail-plan.ts";
import {
  MailPlan,
  MailTemplate,
  type MailSlot,
  type MailTemplate as Template,
} from "../../sdk/schema/mail-plan.ts";

const choices: [number, number][] = [
  [0, 0],
  [0, 1],
  [3, 0],
  [0xffff, 0xffff],
  [0, 0xffff],
  [0xffff, 0],
];
const planOf = (parts: MailPlan["parts"]): MailPlan => ({
  maily: 1,
  campaign: "AAAAAAAAAAA",
  revision: 1,
  edge: "https://edge.example",
  choices,
  languages: Object.keys(parts),
  parts,
  fields: [],
  answerableInMail: [],
});
const simple = { subject: [], text: [], html: [] };
const plan = planOf({ en: simple });

const values: SlotValues = {
  invitation: "I".repeat(136),
  codes: choices.map((_, index) => String.fromCharCode(97 + index).repeat(22)),
  fields: { name: "Ann" },
};

const filled = (text: string, more: Partial<SlotValues> = {}): string =>
  fillTemplate(plan, templateOf(text), { ...values, ...more });

/** Text that holds no whole token. */
const fixed = fc
  .string({
    unit: fc.constantFrom("a", "~", "m", "aily.", ".", "ä", "😀", "<", "\n", "$&", "{{x}}"),
  })
  .filter((text) => !/~maily\.[\w.]+~/.test(text));

const slot: fc.Arbitrary<MailSlot> = fc.oneof(
  fc.constant<MailSlot>({ slot: "invitation" }),
  fc.constant<MailSlot>({ slot: "codes" }),
  fc
    .constantFrom(...choices)
    .map(([question, option]): MailSlot => ({ slot: "code", question, option })),
  fc.record({
    slot: fc.constant("field" as const),
    name: fc.stringMatching(/^\w{1,64}$/),
    encode: fc.constantFrom("html" as const, "text" as const, "url" as const),
  }),
);
/** Neighbouring strings are one piece, and none is empty: what `templateOf` gives. */
const joined = (pieces: readonly (string | MailSlot)[]): (string | MailSlot)[] => {
  const out: (string | MailSlot)[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (typeof piece !== "string") out.push(piece);
    else if (typeof last === "string") out[out.length - 1] = last + piece;
    else if (piece !== "") out.push(piece);
  }
  return out;
};
// With a space about each, no token comes of two neighbours.
const pieces = fc
  .array(
    fc.oneof(
      fixed.map((text) => ` ${text} `),
      slot,
    ),
    { maxLength: 8 },
  )
  .map(joined);
const shuffled = fc.record({
  slot: fc.constant("shuffled" as const),
  question: fc.integer({ min: 0, max: 0xffff }),
  items: fc.array(pieces, { minLength: 1, maxLength: 6 }),
});
const template: fc.Arbitrary<Template> = fc
  .array(
    fc.oneof(
      pieces,
      shuffled.map((one) => [" ", one, " "]),
    ),
    { maxLength: 6 },
  )
  .map((parts) => {
    const out: Template = [];
    for (const piece of parts.flat()) {
      const last = out.at(-1);
      if (typeof piece === "string" && typeof last === "string") out[out.length - 1] = last + piece;
      else out.push(piece);
    }
    return out;
  });

const textOf = (parts: readonly (string | MailSlot)[]): string =>
  parts.map((piece) => (typeof piece === "string" ? piece : slotToken(piece))).join("");
const writtenOf = (whole: Template): string =>
  whole
    .map((piece) =>
      typeof piece !== "string" && piece.slot === "shuffled"
        ? shuffledTokens(piece.question, piece.items.map(textOf))
        : textOf([piece]),
    )
    .join("");

test("a template is written as text with tokens and read again the same, and has the schema's shape", () => {
  fc.assert(
    fc.property(template, (whole) => {
      const read = templateOf(writtenOf(whole));
      expect(read).toEqual(whole);
      expect(MailTemplate.parse(JSON.parse(JSON.stringify(read)))).toEqual(whole);
    }),
  );
});

test("a text without tokens is filled to itself, byte for byte", () => {
  fc.assert(
    fc.property(fixed, (text) => {
      expect(filled(text)).toBe(text);
    }),
  );
});

test("each slot holds what is its own, at the greatest indices too", () => {
  for (const [index, [question, option]] of choices.entries())
    expect(filled(slotToken({ slot: "code", question, option }))).toBe(values.codes[index]);
  expect(filled(slotToken({ slot: "codes" }))).toBe(values.codes.join(""));
  expect(filled(slotToken({ slot: "codes" }), { packed: "{{codes}}" })).toBe("{{codes}}");
  expect(filled(`<${invitationToken}>`)).toBe(`<${values.invitation}>`);
  expect(filled("~maily.code.7.7~")).toBe("");
  expect(filled("~maily.field.name.text~~maily.field.other.text~")).toBe("Ann");
});

test("tokens, merge tags and replacement patterns within a reader's column stay text", () => {
  const hostile = [
    "~maily.invitation~",
    "~maily.code.0.0~",
    "~maily.shuffled.0~x~maily.end~",
    "$&$1$`",
  ];
  for (const name of hostile) {
    expect(filled("<~maily.field.name.text~>", { fields: { name } })).toBe(`<${name}>`);
    expect(filled("<~maily.field.name.html~>", { fields: { name } })).not.toContain(
      "I".repeat(136),
    );
  }
});

test("a column is encoded for where it stands", () => {
  const decoded: Readonly<Record<string, string>> = {
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
  };
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const fields = { name };
      expect(filled("~maily.field.name.text~", { fields })).toBe(name);
      const html = filled("~maily.field.name.html~", { fields });
      expect(html).not.toMatch(/[<>"']/);
      expect(html.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => decoded[entity] ?? "")).toBe(
        name,
      );
      const url = filled("~maily.field.name.url~", { fields });
      expect(url).toMatch(/^[\w%\-.!~*'()]*$/);
      expect(decodeURIComponent(url)).toBe(name);
    }),
  );
});

test("half a surrogate pair ends no mail", () => {
  expect(filled("~maily.field.name.url~", { fields: { name: "\u{D83D}" } })).toBe("%EF%BF%BD");
});

const fieldOf = (name: string, encode: string): string => `{{${name}|${encode}}}`;

test("a merge tag in a column's place is put as it is", () => {
  expect(filled("~maily.field.name.url~", { fieldOf })).toBe("{{name|url}}");
});

/** The options that a filled text shows, each with its code. */
const shown = (whole: string): number[] =>
  [...whole.matchAll(/\[(\d+):a{22}\]/g)].map(([, option]) => Number(option));

test("shuffled options come in the reader's order, each whole and once; without one in the author's", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 0xffff }),
      (numbers, question) => {
        const count = numbers.length;
        // The ranks of distinct numbers are a permutation.
        const order = numbers.map((number) => numbers.filter((other) => other < number).length);
        const items = numbers.map((_, option) => `[${option}:~maily.code.0.0~]`);
        const text = `<${shuffledTokens(question, items)}>`;
        const asked: [number, number][] = [];
        const orderOf = (of: number, options: number): readonly number[] => {
          asked.push([of, options]);
          return order;
        };
        expect(shown(filled(text, { orderOf }))).toEqual(order);
        expect(asked).toEqual([[question, count]]);
        expect(shown(filled(text))).toEqual(numbers.map((_, option) => option));
      },
    ),
  );
});

test("all parts of a mail show one order, and it is asked for once", () => {
  const part = templateOf(shuffledTokens(4, ["a", "b", "c"]));
  const whole = planOf({ en: { subject: [], text: part, amp: part, html: part } });
  let asked = 0;
  const orderOf = (): number[] => {
    asked += 1;
    return [2, 0, 1];
  };
  expect(fillPlan(whole, "en", { ...values, orderOf })).toEqual({
    subject: "",
    text: "cab",
    amp: "cab",
    html: "cab",
  });
  expect(asked).toBe(1);
});

test("a mail without an AMP part is filled without one", () => {
  expect(fillPlan(plan, "en", values)).toEqual({ subject: "", text: "", amp: undefined, html: "" });
});

const part = (text: string) => ({ ...simple, text: [text] });

test("a language is looked up from its whole tag to its first part, then the plan's first is taken", () => {
  const whole = planOf({
    en: part("en"),
    pt: part("pt"),
    "pt-BR": part("pt-BR"),
    "zh-Hant": part("zh-Hant"),
  });
  const looked = ["pt-BR", "pt-PT", "pt", "zh-Hant-TW", "zh-Hans", "de", "", "constructor", "-"];
  expect(looked.map((language) => partsIn(whole, language).text[0])).toEqual([
    "pt-BR",
    "pt",
    "pt",
    "zh-Hant",
    "en",
    "en",
    "en",
    "en",
    "en",
  ]);
});

test("a token that is no slot is a compiler's mistake", () => {
  for (const text of [
    "~maily.nothing~",
    "~maily.field.name.css~",
    "~maily.field~",
    "~maily.codex~",
  ])
    expect(() => templateOf(text)).toThrow("no such slot");
});
