// What a reader does before sending.
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import { change, current, goTo, type Faults, type Open, type Step } from "./page.ts";
import { faultOf, isOnePage, neighbourOf, pathOf } from "./path.ts";

const none: Faults = new Map();

const definitionOf = (page: Open) => page.visit.manifest.definition;

/** Where the questions begin. */
export function firstStep(page: Open): Step {
  const definition = definitionOf(page);
  const [first] = definition.questions;
  return isOnePage(definition) || first === undefined ? { at: "all", faults: none } : at(first.id);
}

export function begin(): void {
  const page = current();
  if (page !== undefined) goForward(firstStep(page));
}

/** A step that the browser's own Back leads back from. */
function goForward(step: Step): void {
  history.pushState(history.state, "");
  goTo(step);
}

/** Undefined takes the answer back. */
export function answer(id: string, value: AnswerValue | undefined, said = ""): void {
  const page = current();
  if (page === undefined || page.step.at === "sending") return;
  const { [id]: _, ...others } = page.answers;
  const { step } = page;
  const faults = "faults" in step ? new Map(step.faults) : undefined;
  faults?.delete(id);
  change({
    answers: value === undefined ? others : { ...others, [id]: value },
    step: faults !== undefined && "faults" in step ? { ...step, faults } : step,
    said,
  });
}

/** Leaves the questions, or shows what is missing and moves there. */
export function goOn(): void {
  const page = current();
  if (page === undefined) return;
  const { step, answers } = page;
  const definition = definitionOf(page);
  if (step.at === "question") {
    const question = definition.questions.find(({ id }) => id === step.id);
    const fault = question && faultOf(question, answers);
    if (fault !== undefined) return showFaults(new Map([[step.id, fault]]));
    const next = neighbourOf(definition, answers, step.id, 1);
    goForward(next === undefined ? { at: "deciding" } : at(next));
  } else if (step.at === "all") {
    const faults = faultsOnPath(page);
    if (faults.size > 0) return showFaults(faults);
    goForward({ at: "deciding" });
  }
}

export function faultsOnPath(page: Open): Faults {
  const faults = new Map<string, NonNullable<ReturnType<typeof faultOf>>>();
  for (const question of pathOf(definitionOf(page), page.answers)) {
    const fault = faultOf(question, page.answers);
    if (fault !== undefined) faults.set(question.id, fault);
  }
  return faults;
}

/** Marks them and moves the focus to the first, on the page where it is asked. */
export function showFaults(faults: Faults): void {
  const page = current();
  const [id] = faults.keys();
  if (page === undefined || id === undefined) return;
  goTo(isOnePage(definitionOf(page)) ? { at: "all", faults } : { at: "question", id, faults });
  const first = document.querySelector("[data-fault]");
  // A control of several says which part is wrong.
  const part = first?.querySelector<HTMLElement>("[data-wrong]");
  (part ?? first?.querySelector<HTMLElement>("input, select, textarea, button"))?.focus();
}

/** The step before this one; undefined where a reader came in. */
function before(page: Open): Step | undefined {
  const definition = definitionOf(page);
  const { step, answers } = page;
  if (step.at === "deciding") {
    const last = pathOf(definition, answers).at(-1);
    return isOnePage(definition) || last === undefined ? firstStep(page) : at(last.id);
  }
  if (step.at !== "question") return undefined;
  const id = neighbourOf(definition, answers, step.id, -1);
  if (id !== undefined) return at(id);
  return definition.intro === undefined ? undefined : { at: "intro" };
}

/** One step back; with none before, out of the page, through what going forward left in the history. */
export function goBack(): void {
  const page = current();
  const step = page && before(page);
  if (step === undefined) history.back();
  else goTo(step);
}

const at = (id: string): Step => ({ at: "question", id, faults: none });

/** Back to one question, from the review. */
export function edit(id: string): void {
  const page = current();
  if (page === undefined) return;
  if (!isOnePage(definitionOf(page))) return goForward(at(id));
  begin();
  document.getElementById(`${id}-question`)?.focus();
}

export function agree(purpose: string, yes: boolean): void {
  const page = current();
  if (page === undefined) return;
  const others = page.agreed.filter((id) => id !== purpose);
  change({ agreed: yes ? [...others, purpose] : others });
}
