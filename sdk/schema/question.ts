// The kinds of questions, and where each leads.
import { z } from "zod";
import { AuthoredId } from "./ids.ts";
import { Image, LocalText, widgetLimits } from "./text.ts";

export const Destination = AuthoredId.describe("A later question's id, or `end`.");

/** An option's id, or a matrix' cell. */
const Chosen = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,31}(?::[a-z][a-z0-9-]{0,31})?$/,
    "must be an option's id, or row:column of a matrix",
  );

export const Condition = z
  .strictObject({
    is: AuthoredId.optional().describe(
      "The answer is this option; `other` where the reader wrote one.",
    ),
    includes: Chosen.optional().describe("The answer has this option, or cell, among others."),
    value: AuthoredId.optional().describe(
      "`atLeast` and `atMost` speak of this calculated value, not of the question's answer.",
    ),
    atLeast: z.number().optional().describe("The number answered is at least this."),
    atMost: z.number().optional().describe("The number answered is at most this."),
    answered: z.boolean().optional().describe("The question was answered, or was not."),
  })
  .describe("Holds where everything named holds.");
export type Condition = z.infer<typeof Condition>;

const Rule = z.strictObject({ when: Condition.optional(), go: Destination });

export const Next = z
  .union([
    Destination.transform((go): z.infer<typeof Rule>[] => [{ go }]),
    z.array(Rule).min(1).max(20),
  ])
  .describe("Where to go from here: a destination, or rules of which the first that holds wins.");

const Points = z
  .number()
  .min(-10_000)
  .max(10_000)
  .optional()
  .describe("What it adds to the calculated values that name its question.");

export const Option = z.strictObject({
  id: AuthoredId,
  text: LocalText,
  description: LocalText.optional(),
  image: Image.optional(),
  next: Destination.optional().describe(
    "Where this option leads; wins over the question's `next`.",
  ),
  scores: z
    .record(AuthoredId, z.int().min(-100).max(100))
    .optional()
    .describe("Points for outcomes, by outcome id."),
  points: Points,
  keepPlace: z.boolean().optional().describe("Stays where it is when options are shuffled."),
});
export type Option = z.infer<typeof Option>;

export const PictureOption = Option.extend({ image: Image });

const common = {
  id: AuthoredId,
  text: LocalText,
  description: LocalText.optional(),
  image: Image.optional(),
  required: z.boolean().default(false),
  next: Next.optional(),
};
const options = z.array(Option).min(2).max(widgetLimits.options);
const shuffle = z
  .boolean()
  .optional()
  .describe(
    "Options come in an order of the reader's own; in mails, in those made for one reader.",
  );
const other = z
  .union([z.literal(true), z.strictObject({ text: LocalText })])
  .optional()
  .describe("A reader may write an answer of their own; `text` is what that option says.");
const advance = z
  .literal("tap")
  .optional()
  .describe("A choice moves on by itself, without a button.");
const several = {
  atLeast: z.int().min(1).max(widgetLimits.options).optional(),
  atMost: z.int().min(1).max(widgetLimits.options).optional(),
};
const placeholder = LocalText.optional();
const ends = {
  low: LocalText.optional().describe("What the lowest step means."),
  high: LocalText.optional().describe("What the highest step means."),
};
const CountryCode = z.string().regex(/^[A-Z]{2}$/, "must be a country of ISO 3166-1 such as FR");
const Bounded = z.number().min(-widgetLimits.number).max(widgetLimits.number);
const Row = z.strictObject({ id: AuthoredId, text: LocalText });

export const Question = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("single-choice"),
    ...common,
    options,
    shuffle,
    other,
    advance,
  }),
  z.strictObject({
    kind: z.literal("multiple-choice"),
    ...common,
    options,
    shuffle,
    other,
    ...several,
  }),
  z.strictObject({ kind: z.literal("dropdown"), ...common, options, shuffle }),
  z.strictObject({ kind: z.literal("ranking"), ...common, options, shuffle }),
  z.strictObject({
    kind: z.literal("rating"),
    ...common,
    steps: z.int().min(3).max(10).default(5),
    ...ends,
    look: z
      .enum(["numbers", "stars", "hearts", "emoji"])
      .optional()
      .describe("Without it numbers; `emoji` has 3 or 5 steps."),
    advance,
  }),
  z.strictObject({ kind: z.literal("nps"), ...common, ...ends, advance }),
  z.strictObject({
    kind: z.literal("yes-no"),
    ...common,
    look: z.enum(["words", "thumbs"]).optional().describe("Without it words."),
    advance,
  }),
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
    placeholder,
  }),
  z.strictObject({
    kind: z.literal("long-text"),
    ...common,
    charactersMax: z.int().min(1).max(2000).default(1000),
    placeholder,
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
  z.strictObject({
    kind: z.literal("picture-choice"),
    ...common,
    options: z.array(PictureOption).min(2).max(widgetLimits.options),
    shuffle,
    multiple: z.boolean().default(false),
    ...several,
    advance,
  }),
  z.strictObject({
    kind: z.literal("matrix"),
    ...common,
    rows: z.array(Row).min(2).max(widgetLimits.rows),
    columns: z
      .array(Row.extend({ points: Points }))
      .min(2)
      .max(widgetLimits.columns),
    multiple: z.boolean().default(false).describe("Several columns a row."),
  }),
  z.strictObject({
    kind: z.literal("number"),
    ...common,
    from: Bounded.optional(),
    to: Bounded.optional(),
    step: z.number().positive().optional().describe("Counted from `from`, or from 0."),
    unit: LocalText.optional(),
    placeholder,
  }),
  z.strictObject({ kind: z.literal("email"), ...common, placeholder }),
  z.strictObject({
    kind: z.literal("phone"),
    ...common,
    country: CountryCode.optional().describe("Whose calling code a number without one gets."),
    placeholder,
  }),
  z.strictObject({
    kind: z.literal("country"),
    ...common,
    countries: z
      .array(CountryCode)
      .min(1)
      .max(250)
      .optional()
      .describe("Those that may be chosen; without it, every one of ISO 3166-1."),
    placeholder,
  }),
  z.strictObject({
    kind: z.literal("opinion-scale"),
    ...common,
    from: z.union([z.literal(0), z.literal(1)]).default(1),
    steps: z.int().min(3).max(11).default(7),
    ...ends,
    middle: LocalText.optional().describe("What the step in the middle means."),
    advance,
  }),
  z.strictObject({
    kind: z.literal("constant-sum"),
    ...common,
    options,
    shuffle,
    total: z.int().min(1).max(widgetLimits.pointsTotal).default(100),
    unit: LocalText.optional(),
  }),
]);
export type Question = z.infer<typeof Question>;
export type QuestionKind = Question["kind"];
