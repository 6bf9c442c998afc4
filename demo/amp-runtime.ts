// A stand-in for the AMP runtime, which is on no package registry: amp-state, amp-bind, amp-form and amp-img, as far as our mails
// use them. It runs a mail in a plain document, and sends its form as a mail client does. What it does not know, it refuses.
import { actionsOn, allActions, type Action } from "./amp-actions.ts";
import { readExpression } from "./amp-expression.ts";
import { isObject, merged, type Scope, type Value } from "./amp-values.ts";

/** Sends a form's body on, as a mail provider's proxy does. */
export type AmpPost = (url: string, form: URLSearchParams) => Promise<Response>;

interface Binding {
  readonly element: Element;
  readonly property: string;
  readonly value: (scope: Scope) => Value;
  last: string | undefined;
}

function textOf(value: Value): string {
  if (typeof value === "object" && value !== null) throw new Error("AMP: a list or object as text");
  return value === null ? "" : String(value);
}

function apply({ element, property }: Binding, value: Value): void {
  if (property === "text") element.textContent = textOf(value);
  else if (typeof value === "boolean") element.toggleAttribute(property, value);
  else element.setAttribute(property, textOf(value));
  // What a reader has touched no longer follows its attribute.
  if (!(element instanceof HTMLInputElement)) return;
  if (property === "checked") element.checked = value === true;
  if (property === "value") element.value = textOf(value);
}

function bindingsOf(document: Document): Binding[] {
  const bindings: Binding[] = [];
  for (const element of document.querySelectorAll("*"))
    for (const { name, value } of element.attributes) {
      const property = /^\[(.+)\]$/.exec(name)?.[1];
      if (property !== undefined)
        bindings.push({ element, property, value: readExpression(value), last: undefined });
    }
  return bindings;
}

function stateOf(document: Document): Scope {
  const state: Record<string, Value> = {};
  for (const element of document.querySelectorAll("amp-state"))
    // Only JSON is allowed in there, and JSON is a value.
    state[element.id] = JSON.parse(element.textContent) as Value;
  return state;
}

/** What `event` holds for a control's own events (amphtml, docs/spec/amp-actions-and-events). */
function detailOf(control: EventTarget | null): Value {
  if (control instanceof HTMLSelectElement) return { value: control.value };
  if (!(control instanceof HTMLInputElement)) return {};
  if (control.type === "checkbox" || control.type === "radio")
    return { checked: control.checked, value: control.value };
  if (control.type === "range")
    return {
      min: Number(control.min),
      max: Number(control.max),
      value: control.value,
      valueAsNumber: control.valueAsNumber,
    };
  return { value: control.value };
}

/** Pictures as AMP lays them out: over the width there is, `intrinsic` no wider than they are. */
function drawPictures(document: Document): void {
  for (const element of document.querySelectorAll<HTMLElement>("amp-img")) {
    const layout = element.getAttribute("layout");
    if (layout !== "responsive" && layout !== "intrinsic")
      throw new Error(`AMP: amp-img is not laid out "${layout ?? ""}" here`);
    const image = document.createElement("img");
    for (const name of ["src", "alt", "width", "height"])
      image.setAttribute(name, element.getAttribute(name) ?? "");
    Object.assign(image.style, { display: "block", width: "100%", height: "auto" });
    Object.assign(element.style, { display: "block", overflow: "hidden" });
    if (layout === "intrinsic") element.style.maxWidth = `${image.getAttribute("width") ?? "0"}px`;
    element.replaceChildren(image);
  }
}

const known = new Set(["amp-state", "amp-img"]);

/** Brings the mail in `document` to life. Throws Error for what a mail client's AMP would not run. */
export function runAmp(document: Document, post: AmpPost): void {
  for (const { localName } of document.querySelectorAll("*"))
    if (localName.startsWith("amp-") && !known.has(localName))
      throw new Error(`AMP: ${localName} is not known here`);
  drawPictures(document);
  let state = stateOf(document);
  const bindings = bindingsOf(document);
  for (const element of document.querySelectorAll("[on]"))
    // Read at once, so that a mail with a mistake fails when it opens and not when it is tapped.
    for (const { target, method, argument } of allActions(element.getAttribute("on") ?? ""))
      if (target === "AMP" && method === "setState") readExpression(argument);

  const setState = (change: Value): void => {
    if (!isObject(change)) throw new Error("AMP: setState takes an object");
    state = merged(state, change);
    for (const binding of bindings) {
      const value = binding.value(state);
      const result = JSON.stringify(value);
      if (result !== binding.last) apply(binding, value);
      binding.last = result;
    }
  };

  const act = ({ target, method, argument }: Action, event: Value): void => {
    if (target === "AMP" && method === "setState")
      return setState(readExpression(argument)({ ...state, event }));
    const element = document.getElementById(target);
    if (element === null) throw new Error(`AMP: no element "${target}"`);
    switch (method) {
      case "focus":
        return element.focus();
      case "show":
      case "hide":
        element.hidden = method === "hide";
        return;
      case "submit":
        if (element instanceof HTMLFormElement) return element.requestSubmit();
    }
    throw new Error(`AMP: ${target}.${method} is not known here`);
  };

  /** At the nearest element around `origin` that names the event, as AMP does. */
  const trigger = (origin: EventTarget | null, name: string, event: Value): void => {
    let element = origin instanceof Element ? origin : null;
    for (; element !== null; element = element.parentElement) {
      const actions = actionsOn(element.getAttribute("on") ?? "", name);
      for (const action of actions) act(action, event);
      if (actions.length > 0) return;
    }
  };

  document.addEventListener("click", ({ target }) => {
    // A button's click, even where the pointer was on what is inside it; disabled ones get none.
    if (target instanceof Element) trigger(target.closest("[on]"), "tap", {});
  });
  document.addEventListener("change", ({ target }) => trigger(target, "change", detailOf(target)));
  document.addEventListener("input", ({ target }) =>
    trigger(target, "input-throttled", detailOf(target)),
  );
  const sending = new WeakSet<HTMLFormElement>();
  document.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    const form = submitted.target;
    if (!(form instanceof HTMLFormElement) || sending.has(form)) return;
    sending.add(form);
    void send(form, post, trigger).finally(() => sending.delete(form));
  });
  // The boilerplate hides the mail until AMP runs.
  document.querySelector("style[amp4email-boilerplate]")?.remove();
}

type Trigger = (origin: EventTarget | null, name: string, event: Value) => void;

/** A form's successful controls, URL-encoded, to its `action-xhr`; an answer that is not JSON, or none, is an error. */
async function send(form: HTMLFormElement, post: AmpPost, trigger: Trigger): Promise<void> {
  const url = form.getAttribute("action-xhr");
  if (url === null || form.method !== "post") throw new Error("AMP: a form posts to `action-xhr`");
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form))
    if (typeof value === "string") body.append(name, value);
  trigger(form, "submit", {});
  let response: Value = null;
  let done = false;
  try {
    const answer = await post(url, body);
    // JSON is a value.
    response = (await answer.json()) as Value;
    done = answer.ok;
  } catch {
    // A network that fails, or an answer that is no JSON: the mail says so in its own words.
  }
  trigger(form, done ? "submit-success" : "submit-error", { response });
}
