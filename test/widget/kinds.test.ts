// What the further kinds of question read and work out, without a browser.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkMore } from "../../sdk/check-more.ts";
import type { Question } from "../../sdk/schema/widget.ts";
import { Question as QuestionSchema } from "../../sdk/schema/widget.ts";
import { evenly, pointsOf, sharesOf } from "../../widget/web/kinds/constant-sum.tsx";
import { isNear, meant } from "../../widget/web/kinds/email-address.ts";
import { countriesIn, likelyCountry } from "../../widget/web/kinds/countries.ts";
import { hiddenAnswers } from "../../widget/web/kinds/hidden.ts";
import { cellsAfter } from "../../widget/web/kinds/matrix.tsx";
import { readNumber, writeNumber } from "../../widget/web/kinds/read-number.ts";
import { keepTyped, shownText } from "../../widget/web/kinds/typed.ts";

const asked = <Kind extends Question["kind"]>(kind: Kind, more: object) =>
  // The schema keeps the kind that it was given.
  QuestionSchema.parse({ id: "asked", kind, text: "?", ...more }) as Extract<
    Question,
    { kind: Kind }
  >;

describe("a number is read as people write it", () => {
  const written: readonly [text: string, language: string, number: number | undefined][] = [
    ["3", "en", 3],
    ["2.5", "en", 2.5],
    ["2,5", "en", 2.5],
    ["2,5", "de", 2.5],
    ["1,234", "en", 1234],
    ["1,234", "de", 1.234],
    ["1.234", "de", 1234],
    ["0.125", "de", 0.125],
    ["1.234.567", "de", 1_234_567],
    ["1.234,5", "de", 1234.5],
    ["1,234.5", "en", 1234.5],
    ["1 234,5", "fr", 1234.5],
    ["1’234.5", "de-CH", 1234.5],
    ["−4", "en", -4],
    ["+4", "en", 4],
    [".5", "en", 0.5],
    ["１２", "ja", 12],
    ["٣٫٥", "ar", 3.5],
    ["۱۲۳", "fa", 123],
    ["१२", "hi", 12],
    ["abc", "en", undefined],
    ["1e5", "en", undefined],
    ["1-2", "en", undefined],
    ["12 €", "en", undefined],
    [".", "en", undefined],
    ["", "en", undefined],
    ["Infinity", "en", undefined],
    ["12,34,567", "hi", 1_234_567],
    ["1.2.3", "en", undefined],
    ["24,12,2026", "de", undefined],
    ["1,234.5.6", "en", undefined],
    ["1,2.5", "en", undefined],
  ];
  for (const [text, language, number] of written)
    test(`${JSON.stringify(text)} in ${language}`, () => {
      expect(readNumber(text, language)).toBe(number);
    });

  for (const language of ["en", "de", "fr", "ar", "fa", "hi", "ja", "pl", "bn"])
    test(`what the page writes in ${language} reads back the same`, () => {
      fc.assert(
        fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (units) => {
          const number = units / 100;
          expect(readNumber(writeNumber(number, language), language)).toBe(number);
          // Thousands parted, three digits after a mark alone stay thousands.
          expect(readNumber(writeNumber(units, language, true), language)).toBe(units);
        }),
      );
    });
});

describe("an address that was probably mistyped", () => {
  const typed: readonly [address: string, meant: string | undefined][] = [
    ["lena@gmial.com", "lena@gmail.com"],
    ["lena@gmail.con", "lena@gmail.com"],
    ["lena@gmil.com", "lena@gmail.com"],
    ["lena@hotmaill.com", "lena@hotmail.com"],
    ["lena@firma.cmo", "lena@firma.com"],
    ["lena@gmail.com", undefined],
    ["lena@example.org", undefined],
    ["lena@gmx.at", undefined],
    ["lena", undefined],
    ["@gmial.com", undefined],
  ];
  for (const [address, instead] of typed)
    test(address, () => {
      expect(meant(address)).toBe(instead);
    });

  test("near is one slip of the finger, either way round", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 8 }),
        fc.nat(8),
        fc.string({ maxLength: 1 }),
        (text, at, letter) => {
          const added = text.slice(0, at) + letter + text.slice(at);
          expect(isNear(text, added)).toBe(text !== added);
          expect(isNear(added, text)).toBe(text !== added);
        },
      ),
    );
    expect(isNear("gmail", "gmial")).toBe(true);
    expect(isNear("gmail", "gamil")).toBe(true);
    expect(isNear("gmail", "liamg")).toBe(false);
  });
});

