import { render } from "preact";
import { directionOf } from "../../sdk/local-text.ts";
import { appear } from "../web/gesture.ts";
import { wear } from "../web/theme.ts";
import { arriveAtPreferences } from "./address.ts";
import { find } from "./arrival.ts";
import { onChange, show, type ActName, type Center, type Shut } from "./center.ts";
import { View } from "./view.tsx";

const root = document.getElementById("page");

let before: Center | Shut | undefined;

interface News {
  /** Whose heading gets the focus. */
  readonly name: string;
  readonly asked: boolean;
}

/** What is saved is said beside its button: who fills a form stays where they are. */
const staying: readonly string[] = ["save", "before"];

/** What has just come about: a question whether it is meant, its being let go, or an end. */
function newsOf(page: Center | Shut): News | undefined {
  if (page.at !== "open" || before?.at !== "open") return undefined;
  for (const [name, { at }] of Object.entries(page.acts)) {
    const was = before.acts[name as ActName].at; // `acts` has these names alone.
    const come = at === "asking" || at === "done" || (at === "idle" && was === "asking");
    if (at !== was && come && !staying.includes(name)) return { name, asked: at === "asking" };
  }
  return undefined;
}

function draw(page: Center | Shut): void {
  const { language } = page.speech;
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  if (root !== null) render(<View page={page} />, root);
  const first = before?.at !== page.at;
  const news = newsOf(page);
  before = page;
  document.title = document.querySelector("h1")?.textContent ?? "";
  if (first) document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  else if (news !== undefined) document.getElementById(`${news.name}-title`)?.focus();
  // What is asked now was not there to be read before. The end of an act hides no button of another.
  if (first || news?.asked) appear();
}

async function start(): Promise<void> {
  onChange(draw);
  const page = await find(arriveAtPreferences());
  // Preact 11 keeps what it did not draw itself.
  root?.replaceChildren();
  if (page.at === "open") wear(page.visit.manifest.definition.theme);
  show(page);
}

// A failure to fetch it shows when choices are saved, not before.
for (const gesture of ["pointerdown", "keydown"])
  addEventListener(gesture, () => void import("./saving.ts").catch(() => {}), {
    once: true,
    passive: true,
  });
addEventListener("visibilitychange", appear);
addEventListener("hashchange", () => location.reload());
void start();
