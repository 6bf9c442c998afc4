// When a widget shows by itself, or by what a reader does on the page.
type Show = (byReader?: boolean) => void;
type Arm = (show: Show, argument: string, signal: AbortSignal) => void;

/** A day: browsers take a wait of weeks for none at all. */
const secondsMax = 86_400;
const activity = ["pointermove", "keydown", "scroll"] as const;

/** Calls `show` after so many seconds, unless `signal` ends before; what it returns begins them anew. */
function after(seconds: string, signal: AbortSignal, show: Show): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = (): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => signal.aborted || show(),
      Math.min(Number(seconds), secondsMax) * 1000,
    );
  };
  begin();
  return begin;
}

export const triggers: Readonly<Record<string, Arm>> = {
  load: (show) => show(),
  // On the page and not on its button, which the site may draw later.
  click: (show, selector, signal) =>
    addEventListener("click", ({ target }) => (target as Element).closest(selector) && show(true), {
      signal,
    }),
  delay: (show, seconds, signal) => void after(seconds, signal, show),
  idle(show, seconds, signal) {
    const begin = after(seconds, signal, show);
    for (const type of activity) addEventListener(type, begin, { signal, passive: true });
  },
  scroll(show, percent, signal) {
    const look = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = document.documentElement;
      // A pixel short: browsers round.
      if ((scrollTop + 1) * 100 >= (scrollHeight - clientHeight) * Number(percent)) show();
    };
    addEventListener("scroll", look, { signal, passive: true });
  },
  // The pointer leaves by the top, where tabs and the address are. A finger never does.
  exit: (show, _, signal) =>
    document.documentElement.addEventListener(
      "mouseleave",
      ({ clientY }) => clientY <= 0 && show(),
      { signal },
    ),
};

const numbered: readonly string[] = ["delay", "idle", "scroll"];

/** Arms one trigger as its attribute says it; false where there is none such. */
export function arm(trigger: string, show: Show, signal: AbortSignal): boolean {
  // What is after the first colon: a selector may have more.
  const [name = "", argument = ""] = trigger.split(/:(.*)/s);
  if (name === "none") return true;
  if (!Object.hasOwn(triggers, name) || (numbered.includes(name) && !(Number(argument) >= 0)))
    return false;
  triggers[name]?.(show, argument, signal);
  return true;
}
