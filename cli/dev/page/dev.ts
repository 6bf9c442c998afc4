/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// Runs in the browser: draws the state that the server sends with each change of the files. Types only from the server;
// served with its types stripped.
import type { ShownFinding } from "../lint.ts";
import type { ShownFault, WorkshopState } from "../workshop.ts";

type Told = WorkshopState & { readonly sendable: { readonly why?: string } };
type Tab = "html" | "amp" | "text" | "source";
type Language = WorkshopState["languages"][number];

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}
function made<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  className = "",
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (text !== "") node.textContent = text;
  if (className !== "") node.className = className;
  return node;
}

const frame = element("frame", HTMLIFrameElement);
const panel = element("panel", HTMLElement);
const reader = element("reader", HTMLSelectElement);
const language = element("language", HTMLSelectElement);
const source = element("source", HTMLPreElement);
const note = element("note", HTMLParagraphElement);
const tabs = [...document.querySelectorAll<HTMLButtonElement>("[role=tab]")];

let told: Told | undefined;
let tab: Tab = "html";
/** The line of the source to show, once. */
let wantedLine: number | undefined;
/** The last request for a source: a slow answer must not overwrite a later one's. */
let drawing = 0;

const checked = (name: string): string =>
  document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)?.value ?? "";

const current = (): Language | undefined =>
  told?.languages.find(({ tag }) => tag === language.value);

