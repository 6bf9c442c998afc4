// What an editor says about the element. Wrong uses do not compile; fixtures/embed-markup.tsx has those of JSX.
import { expect, test } from "vitest";
import type { MailyEvents, MailyOptions, MailyWidget } from "../../widget/embed/element.ts";
import type { MailyListeners } from "../../widget/embed/markup.d.ts";
import type { SvelteHTMLElements } from "svelte/elements";
import type { GlobalComponents } from "vue";
import type { Markup as OfSvelte } from "../../widget/embed/svelte.d.ts";
import type { Markup as OfVue } from "../../widget/embed/vue.d.ts";
import * as react from "./fixtures/embed-react.tsx";
import { right, told, wrong } from "./fixtures/embed-markup.tsx";

function listen(widget: MailyWidget): void {
  widget.addEventListener("submit", ({ detail }) => detail.receiptId.length);
  // @ts-expect-error: no such member
  widget.addEventListener("submit", ({ detail }) => detail.answers);
  widget.addEventListener("focusin", (event) => event.type);
}

test("JSX writes the element as HTML does", () => {
  for (const { type } of [right, ...wrong, react.right, react.wrong])
    expect(type).toBe("maily-widget");
  const { onsubmit } = right.props as MailyListeners; // The element's own.
  onsubmit?.(new CustomEvent("submit", { detail: { receiptId: "r" } }));
  expect(told).toEqual(["r"]);
});

test("listeners and options have their types", () => {
  const options: MailyOptions = { campaign: "Q2FtcGFpZ24", invitation: "AQ", rest: 3 };
  const names: Record<keyof MailyEvents, keyof MailyListeners> = {
    ready: "onready",
    view: "onview",
    question: "onquestion",
    answer: "onanswer",
    submit: "onsubmit",
    refuse: "onrefuse",
    close: "onclose",
    error: "onerror",
  };
  expect([typeof listen, options.rest, Object.keys(names).length]).toEqual(["function", 3, 8]);
});

test("Vue and Svelte know its attributes and events", () => {
  const vue: InstanceType<GlobalComponents["maily-widget"]>["$props"] & OfVue = {
    mode: "popup",
    onSubmit: ({ detail }) => detail.receiptId.length,
  };
  const svelte: SvelteHTMLElements["maily-widget"] & OfSvelte = {
    mode: "popup",
    class: "wide",
    onsubmit: ({ detail }) => detail.receiptId.length,
  };
  // @ts-expect-error: no such mode
  const wrongVue: typeof vue = { mode: "pop-up" };
  // @ts-expect-error: no such mode
  const wrongSvelte: typeof svelte = { mode: "pop-up" };
  expect([vue.mode, svelte.mode, wrongVue.mode, wrongSvelte.mode]).toEqual([
    "popup",
    "popup",
    "pop-up",
    "pop-up",
  ]);
});
