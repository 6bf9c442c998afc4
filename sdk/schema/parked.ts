// What an operator asks and is told of answers that a region's server refused.
import { z } from "zod";
import { CampaignId, Instant, RegionName, SubmissionId } from "./ids.ts";

/** Rows that one request may name. */
export const parkedIdsMax = 128;

export const ParkedId = z
  .string()
  .regex(/^(0|[1-9]\d{0,3})-(0|[1-9]\d{0,14})$/)
  .describe("A row's place: the number of its outbox, and of the row there.");

const After = ParkedId.default("0-0").describe("Where the last page ended.");

export const ParkedQuery = z
  .strictObject({ region: RegionName, after: After })
  .describe("POST /admin/parked");
export type ParkedQuery = z.input<typeof ParkedQuery>;

const ParkedRow = z
  .strictObject({
    id: ParkedId,
    parkedAt: Instant,
    code: z.string().max(64).describe("The problem with which the region's server refused it."),
    kind: z.enum(["answer", "withdrawal", "choices", "preferences", "request", "events"]),
    campaign: CampaignId,
    submissionId: SubmissionId,
  })
  .describe(
    "Acknowledged, and refused by the region's server. Never the reader, nor what was sealed.",
  );
export type ParkedRow = z.infer<typeof ParkedRow>;

export const ParkedList = z.strictObject({
  rows: z.array(ParkedRow),
  next: ParkedId.optional().describe("`after` of the next page; absent at the end."),
});
export type ParkedList = z.infer<typeof ParkedList>;

export const ParkedReplay = z
  .strictObject({
    region: RegionName,
    ids: z.array(ParkedId).min(1).max(parkedIdsMax).optional(),
    parkedBefore: Instant.optional().describe(
      "Instead of ids: all parked before it. Keep it the same for every page, so that what is refused again is not put back again.",
    ),
    after: After,
  })
  .refine(
    ({ ids, parkedBefore }) => (ids === undefined) !== (parkedBefore === undefined),
    "needs either ids or parkedBefore",
  )
  .describe("POST /admin/parked/replay");
export type ParkedReplay = z.input<typeof ParkedReplay>;

export const Replayed = z.strictObject({
  replayed: z.int().describe("Rows put back at the queue's end."),
  next: ParkedId.optional().describe("`after` of the next page; absent at the end."),
});
export type Replayed = z.infer<typeof Replayed>;
