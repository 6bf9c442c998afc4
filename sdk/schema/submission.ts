import { z } from "zod";
import { Npk } from "../hpke/suite.ts";
import { Consent } from "./consent.ts";
import {
  AuthoredId,
  base64urlOf,
  ChoiceCode,
  InvitationText,
  Language,
  SubmissionId,
} from "./ids.ts";
import { widgetLimits } from "./widget.ts";

/** Submissions of one reader in a campaign within an hour (SPEC §2). */
export const readerHourlyMax = 60;
/** What a reader asks for is still taken when the answers of an hour are used up. */
export const requestsHourlyMax: number = 2 * readerHourlyMax;

/** The largest envelope: 7 + 1,120 + 4,096 + 16 bytes, as base64url. */
const envelopeCharactersMax = 6986;

export const Submission = z
  .strictObject({
    invitation: InvitationText,
    submissionId: SubmissionId,
    consent: Consent,
    envelope: z
      .string()
      .min(1)
      .max(envelopeCharactersMax)
      .describe("The sealed answer, base64url."),
  })
  .describe("POST /v1/answers");
export type Submission = z.infer<typeof Submission>;

/** Codes a reader may send in one AMP submission. */
export const codesMax = 200;

export const Choices = z
  .record(AuthoredId, z.array(ChoiceCode).min(1).max(widgetLimits.cells))
  .refine((choices) => Object.values(choices).flat().length <= codesMax, "has too many codes")
  .describe("Sealed choices by question id.");
export type Choices = z.infer<typeof Choices>;

export const AmpSubmission = z
  .strictObject({
    invitation: InvitationText,
    consent: z.array(AuthoredId).max(widgetLimits.purposes).describe("The purposes agreed to."),
    language: Language.optional().describe("The mail's; without it the campaign's first."),
    choices: Choices,
  })
  .describe("POST /v1/amp/answers, from its form: `invitation`, `consent`, `language`, `q.<id>`.");
export type AmpSubmission = z.infer<typeof AmpSubmission>;

export const PreferencesSubmission = Submission.describe(
  "POST /v1/preferences: `envelope` seals a `PreferencesPayload`; `consent` is all the reader agrees to from now on.",
);
export type PreferencesSubmission = z.infer<typeof PreferencesSubmission>;

export const EventsSubmission = Submission.describe(
  "POST /v1/events: `envelope` seals an `EventsPayload`; `consent` is the one that an answer was sent with.",
);
export type EventsSubmission = z.infer<typeof EventsSubmission>;

export const EventsAccepted = z
  .strictObject({ recordedAt: z.iso.datetime() })
  .describe("The events are durable in the reader's region; the answer's receipt is theirs too.");
export type EventsAccepted = z.infer<typeof EventsAccepted>;

export const requestKinds = ["unsubscribe", "resubscribe", "erase"] as const;

export const ReaderRequest = z
  .strictObject({
    invitation: InvitationText,
    requestId: SubmissionId.describe("Names this request, so that a repeat adds nothing."),
    request: z.enum(requestKinds),
  })
  .describe("POST /v1/requests: what a reader asks of the sender, beside answering.");
export type ReaderRequest = z.infer<typeof ReaderRequest>;

export const DataRequest = z
  .strictObject({
    invitation: InvitationText,
    publicKey: base64urlOf(Npk).describe("X-Wing, base64url: the copy is sealed to it."),
  })
  .describe("POST /v1/my-data: the reader's own copy of all the region holds of them.");
export type DataRequest = z.infer<typeof DataRequest>;

export const Recorded = z
  .strictObject({ requestId: SubmissionId, recordedAt: z.iso.datetime() })
  .describe("The request is durable in its region.");
export type Recorded = z.infer<typeof Recorded>;

export const SealedCopy = z
  .strictObject({ envelope: z.string().max(8_000_000).describe("`enc ‖ ct`, base64url.") })
  .describe("What the region holds of a reader, sealed to that reader (SPEC §3.11).");
export type SealedCopy = z.infer<typeof SealedCopy>;

export const Accepted = z
  .strictObject({
    receipt: z.string().max(8192).describe("The receipt, JWS compact (RFC 7515)."),
    confirm: z
      .literal(true)
      .optional()
      .describe("Different answers came within seconds: none counts until the reader sends again."),
    padding: z.string().optional().describe("Makes every answer to an AMP form one length."),
  })
  .describe("The answer is durable in its region.");
export type Accepted = z.infer<typeof Accepted>;

export const Withdrawal = z
  .strictObject({ invitation: InvitationText })
  .describe("POST /v1/withdrawals: the reader takes back every consent given to this campaign.");
export type Withdrawal = z.infer<typeof Withdrawal>;
