import { z } from "zod";
import { AuthoredId, CampaignId, Instant, ReaderPseudonym, RegionName, Tenant } from "./ids.ts";
import { CampaignStatus } from "./campaign.ts";

const Count = z.int().min(0);

export const OptionResult = z.strictObject({
  id: AuthoredId,
  text: z.string(),
  count: Count.describe("Readers who chose it; in a ranking, who put it first."),
  share: z.number().min(0).max(1).describe("`count` as a share of `answered`; 0 where none did."),
  meanRank: z.number().min(1).nullable().optional().describe("In a ranking: 1 is best."),
});
export type OptionResult = z.infer<typeof OptionResult>;

export const NumberResult = z.strictObject({
  mean: z.number().nullable().describe("Null where nobody answered."),
  histogram: z
    .array(z.strictObject({ value: z.number(), count: Count }))
    .max(51)
    .describe("By value, or by the lowest value of each of equal ranges where there are many."),
  nps: z
    .number()
    .min(-100)
    .max(100)
    .nullable()
    .optional()
    .describe("Promoters (9, 10) less detractors (0 to 6), in percent of `answered`."),
});
export type NumberResult = z.infer<typeof NumberResult>;

export const QuestionResult = z.strictObject({
  id: AuthoredId,
  kind: z.string(),
  text: z.string(),
  answered: Count.describe("Readers whose current answer has a value here."),
  options: z.array(OptionResult).optional(),
  numbers: NumberResult.optional(),
  texts: z
    .strictObject({ count: Count })
    .optional()
    .describe("Free texts are counted and never shown here."),
});
export type QuestionResult = z.infer<typeof QuestionResult>;

export const Results = z
  .strictObject({
    campaign: CampaignId,
    tenant: Tenant,
    region: RegionName,
    asOf: Instant,
    title: z.string(),
    answers: Count.describe("Readers counted: each by the latest answer, test sends left out."),
    submissions: Count.describe("Submissions of readers counted, earlier answers among them."),
    held: Count.optional().describe(
      "Readers not counted because all their answers came within seconds; absent where none.",
    ),
    questions: z.array(QuestionResult),
    outcomes: z
      .array(z.strictObject({ id: AuthoredId, title: z.string(), count: Count }))
      .optional()
      .describe("Readers by the outcome their scores lead to."),
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
