// The cases of values.json: which value answers a question of each kind, and why another does not. Written by hand from SPEC §2.1.
import type { AnswerFault } from "../../sdk/check-answers.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";

export interface ValueCase {
  readonly comment: string;
  readonly expect: "fits" | AnswerFault;
  /** As an author writes it; `id` and `text` are left out. */
  readonly question: Readonly<Record<string, unknown>>;
  readonly value: AnswerValue;
}

const options = ["a", "b", "c"].map((id) => ({ id, text: id }));
const image = { source: `${"0".repeat(64)}.webp`, alt: "" };
const pictures = options.map((option) => ({ ...option, image }));
const single = { kind: "single-choice", options };
const several = { kind: "multiple-choice", options };
const picture = { kind: "picture-choice", options: pictures };
const matrix = {
  kind: "matrix",
  rows: [
    { id: "taste", text: "Taste" },
    { id: "smell", text: "Smell" },
  ],
  columns: [
    { id: "bad", text: "Bad" },
    { id: "good", text: "Good" },
  ],
};
const sum = { kind: "constant-sum", options };
const number = { kind: "number" };
const email = { kind: "email" };
const phone = { kind: "phone" };
const country = { kind: "country" };

type Row = readonly [
  comment: string,
  expect: ValueCase["expect"],
  question: ValueCase["question"],
  value: AnswerValue,
];

