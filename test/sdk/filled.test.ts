import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { filled, pluralsOf } from "../../sdk/filled.ts";

test("parts stand where the text has them, and a missing one is nothing", () => {
  expect(filled("{1} before {0}, {0} again", "en", ["a", "b"])).toBe("b before a, a again");
  expect(filled("[{2}]", "en", ["a"])).toBe("[]");
});

test("a number stands in the language's own digits and groups, a text as it is", () => {
  expect(filled("{0}", "en", [1234])).toBe("1,234");
  expect(filled("{0}", "de", [1234])).toBe("1.234");
  expect(filled("{0}", "fa", [1234])).toBe("۱٬۲۳۴");
  expect(filled("{0}", "fa", ["1234"])).toBe("1234");
});

test("plural forms are a language's categories in their order; the last serves all that are left", () => {
  const days = "{0|# day|# days}";
  expect([0, 1, 2].map((number) => filled(days, "en", [number]))).toEqual([
    "0 days",
    "1 day",
    "2 days",
  ]);
  const polish = "{0|# dzień|# dni}";
  expect([1, 2, 5, 22].map((number) => filled(polish, "pl", [number]))).toEqual([
    "1 dzień",
    "2 dni",
    "5 dni",
    "22 dni",
  ]);
  const arabic = "{0|صفر|واحد|اثنان|# قليل|# كثير|# غير}";
  expect([0, 1, 2, 3, 11, 100].map((number) => filled(arabic, "ar", [number]))).toEqual([
    "صفر",
    "واحد",
    "اثنان",
    "3 قليل",
    "11 كثير",
    "100 غير",
  ]);
  expect(pluralsOf("ar")).toEqual(["zero", "one", "two", "few", "many", "other"]);
});

test("English words under a language that counts otherwise still say a number", () => {
  for (const number of [0, 1, 2, 3, 6, 11])
    expect(filled("{0|# day|# days}", "cy", [number])).toMatch(/^\d+ days?$/);
});

test("what is filled in is never filled in itself", () => {
  assert(
    property(string(), (text) => {
      expect(filled("<{0}>", "en", [text])).toBe(`<${text}>`);
    }),
  );
  expect(filled("{0}{1}", "en", ["{1}", "$&"])).toBe("{1}$&");
});
