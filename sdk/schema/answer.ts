import { z } from "zod";
import { AuthoredId, Language } from "./ids.ts";
import { widgetLimits } from "./widget.ts";

export const AnswerValue = z
  .union([z.string().max(2000), z.number(), z.array(AuthoredId).max(widgetLimits.options)])
  .describe("An option id, a list of them, a number, or a text.");
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