const written: readonly Row[] = [
  ["an option", "fits", single, "a"],
  ["an option that is not there", "unknown-option", single, "d"],
  ["an option's id in capitals", "unknown-option", single, "A"],
  ["a list where one is chosen", "wrong-type", single, ["a"]],
  ["words of the reader's own where none are asked for", "unknown-option", single, "other:Tea"],
  ["words of the reader's own", "fits", { ...single, other: true }, "other:Tea"],
  ["words with a colon", "fits", { ...single, other: true }, "other:a:b"],
  ["no words after the prefix", "wrong-type", { ...single, other: true }, "other:"],
  ["only blanks after the prefix", "wrong-type", { ...single, other: true }, "other: \t"],
  ["two hundred characters", "fits", { ...single, other: true }, `other:${"👍".repeat(200)}`],
  ["one character too many", "too-long", { ...single, other: true }, `other:${"x".repeat(201)}`],
  ["the bare word", "unknown-option", { ...single, other: true }, "other"],
  ["an option beside what may be written", "fits", { ...single, other: true }, "b"],

  ["some options", "fits", several, ["a", "c"]],
  ["no option", "wrong-type", several, []],
  ["one option twice", "repeated-option", several, ["a", "a"]],
  ["too few", "too-few", { ...several, atLeast: 2 }, ["a"]],
  ["too many", "too-many", { ...several, atMost: 1 }, ["a", "b"]],
  ["an option and words", "fits", { ...several, other: true }, ["a", "other:Tea"]],
  ["words alone", "fits", { ...several, other: true }, ["other:Tea"]],
  ["words twice", "repeated-option", { ...several, other: true }, ["other:Tea", "other:Milk"]],
  ["words count as a choice", "too-many", { ...several, other: true, atMost: 1 }, ["a", "other:x"]],
  ["words where none are asked for", "unknown-option", several, ["other:Tea"]],
  ["all options and words", "fits", { ...several, other: true }, ["a", "b", "c", "other:x"]],

  ["from a menu", "fits", { kind: "dropdown", options }, "c"],
  ["nothing of a menu", "unknown-option", { kind: "dropdown", options }, ""],
  ["a whole order", "fits", { kind: "ranking", options }, ["c", "a", "b"]],
  ["half an order", "incomplete-ranking", { kind: "ranking", options }, ["c", "a"]],
  ["yes", "fits", { kind: "yes-no" }, "yes"],
  ["perhaps", "unknown-option", { kind: "yes-no" }, "perhaps"],
  ["agreed", "fits", { kind: "consent", label: "I agree" }, "agreed"],
  ["not agreed", "unknown-option", { kind: "consent", label: "I agree" }, "no"],
  ["the highest step", "fits", { kind: "rating", look: "stars" }, 5],
  ["half a star", "out-of-range", { kind: "rating", look: "stars" }, 2.5],
  ["no recommendation at all", "fits", { kind: "nps" }, 0],
  ["eleven", "out-of-range", { kind: "nps" }, 11],
  ["a step of a slider", "fits", { kind: "slider", from: 0, to: 1, step: 0.1 }, 0.3],
  [
    "between steps of a slider",
    "out-of-range",
    { kind: "slider", from: 0, to: 1, step: 0.1 },
    0.35,
  ],
  ["a short text", "fits", { kind: "short-text", charactersMax: 3 }, "äöü"],
  ["a text too long", "too-long", { kind: "short-text", charactersMax: 3 }, "abcd"],
  ["several lines", "fits", { kind: "long-text" }, "one\ntwo"],
  ["nothing but blanks", "wrong-type", { kind: "long-text" }, " \n "],
  ["a leap day", "fits", { kind: "date" }, "2028-02-29"],
  ["a day that is not", "wrong-type", { kind: "date" }, "2026-02-29"],
  ["a year alone", "wrong-type", { kind: "date" }, "2026"],
  ["a year of six digits", "wrong-type", { kind: "date" }, "+012026-01-01"],
  ["a date with a time", "wrong-type", { kind: "date" }, "2026-01-01T00:00:00Z"],

  ["a picture", "fits", picture, "b"],
  ["no such picture", "unknown-option", picture, "z"],
  ["a list where one picture is chosen", "wrong-type", picture, ["b"]],
  ["pictures", "fits", { ...picture, multiple: true }, ["b", "a"]],
  ["one picture where several may be", "wrong-type", { ...picture, multiple: true }, "b"],
  ["too few pictures", "too-few", { ...picture, multiple: true, atLeast: 2 }, ["b"]],
  ["too many pictures", "too-many", { ...picture, multiple: true, atMost: 1 }, ["a", "b"]],

  ["a cell of each row", "fits", matrix, ["taste:good", "smell:bad"]],
  ["one row, nothing required", "fits", matrix, ["taste:good"]],
  ["one row, all required", "incomplete-matrix", { ...matrix, required: true }, ["taste:good"]],
  ["two columns of a row", "too-many", matrix, ["taste:good", "taste:bad"]],
  [
    "two columns, several allowed",
    "fits",
    { ...matrix, multiple: true },
    ["taste:good", "taste:bad"],
  ],
  [
    "several allowed, and every row required",
    "incomplete-matrix",
    { ...matrix, multiple: true, required: true },
    ["taste:good", "taste:bad"],
  ],
  ["a cell twice", "repeated-option", matrix, ["taste:good", "taste:good"]],
  ["a column as a row", "unknown-option", matrix, ["good:taste"]],
  ["a row alone", "unknown-option", matrix, ["taste"]],
  ["no cell", "wrong-type", matrix, []],
  ["a cell without a list", "wrong-type", matrix, "taste:good"],

  ["a number", "fits", number, -12.75],
  ["zero", "fits", number, 0],
  ["a number as text", "wrong-type", number, "12"],
  ["larger than any", "out-of-range", number, 1e13],
  ["at its upper bound", "fits", { ...number, from: 1, to: 9 }, 9],
  ["above it", "out-of-range", { ...number, from: 1, to: 9 }, 9.5],
  ["below its lower bound", "out-of-range", { ...number, from: 1, to: 9 }, 0],
  ["a step from its lower bound", "fits", { ...number, from: 0.5, step: 0.25 }, 1.25],
  ["between steps", "off-step", { ...number, from: 0.5, step: 0.25 }, 1.3],
  ["a step below zero", "fits", { ...number, step: 0.1 }, -0.3],
  ["a step far from zero", "fits", { ...number, step: 0.01 }, 658380674276.59],
  ["between steps far from zero", "off-step", { ...number, step: 0.01 }, 658380674276.595],
  ["an even number far from zero", "fits", { ...number, step: 2 }, 999_999_999_998],
  ["an odd one", "off-step", { ...number, step: 2 }, 999_999_999_999],

  ["an address", "fits", email, "ann@example.com"],
  ["letters of another script before the at", "fits", email, "ünï+tag@example.com"],
  ["a domain of another script, in ASCII", "fits", email, "ann@xn--bcher-kva.example"],
  ["the same as it is typed", "no-email", email, "ann@bücher.example"],
  ["a domain in capitals", "no-email", email, "ann@Example.com"],
  ["no top level", "no-email", email, "ann@localhost"],
  ["a number for a domain", "no-email", email, "ann@127.0.0.1"],
  ["two ats", "no-email", email, "ann@b@example.com"],
  ["a blank inside", "no-email", email, "an n@example.com"],
  ["a line end, as headers have", "no-email", email, "ann@example.com\nBcc: x@example.com"],
  ["a zero byte", "no-email", email, "a\u0000@example.com"],
  ["sixty-five characters before the at", "no-email", email, `${"a".repeat(65)}@example.com`],
  ["a whole too long", "no-email", email, `a@${`${"b".repeat(60)}.`.repeat(5)}com`],
  ["a number for an address", "wrong-type", email, 5],

  ["a telephone number", "fits", phone, "+493012345678"],
  ["fifteen digits", "fits", phone, "+123456789012345"],
  ["sixteen digits", "no-phone", phone, "+1234567890123456"],
  ["six digits", "no-phone", phone, "+123456"],
  ["no plus", "no-phone", phone, "493012345678"],
  ["a zero first", "no-phone", phone, "+0301234567"],
  ["as it is typed", "no-phone", phone, "+49 30 1234"],

  ["a country", "fits", country, "FR"],
  ["Kosovo", "fits", country, "XK"],
  ["in small letters", "unknown-option", country, "fr"],
  ["no country", "unknown-option", country, "ZZ"],
  ["its name", "unknown-option", country, "France"],
  ["one of those asked for", "fits", { ...country, countries: ["AT", "CH"] }, "CH"],
  ["none of those asked for", "unknown-option", { ...country, countries: ["AT", "CH"] }, "FR"],

  ["the highest opinion", "fits", { kind: "opinion-scale" }, 7],
  ["above it", "out-of-range", { kind: "opinion-scale" }, 8],
  ["zero, from one", "out-of-range", { kind: "opinion-scale" }, 0],
  ["zero, from zero", "fits", { kind: "opinion-scale", from: 0, steps: 11 }, 0],
  ["ten of eleven from zero", "fits", { kind: "opinion-scale", from: 0, steps: 11 }, 10],
  ["eleven of eleven from zero", "out-of-range", { kind: "opinion-scale", from: 0, steps: 11 }, 11],

  ["a hundred points", "fits", sum, ["a:50", "b:50", "c:0"]],
  ["in another order", "fits", sum, ["c:0", "b:50", "a:50"]],
  ["ninety-nine points", "wrong-sum", sum, ["a:50", "b:49", "c:0"]],
  ["an option left out", "wrong-sum", sum, ["a:50", "b:50"]],
  ["an option twice", "repeated-option", sum, ["a:50", "a:50", "b:0"]],
  ["fewer than none", "unknown-option", sum, ["a:-1", "b:101", "c:0"]],
  ["half points", "unknown-option", sum, ["a:50.5", "b:49.5", "c:0"]],
  ["points with a zero before", "unknown-option", sum, ["a:050", "b:50", "c:0"]],
  ["no points", "unknown-option", sum, ["a", "b", "c"]],
  ["ten to share", "fits", { ...sum, total: 10 }, ["a:10", "b:0", "c:0"]],
];

export const valueCases: readonly ValueCase[] = written.map(
  ([comment, expect, question, value]) => ({ comment, expect, question, value }),
);
