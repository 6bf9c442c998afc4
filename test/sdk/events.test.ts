// Who is asked for behaviour events, who is in the sample, and what an author may not ask.
import { expect, test } from "vitest";
import { checkWidget } from "../../sdk/check-widget.ts";
import { allowsEvents, asksForEvents, eventLimits, isSampled } from "../../sdk/events.ts";
import { payloadBytesMax } from "../../sdk/padding.ts";
import { EventsPayload, type Event } from "../../sdk/schema/event.ts";
import { Widget } from "../../sdk/schema/widget.ts";

const purposes = [
  { id: "results", text: "Count", required: true },
  { id: "use", text: "Watch", events: true },
];
const widgetWith = (changes: Record<string, unknown>, asked: unknown = purposes): Widget =>
  Widget.parse({
    maily: 1,
    title: "Tea",
    languages: ["en"],
    questions: [{ id: "why", kind: "long-text", text: "Why?" }],
    notice: {
      version: 1,
      controller: { name: "Tea", contact: "privacy@tea.example" },
      text: "We count.",
      retentionDays: 30,
      purposes: asked,
    },
    ...changes,
  });

const readerOf = (last: number): Uint8Array<ArrayBuffer> => {
  const reader = crypto.getRandomValues(new Uint8Array(16));
  new DataView(reader.buffer).setUint32(12, last);
  return reader;
};

test("only a purpose with events allows them, and only where it was agreed to", () => {
  const { notice } = widgetWith({});
  expect(asksForEvents(notice)).toBe(true);
  expect(allowsEvents(notice, ["results"])).toBe(false);
  expect(allowsEvents(notice, ["results", "use"])).toBe(true);
  expect(asksForEvents(widgetWith({}, purposes.slice(0, 1)).notice)).toBe(false);
});

test.for([
  [0, 0, false],
  [undefined, 0xffffffff, true],
  [1, 0xffffffff, true],
  [0.5, 0x7fffffff, true],
  [0.5, 0x80000000, false],
  [0.25, 0x3fffffff, true],
  [0.25, 0x40000000, false],
] as const)("of a sample of %s a reader who ends in %i is in: %s", ([sample, last, is]) => {
  const events = sample === undefined ? undefined : { sample };
  expect(isSampled(readerOf(last), widgetWith(events ? { events } : {}))).toBe(is);
});

test("about as many readers are in a sample as it says", () => {
  const definition = widgetWith({ events: { sample: 0.3 } });
  let sampled = 0;
  for (let reader = 0; reader < 10_000; reader++)
    if (isSampled(crypto.getRandomValues(new Uint8Array(16)), definition)) sampled += 1;
  // Ten standard deviations: it fails once in more runs than there will be.
  expect(Math.abs(sampled - 3_000)).toBeLessThan(460);
});

test("nobody may have to agree to events, and no sample is taken where nobody is asked", () => {
  expect(checkWidget(widgetWith({ events: { sample: 0.1 } }))).toEqual([]);
  const forced = [{ id: "use", text: "Watch", events: true, required: true }];
  expect(checkWidget(widgetWith({}, forced)).map(({ path }) => path)).toEqual([
    ["notice", "purposes", 0, "required"],
  ]);
  const unasked = widgetWith({ events: { sample: 0.1 } }, purposes.slice(0, 1));
  expect(checkWidget(unasked).map(({ path }) => path)).toEqual([["events"]]);
});

test("a full batch of the longest events fits what is sealed", () => {
  const longest: Event = {
    kind: "time",
    at: "2026-11-21T12:00:00.000Z",
    question: "q".repeat(32),
    milliseconds: eventLimits.milliseconds,
  };
  const events = Array.from({ length: eventLimits.events }, () => longest);
  const payload = EventsPayload.parse({ events, language: "sr-Latn-RS" });
  expect(JSON.stringify(payload).length).toBeLessThanOrEqual(payloadBytesMax);
  expect(EventsPayload.safeParse({ events: [...events, longest], language: "en" }).success).toBe(
    false,
  );
});
