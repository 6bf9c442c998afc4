import { z } from "zod";
import { AuthoredId, Instant, Language } from "./ids.ts";
import { widgetLimits } from "./widget.ts";

export const Consent = z
  .strictObject({
    notice: z.int().min(1).max(0xffff).describe("The version of the notice that was shown."),
    purposes: z
      .array(AuthoredId)
      .max(widgetLimits.purposes)
      .refine((purposes) => new Set(purposes).size === purposes.length, "names a purpose twice"),
    givenAt: Instant,
    language: Language.describe("The language the notice was read in."),
  })
  .describe("What the reader agreed to; its RFC 8785 bytes are bound to the answer.");
export type Consent = z.infer<typeof Consent>;
