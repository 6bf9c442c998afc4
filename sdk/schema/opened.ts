// What leaves a region's ingest: opened, checked, redacted. One record a fact, keyed `tenant|reader`, on `answers.<region>`;
// what readers did on `events.<region>`. Delivered at least once: a consumer counts a record's `id` once.
import { z } from "zod";
import {
  AuthoredId,
  CampaignId,
  Digest,
  Instant,
  Language,
  ReaderPseudonym,
  RegionName,
  SubmissionId,
  Tenant,
} from "./ids.ts";
import { Channel } from "./record.ts";
import { requestKinds } from "./submission.ts";
import { widgetLimits } from "./widget.ts";

/** What a structured recogniser finds in a text. */
export const piiKinds = [
  "email",
  "phone",
  "card",
  "iban",
  "national-id",
  "ip-address",
  "url-secret",
  "crypto-address",
  "name",
  "place",
  "other",
] as const;
export const PiiKind = z.enum(piiKinds);
export type PiiKind = z.infer<typeof PiiKind>;

export const OpenedValue = z
  .strictObject({
    question: AuthoredId.describe("A question, hidden field or calculated value."),
    position: z
      .int()
      .min(0)
      .max(255)
      .describe("The place among the values of its question; in a ranking 0 is best."),
    option: z.string().max(80).optional().describe("An option, or `row:column` of a matrix."),
    number: z.number().optional(),
    date: z.iso.date().optional(),
    text: z
      .string()
      .max(widgetLimits.textCharacters * 2)
      .optional()
      .describe("What a reader wrote; what was recognised in it stands as `[kind]`."),
    redacted: z.array(PiiKind).max(piiKinds.length).optional().describe("What was taken out."),
    cleared: z
      .boolean()
      .optional()
      .describe(
        "Of a text: whether a recogniser that knows names has looked at it. Until then no agent gets it.",
      ),
  })
  .describe("One value of an answer.");
export type OpenedValue = z.infer<typeof OpenedValue>;

const common = {
  id: z
    .string()
    .max(120)
    .describe("Names this fact in its region for ever: a record that comes again has the same."),
  region: RegionName,
  tenant: Tenant,
  campaign: CampaignId,
};
const ofReader = { ...common, reader: ReaderPseudonym };
const consented = {
  notice: z.int().min(0).max(65_535),
  purposes: z.array(AuthoredId).max(widgetLimits.purposes),
  givenAt: Instant,
};

export const OpenedAnswer = z
  .strictObject({
    kind: z.literal("answer"),
    ...ofReader,
    submissionId: SubmissionId,
    receiptId: Digest,
    revision: z.int().min(1),
    channel: Channel,
    language: Language,
    ...consented,
    admittedAt: Instant,
    outcome: AuthoredId.optional(),
    correction: z
      .int()
      .min(1)
      .optional()
      .describe(
        "The same answer again, its texts looked at since: of one submissionId the highest holds, and any before none.",
      ),
    values: z.array(OpenedValue).max(2000),
  })
  .describe("An answer. Whether it is the one that counts says the reader's latest `state`.");
export type OpenedAnswer = z.infer<typeof OpenedAnswer>;

export const OpenedWithdrawal = z
  .strictObject({
    kind: z.literal("withdrawal"),
    ...ofReader,
    submissionId: SubmissionId,
    receiptId: Digest,
    admittedAt: Instant,
  })
  .describe("A reader took consent back.");
export type OpenedWithdrawal = z.infer<typeof OpenedWithdrawal>;

export const OpenedPreferences = z
  .strictObject({
    kind: z.literal("preferences"),
    ...ofReader,
    submissionId: SubmissionId,
    receiptId: Digest,
    revision: z.int().min(1),
    language: Language,
    ...consented,
    admittedAt: Instant,
    topics: z.array(AuthoredId).max(widgetLimits.options),
    frequency: AuthoredId.optional(),
  })
  .describe("What a reader set on the preference page.");
export type OpenedPreferences = z.infer<typeof OpenedPreferences>;

export const OpenedRequest = z
  .strictObject({
    kind: z.literal("request"),
    ...ofReader,
    submissionId: SubmissionId,
    request: z.enum(requestKinds),
    via: z.enum(["page", "header"]),
    admittedAt: Instant,
  })
  .describe(
    "What a reader asked of the sender. After `erase` delete the reader's answers and preferences that were decided no later than its `admittedAt`: the earlier of their `givenAt` and `admittedAt` says when.",
  );
