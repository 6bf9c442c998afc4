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

/** A question of any kind with branches of any kind, all of them forward. */
function questionOf({ kind, required, numbers }: Drawn, index: number, count: number): object {
  const draw = (place: number, below: number): number => (numbers[place] ?? 0) % below;
  const target = (place: number): string => {
    const to = index + 1 + draw(place, count - index);
    return to >= count ? "end" : `q${to}`;
  };
  const conditions = [
    {},
    { answered: true },
    { answered: false },
    { includes: optionIds[draw(20, 4)] },
    { is: optionIds[draw(21, 4)] },
    { atLeast: draw(22, 8) },
    { atMost: draw(23, 8) },
    { includes: optionIds[draw(20, 4)], answered: true },
    { includes: optionIds[draw(20, 4)], answered: false },
  ];
  const rules = Array.from({ length: draw(0, 5) }, (_, rule) => ({
    when: conditions[draw(1 + rule, conditions.length)],
    go: target(5 + rule),
  }));
  const options = optionIds.map((id, option) => ({
    id,
    text: id,
    ...(draw(9 + option, 3) === 0 && { next: target(9 + option) }),
    ...(draw(13 + option, 2) === 0 && {
      scores: { [outcomeIds[draw(13 + option, 3)] ?? ""]: draw(13 + option, 9) - 4 },
    }),
  }));
  const common = {
    id: `q${index}`,
    kind,
    text: "?",
    required: required && kind !== "long-text" && kind !== "ranking",
    ...(rules.length > 0 && { next: rules }),
  };
  switch (kind) {
    case "single-choice":
    case "dropdown":
    case "ranking":
      return { ...common, options };
    case "multiple-choice":
      return { ...common, options, atLeast: 1 + draw(17, 2), atMost: 2 + draw(18, 3) };
    case "slider":
      return { ...common, from: -2, to: draw(19, 2) === 0 ? 5 : 40 };
    case "consent":
      return { ...common, label: "Yes" };
    default:
      return common;
  }
}

const widgetOf = (drawn: readonly Drawn[]): Widget =>
  Widget.parse({
    maily: 1,
    title: "?",
    languages: ["en"],
    questions: drawn.map((each, index) => questionOf(each, index, drawn.length)),
    outcomes: outcomeIds.map((id) => ({ id, title: id })),
    notice: {
      version: 1,
      controller: { name: "A", contact: "a@a.example" },
      text: "!",
      retentionDays: 1,
      purposes: [{ id: "results", text: "!" }],
    },
  });

/** The indices that a reader chooses; fitting `question`, or none where it may be left out. */
function chosenFor(question: Question, numbers: readonly number[], place: number): number[] {
  const count = optionsOf(question).length;
  if (count === 0) return [];
  const draw = numbers[place % numbers.length] ?? 0;
  if (!question.required && draw % 3 === 0) return [];
  if (question.kind !== "multiple-choice") return [draw % count];
  const { atLeast = 1, atMost = count } = question;
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
    if (question.kind === "multiple-choice")
      for (const option of old) tap(machine, index, option, false);
    for (const option of chosen) tap(machine, index, option);
    if (chosen.length > 0) tapped[question.id] = chosen;
    else if (question.kind === "multiple-choice") delete tapped[question.id];
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
  if (widget.outcomes.length > 0)
    expect(widget.outcomes[at(machine).outcome]?.id).toBe(outcomeOf(widget, onPath)?.id);
}

describe("the way through the mail is the way through the page", () => {
  const taps = fc.array(fc.nat(1000), { minLength: 7, maxLength: 7 });

  test("for any branches, points and taps, there and after a change of mind", () => {
    fc.assert(
      fc.property(drawnQuestions, taps, taps, (drawn, first, second) => {
        const widget = widgetOf(drawn);
        const part = ampPart(viewIn(widget, "en"), { codes: "packed" });
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
