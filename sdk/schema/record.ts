import { z } from "zod";
import { Consent } from "./consent.ts";
import { Choices, requestKinds } from "./submission.ts";
import { Digest, Instant, InvitationText, RegionName, SubmissionId } from "./ids.ts";

export const Channel = z.enum(["web", "amp", "site"]);
export type Channel = z.infer<typeof Channel>;

export const SealedRecord = z
  .strictObject({
    kind: z.literal("answer"),
    invitation: InvitationText,
    submissionId: SubmissionId,
    consent: Consent,
    envelope: z.string().max(6986),
    admittedAt: Instant,
    channel: Channel,
    receiptId: Digest,
  })
  .describe("A submission as it lies on the stream: still sealed.");
export type SealedRecord = z.infer<typeof SealedRecord>;

export const WithdrawalRecord = z
  .strictObject({
    kind: z.literal("withdrawal"),
    invitation: InvitationText,
    submissionId: SubmissionId.describe("Names this withdrawal, so that a repeat adds nothing."),
    admittedAt: Instant,
    receiptId: Digest,
  })
  .describe("A reader's withdrawal as it lies on the stream.");
export type WithdrawalRecord = z.infer<typeof WithdrawalRecord>;

export const ChoicesRecord = z
  .strictObject({
    kind: z.literal("choices"),
    invitation: InvitationText,
    submissionId: SubmissionId.describe("Drawn by the edge: an AMP form cannot."),
    consent: Consent,
    choices: Choices,
    admittedAt: Instant,
    channel: z.literal("amp"),
    receiptId: Digest,
  })
  .describe("An answer given inside a mail as it lies on the stream: sealed choices.");
export type ChoicesRecord = z.infer<typeof ChoicesRecord>;

export const PreferencesRecord = z
  .strictObject({
    kind: z.literal("preferences"),
    invitation: InvitationText,
    submissionId: SubmissionId,
    consent: Consent,
    envelope: z.string().max(6986),
    admittedAt: Instant,
    channel: z.enum(["web", "site"]),
    receiptId: Digest,
  })
  .describe("Preferences and consent as they lie on the stream: still sealed.");
export type PreferencesRecord = z.infer<typeof PreferencesRecord>;

export const RequestRecord = z
  .strictObject({
    kind: z.literal("request"),
    invitation: InvitationText,
    submissionId: SubmissionId.describe("The request's own id."),
    request: z.enum(requestKinds),
    via: z.enum(["page", "header"]).describe("`header`: one click by List-Unsubscribe, RFC 8058."),
    admittedAt: Instant,
  })
  .describe("What a reader asks of the sender, as it lies on the stream.");
export type RequestRecord = z.infer<typeof RequestRecord>;

export const EventsRecord = z
  .strictObject({
    kind: z.literal("events"),
    invitation: InvitationText,
    submissionId: SubmissionId.describe("The batch's own id."),
    consent: Consent,
    envelope: z.string().max(6986),
    admittedAt: Instant,
    channel: z.enum(["web", "site"]),
  })
  .describe("Behaviour events as they lie on their own topic: still sealed.");
export type EventsRecord = z.infer<typeof EventsRecord>;

export const EdgeRecord = z.discriminatedUnion("kind", [
  SealedRecord,
  WithdrawalRecord,
  ChoicesRecord,
  PreferencesRecord,
  RequestRecord,
  EventsRecord,
]);
export type EdgeRecord = z.infer<typeof EdgeRecord>;

/** The value of the header `schema` on the stream, by kind. */
export const recordSchemas = {
  answer: "maily.answer.sealed.v1",
  withdrawal: "maily.withdrawal.v1",
  choices: "maily.choices.v1",
  preferences: "maily.preferences.v1",
  request: "maily.request.v1",
  events: "maily.events.sealed.v1",
} as const;

export const intakeLimits = { records: 256, bodyBytes: 4_194_304 } as const;

/** W3C Trace Context §3.2, of a span that is recorded. */
export const Traceparent = z
  .string()
  .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/)
  .describe(
    "The span that kept the entry, where its way is traced. Servers know it before edges send it.",
  );

/** `receipt` is kept by regions that acknowledge from their stream, to answer a repeat with it; from an outbox it is empty. */
export const IntakeBatch = z
  .strictObject({
    region: RegionName,
    entries: z
      .array(
        z.strictObject({
          record: EdgeRecord,
          receipt: z.string().max(8192),
          trace: Traceparent.optional(),
        }),
      )
      .min(1)
      .max(intakeLimits.records),
  })
  .describe("POST /v1/intake, edge to region server");
export type IntakeBatch = z.infer<typeof IntakeBatch>;

const Confirm = z
  .literal(true)
  .optional()
  .describe("The answer is held (SPEC §3.13); said by regions that acknowledge from their stream.");

// Read by edges that may be a release older than the server: what they do not know is left out, not refused (SPEC §9).
export const IntakeResult = z.discriminatedUnion("status", [
  z
    .object({ status: z.literal("stored"), confirm: Confirm })
    .describe("Durable in the region's stream."),
  z
    .object({ status: z.literal("seen"), receipt: z.string().max(8192), confirm: Confirm })
    .describe("A repeat; `receipt` is the one given the first time."),
  z
    .object({ status: z.literal("refused"), code: z.string().max(64) })
    .describe("Will never be stored: the problem code says why."),
]);
export type IntakeResult = z.infer<typeof IntakeResult>;

export const IntakeAnswer = z.object({
  results: z.array(IntakeResult).max(intakeLimits.records),
});
export type IntakeAnswer = z.infer<typeof IntakeAnswer>;
