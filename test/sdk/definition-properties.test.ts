// Whatever an author writes that is let through: ways end, answers that fit pass and bent ones do not, both sides agree.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { questionsOnPath } from "../../sdk/branching.ts";
import { answersForRules, calculatedOf, pathOf } from "../../sdk/calculated.ts";
import { checkAnswers } from "../../sdk/check-all.ts";
import { checkMore } from "../../sdk/check-more.ts";
import { checkWidget } from "../../sdk/check-widget.ts";
import { answerOfOption, answerOfOptions, optionsOf } from "../../sdk/options.ts";
import { piped, saidBy } from "../../sdk/piping.ts";
import { Answers, type AnswerValue } from "../../sdk/schema/answer.ts";
import type { Definition, Question } from "../../sdk/schema/widget.ts";
import { outcomeOf } from "../../sdk/scoring.ts";
import { anyWidget, answersTo, answerTo } from "./definitions.ts";

const answered = anyWidget.chain((widget) => fc.tuple(fc.constant(widget), answersTo(widget)));

/** What a page sends: answers on the way, and hidden fields. */
function sentOf(definition: Definition, answers: Answers): Answers {
  const way = pathOf(definition, answers).map(({ id }) => id);
  const kept = [...way, ...(definition.hidden ?? []).map(({ id }) => id)];
  return Object.fromEntries(Object.entries(answers).filter(([id]) => kept.includes(id)));
}

test("what is drawn is what an author may publish", () => {
  fc.assert(
    fc.property(anyWidget, (widget) => {
      expect(checkWidget(widget)).toEqual([]);
    }),
  );
});

test("every way ends, in the definition's order, and asks nothing twice", () => {
  fc.assert(
    fc.property(answered, ([widget, answers]) => {
      const indices = pathOf(widget, answers).map((question) => widget.questions.indexOf(question));
      expect(indices).toEqual([...new Set(indices)].sort((one, next) => one - next));
      expect(indices[0]).toBe(0);
    }),
  );
});

test("what the page sends is what the server takes: the same way, values and outcome", () => {
  fc.assert(
    fc.property(answered, ([widget, answers]) => {
      const sent = sentOf(widget, answers);
      expect([...checkAnswers(widget, sent)]).toEqual([]);
      expect(Answers.parse(sent)).toEqual(sent);
      expect(pathOf(widget, sent)).toEqual(pathOf(widget, answers));
      expect(calculatedOf(widget, sent)).toEqual(calculatedOf(widget, answers));
      expect(outcomeOf(widget, sent)).toEqual(outcomeOf(widget, answers));
    }),
  );
});

test("rules look at settled values: once more over them changes nothing", () => {
  fc.assert(
    fc.property(answered, ([widget, answers]) => {
      const way = questionsOnPath(widget, answersForRules(widget, answers));
      const values = calculatedOf(widget, answers);
      expect(questionsOnPath(widget, { ...answersForRules(widget, answers), ...values })).toEqual(
        way,
      );
    }),
  );
});

/** Bends an answer so that it cannot fit: by its type, or by a member that is nobody's. */
const bent = (question: Question, value: AnswerValue): AnswerValue[] => [
  ...(Array.isArray(value) ? [[], [...value, ...value], ["nobody"], [...value, "nobody:0"]] : []),
  ...(typeof value === "number" ? [value + 0.123456, Number.NaN, 1e15, String(value)] : []),
  ...(typeof value === "string" && !question.kind.endsWith("text")
    ? ["nobody", "", 4, [value]]
    : []),
  ...(question.kind.endsWith("text") ? [" ", 7, "x".repeat(2001)] : []),
];

test("an answer that fits passes, and none of its bent forms does", () => {
  fc.assert(
    fc.property(
      anyWidget.chain((widget) =>
        fc
          .constantFrom(...widget.questions)
          .chain((question) => fc.tuple(fc.constant(question), answerTo(question))),
      ),
      ([question, value]) => {
        expect(checkMore(question, value)).toBeUndefined();
        // A number without steps may have any decimals, and what is bent must be outside for it.
        for (const wrong of bent(question, value))
          if (!(question.kind === "number" && typeof wrong === "number" && wrong < 1e15))
            expect(checkMore(question, wrong), JSON.stringify([question, wrong])).toBeDefined();
      },
    ),
  );
});

test("an answer of a question off the way, or of none, is refused", () => {
  fc.assert(
    fc.property(answered, ([widget, answers]) => {
      const sent = sentOf(widget, answers);
      for (const [id, value] of Object.entries(answers))
        if (!(id in sent))
          expect(checkAnswers(widget, { ...sent, [id]: value }).get(id)).toBe("not-on-path");
      expect(checkAnswers(widget, { ...sent, sum: 3 }).get("sum")).toBe("not-on-path");
    }),
  );
});

test("one tapped option is the answer of its index alone, and fits", () => {
  fc.assert(
    fc.property(anyWidget, ({ questions }) => {
      for (const question of questions) {
        if (question.kind === "matrix") continue;
        const options = optionsOf(question);
        for (const index of options.keys()) {
          const value = answerOfOption(question, index);
          expect(value).toEqual(answerOfOptions(question, [index]));
          if (value !== undefined) expect(checkMore(question, value)).toBeUndefined();
        }
        expect(answerOfOption(question, options.length)).toBeUndefined();
      }
    }),
  );
});

test("what is repeated is one line of data: no pipe in it is followed, no line or direction breaks out", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("[[a|b]]", "$&", "$1", "<script>", "\u202edlrow", "a\r\nb", "שלום", "]]"),
  );
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1 }), (parts) => {
      const said = parts.join("");
      const text = piped("Hi [[name|there]]!", (id) => (id === "name" ? said : "FOLLOWED"));
      expect(text).not.toContain("FOLLOWED");
      expect(text).not.toMatch(/[\n\r\u202a-\u202e]/);
      expect(text.startsWith("Hi ") && text.endsWith("!")).toBe(true);
      expect(Array.from(text).length).toBeLessThanOrEqual(200 + "Hi !".length + 2);
      const open = text.split("\u2068").length;
      expect(open).toBe(text.split("\u2069").length);
      expect(open).toBeLessThanOrEqual(2);
    }),
  );
});

test("a widget's own pipes say what was answered, or their fallback", () => {
  fc.assert(
    fc.property(answered, ([widget, answers]) => {
      const said = saidBy(widget, sentOf(widget, answers), "en");
      for (const { text } of widget.questions) {
        if (typeof text !== "string") continue;
        expect(piped(text, said)).toMatch(/^Hi .+/);
        expect(piped(text, () => undefined)).toMatch(/^Hi (you|there)$/);
      }
    }),
  );
});
