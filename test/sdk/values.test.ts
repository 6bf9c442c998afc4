// Calculated values, pipes, a reader's own order, and how contacts are written.
import { hash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answersForRules, calculatedOf, pathOf } from "../../sdk/calculated.ts";
import { diallingOf } from "../../sdk/calling-codes.ts";
import { checkAnswers } from "../../sdk/check-all.ts";
import { isEmail, isPhone, normaliseEmail, normalisePhone } from "../../sdk/contact.ts";
import { countryCodes } from "../../sdk/countries.ts";
import { piped, saidBy } from "../../sdk/piping.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import { outcomeOf } from "../../sdk/scoring.ts";
import { shuffled } from "../../sdk/shuffle.ts";

const options = [
  { id: "tea", text: { en: "Tea", de: "Tee" }, points: 3 },
  { id: "milk", text: "Milk", points: -1 },
];
const trip = Definition.parse({
  maily: 1,
  title: "T",
  languages: ["en", "de"],
  hidden: [{ id: "from", charactersMax: 5 }],
  calculated: [
    { id: "sum", start: 0.1, add: [{ question: "drink" }, { question: "stars", times: 0.2 }] },
    { id: "grid", add: [{ question: "likes" }, { question: "sure", times: 10 }] },
  ],
  questions: [
    { id: "drink", kind: "multiple-choice", text: "?", options, other: true },
    {
      id: "stars",
      kind: "rating",
      text: "?",
      next: [{ when: { value: "sum", atLeast: 3.3 }, go: "sure" }],
    },
    { id: "why", kind: "short-text", text: "?" },
    { id: "sure", kind: "yes-no", text: "?" },
    {
      id: "likes",
      kind: "matrix",
      text: "?",
      multiple: true,
      rows: [
        { id: "a", text: "A" },
        { id: "b", text: "B" },
      ],
      columns: [
        { id: "x", text: "X", points: 1 },
        { id: "y", text: "Y", points: 5 },
      ],
    },
    { id: "when", kind: "date", text: "?" },
    { id: "where", kind: "country", text: "?" },
  ],
  outcomes: [
    { id: "rich", title: "R", when: { value: "sum", atLeast: 3.3 } },
    { id: "poor", title: "P", when: { value: "sum", atLeast: -9, atMost: 0 } },
    { id: "plain", title: "N" },
  ],
});
const way = (answers: Record<string, never[] | string | number | string[]>): string =>
  pathOf(trip, answers)
    .map(({ id }) => id)
    .join(" ");

describe("calculated values", () => {
  test("are numbers answered and points of what was chosen, without the dust of binary fractions", () => {
    expect(calculatedOf(trip, { drink: ["tea", "other:Water"], stars: 1 })).toEqual({
      sum: 3.3,
      grid: 0,
    });
    expect(calculatedOf(trip, { drink: ["tea", "milk"] })).toEqual({ sum: 2.1, grid: 0 });
    expect(calculatedOf(trip, { likes: ["a:x", "a:y", "b:y"], sure: "yes" })).toEqual({
      sum: 0.1,
      grid: 21,
    });
  });
  test("decide the way, and what is off it counts no more", () => {
    expect(way({ drink: ["tea"], stars: 1 })).toBe("drink stars sure likes when where");
    expect(way({ drink: ["milk"], stars: 1 })).toBe("drink stars why sure likes when where");
  });
  test("and outcomes: the first that holds, else by points", () => {
    expect(outcomeOf(trip, { drink: ["tea"], stars: 5 })?.id).toBe("rich");
    expect(outcomeOf(trip, { drink: ["milk"] })?.id).toBe("poor");
    expect(outcomeOf(trip, {})?.id).toBe("plain");
  });
  test("are worked out, never believed", () => {
    expect([...checkAnswers(trip, { sum: 9 })]).toEqual([["sum", "not-on-path"]]);
    expect(answersForRules(trip, { sum: 9 })["sum"]).toBe(0.1);
  });
  test("settle where a way turned on one cuts off what another way counted", () => {
    const turning = Definition.parse({
      maily: 1,
      title: "T",
      languages: ["en"],
      calculated: [{ id: "v", add: [{ question: "a" }, { question: "b", times: 10 }] }],
      questions: [
        { id: "a", kind: "nps", text: "?", next: [{ when: { atLeast: 5 }, go: "c" }] },
        { id: "b", kind: "nps", text: "?" },
        {
          id: "c",
          kind: "nps",
          text: "?",
          next: [{ when: { value: "v", atLeast: 50 }, go: "end" }],
        },
        { id: "d", kind: "nps", text: "?" },
      ],
    });
    const ids = (a: number): string[] =>
      pathOf(turning, { a, b: 9, c: 1, d: 1 }).map(({ id }) => id);
    // b was answered before a was changed: it counts only while it is on the way.
    expect(ids(1)).toEqual(["a", "b", "c"]);
    expect(ids(7)).toEqual(["a", "c", "d"]);
  });
});

