// What a reader's page sends: answers, preferences, and the withdrawal of consent.
import {
  Accepted,
  PreferencesSubmission,
  Submission,
  Withdrawal,
} from "../../sdk/schema/submission.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import { admit, admitPreferences, admitWithdrawal } from "../admit.ts";
import { route } from "../route.ts";
import { sitePreflight } from "../site-origin.ts";

const submissionBytesMax = 16_384;
const withdrawalBytesMax = 1_024;

const accepted = (answer: Accepted): Response =>
  Response.json(answer, { status: 202, headers: { "cache-control": "no-store" } });

const answers = {
  202: {
    description: "Durable in the reader's region. The same again gives the same receipt.",
    contentType: "application/json",
    schema: Accepted,
  },
};

const invitationProblems = { invitation: "invitation-malformed" } as const;

const sealedProblems: readonly ProblemCode[] = [
  "invitation-malformed",
  "campaign-unknown",
  "invitation-forged",
  "invitation-expired",
  "origin-unknown",
  "embed-unknown",
  "notice-stale",
  "purpose-unknown",
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
];

const sealedMembers = { ...invitationProblems, envelope: "envelope-malformed" } as const;

const limits = {
  address: true,
  invitation: ({ invitation }: Submission) => invitation,
} as const;

export const postAnswer = route({
  method: "POST",
  path: "/v1/answers",
  summary: "Send a sealed answer",
  body: { schema: Submission, bytesMax: submissionBytesMax, memberProblems: sealedMembers },
  limits,
  preflight: sitePreflight,
  answers,
  problems: [...sealedProblems, "campaign-closed", "consent-missing"],
  handle: async (arrival) => accepted(await admit(arrival)),
});

export const postPreferences = route({
  method: "POST",
  path: "/v1/preferences",
  summary: "Send sealed preferences, and all that the reader agrees to from now on",
  body: {
    schema: PreferencesSubmission,
    bytesMax: submissionBytesMax,
    memberProblems: sealedMembers,
  },
  limits,
  answers,
  problems: sealedProblems,
  handle: async (arrival) => accepted(await admitPreferences(arrival)),
});

export const postWithdrawal = route({
  method: "POST",
  path: "/v1/withdrawals",
  summary: "Withdraw every consent given to a campaign",
  body: { schema: Withdrawal, bytesMax: withdrawalBytesMax, memberProblems: invitationProblems },
  preflight: sitePreflight,
  answers,
  problems: [
    "invitation-malformed",
    "campaign-unknown",
    "origin-unknown",
    "invitation-forged",
    "region-mismatch",
    "region-unavailable",
  ],
  handle: async (arrival) => accepted(await admitWithdrawal(arrival)),
});
