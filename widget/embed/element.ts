// <maily-widget>, and the same from a script.
import type { MailyOptions } from "./options.ts";
import type { MailyEvents } from "./protocol.ts";
import { run, type Running } from "./widget.ts";

export type { MailyOptions, Mode } from "./options.ts";
export type { MailyEvents } from "./protocol.ts";

const name = "maily-widget";

/** A server that draws pages has no such class; nothing is shown there. */
const Base = globalThis.HTMLElement ?? Object;

/** As every element's, and its own events by their types. */
interface Listening {
  <Type extends keyof MailyEvents>(
    type: Type,
    listener: (event: CustomEvent<MailyEvents[Type]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  (
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** Shows one campaign while it is in a document, by what was said before; taken out, it leaves nothing behind. */
export class MailyWidget extends Base {
  /** What attributes would say, and an invitation; to be set before it is put into a document. */
  declare options: MailyOptions;
  declare private running: Running | undefined;

  declare addEventListener: Listening;
  static readonly observedAttributes = ["campaign"];

  constructor() {
    super();
    // Set before this class was there, it stays. Frameworks look whether it is there.
    this.options ??= {};
  }

  connectedCallback(): void {
    this.running ??= run(this);
  }
  disconnectedCallback(): void {
    this.running?.end();
    this.running = undefined;
  }
  /** Another campaign begins anew; whatever else changes is for the next time. */
  attributeChangedCallback(): void {
    if (this.running === undefined) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }
  /** Shows it now, and moves the focus into it. */
  open(): void {
    this.running?.open();
  }
  close(): void {
    this.running?.close();
  }
}

const { customElements: registry } = globalThis;
// A second copy of this script leaves the first one's.
if (!registry?.get(name)) registry?.define(name, MailyWidget);

/** Puts a widget into `target`, an element or a selector. One of the same campaign that stands in it already is kept. */
export function mount(target: Element | string, options: MailyOptions): MailyWidget {
  const parent = typeof target === "string" ? document.querySelector(target) : target;
  if (parent === null) throw new Error("no such element");
  const there = [...parent.querySelectorAll<MailyWidget>(name)].find(
    ({ options: { campaign, mode } }) => campaign === options.campaign && mode === options.mode,
  );
  if (there !== undefined) return there;
  const element = document.createElement(name) as MailyWidget; // Defined above, or by another copy.
  element.options = options;
  parent.append(element);
  return element;
}

/** Opens a widget over the page, now; closed, it is gone. */
export function open(options: MailyOptions): MailyWidget {
  const element = mount(document.body, { mode: "popup", ...options, trigger: "none" });
  element.addEventListener("close", () => element.remove());
  element.open();
  return element;
}
