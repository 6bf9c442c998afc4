// Any definition that the schema takes and `checkWidget` passes, and answers to it: what properties are tried on.
import * as fc from "fast-check";
import { optionsOf } from "../../sdk/options.ts";
import { otherValue } from "../../sdk/other-text.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import { Definition, Widget, type Question } from "../../sdk/schema/widget.ts";

const ids = ["a", "b", "c", "d", "e", "f"] as const;
const words = fc.constantFrom("Tea", "ضغط", "<b>x</b>", "[not a pipe]", "☕️");
const image = { source: `${"1".repeat(64)}.png`, alt: "" };
const points = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });

const optionList = (more: object = {}) =>
  fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.array(points, { minLength: 5, maxLength: 5 }), words)
    .map(([count, worth, said]) =>
      Array.from({ length: count }, (_, index) => ({
        id: `o${index}`,
        text: said,
        ...(worth[index] !== undefined && { points: worth[index] }),
        ...more,
      })),
    );
const withoutPoints = optionList().map((options) =>
  options.map(({ id, text: said }) => ({ id, text: said })),
);
const maybe = <Value>(value: Value) => fc.option(fc.constant(value), { nil: undefined });

/** The members of each kind, beside id and text. */
const kinds: readonly fc.Arbitrary<object>[] = [
  fc.record({ kind: fc.constant("single-choice"), options: optionList(), other: maybe(true) }),
  fc.record({ kind: fc.constant("multiple-choice"), options: optionList(), other: maybe(true) }),
  fc.record({ kind: fc.constant("dropdown"), options: optionList() }),
  fc.record({ kind: fc.constant("ranking"), options: withoutPoints }),
  fc.record({ kind: fc.constant("rating"), steps: fc.integer({ min: 3, max: 10 }) }),
  fc.constant({ kind: "nps" }),
  fc.constant({ kind: "yes-no" }),
  fc.constant({ kind: "slider", from: -1, to: 1, step: 0.1 }),
  fc.constant({ kind: "short-text", charactersMax: 10 }),
  fc.constant({ kind: "long-text" }),
  fc.constant({ kind: "date", earliest: "2026-01-01" }),
  fc.constant({ kind: "consent", label: "Yes" }),
  fc.record({
    kind: fc.constant("picture-choice"),
    options: optionList({ image }),
    multiple: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("matrix"),
    rows: fc.constant(["r0", "r1", "r2"].map((id) => ({ id, text: id }))),
    columns: fc.constant(["k0", "k1"].map((id, index) => ({ id, text: id, points: index }))),
    multiple: fc.boolean(),
  }),
  fc.constant({ kind: "number", from: -10, to: 10 }),
  fc.constant({ kind: "email" }),
  fc.constant({ kind: "phone", country: "DE" }),
  fc.constant({ kind: "country" }),
  fc.record({ kind: fc.constant("opinion-scale"), from: fc.constantFrom(0, 1) }),
  fc.record({
    kind: fc.constant("constant-sum"),
    options: withoutPoints,
    total: fc.integer({ min: 1, max: 100 }),
  }),
];

const numeric = ["rating", "nps", "slider", "number", "opinion-scale", "yes-no", "single-choice"];
const piped = ["rating", "short-text", "single-choice", "number", "country"];

interface Drawn {
  readonly members: object & { readonly kind?: string; readonly other?: true };
  readonly required: boolean;
  /** Where a rule leads, as a share of what is left. */
  readonly jump: number;
  readonly atLeast: number;
}

/** What a rule asks of the question itself. */
const whenOf = ({ kind, other }: Drawn["members"]): object => {
  if (!other) return { answered: true };
  return kind === "multiple-choice" ? { includes: "other" } : { is: "other" };
};

