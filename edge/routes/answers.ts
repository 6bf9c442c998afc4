// What a reader sends: answers, and the withdrawal of consent.
import { Accepted, Submission, Withdrawal } from "../../sdk/schema/submission.ts";
import { admit, admitWithdrawal } from "../admit.ts";
import { route } from "../route.ts";

const submissionBytesMax = 16_384;
const withdrawalBytesMax = 1_024;

const accepted = (receipt: string): Response =>
  Response.json({ receipt } satisfies Accepted, {
    status: 202,
    headers: { "cache-control": "no-store" },
  });

const answers = {
  202: {
    description: "Durable in the reader's region. The same again gives the same receipt.",
    contentType: "application/json",
    schema: Accepted,
  },
};

const invitationProblems = { invitation: "invitation-malformed" } as const;

export const postAnswer = route({
  method: "POST",
  path: "/v1/answers",
  summary: "Send a sealed answer",
  body: {
    schema: Submission,
    bytesMax: submissionBytesMax,
    memberProblems: { ...invitationProblems, envelope: "envelope-malformed" },
  },
  answers,
  problems: [
    "invitation-malformed",
    "campaign-unknown",
    "invitation-forged",
    "invitation-expired",
    "campaign-closed",
    "notice-stale",
    "purpose-unknown",
    "consent-missing",
    "gpc-opt-out",
    "consent-time",
    "envelope-malformed",
    "suite-unknown",
    "key-unknown",
    "region-mismatch",
    "consent-withdrawn",
    "submission-reused",
    "rate-limited",
    "region-unavailable",
  ],
  handle: async (arrival) => accepted(await admit(arrival)),
});

export const postWithdrawal = route({
  method: "POST",
  path: "/v1/withdrawals",
  summary: "Withdraw every consent given to a campaign",
  body: { schema: Withdrawal, bytesMax: withdrawalBytesMax, memberProblems: invitationProblems },
  answers,
  problems: [
    "invitation-malformed",
    "campaign-unknown",
    "invitation-forged",
    "region-mismatch",
    "region-unavailable",
  ],
  handle: async (arrival) => accepted(await admitWithdrawal(arrival)),
});
