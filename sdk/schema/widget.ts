import { z } from "zod";
import { AuthoredId, Language } from "./ids.ts";
import { Question } from "./question.ts";
import { Colour, Image, LocalText, wellFormed, widgetLimits } from "./text.ts";
import { SiteRules } from "./site.ts";

// One door to what a widget is made of.
export { Colour, Image, LocalText, widgetLimits } from "./text.ts";
export { Condition, Next, Option, PictureOption, Question, type QuestionKind } from "./question.ts";

export const Purpose = z
  .strictObject({
    id: AuthoredId,
    text: LocalText,
    required: z.boolean().default(false),
    lawfulBasis: z.literal("consent").default("consent"),
    sharing: z
      .boolean()
      .default(false)
      .describe("Sale or sharing, which Global Privacy Control opts out of."),
    events: z
      .literal(true)
      .optional()
      .describe("Allows to record how the page is used: behaviour events."),
    activities: z
      .literal(true)
      .optional()
      .describe(
        "Allows to keep what the reader does elsewhere, such as purchases, beside answers.",
      ),
    training: z
      .literal(true)
      .optional()
      .describe("Allows to train models with what is answered, written texts too."),
  })
  .describe("One purpose that a reader consents to, or does not.");
export type Purpose = z.infer<typeof Purpose>;

export const Notice = z
  .strictObject({
    version: z.int().min(1).max(0xffff).describe("Raise it with every change of what is asked."),
    controller: z.strictObject({
      name: wellFormed({ min: 1, max: 200 }),
      contact: wellFormed({ min: 3, max: 200 }),
    }),
    text: LocalText,
    url: z.url({ protocol: /^https$/ }).optional(),
    retentionDays: z.int().min(1).max(3650),
    purposes: z.array(Purpose).min(1).max(widgetLimits.purposes),
  })
  .describe("What a reader is told before answering.");
export type Notice = z.infer<typeof Notice>;

export const Theme = z.strictObject({
  accent: Colour.default("#3b4cca"),
  background: Colour.optional().describe(
    "What questions stand on; made dark for readers who prefer dark.",
  ),
  text: Colour.optional().describe("Text on the background."),
  logo: Image.optional().describe("Above every step, in the place of the controller's name."),
  corners: z.enum(["square", "soft", "round"]).default("soft"),
  font: z.enum(["sans", "serif", "rounded"]).default("sans"),
});
export type Theme = z.infer<typeof Theme>;

export const Outcome = z
  .strictObject({
    id: AuthoredId,
    title: LocalText,
    text: LocalText.optional(),
    link: z.strictObject({ url: z.url({ protocol: /^https$/ }), text: LocalText }).optional(),
    when: z
      .strictObject({
        value: AuthoredId.describe("A calculated value."),
        atLeast: z.number().optional(),
        atMost: z.number().optional(),
      })
      .optional()
      .describe("Shown where it holds; the first that does wins over scores."),
    image: Image.optional(),
    colour: Colour.optional().describe("The result page's own accent."),
    share: z
      .boolean()
      .optional()
      .describe("Offers to share its texts and the public link; never answers or the invitation."),
  })
  .describe("A result: the first whose `when` holds, else the one with the most points.");
export type Outcome = z.infer<typeof Outcome>;

const Named = z.strictObject({ id: AuthoredId, text: LocalText });

export const PreferenceCentre = z
  .strictObject({
    topics: z.array(Named).max(widgetLimits.options).default([]),
    frequencies: z.array(Named).max(12).default([]),
  })
  .describe("What a reader may set at any time on the preference page, beside consent.");
export type PreferenceCentre = z.infer<typeof PreferenceCentre>;

export const MailTexts = z
  .strictObject({
    subject: LocalText.optional().describe("Without it, the title."),
    preheader: LocalText.optional().describe("Without it, the intro."),
  })
  .describe("What only the mail says.");
export type MailTexts = z.infer<typeof MailTexts>;

export const HiddenField = z
  .strictObject({
    id: AuthoredId,
    charactersMax: z
      .int()
      .min(1)
      .max(widgetLimits.hiddenCharacters)
      .optional()
      .describe("Without it 200; what is longer is cut."),
  })
  .describe("A text that the link or the embedding site brings; sent as an answer, never asked.");
export type HiddenField = z.infer<typeof HiddenField>;

export const Calculated = z
  .strictObject({
    id: AuthoredId,
    start: z.number().min(-10_000).max(10_000).optional().describe("Without it 0."),
    add: z
      .array(
        z.strictObject({
          question: AuthoredId,
          times: z.number().min(-10_000).max(10_000).optional().describe("Without it 1."),
        }),
      )
      .min(1)
      .max(widgetLimits.addends),
  })
  .describe("A number made of the numbers answered and of options' `points`; never sent.");
export type Calculated = z.infer<typeof Calculated>;

/** What a reader is asked: the widget without its notice. */
export const Definition = z.strictObject({
  maily: z.literal(1).describe("The version of this format."),
  title: LocalText,
  intro: LocalText.optional(),
  languages: z
    .array(Language)
    .min(1)
    .max(widgetLimits.languages)
    .describe("The first is the one to fall back to."),
  layout: z.enum(["one-by-one", "all"]).default("one-by-one"),
  review: z.boolean().default(true).describe("Show all answers for a last look before sending."),
  send: z
    .literal("tap")
    .optional()
    .describe("The tap on the only question's option is the act of sending; without a review."),
  questions: z.array(Question).min(1).max(widgetLimits.questions),
  hidden: z.array(HiddenField).max(widgetLimits.hidden).optional(),
  calculated: z.array(Calculated).max(widgetLimits.calculated).optional(),
  outcomes: z.array(Outcome).max(widgetLimits.outcomes).default([]),
  thanks: z.strictObject({ title: LocalText, text: LocalText.optional() }).optional(),
  theme: Theme.prefault({}),
  preferences: PreferenceCentre.optional(),
  mail: MailTexts.optional(),
  events: z
    .strictObject({
      sample: z.number().min(0).max(1).optional().describe("The share of readers; without it 1."),
    })
    .optional()
    .describe("Behaviour events, of readers who agree to a purpose with `events`."),
});
export type Definition = z.infer<typeof Definition>;

/** The file a marketer writes, YAML or JSON. */
export const Widget = Definition.extend({ notice: Notice, site: SiteRules.optional() }).describe(
  "A widget: questions, languages, notice and look.",
);
export type Widget = z.infer<typeof Widget>;
