// The mail against the page: whatever an author writes and a reader taps, both ask the same questions, send the same answers
// and show the same result.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readExpression } from "../../demo/amp-expression.ts";
import type { Scope } from "../../demo/amp-values.ts";
import { questionsOnPath } from "../../sdk/branching.ts";
import { answerOfOptions, optionsOf } from "../../sdk/options.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import { Widget, type Question } from "../../sdk/schema/widget.ts";
import { outcomeOf } from "../../sdk/scoring.ts";
import { ampPart } from "../../widget/email/amp.ts";
import { findsOutcome } from "../../widget/email/amp-outcome.ts";
import { codeOf, filledAmp } from "./amp-mail.ts";
import { after, stateOf, tagsOf, type Tag } from "./amp-tags.ts";
import { fixtures } from "./fixtures/fixtures.ts";
import { viewIn } from "./views.ts";

const outcomeIds = ["red", "green", "blue"];
const kinds = [
  "single-choice",
  "multiple-choice",
  "dropdown",
  "yes-no",
  "rating",
  "nps",
  "slider",
  "consent",
  "long-text",
  "ranking",
  "picture-choice",
  "opinion-scale",
  "matrix",
  "number",
] as const;
type Drawn = { kind: (typeof kinds)[number]; required: boolean; numbers: readonly number[] };

const drawnQuestions = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    required: fc.boolean(),
    // What the rest is made from: targets, points, conditions, taps.
    numbers: fc.array(fc.nat(1000), { minLength: 24, maxLength: 24 }),
  }),
  { minLength: 2, maxLength: 7 },
);

const optionIds = ["a", "b", "c", "d"];
const rowIds = ["x", "y", "z"];
const image = { source: `${"0".repeat(64)}.png`, alt: "", width: 10, height: 10 };

/** A question of any kind with branches of any kind, all of them forward. */
function questionOf({ kind, required, numbers }: Drawn, index: number, count: number): object {
  const draw = (place: number, below: number): number => (numbers[place] ?? 0) % below;
  const target = (place: number): string => {
    const to = index + 1 + draw(place, count - index);
    return to >= count ? "end" : `q${to}`;
  };
  const named = optionIds[draw(20, 4)] ?? "";
  const listed = kind === "matrix" ? `${rowIds[draw(20, 3)] ?? ""}:${named}` : named;
  const conditions = [
    {},
    { answered: true },
    { answered: false },
    { includes: listed },
    { is: optionIds[draw(21, 4)] },
    { atLeast: draw(22, 8) },
    { atMost: draw(23, 8) },
    { includes: listed, answered: true },
    { includes: listed, answered: false },
  ];
  const rules = Array.from({ length: draw(0, 5) }, (_, rule) => ({
    when: conditions[draw(1 + rule, conditions.length)],
    go: target(5 + rule),
  }));
  const options = optionIds.map((id, option) => ({
    id,
    text: id,
    ...(draw(9 + option, 3) === 0 && { next: target(9 + option) }),
    ...(draw(11 + option, 3) === 0 && { points: draw(11 + option, 9) / 4 - 1 }),
    ...(draw(13 + option, 2) === 0 && {
      scores: { [outcomeIds[draw(13 + option, 3)] ?? ""]: draw(13 + option, 9) - 4 },
    }),
  }));
  const common = {
    id: `q${index}`,
    kind,
    text: "?",
    required: required && !["long-text", "ranking", "number"].includes(kind),
    ...(rules.length > 0 && { next: rules }),
  };
  switch (kind) {
    case "single-choice":
    case "dropdown":
    case "ranking":
      return { ...common, options };
    case "multiple-choice":
      return { ...common, options, atLeast: 1 + draw(17, 2), atMost: 2 + draw(18, 3) };
    case "picture-choice":
      return {
        ...common,
        options: options.map((each) => ({ ...each, image })),
        ...(draw(19, 2) === 0 && { multiple: true, atLeast: 1 + draw(17, 2) }),
      };
    case "matrix":
      return {
        ...common,
        rows: rowIds.map((id) => ({ id, text: id })),
        columns: optionIds.map((id) => ({ id, text: id })),
        multiple: draw(19, 2) === 0,
      };
    case "slider":
      return { ...common, from: -2, to: draw(19, 2) === 0 ? 5 : 40 };
    case "consent":
      return { ...common, label: "Yes" };
    default:
      return common;
  }
}

