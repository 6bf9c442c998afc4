// The rest of the loader, fetched where a mode or a trigger needs it, or a frame is blocked.
import { isResting, restFor } from "./rest.ts";
import type { Stage } from "./stage.ts";
import { arm } from "./triggers.ts";

const restDays = 7;
/** After an answer, where a reader is asked once. */
const answeredDays = 400;

const css = `
.slide-in,.side-tab{position:fixed;inset:auto;inset-block-end:1rem;inset-inline-end:1rem;margin:0;width:24rem;max-width:calc(100% - 2rem);max-height:calc(100% - 2rem);overflow:auto;z-index:2147483647;box-shadow:0 .5rem 3rem #0006;overscroll-behavior:contain}
.full-page{width:100%;max-width:none;height:100%;max-height:none;border-radius:0}
.button{position:fixed;z-index:2147483646;top:40%;right:0;padding:1.1rem .8rem;writing-mode:vertical-rl;font:600 1rem/1.2 system-ui;background:CanvasText;color:Canvas;border-radius:.5rem 0 0 .5rem}
:host(:dir(rtl)) .button{right:auto;left:0;border-radius:0 .5rem .5rem 0}
.link{display:block;padding:1rem}
@media (prefers-reduced-motion:no-preference){dialog[open]{animation:maily .2s}@keyframes maily{from{opacity:0;transform:translateY(1rem)}}}
`;

function dress({ root }: Stage): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** A way on where the frame is blocked: the same page, by itself. */
export function link({ box, frame, get, address, signal }: Stage): void {
  if (signal.aborted) return;
  const way = document.createElement("a");
  way.part = way.className = "link";
  way.href = `${address.href}#${get("embedKey") ?? ""}`;
  way.target = "_blank";
  way.rel = "noopener";
  way.textContent = frame.title;
  box.append(way);
}

/** The button at the page's edge. */
function tab({ root, box, frame, show }: Stage): void {
  const button = document.createElement("button");
  button.part = button.className = "button";
  button.textContent = frame.title;
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (box.open ? box.close() : show(true)));
  new MutationObserver(() => button.setAttribute("aria-expanded", String(box.open))).observe(box, {
    attributeFilter: ["open"],
  });
  // Before the panel: Tab leads from one into the other.
  root.prepend(button);
}

/** Arms what the first part does not know. */
export function extend(stage: Stage): void {
  const { element, box, get, mode, trigger, show, emit, signal } = stage;
  const campaign = get("campaign") ?? "";
  let isAnswered = false;
  let isShown = false;
  dress(stage);
  // A dialog that leaves the page as it is does not close by this key itself.
  box.addEventListener("keydown", ({ key }) => key === "Escape" && box.close?.());
  if (mode === "side-tab") tab(stage);
  element.addEventListener(
    "submit",
    () => {
      isAnswered = true;
      if (get("once") !== null) restFor(campaign, answeredDays);
    },
    { signal },
  );
  element.addEventListener(
    "close",
    () => isAnswered || restFor(campaign, Number(get("rest") ?? restDays)),
    { signal },
  );
  const once = (byReader?: boolean): void => {
    if (byReader) return show(true);
    // Closed not long ago, in another tab perhaps, or shown by another trigger.
    if (isShown || isResting(campaign)) return;
    isShown = true;
    show();
  };
  for (const one of trigger.split(/\s+/).filter(Boolean))
    if (!arm(one, once, signal)) emit("error", { code: "trigger-unknown" });
}
