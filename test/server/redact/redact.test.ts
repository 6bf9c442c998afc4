// What is taken out of a text, what is left alone, and what no text may make of it.
import { assert, constantFrom, integer, oneof, property, string } from "fast-check";
import { array, tuple } from "fast-check";
import { expect, test } from "vitest";
import { piiKinds, type PiiKind } from "../../../sdk/schema/opened.ts";
import { widgetLimits } from "../../../sdk/schema/widget.ts";
import { redact } from "../../../server/redact/redact.ts";
import { worstTexts } from "./texts.ts";

/** Published examples of each kind: none is a living person's. */
const found: readonly [kind: PiiKind, text: string, language: string][] = [
  ["card", "4111 1111 1111 1111", "en"],
  ["card", "5555-5555-5555-4444", "en"],
  ["card", "378282246310005", "en"],
  ["card", "3530 1113 3330 0000", "ja"],
  ["card", "٤١١١ ١١١١ ١١١١ ١١١١", "ar"],
  ["card", "４１１１１１１１１１１１１１１１", "ja"],
  ["card", "4111\u00a01111\u20031111\u20111111", "fr"],
  ["iban", "DE89 3704 0044 0532 0130 00", "de"],
  ["iban", "gb82west12345698765432", "en"],
  ["iban", "NL91ABNA0417164300", "nl"],
  ["national-id", "078-05-1120", "en"],
  ["national-id", "AB 12 34 56 C", "en"],
  ["national-id", "86095742719", "de"],
  ["national-id", "2 55 08 14 168 025 38", "fr"],
  ["national-id", "12345678Z", "es"],
  ["national-id", "X1234567L", "es"],
  ["national-id", "RSSMRA85T10A562S", "it"],
  ["national-id", "1112.22.333", "nl"],
  ["national-id", "44051401359", "pl"],
  ["national-id", "9999 4105 7058", "hi"],
  ["national-id", "529.982.247-25", "pt-BR"],
  ["national-id", "756.9217.0769.85", "de"],
  ["national-id", "11010519491231002X", "zh"],
  ["national-id", "811218-9876", "sv"],
  ["email", "bob+news@example.org", "en"],
  ["email", "bob@exämple.org", "de"],
  ["email", "иван@пример.рф", "ru"],
  ["email", "o'brien@mail.example.co.uk", "en"],
  ["email", "bob (at) example.org", "en"],
  ["email", "bob[at]example[dot]org", "en"],
  ["email", "bob＠example.org", "ja"],
  ["phone", "+49 30 901820", "en"],
  ["phone", "030 901820", "de"],
  ["phone", "0049 30 901820", "fr"],
  ["phone", "(212) 736-5000", "en"],
  ["phone", "01 42 68 53 00", "fr"],
  ["phone", "020 7946 0958", "en"],
  ["ip-address", "192.168.1.10", "en"],
  ["ip-address", "2001:db8::8a2e:370:7334", "en"],
  ["crypto-address", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "en"],
  ["crypto-address", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "en"],
  ["crypto-address", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "en"],
  ["crypto-address", "0x52908400098527886E0F7030069857D2E4169EE7", "en"],
  ["url-secret", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "en"],
];

for (const [kind, text, language] of found)
  test(`${kind}: ${text}`, () => {
    expect(redact(text, language)).toEqual({ text: `[${kind}]`, redacted: [kind] });
    // Beside words, and before the end of a sentence.
    expect(redact(`this is mine: ${text}, 😀.`, language)).toEqual({
      text: `this is mine: [${kind}], 😀.`,
      redacted: [kind],
    });
  });