/** Outcomes by points alone, or some by calculated values: of any answers but a matrix'. */
function resultsOf(drawn: readonly Drawn[]): object {
  const numbers = drawn[0]?.numbers ?? [];
  const draw = (place: number, below: number): number => (numbers[place] ?? 0) % below;
  const addends = drawn.flatMap(({ kind }, index) =>
    kind === "matrix" || (draw(index, 3) === 0 && index > 0)
      ? []
      : [{ question: `q${index}`, times: draw(index + 1, 7) / 10 - 0.2 }],
  );
  const ways = draw(3, 4);
  const outcomes = outcomeIds.map((id, rank) => ({
    id,
    title: id,
    ...(ways > rank &&
      addends.length > 0 && {
        when: {
          value: rank === 1 ? "more" : "sum",
          ...(draw(4 + rank, 2) === 0
            ? { atLeast: draw(5, 40) / 10 }
            : { atMost: draw(5, 30) / 10 }),
        },
      }),
  }));
  return addends.length === 0
    ? { outcomes }
    : {
        outcomes,
        calculated: [
          { id: "sum", start: draw(6, 3) / 10, add: addends },
          { id: "more", start: -1, add: addends.slice(0, 2) },
        ],
      };
}

const widgetOf = (drawn: readonly Drawn[]): Widget =>
  Widget.parse({
    maily: 1,
    title: "?",
    languages: ["en"],
    questions: drawn.map((each, index) => questionOf(each, index, drawn.length)),
    ...resultsOf(drawn),
    notice: {
      version: 1,
      controller: { name: "A", contact: "a@a.example" },
      text: "!",
      retentionDays: 1,
      purposes: [{ id: "results", text: "!" }],
    },
  });

/** Whether a reader ticks boxes, and may untick them. */
const isTicked = (question: Question): boolean =>
  question.kind === "multiple-choice" || ("multiple" in question && question.multiple);

/** Of a matrix: one cell a row, or several; every row where it is required, else those that are drawn. */
function cellsFor(question: Extract<Question, { kind: "matrix" }>, draw: number): number[] {
  const { rows, columns, required, multiple } = question;
  return rows.flatMap((_, row) => {
    if (!required && (draw + row) % 3 === 0) return [];
    const cell = (more: number): number =>
      row * columns.length + ((draw + row + more) % columns.length);
    return (multiple && draw % 2 === 0 ? [cell(0), cell(1)] : [cell(0)]).sort((a, b) => a - b);
  });
}

/** The indices that a reader chooses; fitting `question`, or none where it may be left out. */
function chosenFor(question: Question, numbers: readonly number[], place: number): number[] {
  const count = optionsOf(question).length;
  if (count === 0) return [];
  const draw = numbers[place % numbers.length] ?? 0;
  if (!question.required && draw % 3 === 0) return [];
  if (question.kind === "matrix") return cellsFor(question, draw);
  if (!isTicked(question)) return [draw % count];
  const { atLeast = 1, atMost = count } = question as { atLeast?: number; atMost?: number }; // Both kinds have them.
  const length = atLeast + (draw % (Math.min(atMost, count) - atLeast + 1));
  return Array.from({ length }, (_, rank) => (draw + rank) % count).sort((a, b) => a - b);
}

interface Machine {
  state: Scope;
  readonly tags: readonly Tag[];
  /** Of each step, its button that leads on. */
  readonly onward: readonly Tag[];
}

function machineOf(html: string): Machine {
  const steps = html.split('<section class="step"').slice(1);
  return {
    state: stateOf(html),
    tags: tagsOf(html),
    onward: steps.map((step) =>
      tagsOf(step).findLast(({ attributes }) => attributes["class"] === "main")!,
    ),
  };
}

const byId = ({ tags }: Machine, id: string): Tag | undefined =>
  tags.find(({ attributes }) => attributes["id"] === id);

/** What a reader does to choose: one event of one control. */
function tap(machine: Machine, index: number, option: number, checked = true): void {
  const direct = byId(machine, `q${index}-${option}`);
  const control =
    direct ??
    machine.tags.find(({ attributes }) => attributes["aria-labelledby"] === `q${index}-text`);
  if (control === undefined) throw new Error(`nothing to tap for q${index}`);
  const detail =
    direct === undefined ? { value: String(option), valueAsNumber: option } : { checked };
  machine.state = after(machine.state, control, "change", detail);
}

const at = ({
  state,
}: Machine): { step: number; path: number[]; fault: boolean; outcome: number } =>
  state["at"] as never;

/** An expression's text. */
function readText(expression: string, state: Scope): string {
  const text = readExpression(expression)(state);
  if (typeof text !== "string") throw new Error(`no text: ${expression}`);
  return text;
}

