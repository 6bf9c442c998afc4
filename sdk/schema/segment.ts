// Segments: readers of one campaign who have something in common, as a SQL query that any warehouse runs unchanged.
import { z } from "zod";
import { AuthoredId, CampaignId, Instant, RegionName } from "./ids.ts";

export const segmentLimits = {
  /** A tenant's, in one region. */
  segments: 200,
  sqlCharacters: 4_000,
  /** No count of fewer readers is ever told to an agent. */
  floorMin: 5,
  floorDefault: 20,
  floorMax: 100_000,
} as const;

export const Segment = z
  .strictObject({
    id: AuthoredId,
    campaign: CampaignId,
    name: z.string().min(1).max(200).describe("What a person calls it."),
    description: z.string().max(1_000).optional(),
    purpose: AuthoredId.describe(
      "A purpose of the campaign's notice: only readers who agree to it now are members.",
    ),
    floor: z
      .int()
      .min(segmentLimits.floorMin)
      .max(segmentLimits.floorMax)
      .default(segmentLimits.floorDefault)
      .describe("With fewer members agents learn only that there are fewer."),
    owner: z.string().min(1).max(254).describe("Who answers for it, such as a mail address."),
    sql: z
      .string()
      .min(1)
      .max(segmentLimits.sqlCharacters)
      .describe("One SELECT of `reader`, in the portable SQL of SPEC §10."),
  })
  .describe("A segment as its owner declares it.");
export type Segment = z.infer<typeof Segment>;

/** Why nothing is told of a segment for now. */
export const SegmentPause = z
  .enum(["loading", "too-large", "invalid", "diverged"])
  .describe(
    "`loading`: its readers are being read. `too-large`: its campaign has more than this server keeps in memory. " +
      "`invalid`: the campaign as published now does not fit it. `diverged`: it is read anew, for it differed from the warehouse.",
  );
export type SegmentPause = z.infer<typeof SegmentPause>;

/** What is told of a segment at one moment. `size` is absent below the floor, and while it is paused. */
export const SegmentState = z
  .strictObject({
    tenant: z.int(),
    region: RegionName,
    segment: AuthoredId,
    campaign: CampaignId,
    name: z.string(),
    purpose: AuthoredId,
    floor: z.int(),
    size: z.int().min(0).optional(),
    belowFloor: z.boolean().describe("Also while it is paused."),
    paused: SegmentPause.optional(),
    asOf: Instant.describe("Everything admitted to the warehouse until then is counted."),
    sequence: z.int().min(0).describe("Rises with every change of the segment."),
  })
  .describe("A segment's size, with its freshness and the consent it rests on.");
export type SegmentState = z.infer<typeof SegmentState>;

/** One change, on topic `segments.<region>`, keyed `tenant|segment`, as SSE event `segment`, and in MCP resources. */
export const SegmentChange = SegmentState.extend({
  kind: z.literal("segment"),
  entered: z.int().min(0).describe("Readers who became members since the change before."),
  left: z.int().min(0),
}).describe("A segment changed; sent when it settles, at most some times a second.");
export type SegmentChange = z.infer<typeof SegmentChange>;
