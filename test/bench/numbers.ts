// What the demo's /numbers runs: the benchmark of `npm run bench crypto`, in the visitor's own browser.
import { ml_kem768_x25519 as nobleXWing } from "@noble/post-quantum/hybrid.js";
import { sealPayload, warmUp } from "../../sdk/seal.ts";
import { aesTasks, payload, sealTasks, situation } from "./crypto-contenders.ts";
import { sideBySide, type Measured, type Task } from "./side-by-side.ts";

/** Fewer than at a desk: a visitor waits for them. */
const pace = { rounds: 20, warmUpMs: 100 } as const;

const publicKey = () => Uint8Array.from(nobleXWing.keygen().publicKey);

/** One of the page's own parts; demo/numbers-page.ts writes them. */
function part<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}
const button = part("run", HTMLButtonElement);
const progress = part("progress", HTMLProgressElement);
const said = part("said", HTMLElement);
const tables = part("tables", HTMLElement);

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

const time = (microseconds: number): string =>
  microseconds < 1000
    ? `${microseconds.toPrecision(3)} µs`
    : `${(microseconds / 1000).toPrecision(3)} ms`;

function rowOf({ name, microseconds }: Measured, noble: number): HTMLTableRowElement {
  const row = element("tr");
  const title = element("th", name);
  title.scope = "row";
  const bar = element("td");
  bar.className = "share";
  // Seen only: the columns beside it say the same.
  bar.ariaHidden = "true";
  const fill = bar.appendChild(element("span"));
  fill.style.inlineSize = `${Math.min(100, (100 * microseconds) / noble)}%`;
  row.append(
    title,
    element("td", time(microseconds)),
    element("td", (microseconds / noble).toFixed(2)),
    element("td", `${(noble / microseconds).toFixed(1)} ×`),
    bar,
  );
  return row;
}

function show(title: string, measured: readonly Measured[]): void {
  const table = element("table");
  table.className = "numbers";
  table.append(element("caption", title));
  const head = table.createTHead().insertRow();
  for (const column of ["", "Time", "Share", "Speed"]) {
    const cell = head.appendChild(element(column === "" ? "td" : "th", column));
    if (cell.tagName === "TH") cell.scope = "col";
  }
  // The column of bars has no words.
  head.append(element("td"));
  const noble = measured[0]?.microseconds ?? Number.NaN;
  table.createTBody().append(...measured.map((one) => rowOf(one, noble)));
  tables.append(table);
}

/** The very first seal of this page, as a reader's would be. */
async function first(): Promise<void> {
  const to = situation(publicKey());
  const begun = performance.now();
  await warmUp(to);
  const warm = performance.now();
  await sealPayload(to, payload);
  const [readied, sealed] = [warm - begun, performance.now() - warm];
  tables.append(
    element(
      "p",
      `The first of this page: readied in ${readied.toFixed(0)} ms behind the reader’s first touch, then sealed in ${sealed.toFixed(1)} ms behind the send button.`,
    ),
  );
}

const all: readonly (readonly [title: string, tasks: () => Promise<Task[]>])[] = [
  ["An answer of 500 bytes, sealed to a region", () => sealTasks(publicKey(), publicKey())],
  ["AES-256-GCM, 500 bytes", () => aesTasks(500)],
  ["AES-256-GCM, 64 KB", () => aesTasks(65_536)],
  ["AES-256-GCM, 1 MB", () => aesTasks(1_048_576)],
];

async function measure(signal: AbortSignal): Promise<void> {
  tables.replaceChildren();
  if (!globalThis.isSecureContext)
    throw new Error("without https the browser has no WebCrypto; open this page on localhost");
  await first();
  for (const [index, [title, tasks]] of all.entries()) {
    said.textContent = `Measuring ${index + 1} of ${all.length}: ${title}`;
    const between = async (share: number) => {
      progress.value = (index + share) / all.length;
      // A turn for the page, in which it paints and hears the button.
      await new Promise((resolve) => {
        setTimeout(resolve);
      });
      signal.throwIfAborted();
    };
    show(title, await sideBySide(await tasks(), { ...pace, between }));
  }
}

let running: AbortController | undefined;

async function start(): Promise<void> {
  const own = new AbortController();
  running = own;
  button.textContent = "Stop";
  progress.value = 0;
  progress.hidden = false;
  try {
    await measure(own.signal);
    said.textContent =
      "Done. Only ratios of one run mean something; a busy machine shifts even them.";
  } catch (error) {
    said.textContent = own.signal.aborted
      ? "Stopped. What was measured stays."
      : `This could not be measured: ${error instanceof Error ? error.message : String(error)}.`;
  }
  running = undefined;
  progress.hidden = true;
  button.textContent = "Measure again";
}

button.addEventListener("click", () => {
  if (running) running.abort();
  else void start();
});
button.disabled = false;
