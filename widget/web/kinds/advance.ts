// Where the author wishes it, a choice made by a tap goes on by itself, once the reader has seen it taken.
import { otherText } from "../../../sdk/other-text.ts";
import { goOn } from "../asking.ts";
import { current } from "../page.ts";

/** Long enough to see the choice, short enough not to wait for it. */
export const advanceMilliseconds = 350;

let timer: ReturnType<typeof setTimeout> | undefined;
let lastKey = "";

/** Whether the last thing done was an arrow key: it passes options by, and decides nothing. */
export const byArrow = (): boolean => lastKey.startsWith("Arrow");

// Any other press means that the reader is about something else.
addEventListener(
  "pointerdown",
  () => {
    lastKey = "";
    clearTimeout(timer);
  },
  true,
);
addEventListener(
  "keydown",
  ({ key }) => {
    lastKey = key;
    clearTimeout(timer);
  },
  true,
);

/** For clicks within a question's options. Keys click too, with no pointer: those change the choice and stay. */
export function advanceOnTap(id: string) {
  return ({ detail, target }: MouseEvent): void => {
    // A pointer's target is an element.
    if (detail === 0 || (target as Element).closest("label, [data-answer]") === null) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const page = current();
      if (page?.step.at !== "question" || page.step.id !== id) return;
      const value = page.answers[id];
      // Who chose to write has only begun.
      if (value !== undefined && otherText(value) === undefined) goOn();
    }, advanceMilliseconds);
  };
}
