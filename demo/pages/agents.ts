// Runs in the browser: the agents' page follows the demo. Served with its types stripped; the server makes every piece of HTML.

interface EntryNews {
  readonly id: string;
  readonly html: string;
  /** For those who do not look at the list; empty where it is not worth a word. */
  readonly say: string;
}
interface SegmentNews {
  readonly id: string;
  readonly size: string;
  readonly note: string;
  readonly below: boolean;
}

const entriesMax = 200;
/** A moment in which the eye finds what changed. */
const freshMilliseconds = 2_500;
/** What is said aloud, at most once in so long: the last of it. */
const sayMilliseconds = 4_000;

const state = document.querySelector<HTMLElement>(".live");
const entries = document.querySelector<HTMLElement>(".entries");
const announced = document.querySelector<HTMLElement>(".announced");

function tell(now: "live" | "waiting" | "away", text: string): void {
  if (state === null || (state.dataset["state"] === now && state.textContent?.trim() === text))
    return;
  state.dataset["state"] = now;
  state.textContent = text;
}

let asOf = 0;
const following = "Live: everything follows as it happens";

let waitingToSay = "";
let saying = false;
function announce(text: string): void {
  waitingToSay = text;
  if (saying || announced === null) return;
  saying = true;
  announced.textContent = text;
  setTimeout(() => {
    saying = false;
    if (waitingToSay !== announced.textContent) announce(waitingToSay);
  }, sayMilliseconds);
}

function refresh(element: Element | null): void {
  if (!(element instanceof HTMLElement)) return;
  element.dataset["fresh"] = "yes";
  setTimeout(() => delete element.dataset["fresh"], freshMilliseconds);
}

const hideNone = (list: Element | null): void => {
  const none = list?.parentElement?.querySelector<HTMLElement>(".none");
  if (none) none.hidden = true;
};

function showEntry({ id, html, say: words }: EntryNews): void {
  if (entries === null) return;
  const shown = document.getElementById(id);
  // Drawn with the page, before it was known why.
  if (shown !== null && shown.querySelector(".why") === null) shown.outerHTML = html;
  if (shown !== null) return;
  // Our own server's, from the one place that makes entries: every value in it is escaped.
  entries.insertAdjacentHTML("afterbegin", html);
  hideNone(entries);
  refresh(entries.firstElementChild);
  while (entries.children.length > entriesMax) entries.lastElementChild?.remove();
  if (words !== "") announce(words);
}

function showSegments(all: readonly SegmentNews[]): void {
  // Segments are put at the start: a page that was there before them is drawn anew.
  const unknown = all.some(
    ({ id }) => document.querySelector(`[data-segment="${CSS.escape(id)}"]`) === null,
  );
  if (unknown) return location.reload();
  for (const { id, size, note, below } of all) {
    const card = document.querySelector<HTMLElement>(`[data-segment="${CSS.escape(id)}"]`);
    const value = card?.querySelector<HTMLElement>("[data-value=size]");
    const about = card?.querySelector("[data-value=note]");
    if (!card || !value || !about || (value.textContent === size && about.textContent === note))
      continue;
    value.textContent = size;
    about.textContent = note;
    const line = value.parentElement;
    if (line !== null) line.dataset["below"] = below ? "yes" : "no";
    refresh(card);
  }
}

const source = new EventSource("/agents/live");
source.addEventListener("open", () => tell("live", following));
source.addEventListener("error", () => tell("waiting", "Reconnecting…"));
source.addEventListener("away", () =>
  tell("away", "The region’s server is away. It comes back by itself."),
);
source.addEventListener(
  "entry",
  (event: MessageEvent<string>) => showEntry(JSON.parse(event.data) as EntryNews), // Our own server's.
);
source.addEventListener("segments", (event: MessageEvent<string>) => {
  const news = JSON.parse(event.data) as { asOf: number; segments: readonly SegmentNews[] };
  asOf = news.asOf;
  showSegments(news.segments);
  tell("live", following);
});

/** How fresh the numbers are, beside them, for the eye alone. */
const age = document.querySelector<HTMLElement>("[data-age]");
setInterval(() => {
  if (age === null || asOf === 0) return;
  const seconds = Math.max(0, Math.round((Date.now() - asOf) / 1000));
  age.textContent = seconds < 2 ? "changed just now" : `unchanged for ${seconds} s`;
}, 1_000);

for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form);
  });

async function submit(form: HTMLFormElement): Promise<void> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form))
    body.set(name, typeof value === "string" ? value : "");
  const button = form.querySelector("button");
  button?.setAttribute("aria-disabled", "true");
  const done = await press(form, body);
  announce(done);
  showDone(form, done);
  button?.removeAttribute("aria-disabled");
}

/** What pressing the form's button did, in words. */
async function press(form: HTMLFormElement, body: URLSearchParams): Promise<string> {
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(form.action, { method: "POST", headers, body });
    return ((await response.json()) as { done: string }).done; // Our own server's.
  } catch {
    return "The demo did not answer. Try again in a moment.";
  }
}

/** Below the button that did it. */
function showDone(form: HTMLFormElement, text: string): void {
  let line = form.querySelector<HTMLElement>(".done");
  if (line === null) {
    line = document.createElement("p");
    line.className = "done";
    form.append(line);
  }
  line.textContent = text;
}
