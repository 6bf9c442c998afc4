import { z } from "zod";
import { eventLimits } from "../events.ts";
import { AuthoredId, Instant, Language } from "./ids.ts";

const at = Instant.describe(
  "By the device's clock; the region counts none later than its admission.",
);

/** Options have numbers up to 200: the cells of a matrix, row by row. */
const optionMax = 255;

export const Event = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("view"), at }).describe("The page stands."),
    z.strictObject({ kind: z.literal("start"), at }).describe("The reader begins to answer."),
    z
      .strictObject({ kind: z.literal("question"), at, question: AuthoredId })
      .describe("A question is seen for the first time."),
    z
      .strictObject({
        kind: z.enum(["hover", "click"]),
        at,
        question: AuthoredId,
        option: z
          .int()
          .min(0)
          .max(optionMax)
          .describe("Its place in the definition, as in a link."),
      })
      .describe("A pointer rests on an option, or an option is pressed."),
    z
      .strictObject({
        kind: z.literal("time"),
        at,
        question: AuthoredId,
        milliseconds: z.int().min(1).max(eventLimits.milliseconds),
      })
      .describe("How long a question was before the reader; `at` is the end of it."),
    z
      .strictObject({ kind: z.literal("abandon"), at, question: AuthoredId.optional() })
      .describe("The reader leaves without sending; `question` is the one that was asked."),
  ])
  .describe("What a reader did; never what was typed.");
export type Event = z.infer<typeof Event>;

/** What an envelope of events seals; no `answers`, so that neither is ever taken for the other. */
export const EventsPayload = z.strictObject({
  events: z.array(Event).min(1).max(eventLimits.events),
  language: Language,
});
export type EventsPayload = z.infer<typeof EventsPayload>;
