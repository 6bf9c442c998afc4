import { z } from "zod";
import { AuthoredId, Language } from "./ids.ts";
import { widgetLimits } from "./widget.ts";

/** An option's id, `row:column` of a matrix, `option:points` of a constant sum, or `other:` and a text. */
const Chosen = z
  .string()
  .regex(
    /^(?:[a-z][a-z0-9-]{0,31}(?::(?:[a-z][a-z0-9-]{0,31}|0|[1-9]\d{0,6}))?|other:[^]{1,400})$/,
    "is no choice",
  );

export const AnswerValue = z
  .union([z.string().max(2000), z.number(), z.array(Chosen).max(widgetLimits.cells)])
  .describe("An option id, a list of choices, a number, or a text.");
export type AnswerValue = z.infer<typeof AnswerValue>;

export const Answers = z.record(AuthoredId, AnswerValue);
export type Answers = z.infer<typeof Answers>;

/** What an envelope seals: the payload of SPEC §3. */
export const Payload = z.strictObject({ answers: Answers, language: Language });
export type Payload = z.infer<typeof Payload>;

/** What an envelope of the preference page seals; no `answers`, so that neither is ever taken for the other. */
export const PreferencesPayload = z.strictObject({
  preferences: z.strictObject({
    topics: z.array(AuthoredId).max(widgetLimits.options),
    frequency: AuthoredId.optional(),
  }),
  language: Language,
});
export type PreferencesPayload = z.infer<typeof PreferencesPayload>;