/** Rules lead forward; what is repeated and compared comes earlier. Whatever else a draw would break, `checkWidget` is asked. */
function assembled(drawn: readonly Drawn[]): object {
  const kindOf = (index: number): string => drawn[index]?.members.kind ?? "";
  const add = drawn.flatMap((_, index) =>
    numeric.includes(kindOf(index)) ? [{ question: ids[index], times: 2 }] : [],
  );
  const last = drawn.findLastIndex((_, index) => numeric.includes(kindOf(index)));
  return {
    maily: 1,
    title: "T",
    languages: ["en"],
    hidden: [{ id: "source" }],
    ...(add.length > 0 && { calculated: [{ id: "sum", start: 1, add }] }),
    questions: drawn.map(({ members, required, jump, atLeast }, index) => {
      const left = drawn.length - index - 1;
      const to = index + 1 + Math.floor(jump * (left + 1));
      const go = ids[to] !== undefined && to < drawn.length ? ids[to] : "end";
      const earlier = drawn.findIndex((_, place) => place < index && piped.includes(kindOf(place)));
      return {
        id: ids[index],
        text: earlier < 0 ? "Hi [[source|you]]" : `Hi [[${ids[earlier] ?? ""}|there]]`,
        required,
        ...(add.length > 0 && index >= last
          ? { next: [{ when: { value: "sum", atLeast }, go }] }
          : { next: [{ when: whenOf(members), go }] }),
        ...members,
      };
    }),
    outcomes: [
      ...(add.length > 0 ? [{ id: "high", title: "H", when: { value: "sum", atLeast: 9 } }] : []),
      { id: "plain", title: "P" },
    ],
  };
}

export const notice = {
  version: 1,
  controller: { name: "Orchard", contact: "a@b.example" },
  retentionDays: 30,
  text: "hi",
  purposes: [{ id: "results", text: "count" }],
};

const drawnQuestion: fc.Arbitrary<Drawn> = fc.record({
  members: fc.oneof(...kinds),
  required: fc.boolean(),
  jump: fc.double({ min: 0, max: 0.999, noNaN: true }),
  atLeast: fc.integer({ min: -10, max: 30 }),
});

export const anyWidget: fc.Arbitrary<Widget> = fc
  .array(drawnQuestion, { minLength: 1, maxLength: ids.length })
  // What fast-check leaves undefined is not written.
  .map((drawn) => Widget.parse(JSON.parse(JSON.stringify({ ...assembled(drawn), notice }))));

const someOf = (values: readonly string[]) =>
  fc.shuffledSubarray([...values], { minLength: 1, maxLength: values.length });

/** Points that sum to `total`, from shares. */
function shared(options: readonly string[], total: number, shares: readonly number[]): string[] {
  let left = total;
  return options.map((id, index) => {
    const part = index === options.length - 1 ? left : Math.floor(left * (shares[index] ?? 0));
    left -= part;
    return `${id}:${part}`;
  });
}

/** An answer that fits. */
export function answerTo(question: Question): fc.Arbitrary<AnswerValue> {
  const options = optionsOf(question);
  const choice = options.length > 0 ? fc.constantFrom(...options) : fc.constant("");
  const own = fc.constantFrom("Tea", "a:b", "👍").map(otherValue);
  switch (question.kind) {
    case "single-choice":
      return question.other ? fc.oneof(choice, own) : choice;
    case "multiple-choice": {
      const some = someOf(options.map(String));
      return question.other ? fc.tuple(some, own).map(([list, said]) => [...list, said]) : some;
    }
    case "picture-choice":
      return question.multiple ? someOf(options.map(String)) : choice;
    case "ranking": {
      const all = question.options.map(({ id }) => id);
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    }
    case "matrix": {
      const { rows, columns } = question;
      return fc
        .array(fc.nat({ max: columns.length - 1 }), {
          minLength: rows.length,
          maxLength: rows.length,
        })
        .map((chosen) => rows.map(({ id }, row) => `${id}:${columns[chosen[row] ?? 0]?.id ?? ""}`));
    }
    case "constant-sum": {
      const all = question.options.map(({ id }) => id);
      return fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
        .map((shares) => shared(all, question.total, shares));
    }
    case "number":
      return fc.integer({ min: question.from ?? -5, max: question.to ?? 5 });
    case "short-text":
    case "long-text":
      return fc.constantFrom("hello", "[[a|b]]", "<i>", "مرحبا");
    case "date":
      return fc.constantFrom("2026-01-01", "2028-02-29");
    case "email":
      return fc.constantFrom("ann@example.com", "b+c@sub.example.org");
    case "phone":
      return fc.constantFrom("+493012345678", "+12025550123");
    case "country":
      return fc.constantFrom("FR", "XK");
    default:
      return choice;
  }
}

/** Answers that fit, to all questions of a definition: more than any way through it asks. */
export const answersTo = (definition: Definition): fc.Arbitrary<Record<string, AnswerValue>> =>
  fc.record({
    ...Object.fromEntries(
      definition.questions.map((question) => [question.id, answerTo(question)] as const),
    ),
    source: fc.constantFrom("poster", "[[a|b]]"),
  });