/** Codes that would be posted now: of hidden inputs that are not disabled. */
const posted = ({ state, tags }: Machine): string[] =>
  tags.flatMap(({ attributes: { name = "", "[value]": value, "[disabled]": disabled } }) =>
    name.startsWith("q.") && value !== undefined && disabled !== undefined
      ? readExpression(disabled)(state) === true
        ? []
        : [readText(value, state)]
      : [],
  );

/** From where the mail stands to its last step; what was tapped, by question id. */
function answerAll(
  machine: Machine,
  widget: Widget,
  numbers: readonly number[],
  before: Readonly<Record<string, number[]>> = {},
): Record<string, number[]> {
  const tapped: Record<string, number[]> = { ...before };
  for (let turn = 0; at(machine).step < widget.questions.length; turn++) {
    expect(turn, "the way ends").toBeLessThan(60);
    const index = at(machine).step;
    const question = widget.questions[index]!;
    const chosen = chosenFor(question, numbers, index);
    const old = tapped[question.id] ?? [];
    if (isTicked(question)) for (const option of old) tap(machine, index, option, false);
    for (const option of chosen) tap(machine, index, option);
    // A row of a matrix keeps its cell until another is chosen.
    const width = question.kind === "matrix" ? question.columns.length : 1;
    const rows = new Set(chosen.map((option) => Math.floor(option / width)));
    const kept =
      question.kind === "matrix" && !question.multiple
        ? old.filter((option) => !rows.has(Math.floor(option / width)))
        : [];
    if (chosen.length > 0) tapped[question.id] = [...kept, ...chosen];
    else if (isTicked(question)) delete tapped[question.id];
    machine.state = after(machine.state, machine.onward[index]!, "tap");
    expect(at(machine).fault, question.id).toBe(false);
  }
  return tapped;
}

/** The page's own reading of the same taps. */
function expectAsOnPage(machine: Machine, widget: Widget, tapped: Record<string, number[]>): void {
  const all: Answers = {};
  for (const question of widget.questions) {
    const value = answerOfOptions(question, tapped[question.id] ?? []);
    if ((tapped[question.id]?.length ?? 0) > 0 && value !== undefined) all[question.id] = value;
  }
  const path = questionsOnPath(widget, all);
  expect(at(machine).path).toEqual(path.map((question) => widget.questions.indexOf(question)));
  const sent = path.flatMap((question) =>
    (tapped[question.id] ?? []).map((option) => codeOf(widget.questions.indexOf(question), option)),
  );
  expect(posted(machine).toSorted()).toEqual(sent.toSorted());
  const form = machine.tags.find(({ name }) => name === "form")!;
  machine.state = after(machine.state, form, "submit-success", { response: { receipt: "r" } });
  const onPath: Answers = Object.fromEntries(
    path.flatMap(({ id }) => (all[id] === undefined ? [] : [[id, all[id]]])),
  );
  if (findsOutcome(viewIn(widget, widget.languages[0] ?? "en")))
    expect(widget.outcomes[at(machine).outcome]?.id).toBe(outcomeOf(widget, onPath)?.id);
}