export type OpenedRequest = z.infer<typeof OpenedRequest>;

export const ReaderState = z
  .strictObject({
    kind: z.literal("state"),
    ...ofReader,
    sequence: z
      .int()
      .min(1)
      .describe("Rises in the region, commit by commit; of one reader the highest holds."),
    current: SubmissionId.nullable().describe("The answer that counts; null: none does."),
    purposes: z
      .array(AuthoredId)
      .max(widgetLimits.purposes)
      .describe("What the reader agrees to now; empty where nothing counts."),
    changedAt: Instant,
  })
  .describe("Which of a reader's answers counts, decided once, by the region's ingest.");
export type ReaderState = z.infer<typeof ReaderState>;

export const PublishedCampaign = z
  .strictObject({
    kind: z.literal("campaign"),
    ...common,
    revision: z.int().min(1),
    title: z.string().max(widgetLimits.textCharacters),
    opensAt: Instant,
    closesAt: Instant,
    retentionDays: z.int().min(1).max(3650).describe("The notice's."),
    questions: z
      .array(
        z.strictObject({
          id: AuthoredId,
          kind: z.string().max(32),
          text: z.string().max(widgetLimits.textCharacters),
          options: z
            .array(
              z.strictObject({
                id: z.string().max(80),
                text: z.string().max(widgetLimits.textCharacters),
              }),
            )
            .max(200),
        }),
      )
      .max(100)
      .describe("Texts in the widget's first language."),
  })
  .describe("A campaign as published; keyed `tenant|campaign`.");
export type PublishedCampaign = z.infer<typeof PublishedCampaign>;

export const OpenedRecord = z.discriminatedUnion("kind", [
  OpenedAnswer,
  OpenedWithdrawal,
  OpenedPreferences,
  OpenedRequest,
  ReaderState,
  PublishedCampaign,
]);
export type OpenedRecord = z.infer<typeof OpenedRecord>;

/** The value of the header `schema`, on `answers.<region>`. */
export const openedSchema = "maily.opened.v1";

export const OpenedEvent = z
  .strictObject({
    kind: z.literal("event"),
    ...ofReader,
    batch: SubmissionId.describe("Events that a page sent together."),
    position: z.int().min(0).max(255),
    revision: z.int().min(1),
    channel: Channel,
    language: Language,
    event: z.enum(["view", "start", "question", "hover", "click", "time", "abandon"]),
    question: AuthoredId.optional(),
    option: z.int().min(0).optional().describe("The option's place in its question, from 0."),
    milliseconds: z.int().min(0).optional(),
    happenedAt: Instant,
    givenAt: Instant,
    admittedAt: Instant,
  })
  .describe("Something that a reader did on the page, with leave to record it.");
export type OpenedEvent = z.infer<typeof OpenedEvent>;

export const EventRefusal = z
  .strictObject({
    kind: z.literal("refusal"),
    ...ofReader,
    refusedAt: Instant,
  })
  .describe(
    "A reader takes back that leave. Delete the reader's events that were agreed to until then: the earlier of their `givenAt` and `admittedAt` says when.",
  );
export type EventRefusal = z.infer<typeof EventRefusal>;

export const OpenedEventRecord = z.discriminatedUnion("kind", [OpenedEvent, EventRefusal]);
export type OpenedEventRecord = z.infer<typeof OpenedEventRecord>;

/** The value of the header `schema`, on `events.<region>`. */
export const openedEventSchema = "maily.event.v1";

export const DeadLetterNotice = z
  .strictObject({
    kind: z.literal("dead-letter"),
    id: common.id,
    region: RegionName,
    code: z.string().max(64).describe("Why: a problem's code."),
    topic: z.string().max(249).describe("Where the record lies, sealed as it came."),
    partition: z.int().min(0),
    offset: z.string().regex(/^\d{1,19}$/),
    campaign: CampaignId.optional(),
    appendedAt: Instant,
    failedAt: Instant,
  })
  .describe(
    "A record that ingest could not read: where and why, nothing of it. It is kept sealed until `maily dead-letters --replay`.",
  );
export type DeadLetterNotice = z.infer<typeof DeadLetterNotice>;

/** The value of the header `schema`, on `answers.dead.<region>`. */
export const deadLetterSchema = "maily.dead-letter.v1";
