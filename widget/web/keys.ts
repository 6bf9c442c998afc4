// Choosing by key, for readers who answer on a keyboard: the letters that page.css shows beside options, and digits on scales.

/** How long a second digit still belongs to the first: 1 and 0 are 10. */
const pairMilliseconds = 700;

let first = "";
let firstAt = 0;

const isTyping = (element: Element): boolean =>
  element.matches("select, textarea, input:not([type=radio], [type=checkbox])");

/** The option that a letter stands for: the A key on any keyboard, whatever script it types. */
function optionFor(step: Element, { key, code }: KeyboardEvent): HTMLInputElement | undefined {
  const letter = /^[a-z]$/i.test(key) ? key : /^Key([A-Z])$/.exec(code)?.[1];
  if (letter === undefined) return undefined;
  const option =
    step.querySelectorAll(".options > .option")[letter.toUpperCase().charCodeAt(0) - 65];
  return option?.querySelector("input") ?? undefined;
}

function stepFor(step: Element, { key, timeStamp }: KeyboardEvent): HTMLInputElement | undefined {
  if (!/^\d$/.test(key)) return undefined;
  const typed = timeStamp - firstAt < pairMilliseconds ? [first + key, key] : [key];
  first = key;
  firstAt = timeStamp;
  const labels = [...step.querySelectorAll(".scale label")];
  for (const text of typed) {
    const label = labels.find(({ textContent }) => textContent === text);
    if (label !== undefined) return label.querySelector("input") ?? undefined;
  }
  return undefined;
}

/**
 * Listens from now on. Keys count only on a step of one question and while nothing but it has the focus (WCAG 2.2 §2.1.4),
 * never with a modifier and never where text is typed.
 */
export function listenForKeys(): void {
  const root = document.documentElement;
  if ("keys" in root.dataset || !matchMedia("(hover: hover) and (pointer: fine)").matches) return;
  root.dataset["keys"] = "";
  addEventListener("keydown", (event) => {
    const { target, altKey, ctrlKey, metaKey, isComposing, repeat } = event;
    if (altKey || ctrlKey || metaKey || isComposing || repeat || event.defaultPrevented) return;
    if (!(target instanceof Element) || isTyping(target)) return;
    const step = target.closest(".progress + .step > .question");
    const input = step && (optionFor(step, event) ?? stepFor(step, event));
    if (!input || input.disabled) return;
    event.preventDefault();
    input.focus();
    input.click();
  });
}
