// Why there is nothing to answer in this frame, in words, before there is a campaign to say it with.
import { directionOf } from "../../../sdk/local-text.ts";
import type { Say } from "../framed.ts";
import type { FramedReason } from "../words/words.ts";
import type { Words } from "./words.ts";

/** By the edge's problem code, or the page's own. */
const reasons: Readonly<Record<string, FramedReason>> = {
  "campaign-unknown": "unknown",
  "not-found": "unknown",
  "embed-unknown": "unplaced",
  "origin-unknown": "unplaced",
  "region-undecided": "undecided",
  away: "away",
};

/** The site has set something wrong; else it is about this visitor. */
const faults: ReadonlySet<FramedReason> = new Set(["unknown", "unplaced"]);

export const reasonOf = (code: string): FramedReason =>
  Object.hasOwn(reasons, code) ? (reasons[code] ?? "other") : "other";

function make(name: string, text: string, className = ""): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

/** Says it to the reader and to the site, and stays so. */
export function tell(code: string, words: Words, say: Say): Promise<never> {
  const root = document.getElementById("page");
  const reason = reasonOf(code);
  const [title, what] = words.reasons[reason];
  const main = make("main", "", "sheet");
  const step = make("div", "", "step");
  step.append(make("h1", title), make("p", what, "lead"));
  if (reason === "away" || reason === "other") {
    const again = make("button", words.reload, "main");
    again.addEventListener("click", () => location.reload());
    const actions = make("div", "", "actions");
    actions.append(again);
    step.append(actions);
  }
  main.append(step);
  document.documentElement.lang = words.language;
  document.documentElement.dir = directionOf(words.language);
  document.title = title;
  root?.replaceChildren(main);
  say({ type: faults.has(reason) ? "error" : "refuse", detail: { code } });
  return new Promise(() => {});
}
