// One widget on a site's page: its place, and when it shows. Every page of every site loads this: what only some need is in
// more.ts.
import type { Get, MailyOptions, Mode } from "./options.ts";
import type { Stage } from "./stage.ts";
import { css } from "./style.ts";
import { nameIt, talk, type Talk } from "./talk.ts";

/** Beyond this the frame is taken for blocked. */
const lateMilliseconds = 10_000;

export interface Running {
  /** By the reader's wish: the focus goes into it. */
  readonly open: () => void;
  readonly close: () => void;
  readonly end: () => void;
}

const fetchMore = () => import("./more.ts");

const make = <Name extends "button" | "iframe" | "div" | "dialog">(name: Name, part: string) => {
  const made = document.createElement(name);
  made.className = part;
  made.part = part;
  return made;
};

function rootOf(element: Element): ShadowRoot {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  // Constructed, so that it needs no `style-src` of the site.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  return root;
}

/** Draws what there is before anything is fetched. */
function draw(stage: Stage, isInline: boolean): void {
  const { root, box, frame, closer, get, emit } = stage;
  frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-downloads";
  frame.allow = "clipboard-write; web-share";
  frame.referrerPolicy = "no-referrer";
  if (!isInline) {
    closer.textContent = "×";
    closer.ariaLabel = "Close";
    closer.addEventListener("click", () => box.close());
    box.addEventListener("close", () => emit("close"));
    box.append(closer);
  }
  nameIt(stage, get("label") ?? "Feedback");
  root.append(box);
}

/** Fetches the frame's page, once. */
function load(stage: Stage, { meet }: Talk): void {
  const { root, box, frame, address, emit, signal } = stage;
  if (frame.src) return;
  frame.src = address.href;
  box.append(frame);
  const timer = setTimeout(() => {
    if (signal.aborted) return;
    emit("error", { code: "frame-blocked" });
    void fetchMore().then(({ link }) => link(stage));
  }, lateMilliseconds);
  addEventListener(
    "message",
    (event) => {
      if (!meet(event)) return;
      clearTimeout(timer);
      root.querySelector("a")?.remove();
    },
    { signal },
  );
}

/** Starts what `element` asks for. */
export function run(element: HTMLElement & { readonly options: MailyOptions }): Running {
  const get: Get = (name) =>
    // What is no text goes on to the frame, or into a text, as it is.
    (element.options[name] as string | undefined) ?? element.getAttribute(name.replace("K", "-k"));
  const life = new AbortController();
  const { signal } = life;
  const mode = (get("mode") ?? "inline") as Mode; // An unknown one is a dialog without a look.
  const isInline = mode === "inline";
  const trigger = get("trigger") ?? (mode === "side-tab" ? "none" : "load");
  const root = rootOf(element);
  const box = make(isInline ? "div" : "dialog", mode) as HTMLDialogElement; // Used as one unless inline.
  const stage: Stage = {
    element,
    root,
    box,
    frame: make("iframe", "frame"),
    closer: make("button", "close"),
    address: new URL(
      `/e/${get("campaign")}`,
      get("edge") ?? document.querySelector<HTMLScriptElement>("[src$='/embed.js']")?.src,
    ),
    mode,
    trigger,
    get,
    emit: (type, detail) => element.dispatchEvent(new CustomEvent(type, { detail })),
    show,
    signal,
  };
  const talking = talk(stage);
  const near = new IntersectionObserver(
    (entries) => entries.at(-1)?.isIntersecting && load(stage, talking),
    { rootMargin: "400px" },
  );
  function show(byReader = false): void {
    if (isInline && !byReader) return near.observe(element);
    load(stage, talking);
    const isModal = mode === "popup" || mode === "full-page";
    if (!isInline && !box.open) {
      if (isModal) box.showModal();
      // Shown without being asked for, it leaves the focus where the reader is.
      else if (byReader) box.show();
      else box.open = true;
    }
    talking.enter(byReader || isModal);
  }
  draw(stage, isInline);
  const [, simple, opener] =
    /^(?:inline|popup) (none|click:(\S+))$/.exec(`${mode} ${trigger}`) ?? [];
  // On the page and not on its button, which the site may draw later.
  if (opener)
    addEventListener("click", ({ target }) => (target as Element).closest(opener) && show(true), {
      signal,
    });
  else if (isInline && trigger === "load" && !get("once")) show();
  else if (!simple) void fetchMore().then(({ extend }) => signal.aborted || extend(stage));
  return {
    open: () => show(true),
    close: () => box.close?.(),
    end() {
      life.abort();
      near.disconnect();
      talking.end();
      root.replaceChildren();
    },
  };
}
