// What a test needs of a browser, whichever engine it is: one visit, made as a reader makes it.
import { setTimeout as sleep } from "node:timers/promises";

/** The `nth` element in sight that `css` matches, among those with `text` in them. */
export interface Sight {
  readonly css: string;
  readonly text?: string;
  readonly nth?: number;
}

export type Key = "Tab" | "Home" | "ArrowRight" | "Escape" | "Space";

/** Runs in a document: what it uses comes in `given`. */
export type Script<Given, Told> = (given: Given) => Told | Promise<Told>;

/** A document in sight: a page, or a frame in one. */
export interface Tab {
  readonly run: <Told, Given = undefined>(
    script: Script<Given, Told>,
    given?: Given,
  ) => Promise<Told>;
  /** With the pointer, where the element is by then. */
  readonly click: (sight: Sight) => Promise<void>;
  /** Into the element, key by key. */
  readonly type: (sight: Sight, text: string) => Promise<void>;
  readonly choose: (sight: Sight, value: string) => Promise<void>;
  readonly keys: (...keys: readonly Key[]) => Promise<void>;
}

/** A window of a visitor with a profile of its own. */
export interface Visitor extends Tab {
  readonly goTo: (address: string) => Promise<void>;
  /** The document of the widget's frame in this page. */
  readonly inWidget: () => Promise<Tab>;
  /** What the pages so far have erred in, and where they broke their policy. */
  readonly faults: () => Promise<readonly string[]>;
  readonly leave: () => Promise<void>;
}

export interface Engine {
  readonly version: string;
  readonly visitor: () => Promise<Visitor>;
  readonly stop: () => Promise<void>;
}

const waitMilliseconds = 30_000;
const lookMilliseconds = 50;

/** Asks again until it is so. Throws Error with `what` where it never is. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitMilliseconds;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await sleep(lookMilliseconds);
  }
}

/** In the document: the element of a sight, or null. */
export const lookFor: Script<Sight, Element | null> = ({ css, text = "", nth = 0 }) =>
  [...document.querySelectorAll(css)].filter(
    (each) => each.getClientRects().length > 0 && (each.textContent ?? "").includes(text),
  )[nth] ?? null;

const isThere: Script<Sight, boolean> = ({ css, text = "", nth = 0 }) =>
  [...document.querySelectorAll(css)].filter(
    (each) => each.getClientRects().length > 0 && (each.textContent ?? "").includes(text),
  ).length > nth;

export const seen = (tab: Tab, sight: Sight): Promise<void> =>
  until(JSON.stringify(sight), () => tab.run(isThere, sight));

/** In the page: the frame that the widget's element made. */
export const widgetFrame: Script<undefined, Element | null> = () =>
  document.querySelector("maily-widget")?.shadowRoot?.querySelector("iframe") ?? null;