const asking = (more: object): Definition =>
  Definition.parse({
    maily: 1,
    title: "T",
    languages: ["en"],
    questions: [
      { id: "a", text: "?", ...more },
      { id: "b", kind: "nps", text: "?" },
    ],
  });
const idsOf = (definition: Definition, a: string | string[]): string =>
  pathOf(definition, { a })
    .map(({ id }) => id)
    .join(" ");

describe("rules call what a reader wrote `other`", () => {
  const go = "end";
  test("alone, and among others", () => {
    const one = asking({
      kind: "single-choice",
      options,
      other: true,
      next: [{ when: { is: "other" }, go }],
    });
    expect(idsOf(one, "other:Water")).toBe("a");
    expect(idsOf(one, "tea")).toBe("a b");
    const several = asking({
      kind: "multiple-choice",
      options,
      other: true,
      next: [{ when: { includes: "other" }, go }],
    });
    expect(idsOf(several, ["tea", "other:Water"])).toBe("a");
    expect(idsOf(several, ["tea"])).toBe("a b");
  });
  test("and leave a matrix' row of that name alone", () => {
    const rows = [
      { id: "other", text: "O" },
      { id: "more", text: "M" },
    ];
    const matrix = asking({
      kind: "matrix",
      rows,
      columns: rows,
      next: [{ when: { includes: "other:more" }, go }],
    });
    expect(idsOf(matrix, ["other:more"])).toBe("a");
    expect(idsOf(matrix, ["more:more"])).toBe("a b");
  });
});

describe("hidden fields", () => {
  test("are taken as texts of their length, and nothing else", () => {
    expect([...checkAnswers(trip, { from: "abcde" })]).toEqual([]);
    expect([...checkAnswers(trip, { from: "abcdef" })]).toEqual([["from", "too-long"]]);
    expect([...checkAnswers(trip, { from: 5 })]).toEqual([["from", "wrong-type"]]);
    expect([...checkAnswers(trip, { form: "x" })]).toEqual([["form", "not-on-path"]]);
  });
});

const said = (language: string, answers: Record<string, string | number | string[]>) =>
  saidBy(trip, answers, language);

describe("pipes", () => {
  test("say options in the reader's language, words of the reader's own, numbers, days and countries", () => {
    const answers = {
      drink: ["tea", "milk", "other:a [[b|c]]"],
      stars: 4,
      when: "2026-03-01",
      where: "FR",
      from: "x",
    };
    const text = "[[drink|it]] / [[sum|0]] / [[when|then]] / [[where|there]] / [[from|here]]";
    expect(piped(text, said("en", answers))).toBe(
      "Tea, Milk, and a [[b|c]] / 2.9 / March 1, 2026 / France / x",
    );
    expect(piped(text, said("de", answers))).toBe(
      "Tee, Milk und a [[b|c]] / 2,9 / 1. März 2026 / Frankreich / x",
    );
  });
  test("show their fallback where nothing is known, and for what does not read as a text", () => {
    expect(
      piped("[[drink|it]], [[likes|those]], [[nobody|there]]", said("en", { likes: ["a:x"] })),
    ).toBe("it, those, there");
  });
  test("keep two directions apart", () => {
    expect(piped("Hello [[from|you]]!", () => "דנה")).toBe("Hello \u2068דנה\u2069!");
    expect(piped("שלום [[from|you]]!", () => "דנה")).toBe("שלום דנה!");
  });
});

const list = (count: number, fixed: readonly number[] = []) =>
  Array.from({ length: count }, (_, index) => ({
    id: `o${index}`,
    ...(fixed.includes(index) && { keepPlace: true }),
  }));

