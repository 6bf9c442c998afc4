import { z } from "zod";
import { AuthoredId, Language } from "./ids.ts";

/** Limits of a definition (SPEC §2). */
export const widgetLimits = {
  questions: 50,
  options: 50,
  languages: 30,
  purposes: 20,
  outcomes: 20,
  textCharacters: 2000,
  definitionBytes: 65_536,
} as const;

/** What UTF-8, and with it canonical JSON, can say: half of a surrogate pair could be neither signed nor sent. */
const wellFormed = (length: { readonly min: number; readonly max: number }) =>
  z
    .string()
    .min(length.min)
    .max(length.max)
    .refine((text) => text.isWellFormed(), "has half of a surrogate pair");

const Prose = wellFormed({ min: 1, max: widgetLimits.textCharacters });

export const LocalText = z
  .union([Prose, z.record(Language, Prose)])
  .describe("A text: one string for every language, or one string a language.");
export type LocalText = z.infer<typeof LocalText>;

const Destination = AuthoredId.describe("A later question's id, or `end`.");

const Condition = z
  .strictObject({
    is: AuthoredId.optional().describe("The answer is this option."),
    includes: AuthoredId.optional().describe("The answer has this option among others."),
    atLeast: z.number().optional().describe("The number answered is at least this."),
    atMost: z.number().optional().describe("The number answered is at most this."),
    answered: z.boolean().optional().describe("The question was answered, or was not."),
  })
  .describe("Holds where everything named holds.");
export type Condition = z.infer<typeof Condition>;

const Rule = z.strictObject({ when: Condition.optional(), go: Destination });

const Next = z
  .union([
    Destination.transform((go): z.infer<typeof Rule>[] => [{ go }]),
    z.array(Rule).min(1).max(20),
  ])
  .describe("Where to go from here: a destination, or rules of which the first that holds wins.");

const Option = z.strictObject({
  id: AuthoredId,
  text: LocalText,
  description: LocalText.optional(),
  next: Destination.optional().describe(
    "Where this option leads; wins over the question's `next`.",
  ),
  scores: z
    .record(AuthoredId, z.int().min(-100).max(100))
    .optional()
    .describe("Points for outcomes, by outcome id."),
});
export type Option = z.infer<typeof Option>;

const common = {
  id: AuthoredId,
  text: LocalText,
  description: LocalText.optional(),
  required: z.boolean().default(false),
  next: Next.optional(),
};
const options = z.array(Option).min(2).max(widgetLimits.options);
const shuffle = z
  .boolean()
  .optional()
  .describe("In mails made for one reader, options come in an order of that reader's own.");

export const Question = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("single-choice"), ...common, options, shuffle }),
  z.strictObject({
    kind: z.literal("multiple-choice"),
    ...common,
    options,
    shuffle,
    atLeast: z.int().min(1).max(widgetLimits.options).optional(),
    atMost: z.int().min(1).max(widgetLimits.options).optional(),
  }),
  z.strictObject({ kind: z.literal("dropdown"), ...common, options }),
  z.strictObject({ kind: z.literal("ranking"), ...common, options }),
  z.strictObject({
    kind: z.literal("rating"),
    ...common,
    steps: z.int().min(3).max(10).default(5),
    low: LocalText.optional().describe("What the lowest step means."),
    high: LocalText.optional().describe("What the highest step means."),
  }),
  z.strictObject({
    kind: z.literal("nps"),
    ...common,
    low: LocalText.optional(),
    high: LocalText.optional(),
  }),
  z.strictObject({ kind: z.literal("yes-no"), ...common }),
  z.strictObject({
    kind: z.literal("slider"),
    ...common,
    from: z.number().default(0),
    to: z.number().default(100),
    step: z.number().positive().default(1),
    unit: LocalText.optional(),
  }),
  z.strictObject({
    kind: z.literal("short-text"),
    ...common,
    charactersMax: z.int().min(1).max(200).default(200),
    placeholder: LocalText.optional(),
  }),
  z.strictObject({
    kind: z.literal("long-text"),
    ...common,
    charactersMax: z.int().min(1).max(2000).default(1000),
    placeholder: LocalText.optional(),
  }),
  z.strictObject({
    kind: z.literal("date"),
    ...common,
    earliest: z.iso.date().optional(),
    latest: z.iso.date().optional(),
  }),
  z.strictObject({
    kind: z.literal("consent"),
    ...common,
    label: LocalText.describe("What the box beside the question says."),
  }),
]);
export type Question = z.infer<typeof Question>;
export type QuestionKind = Question["kind"];

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

const Colour = z.string().regex(/^#[0-9a-f]{6}$/, "must be a colour such as #0b5fff");

export const Theme = z.strictObject({
  accent: Colour.default("#3b4cca"),
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
  })
  .describe("A result that scores lead to: the one with the most points is shown.");
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
  questions: z.array(Question).min(1).max(widgetLimits.questions),
  outcomes: z.array(Outcome).max(widgetLimits.outcomes).default([]),
  thanks: z.strictObject({ title: LocalText, text: LocalText.optional() }).optional(),
  theme: Theme.prefault({}),
  preferences: PreferenceCentre.optional(),
  mail: MailTexts.optional(),
});
export type Definition = z.infer<typeof Definition>;

/** The file a marketer writes, YAML or JSON. */
export const Widget = Definition.extend({ notice: Notice }).describe(
  "A widget: questions, languages, notice and look.",
);
export type Widget = z.infer<typeof Widget>;