describe("a matrix", () => {
  const rows = ["a", "b", "c"].map((id) => ({ id, text: id }));
  const columns = ["x", "y"].map((id) => ({ id, text: id }));

  test("with one column a row, any presses leave an answer that fits", () => {
    const matrix = asked("matrix", { rows, columns });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("x", "y"))),
        (presses) => {
          let cells: string[] | undefined;
          for (const [row, column] of presses)
            cells = cellsAfter(matrix, cells ?? [], row, column, true);
          expect(cells === undefined || checkMore(matrix, cells) === undefined).toBe(true);
          // The last press of each row stands.
          const last = new Map<string, string>(presses);
          expect(cells ?? []).toEqual(
            rows.flatMap(({ id }) => (last.has(id) ? [`${id}:${last.get(id)}`] : [])),
          );
        },
      ),
    );
  });

  test("with several, a box is ticked and unticked by itself", () => {
    const matrix = asked("matrix", { rows, columns, multiple: true });
    expect(cellsAfter(matrix, ["a:x"], "a", "y", true)).toEqual(["a:x", "a:y"]);
    expect(cellsAfter(matrix, ["a:x", "a:y"], "a", "x", false)).toEqual(["a:y"]);
    expect(cellsAfter(matrix, ["a:y"], "a", "y", false)).toBeUndefined();
  });
});

describe("a constant sum", () => {
  test("shared evenly fits, whatever the total and the options", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 2, max: 50 }),
        (total, count) => {
          const options = Array.from({ length: count }, (_, index) => ({
            id: `o${index}`,
            text: "?",
          }));
          const sum = asked("constant-sum", { options, total });
          const shared = evenly(sum);
          expect(checkMore(sum, shared)).toBeUndefined();
          const points = [...pointsOf(sum, shared).values()];
          expect(Math.max(...points) - Math.min(...points)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test("what was given and taken back again is no answer", () => {
    expect(sharesOf(new Map(Object.entries({ a: 0, b: 7 })))).toEqual(["a:0", "b:7"]);
    expect(sharesOf(new Map(Object.entries({ a: 0, b: 0 })))).toBeUndefined();
  });

  test("options without points have none", () => {
    const options = ["a", "b"].map((id) => ({ id, text: id }));
    expect([...pointsOf({ options }, undefined)]).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect([...pointsOf({ options }, ["b:3"])]).toEqual([
      ["a", 0],
      ["b", 3],
    ]);
  });
});

describe("hidden fields", () => {
  const definition = { hidden: [{ id: "source" }, { id: "desk", charactersMax: 3 }] };

  test("only those that the definition lists are taken, without blanks, cut to their length", () => {
    expect(
      hiddenAnswers(definition, { source: " poster ", desk: "👍👍👍👍", other: "x", lang: "de" }),
    ).toEqual({ source: "poster", desk: "👍👍👍" });
    expect(hiddenAnswers(definition, { source: "   " })).toEqual({});
    expect(hiddenAnswers({}, { source: "poster" })).toEqual({});
    expect(hiddenAnswers(definition, { source: "x".repeat(500) })["source"]).toHaveLength(200);
  });

  test("whatever comes, what is taken is whole Unicode and no longer than it may be", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        for (const [id, most] of [
          ["source", 200],
          ["desk", 3],
        ] as const) {
          const taken = hiddenAnswers(definition, { [id]: text })[id] ?? "";
          expect(String(taken).isWellFormed()).toBe(true);
          expect(Array.from(String(taken)).length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  test("names of an object's own making bring nothing", () => {
    const named = { hidden: [{ id: "constructor" }, { id: "to-string" }] };
    expect(hiddenAnswers(named, {})).toEqual({});
  });
});

const readGerman = (text: string) => readNumber(text, "de");

const shown = (value: number | undefined) =>
  shownText("field", value, readGerman, (number) => writeNumber(number, "de"));

test("a field shows what was typed while it says the answer, and else the answer", () => {
  expect(shown(1.5)).toBe("1,5");
  keepTyped("field", "1,50");
  expect(shown(1.5)).toBe("1,50");
  expect(shown(2)).toBe("2");
  expect(shown(undefined)).toBe("");
});

test("countries stand in a language's own order, under its own names", () => {
  const swedish = countriesIn("sv", ["SE", "AX", "DE", "EG"]).map(({ name }) => name);
  expect(swedish).toEqual(["Egypten", "Sverige", "Tyskland", "Åland"]);
  expect(countriesIn("ja").length).toBeGreaterThan(240);
  expect(likelyCountry("pt-BR")).toBe("BR");
  expect(likelyCountry("ja")).toBe("JP");
});
