import { z } from "zod";
import { AuthoredId, CampaignId, Instant, ReaderPseudonym, RegionName, Tenant } from "./ids.ts";
import { CampaignStatus } from "./campaign.ts";

const Count = z.int().min(0);

export const OptionResult = z.strictObject({
  id: z
    .string()
    .regex(/^(?:[a-z][a-z0-9-]{0,31}|[A-Z]{2})$/)
    .describe("An option's id, a country's code, or `other` for what readers wrote themselves."),
  text: z.string(),
  count: Count.describe(
    "Readers who chose it; in a ranking, who put it first; in a constant sum, who gave it points or none.",
  ),
  share: z
    .number()
    .min(0)
    .max(1)
    .describe("`count` as a share of `answered`; in a constant sum, of all points; 0 where none."),
  meanRank: z.number().min(1).nullable().optional().describe("In a ranking: 1 is best."),
  meanPoints: z.number().min(0).nullable().optional().describe("In a constant sum."),
});
export type OptionResult = z.infer<typeof OptionResult>;

export const NumberResult = z.strictObject({
  mean: z.number().nullable().describe("Null where nobody answered."),
  histogram: z
    .array(z.strictObject({ value: z.number(), count: Count }))
    .max(51)
    .describe(
      "By value, or by the lowest value of each of equal ranges where there are many; empty for numbers without bounds.",
    ),
  nps: z
    .number()
    .min(-100)
    .max(100)
    .nullable()
    .optional()
    .describe("Promoters (9, 10) less detractors (0 to 6), in percent of `answered`."),
});
export type NumberResult = z.infer<typeof NumberResult>;

const Named = z.strictObject({ id: AuthoredId, text: z.string() });

export const MatrixResult = z.strictObject({
  columns: z.array(Named),
  rows: z.array(
    Named.extend({
      cells: z
        .array(z.strictObject({ count: Count, share: z.number().min(0).max(1) }))
        .describe("In the order of `columns`; `share` of `answered`."),
    }),
  ),
});
export type MatrixResult = z.infer<typeof MatrixResult>;

export const QuestionResult = z.strictObject({
  id: AuthoredId,
  kind: z.string(),
  text: z.string(),
  answered: Count.describe("Readers whose current answer has a value here."),
  options: z.array(OptionResult).optional(),
  matrix: MatrixResult.optional(),
  numbers: NumberResult.optional(),
  texts: z
    .strictObject({ count: Count })
    .optional()
    .describe(
      "What was typed, addresses and telephone numbers too, is counted and never shown here.",
    ),
});
export type QuestionResult = z.infer<typeof QuestionResult>;

export const Funnel = z
  .strictObject({
    viewed: Count.describe("Readers who opened the page."),
    started: Count.describe("Of these, who began to answer."),
    questions: z
      .array(
        z.strictObject({
          id: AuthoredId,
          seen: Count.describe("Readers who were asked it."),
          seconds: z
            .number()
            .min(0)
            .nullable()
            .describe("The median of their time before it; null below five readers."),
        }),
      )
      .describe("In the order of the definition."),
    sent: Count.describe("Readers among them whose answer counts."),
    abandoned: Count.describe("Who left at least once without sending."),
  })
  .describe(
    "How far readers came, of those who agreed to events: most agree as they send, so that it says little of who never did.",
  );
export type Funnel = z.infer<typeof Funnel>;

export const Results = z
  .strictObject({
    campaign: CampaignId,
    tenant: Tenant,
    region: RegionName,
    asOf: Instant,
    title: z.string(),
    answers: Count.describe("Readers counted: each by the latest answer, test sends left out."),
    visitors: Count.optional().describe(
      "Of `answers`, those that came from a site by a visit, which proves nothing of who it was; absent where no site may embed the campaign.",
    ),
    submissions: Count.describe("Submissions of readers counted, earlier answers among them."),
    held: Count.optional().describe(
      "Readers not counted because all their answers came within seconds; absent where none.",
    ),
    questions: z.array(QuestionResult),
    hidden: z
      .array(z.strictObject({ id: AuthoredId, answered: Count }))
      .optional()
      .describe("Readers whose link or site brought this field; absent where none is defined."),
    calculated: z
      .array(
        z.strictObject({
          id: AuthoredId,
          answered: Count,
          mean: z.number().nullable().describe("Null where nobody answered."),
        }),
      )
      .optional()
      .describe("Absent where none is defined."),
    outcomes: z
      .array(z.strictObject({ id: AuthoredId, title: z.string(), count: Count }))
      .optional()
      .describe("Readers by the outcome their scores lead to."),
    funnel: Funnel.optional().describe("Absent where no purpose allows events."),
  })
  .describe(
    "GET /v1/campaigns/:id/results of a region's server: counts only, of this region only.",
  );
export type Results = z.infer<typeof Results>;

export const CampaignList = z
  .strictObject({
    campaigns: z.array(
      z.strictObject({
        id: CampaignId,
        title: z.string(),
        revision: z.int().min(1),
        status: CampaignStatus,
        opensAt: Instant,
        closesAt: Instant,
      }),
    ),
  })
  .describe("GET /v1/campaigns of a region's server: the tenant's campaigns in this region.");
export type CampaignList = z.infer<typeof CampaignList>;

export const UnsubscribedPage = z
  .strictObject({
    readers: z
      .array(z.strictObject({ reader: ReaderPseudonym, at: Instant }))
      .max(1000)
      .describe("In the order of their pseudonyms."),
    next: ReaderPseudonym.optional().describe("`after` of the next page, where there is more."),
  })
  .describe("GET /v1/campaigns/:id/unsubscribed of a region's server.");
export type UnsubscribedPage = z.infer<typeof UnsubscribedPage>;