/** One digit wrong, or a number that is none of these. */
const left: readonly [text: string, language: string][] = [
  ["4111 1111 1111 1112", "en"],
  ["DE89370400440532013001", "de"],
  ["000-12-3456", "en"],
  ["86095742718", "de"],
  ["12345678A", "es"],
  ["RSSMRA85T10A562T", "it"],
  ["44051401358", "pl"],
  ["529.982.247-26", "pt-BR"],
  ["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "en"],
  ["bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp", "en"],
  ["version 1.2.3.4 came out", "en"],
  ["256.1.1.1 is no address", "en"],
  ["on 2024-01-02 at 10:30", "en"],
  ["12.03.2024", "de"],
  ["we met at noon", "en"],
  ["look at this dot com bubble", "en"],
  ["@maily is nice", "en"],
  ["I paid 1,234,567.89 for 12 of them", "en"],
  ["order 100000001", "en"],
  ["std::vector and a::b", "en"],
  ["see https://example.org/blog/2024/how-to-make-coffee?page=2", "en"],
  ["It wakes me without shaking me, and the bag says where the beans grew.", "en"],
];
for (const [text, language] of left)
  test(`left alone: ${text}`, () => {
    expect(redact(text, language)).toEqual({ text, redacted: [] });
  });

test("of an address of the web what opens something goes, and where it leads stays", () => {
  const text =
    "https://bob:hunter2@example.org/x?page=2&access_token=abc123#AQEBAAAAAAfQ2FtcGFpZ24abcdefghijklm";
  expect(redact(text, "en")).toEqual({
    text: "https://[url-secret]@example.org/x?page=2&access_token=[url-secret]#[url-secret]",
    redacted: ["url-secret"],
  });
});

const piece = oneof(
  constantFrom(...found.map(([, text]) => text), ...left.map(([text]) => text)),
  constantFrom(" ", "", "\n", "😀", "👩‍👩‍👧", "-", ".", "@", "[card]", "://", "+", "(at)"),
  string({ unit: "binary", maxLength: 12 }),
  integer().map(String),
);
const texts = array(piece, { maxLength: 30 }).map((pieces) =>
  pieces.join("").slice(0, widgetLimits.textCharacters),
);
const languages = constantFrom("en", "de", "pt-BR", "zh-Hant", "tlh");

test("redacting twice is redacting once; no character is split, and no text outgrows its limit", () => {
  assert(
    property(tuple(texts, languages), ([text, language]) => {
      const once = redact(text, language);
      expect(once.text.isWellFormed()).toBe(true);
      expect(once.text.length).toBeLessThanOrEqual(widgetLimits.textCharacters * 2);
      for (const kind of once.redacted) expect(piiKinds).toContain(kind);
      expect(redact(once.text, language)).toEqual({ text: once.text, redacted: [] });
    }),
    { numRuns: 300 },
  );
});

test("what stands between findings is left as it was", () => {
  const between = constantFrom(" so ", ", 😀 ", "\nthen ", " — ");
  // National numbers are looked for in the reader's own language alone.
  const examples = constantFrom(...found.filter(([kind]) => kind !== "phone"));
  assert(
    property(array(tuple(examples, between), { maxLength: 8 }), (pieces) => {
      const text = pieces.map(([[, example], rest]) => `x ${example}${rest}`).join("");
      const expected = pieces.map(([[kind], rest]) => `x [${kind}]${rest}`).join("");
      const said = redact(text, "en");
      expect(said.text).toBe(expected);
      expect(new Set(said.redacted)).toEqual(new Set(pieces.map(([[kind]]) => kind)));
    }),
    { numRuns: 100 },
  );
});

/** Processor time, which others on the machine do not add to. */
function secondsOf(text: string): number {
  redact(text, "en");
  const { user } = process.cpuUsage();
  for (let round = 0; round < 5; round++) redact(text, "en");
  return (process.cpuUsage().user - user) / 5e6;
}

// What is read again and again takes sixteen times as long for four times the text, and what backtracks for ever.
for (const [name, of] of worstTexts)
  test(`takes no more than its share of time: ${name}`, () => {
    expect(secondsOf(of(2_000))).toBeLessThan(Math.max(0.05, 10 * secondsOf(of(500))));
  });
