// What may be handed to others' services: facts as plain sentences, and examples to train with. JSON lines; the first is the head
// (SPEC §10.7).
import { z } from "zod";
import { AuthoredId, CampaignId, Instant, RegionName } from "./ids.ts";

export const handoverLimits = {
  facts: 2_000,
  sentenceCharacters: 4_000,
  /** Texts looked at, and characters of one. */
  texts: 200_000,
  textCharacters: 2_000,
  /** All texts of one answer of the server. */
  textBytes: 64_000_000,
} as const;

export const LeftOut = z
  .strictObject({ what: z.string().max(400), why: z.string().max(200) })
  .describe("What is not among the lines, and why; never a figure of it.");
export type LeftOut = z.infer<typeof LeftOut>;

export const HandoverHead = z
  .strictObject({
    kind: z.literal("head"),
    campaign: CampaignId,
    title: z.string(),
    region: RegionName,
    purpose: AuthoredId,
    purposeText: z.string(),
    notice: z.int(),
    floor: z.int(),
    asOf: Instant,
    readers: z.int().optional().describe("Who agree to the purpose; absent under the floor."),
    leftOut: z.array(LeftOut),
  })
  .describe("What stands behind the lines that follow.");
export type HandoverHead = z.infer<typeof HandoverHead>;

export const Fact = z
  .strictObject({
    kind: z.literal("fact"),
    id: z.string().max(200).describe("What it is about; the same when it is asked for again."),
    sentence: z.string().max(handoverLimits.sentenceCharacters),
    readers: z.int().describe("How many stand behind it: never fewer than the floor."),
    from: Instant,
    to: Instant,
  })
  .describe("One sentence with its numbers, purpose and period; no reader in it.");
export type Fact = z.infer<typeof Fact>;

export const TrainingMessage = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z.string(),
});

export const Example = z
  .strictObject({
    kind: z.literal("example"),
    source: z.enum(["fact", "text"]).describe("`text`: a reader wrote it."),
    readers: z.int().describe("Behind the fact, or who answered the text's question."),
    messages: z.array(TrainingMessage).min(2).max(3),
  })
  .describe("One example. A text is redacted and cleared, and names no reader.");
export type Example = z.infer<typeof Example>;

export const FactLine = z.discriminatedUnion("kind", [HandoverHead, Fact]);
export const ExampleLine = z.discriminatedUnion("kind", [HandoverHead, Example]);
