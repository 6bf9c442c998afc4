import { render } from "preact";
import { directionOf } from "../../sdk/local-text.ts";
import { arrive } from "./address.ts";
import { find } from "./visit.ts";
import { firstStep, goBack } from "./asking.ts";
import { appear } from "./gesture.ts";
import { more } from "./more.ts";
import { onChange, show, type Open, type Page } from "./page.ts";
import { answersOf } from "./path.ts";
import { warmUpOnce } from "./sending.ts";
import { View } from "./view.tsx";
import { surroundings } from "./surroundings.ts";
import { isAnythingKept } from "./kept-mark.ts";
import { fetchLater, laterViews } from "./later-view.ts";

const root = document.getElementById("page");
/** Fetched beside the campaign; without it the page has its own colours. */
const theme = import("./theme.ts").catch(() => undefined);

/** Where a reader is: when it changes, focus moves to its heading, as it would on a page of its own. */
function placeOf(page: Page): string {
  if (page.at !== "open") return page.at;
  const { step } = page;
  // Sending shows the same page as before it.
  if (step.at === "sending") return step.from;
  return step.at === "question" ? `question ${step.id}` : step.at;
}

let place = "";

function draw(page: Page): void {
  const { language } = page.speech;
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  if (root !== null) render(<View page={page} />, root);
  if (place === placeOf(page)) return;
  const heading = document.querySelector<HTMLElement>("h1");
  // Its view is still being fetched, and draws again.
  if (heading === null) return;
  place = placeOf(page);
  appear();
  // The heading's own text, without the mark behind it.
  document.title = heading.firstChild?.textContent ?? "";
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function start(): Promise<void> {
  onChange(draw);
  const arrival = location.pathname.startsWith("/e")
    ? await (await import("./framed.ts")).arriveFramed(draw)
    : arrive();
  const { speech, manifest, visit } = await find(arrival, surroundings());
  // Preact 11 keeps what it did not draw itself.
  root?.replaceChildren();
  // Not waited for: it was asked for first, and a look must keep nobody from answering.
  if (manifest !== undefined) void theme.then((loaded) => loaded?.wear(manifest.definition.theme));
  if (typeof visit === "string")
    return show({ at: "shut", speech, reason: visit, ...(manifest && { manifest }) });
  const { definition } = visit.manifest;
  const answers = answersOf(definition, arrival?.choice);
  const page: Open = {
    at: "open",
    speech,
    visit,
    answers: { ...answers, ...more?.hiddenIn(definition, arrival?.search) },
    agreed: [],
    step: { at: "intro" },
    said: "",
  };
  // What an earlier visit kept is the views' to read, which are fetched before the page then.
  const views = isAnythingKept() && (await fetchLater(), laterViews());
  const kept = typeof views === "object" && (await views.keptStep(visit));
  const greeted = definition.intro !== undefined && Object.keys(answers).length === 0;
  const begun = firstStep(page);
  show({
    ...page,
    // One page greets by itself; a reader who tapped in the mail has begun already.
    step: kept || (greeted && begun.at === "question" ? page.step : begun),
  });
  void fetchLater();
}

for (const gesture of ["pointerdown", "keydown"])
  addEventListener(gesture, warmUpOnce, { once: true, passive: true });
addEventListener("visibilitychange", appear);
addEventListener("online", () => void fetchLater());
// Another link to this campaign, opened in this tab: only the fragment changes, which is a step in the history as well.
addEventListener("hashchange", () => location.reload());
addEventListener("popstate", () => {
  if (location.hash === "") goBack();
});
void start();