describe("a reader's own order", () => {
  const seeds = fc.uint8Array({ minLength: 16, maxLength: 16 });
  test("has every option once, the same each time, and leaves in place what should stay", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 1, max: 50 }),
        fc.nat({ max: 49 }),
        fc.array(fc.nat({ max: 49 })),
        (seed, count, index, fixed) => {
          const given = list(count, fixed);
          const order = shuffled(given, seed, index);
          expect(order.map(({ id }) => id).sort()).toEqual(given.map(({ id }) => id).sort());
          expect(shuffled(given, seed, index)).toEqual(order);
          for (const [place, option] of given.entries())
            if (option.keepPlace) expect(order[place]).toBe(option);
        },
      ),
    );
  });
  test("is another for another question", () => {
    const seed = new Uint8Array(16).fill(7);
    const orders = Array.from({ length: 20 }, (_, index) =>
      shuffled(list(10), seed, index)
        .map(({ id }) => id)
        .join(),
    );
    expect(new Set(orders).size).toBe(20);
  });
  test("is no likelier than another: chi-square of the 24 orders of four", () => {
    const rounds = 24_000;
    const counts = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      // Pseudonyms are HMAC output; a hash stands for it here, so that the test is the same at every run.
      const seed = hash("sha256", String(round), "buffer").subarray(0, 16);
      const key = shuffled(list(4), seed, 3)
        .map(({ id }) => id)
        .join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const expected = rounds / 24;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // 23 degrees of freedom: 49.7 is passed once in a thousand by what is even.
    expect(chiSquare).toBeLessThan(49.7);
  });
  test("is this one, for other implementations", () => {
    const seed = Uint8Array.from({ length: 16 }, (_, byte) => byte);
    expect(shuffled(list(8), seed, 0).map(({ id }) => id)).toEqual([
      "o0",
      "o3",
      "o5",
      "o7",
      "o4",
      "o2",
      "o1",
      "o6",
    ]);
    expect(shuffled(list(8, [7]), seed, 1).map(({ id }) => id)).toEqual([
      "o1",
      "o0",
      "o2",
      "o3",
      "o6",
      "o4",
      "o5",
      "o7",
    ]);
  });
});

describe("contacts", () => {
  const phones: readonly (readonly [typed: string, country: string, written: string])[] = [
    ["030 / 123 456-78", "DE", "+493012345678"],
    ["+49 (0)30 12345678", "DE", "+493012345678"],
    ["0049 30 12345678", "FR", "+493012345678"],
    ["06 12 34 56 78", "FR", "+33612345678"],
    ["(212) 555-0123", "US", "+12125550123"],
    ["1 212 555 0123", "US", "+12125550123"],
    ["8 912 345-67-89", "RU", "+79123456789"],
    ["06 30 123 4567", "HU", "+36301234567"],
    // Italy's own numbers begin with the zero.
    ["06 1234 5678", "IT", "+390612345678"],
    ["612 345 678", "ES", "+34612345678"],
    ["٠٥٠١٢٣٤٥٦٧", "SA", "+966501234567"],
    ["０９０-１２３４-５６７８", "JP", "+819012345678"],
    ["\u202a+33 6 12 34 56 78\u202c", "DE", "+33612345678"],
  ];
  for (const [typed, country, written] of phones)
    test(`${typed} of ${country} is ${written}`, () => {
      expect(normalisePhone(typed, diallingOf(country))).toBe(written);
      expect(isPhone(written)).toBe(true);
    });
  test("what is no number stays none", () => {
    for (const typed of ["", "call me", "+", "12", "++49301234567"])
      expect(isPhone(normalisePhone(typed, diallingOf("DE"))), typed).toBe(false);
    expect(normalisePhone("030 123456")).toBe("030123456");
  });
  test("every calling code is a country's, and only empty places have none", () => {
    const without = countryCodes.filter((country) => diallingOf(country) === undefined);
    expect(without).toEqual(["AQ", "BV", "GS", "HM", "PN", "TF", "UM"]);
    for (const country of countryCodes)
      expect(diallingOf(country)?.code ?? "1").toMatch(/^[1-9]\d{0,2}$/);
    expect(countryCodes).toHaveLength(250);
    const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
    expect(countryCodes.filter((country) => names.of(country) === undefined)).toEqual([]);
  });
  const addresses: readonly (readonly [typed: string, written: string])[] = [
    ["  Ann@Example.COM ", "Ann@example.com"],
    ["ann@bücher.example", "ann@xn--bcher-kva.example"],
    ["ann@例え.jp", "ann@xn--r8jz45g.jp"],
  ];
  for (const [typed, written] of addresses)
    test(`${typed.trim()} is ${written}`, () => {
      expect(normaliseEmail(typed)).toBe(written);
      expect(isEmail(written)).toBe(true);
    });
  test("an address that is none is not made one", () => {
    for (const typed of [
      "ann",
      "@x.example",
      "ann@x.example/path",
      "ann@2130706433",
      "ann@[::1]",
      "a@b:80",
    ])
      expect(isEmail(normaliseEmail(typed)), typed).toBe(false);
  });
  test("normalising twice is normalising once", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress()), (typed) => {
        const once = normaliseEmail(typed);
        expect(normaliseEmail(once)).toBe(once);
        const phone = normalisePhone(typed);
        expect(normalisePhone(phone)).toBe(phone);
      }),
    );
  });
});