function query(): string {
  const shown = { reader: reader.value, language: language.value };
  const look = { scheme: checked("scheme"), images: checked("images") };
  return new URLSearchParams({ ...shown, ...look, v: String(told?.version ?? 0) }).toString();
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

/** Options are replaced only where they differ, so that an open list stays open. */
function offer(
  select: HTMLSelectElement,
  options: readonly { readonly value: string; readonly text: string }[],
): void {
  const same =
    select.options.length === options.length &&
    options.every(({ value, text }, index) => {
      const option = select.options[index];
      return option?.value === value && option.text === text;
    });
  if (same) return;
  const chosen = select.value;
  select.replaceChildren(...options.map(({ value, text }) => new Option(text, value)));
  if (options.some(({ value }) => value === chosen)) select.value = chosen;
}

function faultBox({ severity, file, line, message, excerpt }: ShownFault): HTMLElement {
  const box = made("div", "", "fault");
  box.dataset["severity"] = severity;
  box.append(made("p", `${file}:${line}`, "place"), made("p", message));
  if (excerpt.length === 0) return box;
  const lines = made("pre");
  lines.tabIndex = 0;
  lines.ariaLabel = `${file}, around line ${line}`;
  lines.setAttribute("role", "group");
  for (const { line: number, text } of excerpt) {
    const shown = `${String(number).padStart(4)}  ${text}\n`;
    lines.append(number === line ? made("span", shown, "here") : shown);
  }
  box.append(lines);
  return box;
}

const count = (number: number, word: string): string =>
  number === 0 ? "" : `${number} ${word}${number === 1 ? "" : "s"}`;

function drawState({ faults, stale, file }: Told): void {
  const errors = faults.filter(({ severity }) => severity === "error").length;
  const warnings = faults.length - errors;
  const words = [count(errors, "error"), count(warnings, "warning")].filter(Boolean).join(", ");
  const state = element("state", HTMLParagraphElement);
  state.dataset["state"] = errors > 0 ? "bad" : "good";
  state.textContent =
    words === "" ? "Up to date" : stale ? `${words}; below is the mail before` : words;
  element("file", HTMLSpanElement).textContent = file;
  document.title = `${errors > 0 ? "✗ " : ""}${file} · Maily dev`;
  const box = element("faults", HTMLElement);
  box.hidden = faults.length === 0;
  box.replaceChildren(...faults.map(faultBox));
  panel.dataset["stale"] = String(stale);
}

const partOf = ({ part }: ShownFinding): "html" | "amp" | "text" | undefined =>
  part === "html" || part === "amp" || part === "text" ? part : undefined;

function findingItem(finding: ShownFinding): HTMLElement {
  const item = made("li");
  item.dataset["severity"] = finding.severity;
  const words = made("p");
  words.append(made("b", finding.severity), " ");
  const part = partOf(finding);
  const place = `${finding.part}:${finding.line}`;
  if (part === undefined) words.append(finding.part);
  else {
    const button = made("button", place);
    button.type = "button";
    button.ariaLabel = `Show line ${finding.line} of the ${finding.part} part`;
    button.addEventListener("click", () => showLine(part, finding.line));
    words.append(button);
  }
  item.append(words, made("p", finding.message), made("p", finding.remedy, "remedy"));
  return item;
}

function drawLint(): void {
  const findings = current()?.lint ?? [];
  element("lint-state", HTMLParagraphElement).textContent =
    findings.length === 0 ? "Nothing found." : `${findings.length} in this language.`;
  element("lint", HTMLOListElement).replaceChildren(...findings.map(findingItem));
}

function drawSizes(): void {
  const bytes = current()?.bytes;
  for (const button of tabs) {
    const small = button.querySelector("small");
    const name = button.dataset["tab"];
    if (small === null || bytes === undefined) continue;
    const size = name === "html" ? bytes.html : name === "amp" ? bytes.amp : bytes.text;
    small.textContent = size === 0 ? "none" : kilobytes(size);
  }
  element("subject", HTMLElement).textContent = current()?.subject ?? "";
}

/** What a tab cannot show as a mail client would. */
function noteOf(): string {
  const { borrowed = false, name = "", bytes } = current() ?? {};
  if (bytes === undefined) return "There is nothing to show yet: mend the errors above.";
  if (tab === "amp" && bytes.amp === 0)
    return "This mail has no AMP part: nothing in it can be answered inside a mail.";
  if (tab === "amp")
    return "As it is before AMP's runtime starts, which only mail clients have: every state of the form is one document, so what they show step by step may stand together here.";
  return borrowed
    ? `The widget does not speak ${name}: this shows its direction, with the texts of its first language.`
    : "";
}

async function drawSource(part: "html" | "amp" | "text"): Promise<void> {
  const mine = ++drawing;
  const answer = await fetch(`/part/parts.json?${query()}`).catch(() => undefined);
  const parts = answer?.ok === true ? ((await answer.json()) as Record<string, string>) : {}; // Our own server's FilledParts.
  if (mine !== drawing) return;
  const lines = (parts[part] ?? "").split("\n");
  source.replaceChildren(...lines.map((text) => made("span", text === "" ? "\u200b" : text)));
  const line = source.children[(wantedLine ?? 0) - 1];
  wantedLine = undefined;
  line?.classList.add("here");
  line?.scrollIntoView({ block: "center" });
}

function showLine(part: "html" | "amp" | "text", line: number): void {
  const radio = document.querySelector<HTMLInputElement>(`input[name=source][value=${part}]`);
  if (radio !== null) radio.checked = true;
  wantedLine = line;
  choose("source");
  panel.focus();
}

function drawPanel(): void {
  const text = noteOf();
  note.textContent = text;
  note.hidden = text === "";
  const framed = (tab === "html" || tab === "amp") && (current()?.bytes[tab] ?? 0) > 0;
  element("device", HTMLElement).hidden = !framed;
  element("which", HTMLElement).hidden = tab !== "source";
  source.hidden = framed || current() === undefined || tab === "amp";
  panel.dataset["screen"] = checked("screen");
  if (framed) {
    const address = `/part/${tab}?${query()}`;
    // Replaced, not navigated: the browser's Back stays the page's.
    if (frame.dataset["address"] !== address) frame.contentWindow?.location.replace(address);
    frame.dataset["address"] = address;
  } else if (!source.hidden) {
    source.lang = tab === "text" ? language.value : "";
    source.dir = tab === "text" ? (current()?.direction ?? "ltr") : "ltr";
    const which = tab === "text" ? "text" : checked("source");
    drawSource(which === "amp" || which === "text" ? which : "html").catch(console.error);
  }
}

function choose(chosen: Tab): void {
  tab = chosen;
  for (const button of tabs) {
    const selected = button.dataset["tab"] === tab;
    button.ariaSelected = String(selected);
    button.tabIndex = selected ? 0 : -1;
    if (selected) panel.setAttribute("aria-labelledby", button.id);
  }
  drawPanel();
}

function drawSending({ sendable: { why } }: Told): void {
  const reason = element("send-why", HTMLParagraphElement);
  reason.hidden = why === undefined;
  reason.textContent = why ?? "";
  element("send", HTMLFormElement).hidden = why !== undefined;
}

function draw(state: Told): void {
  const first = told === undefined;
  told = state;
  offer(
    reader,
    state.readers.map(({ label }, index) => ({ value: String(index), text: label })),
  );
  offer(
    language,
    state.languages.map(({ tag, name, direction }) => ({
      value: tag,
      text: `${name} (${tag}${direction === "rtl" ? ", RTL" : ""})`,
    })),
  );
  if (first) followReader();
  drawState(state);
  drawSending(state);
  drawAll();
}

function drawAll(): void {
  drawSizes();
  drawLint();
  drawPanel();
}

/** A reader's mail comes in the reader's language. */
function followReader(): void {
  const wanted = told?.readers[Number(reader.value)]?.language;
  if (told?.languages.some(({ tag }) => tag === wanted) === true) language.value = wanted ?? "";
}

async function send(form: HTMLFormElement): Promise<void> {
  const sent = element("sent", HTMLParagraphElement);
  const button = form.querySelector("button");
  if (button !== null) button.disabled = true;
  sent.textContent = "Sending…";
  const body = {
    to: element("to", HTMLInputElement).value,
    reader: Number(reader.value),
    language: language.value,
  };
  try {
    const answer = await fetch("/send-test", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { said, title, detail } = (await answer.json()) as Record<string, string>; // SendTest, or a Problem.
    sent.textContent = answer.ok ? (said ?? "") : `${title ?? "Not sent"}. ${detail ?? ""}`;
  } catch {
    sent.textContent = "The server of this page does not answer; is `maily dev` running?";
  } finally {
    if (button !== null) button.disabled = false;
  }
}

/** Left and Right, Home and End, as the pattern for tabs has it. */
function moveTab(event: KeyboardEvent): void {
  const at = tabs.findIndex((button) => button.dataset["tab"] === tab);
  const last = tabs.length - 1;
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}

for (const button of tabs) {
  button.addEventListener("click", () => choose(button.dataset["tab"] as Tab)); // The page's own four.
  button.addEventListener("keydown", moveTab);
}
reader.addEventListener("change", () => {
  followReader();
  drawAll();
});
language.addEventListener("change", drawAll);
for (const input of document.querySelectorAll("input[type=radio]"))
  input.addEventListener("change", drawPanel);
element("send", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  send(element("send", HTMLFormElement)).catch(console.error);
});

const events = new EventSource("/events");
events.addEventListener(
  "state",
  (event: MessageEvent<string>) => draw(JSON.parse(event.data) as Told), // Our own server's.
);
events.addEventListener("error", () => {
  const state = element("state", HTMLParagraphElement);
  state.dataset["state"] = "waiting";
  state.textContent = "Waiting for `maily dev`…";
});
choose("html");
