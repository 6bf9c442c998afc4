import { z } from "zod";
import { Consent } from "./consent.ts";
import { InvitationText, SubmissionId } from "./ids.ts";

/** Submissions of one reader in a campaign within an hour (SPEC §2). */
export const readerHourlyMax = 60;

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

export const Accepted = z
  .strictObject({ receipt: z.string().max(8192).describe("The receipt, JWS compact (RFC 7515).") })
  .describe("The answer is durable in its region.");
export type Accepted = z.infer<typeof Accepted>;

export const Withdrawal = z
  .strictObject({ invitation: InvitationText })
  .describe("POST /v1/withdrawals: the reader takes back every consent given to this campaign.");
export type Withdrawal = z.infer<typeof Withdrawal>;
