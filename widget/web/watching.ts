// What a reader does on the page, where the campaign asks for leave to know it (SPEC §3.15). It waits in memory until that
// leave is given with an answer, and goes nowhere without it. Fetched only where there is something to ask leave for.
import { allowsEvents, eventLimits } from "../../sdk/events.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Event as Happening } from "../../sdk/schema/event.ts";
import type { Open } from "./page.ts";
import { prepareLeaving, report, sendPrepared, type Sealed } from "./reporting.ts";

/** The page's own, given: what is fetched from here would move what the page begins with into a file more. */
interface Tools {
  readonly current: () => Open | undefined;
  readonly now: () => number;
  readonly sealed: Sealed;
}

/** Of one visit; what is more is not recorded. */
const eventsMax = 300;
/** Events that arrive together are sent together. */
const gatherMilliseconds = 5_000;
/** A pointer on its way over the page rests nowhere so long. */
const restMilliseconds = 500;

let tools: Tools | undefined;
const current = (): Open | undefined => tools?.current();

let pending: Happening[] = [];
let recorded = 0;
/** Under which events may go; undefined before it is given, and once it is not. */
let consent: Consent | undefined;
let hasRefused = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** An instant as long ago as that. */
const at = (milliseconds = 0): string => new Date((tools?.now() ?? 0) - milliseconds).toISOString();

function record(event: Happening): void {
  if (hasRefused || recorded >= eventsMax) return;
  recorded += 1;
  pending.push(event);
  if (consent !== undefined) timer ??= setTimeout(flush, gatherMilliseconds);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  const page = current();
  if (consent === undefined || page === undefined || tools === undefined) return;
  const events = pending;
  pending = [];
  void report(tools.sealed, page, consent, events);
}

/** An answer has been taken with this consent: it decides what becomes of all that waits. */
export function decide(given: Consent): void {
  const page = current();
  if (page === undefined) return;
  hasRefused = !allowsEvents(page.visit.manifest.notice, given.purposes);
  consent = hasRefused ? undefined : given;
  if (hasRefused) pending = [];
  flush();
}

/** Once each: a question seen, an option rested on. */
const known = new Set<string>();

function once(name: string, event: Happening): void {
  if (known.has(name)) return;
  known.add(name);
  record(event);
}

const start = (): void => once("start", { kind: "start", at: at() });

/** Since when each question is in sight, by the clock of `performance.now`. */
const seenSince = new Map<Element, { readonly question: string; readonly since: number }>();

/** The question that an element is part of. */
function questionOf(element: Element): string | undefined {
  const heading = element.closest(".question")?.querySelector("[id$=-question]");
  return heading?.id.slice(0, -"-question".length);
}

function appear(element: Element): void {
  const question = questionOf(element);
  if (question === undefined || seenSince.has(element)) return;
  seenSince.set(element, { question, since: performance.now() });
  once(`question ${question}`, { kind: "question", at: at(), question });
}

function disappear(element: Element): void {
  const seen = seenSince.get(element);
  if (seen === undefined) return;
  seenSince.delete(element);
  const milliseconds = Math.min(
    Math.round(performance.now() - seen.since),
    eventLimits.milliseconds,
  );
  if (milliseconds > 0) record({ kind: "time", at: at(), question: seen.question, milliseconds });
}

/** Half of it is in sight, or it fills half of what is. */
const isBefore = ({ intersectionRatio, intersectionRect }: IntersectionObserverEntry): boolean =>
  intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 2;

const sight = new IntersectionObserver(
  (entries) => {
    for (const entry of entries)
      if (isBefore(entry)) appear(entry.target);
      else disappear(entry.target);
  },
  { threshold: Array.from({ length: 21 }, (_, step) => step / 20) },
);
const watched = new WeakSet<Element>();

/**
 * The option's place in the definition. Not of shuffled questions, where its place on the page is the reader's own, nor of
 * what a reader writes in an option's place.
 */
function optionAt({ visit }: Open, id: string, control: Element): number | undefined {
  const question = visit.manifest.definition.questions.find((each) => each.id === id);
  if (question === undefined || ("shuffle" in question && question.shuffle)) return undefined;
  if (control instanceof HTMLSelectElement)
    return question.kind === "dropdown" && control.selectedIndex > 0
      ? control.selectedIndex - 1
      : undefined;
  const controls = control.closest(".question")?.querySelectorAll("[type=radio], [type=checkbox]");
  const option = Array.from(controls ?? []).indexOf(control);
  const isOther = "options" in question && option >= question.options.length;
  return option < 0 || isOther ? undefined : option;
}

function touch(kind: "hover" | "click", control: Element | null): void {
  const page = current();
  const question = control === null ? undefined : questionOf(control);
  if (page === undefined || control === null || question === undefined) return;
  const option = optionAt(page, question, control);
  if (option === undefined) return;
  if (kind === "click") record({ kind, at: at(), question, option });
  else once(`hover ${question} ${option}`, { kind, at: at(), question, option });
}

const isAsking = ({ step }: Open): boolean =>
  step.at === "question" || step.at === "all" || step.at === "deciding";

let hasGreeted = false;

/** The page has been drawn anew. */
function look(): void {
  const page = current();
  if (page === undefined || tools === undefined) return;
  const { step } = page;
  if (step.at === "intro") hasGreeted = true;
  else if (hasGreeted || step.at === "sending") start();
  if (step.at === "withdrawn") {
    hasRefused = true;
    consent = undefined;
    pending = [];
  }
  for (const element of seenSince.keys()) if (!element.isConnected) disappear(element);
  for (const element of document.querySelectorAll(".question"))
    if (!watched.has(element)) {
      watched.add(element);
      sight.observe(element);
    }
  const asked = step.at === "question" ? step.id : undefined;
  void prepareLeaving(tools.sealed, page, isAsking(page) ? consent : undefined, asked, at());
}

function leave(): void {
  for (const element of seenSince.keys()) disappear(element);
  flush();
}

/** An observer says again what is in sight of what it begins to observe. */
function observeAgain(): void {
  for (const element of document.querySelectorAll(".question")) {
    sight.unobserve(element);
    sight.observe(element);
  }
}

let resting: ReturnType<typeof setTimeout> | undefined;

/** Called once. */
export function watch(given: Tools): void {
  tools = given;
  record({ kind: "view", at: at(performance.now()) });
  document.addEventListener("change", ({ isTrusted, target }) => {
    if (!isTrusted || !(target instanceof Element) || questionOf(target) === undefined) return;
    start();
    touch("click", target);
  });
  document.addEventListener("pointerover", ({ isTrusted, pointerType, target }) => {
    clearTimeout(resting);
    if (!isTrusted || pointerType !== "mouse" || !(target instanceof Element)) return;
    const control = target.closest("label")?.querySelector("[type=radio], [type=checkbox]");
    if (control) resting = setTimeout(() => touch("hover", control), restMilliseconds);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
    else observeAgain();
  });
  // The last moment: nothing can be sealed any more, so it was before.
  addEventListener("pagehide", sendPrepared);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
}
