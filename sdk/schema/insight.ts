// What a tenant is told of its readers' conduct: revenue, lift, and the facts and examples that may be handed on. Aggregates, never
// of fewer readers than the floor (SPEC §10.7).
import { z } from "zod";
import { ActivityKind } from "./activity.ts";
import { AuthoredId, CampaignId, Instant, RegionName } from "./ids.ts";

export const insightLimits = {
  /** Kinds and labels looked at in one table of lifts: those that most readers did. */
  conducts: 50,
  /** Lifts told in one answer, the surest first. */
  lifts: 500,
  facts: 2_000,
  /** Texts of one campaign that are given as examples. */
  texts: 100_000,
} as const;

const Count = z.int().min(0);
const Withheld = z
  .enum(["too-few", "derivable", "dominated", "none"])
  .describe(
    "`too-few`: of fewer readers than the floor, or of all but fewer; `derivable`: such a figure would follow from it; `dominated`: one reader makes more than half; `none`: nothing of the kind was done.",
  );

const Interval = { low: z.number(), high: z.number() };

export const Conversion = z
  .strictObject({ share: z.number().min(0).max(1), ...Interval })
  .describe("The share of readers who bought, with Wilson's 95 % interval.");

export const RevenueCell = z
  .strictObject({
    readers: Count.optional(),
    buyers: Count.optional(),
    orders: Count.optional(),
    conversion: Conversion.optional(),
    revenue: z
      .array(
        z.strictObject({
          currency: z.string(),
          amount: z.number().optional().describe("In minor units, refunds taken off."),
          perReader: z.number().optional().describe("Of all readers of the cell, buyers or not."),
          withheld: Withheld.optional(),
        }),
      )
      .describe("One a currency."),
    withheld: Withheld.optional().describe("Why `readers` or `buyers` are absent."),
  })
  .describe("Absent figures are withheld, not 0.");
export type RevenueCell = z.infer<typeof RevenueCell>;

export const RevenueFigures = z.strictObject({
  floor: z.int(),
  total: RevenueCell,
  by: z
    .strictObject({
      question: AuthoredId,
      options: z.array(z.strictObject({ option: z.string(), ...RevenueCell.shape })),
    })
    .optional(),
});
export type RevenueFigures = z.infer<typeof RevenueFigures>;

export const Revenue = RevenueFigures.extend({
  campaign: CampaignId,
  region: RegionName,
  asOf: Instant,
}).describe(
  "GET /v1/campaigns/:id/revenue: of readers who agree to a purpose with `activities` now, in this region.",
);
export type Revenue = z.infer<typeof Revenue>;

const Group = z.strictObject({
  readers: Count,
  acted: Count.describe("Readers who did it at least once."),
  times: Count,
  readerDays: z.number().min(0).describe("From each reader's answer until `asOf`, summed."),
});

const RatioFigures = z.strictObject({
  ratio: z.number(),
  ...Interval,
  p: z.number().min(0).max(1),
});

export const Lift = z
  .strictObject({
    question: AuthoredId,
    option: z.string(),
    kind: ActivityKind,
    label: z.string().nullable().describe("Null in a table: without one; of one lift: any."),
    chose: Group.optional(),
    others: Group.optional().describe("Who answered the question otherwise."),
    often: RatioFigures.optional().describe(
      "How much more often, per reader and day; 95 % interval by the robust variance of log rates.",
    ),
    anyone: RatioFigures.optional().describe(
      "Ratio of the shares who did it at all; log-normal interval (Katz). Blind to how long each was followed.",
    ),
    q: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        "Of a table: the share of false findings among all lifts as sure as this one (Benjamini–Hochberg).",
      ),
    withheld: Withheld.optional(),
  })
  .describe("Whether who chose an option does something more often, from their answer on.");
export type Lift = z.infer<typeof Lift>;

export const Lifts = z
  .strictObject({
    campaign: CampaignId,
    region: RegionName,
    asOf: Instant,
    floor: z.int(),
    tested: Count.describe(
      "Pairs of an option and a conduct that were compared; `q` counts them all.",
    ),
    lifts: z.array(Lift).max(insightLimits.lifts).describe("The surest first."),
  })
  .describe(
    "GET /v1/campaigns/:id/lift: association, never cause: who chose what was not drawn by lot.",
  );
export type Lifts = z.infer<typeof Lifts>;
