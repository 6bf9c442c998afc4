// What a reader did on the page, where that was agreed to. Sent by `navigator.sendBeacon`, which hears no answer.
import { EventsAccepted, EventsSubmission } from "../../sdk/schema/submission.ts";
import { admitEvents } from "../admit-events.ts";
import { route } from "../route.ts";

const eventsBytesMax = 16_384;

export const postEvents = route({
  method: "POST",
  path: "/v1/events",
  summary: "Send sealed behaviour events",
  description:
    "Only with the consent of an answer that agreed to a purpose with `events`. Refused before answers are where a region is behind; whoever sends need not try again.",
  body: {
    schema: EventsSubmission,
    bytesMax: eventsBytesMax,
    memberProblems: { invitation: "invitation-malformed", envelope: "envelope-malformed" },
  },
  limits: { address: true, invitation: ({ invitation }: EventsSubmission) => invitation },
  answers: {
    202: {
      description: "Durable in the reader's region. The same again adds nothing.",
      contentType: "application/json",
      schema: EventsAccepted,
    },
  },
  problems: [
    "invitation-malformed",
    "campaign-unknown",
    "invitation-forged",
    "invitation-expired",
    "origin-unknown",
    "campaign-closed",
    "embed-unknown",
    "events-unwanted",
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
    "rate-limited",
    "region-unavailable",
  ],
  handle: async (arrival) =>
    Response.json({ recordedAt: await admitEvents(arrival) } satisfies EventsAccepted, {
      status: 202,
      headers: { "cache-control": "no-store" },
    }),
});