describe("the way through the mail is the way through the page", () => {
  const taps = fc.array(fc.nat(1000), { minLength: 7, maxLength: 7 });

  test("for any branches, points and taps, there and after a change of mind", () => {
    fc.assert(
      fc.property(drawnQuestions, taps, taps, (drawn, first, second) => {
        const widget = widgetOf(drawn);
        // With a matrix of one answer a row both ways of holding codes have hidden inputs alone.
        const grid = widget.questions.some((each) => each.kind === "matrix" && !each.multiple);
        const codes = grid && first[0]! % 2 === 0 ? "direct" : "packed";
        const part = ampPart(viewIn(widget, "en"), { codes });
        fc.pre(part !== undefined && tagsOf(part.amp).some(({ name }) => name === "section"));
        const html = filledAmp(part);
        fc.pre(html.includes('class="track"'));
        const machine = machineOf(html);
        const tapped = answerAll(machine, widget, first);
        expectAsOnPage(machine, widget, tapped);
        // "Change my answer": what was chosen stays chosen, and may lead elsewhere now.
        const change = machine.tags.findLast(({ attributes }) =>
          attributes["on"]?.includes("view:'ask',step:0"),
        )!;
        machine.state = after(machine.state, change, "tap");
        expect(at(machine).step).toBe(0);
        expectAsOnPage(machine, widget, answerAll(machine, widget, second, tapped));
      }),
      { numRuns: 300 },
    );
  });

  test("sums that are not exact in binary meet their bounds, there and on the page", () => {
    const widget = Widget.parse({
      ...widgetOf([{ kind: "single-choice", required: false, numbers: [] }]),
      // 0.1 + 0.2 - 0.3 is some dust above 0.
      calculated: [
        {
          id: "sum",
          start: 0.1,
          add: [
            { question: "q0", times: 0.2 },
            { question: "q1", times: -0.3 },
          ],
        },
      ],
      questions: ["q0", "q1"].map((id) => ({
        id,
        kind: "single-choice",
        text: "?",
        options: optionIds.map((option) => ({ id: option, text: option, points: 1 })),
      })),
      outcomes: [
        { id: "nothing", title: "?", when: { value: "sum", atMost: 0 } },
        { id: "something", title: "?" },
      ],
    });
    const machine = machineOf(filledAmp(ampPart(viewIn(widget, "en"), { codes: "packed" })!));
    expectAsOnPage(machine, widget, answerAll(machine, widget, [1, 1]));
    expect(at(machine).outcome).toBe(0);
  });

  for (const { name, widget } of fixtures) {
    const [language = "en"] = widget.languages;
    const part = ampPart(viewIn(widget, language), { codes: "packed" });
    if (part?.amp.includes('class="track"') !== true) continue;
    test(`of the fixture: ${name}`, () => {
      for (let seed = 0; seed < 8; seed++) {
        const machine = machineOf(filledAmp(part));
        const numbers = widget.questions.map((_, index) => seed * 7 + index * 5 + 1);
        expectAsOnPage(machine, widget, answerAll(machine, widget, numbers));
      }
    });
  }
});

test("a required question holds the reader until it is answered, and says so", () => {
  const { widget } = {
    widget: widgetOf([
      { kind: "single-choice", required: true, numbers: [] },
      { kind: "yes-no", required: false, numbers: [] },
    ]),
  };
  const machine = machineOf(filledAmp(ampPart(viewIn(widget, "en"), { codes: "packed" })!));
  machine.state = after(machine.state, machine.onward[0]!, "tap");
  expect(at(machine)).toMatchObject({ step: 0, path: [], fault: true });
  tap(machine, 0, 2);
  machine.state = after(machine.state, machine.onward[0]!, "tap");
  expect(at(machine).fault).toBe(false);
  expect(at(machine).path).toEqual([0]);
});

/** The step after Next was tapped at the first. */
const next = (machine: Machine): number => {
  machine.state = after(machine.state, machine.onward[0]!, "tap");
  return at(machine).step;
};

test("several answers that are too few hold the reader, none of an optional question do not", () => {
  const widget = Widget.parse({
    ...widgetOf([
      { kind: "yes-no", required: false, numbers: [] },
      { kind: "yes-no", required: false, numbers: [] },
    ]),
    questions: [
      {
        id: "q0",
        kind: "multiple-choice",
        text: "?",
        atLeast: 2,
        atMost: 3,
        options: optionIds.map((id) => ({ id, text: id })),
      },
      { id: "q1", kind: "yes-no", text: "?" },
    ],
  });
  const fresh = (): Machine =>
    machineOf(filledAmp(ampPart(viewIn(widget, "en"), { codes: "packed" })!));
  expect(next(fresh())).toBe(1);
  const one = fresh();
  tap(one, 0, 3);
  expect(next(one)).toBe(0);
  tap(one, 0, 1);
  expect(next(one)).toBe(1);
  const unticked = fresh();
  tap(unticked, 0, 3);
  tap(unticked, 0, 3, false);
  expect(next(unticked)).toBe(1);
});

test("an answer that must be confirmed keeps the form, one that counts gives thanks, a failure says so", () => {
  const { widget } = fixtures.find(({ widget: each }) => each.questions.length > 1)!;
  const [language = "en"] = widget.languages;
  const machine = machineOf(filledAmp(ampPart(viewIn(widget, language), { codes: "direct" })!));
  const form = machine.tags.find(({ name }) => name === "form")!;
  const view = (event: string, response: Scope): unknown =>
    Reflect.get(after(machine.state, form, event, { response })["at"] as object, "view");
  expect(view("submit", {})).toBe("sending");
  expect(view("submit-success", { receipt: "r", confirm: true })).toBe("confirm");
  expect(view("submit-success", { receipt: "r" })).toBe("thanks");
  expect(view("submit-error", {})).toBe("failed");
});
