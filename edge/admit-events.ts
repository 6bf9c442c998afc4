// Admission of behaviour events (SPEC §3.15): as an answer's, with the consent that an answer came with, and one of its
// purposes must allow them. Nothing proves it anew: the answer's receipt does.
import { allowsEvents, asksForEvents, isSampled } from "../sdk/events.ts";
import { Problem } from "../sdk/problem.ts";
import type { EventsRecord } from "../sdk/schema/record.ts";
import type { EventsSubmission } from "../sdk/schema/submission.ts";
import { append } from "./append.ts";
import { passConsentGate } from "./consent-gate.ts";
import {
  claim,
  occasionOf,
  readerKey,
  requireOpen,
  requireVisitable,
  verify,
  type Invited,
} from "./invited.ts";
import { limitAnswers } from "./limits.ts";
import { pinRegion } from "./region-pin.ts";
import type { Arrival } from "./route.ts";

/** When the events became durable in their region, RFC 3339. */
export async function admitEvents(arrival: Arrival<EventsSubmission>): Promise<string> {
  const { now, body, settings } = arrival;
  const invited = verify(await claim(arrival, body.invitation), Math.floor(now / 1000));
  const { published, invitation } = invited;
  const { campaign } = published;
  const { region, reader, visit } = invitation.body;
  await limitAnswers(arrival, published);
  requireOpen(invited, now);
  requireVisitable(invited);
  requireWanted(invited);
  const { gpc, admittedAt } = occasionOf(arrival, invited, "web");
  passConsentGate(campaign.notice, body.consent, gpc, now);
  if (!allowsEvents(campaign.notice, body.consent.purposes)) {
    const allowing = campaign.notice.purposes.filter(({ events }) => events);
    throw new Problem("consent-missing", { purposes: allowing.map(({ id }) => id) });
  }
  pinRegion(body.envelope, region, campaign.regions, settings.epochs, now);
  const record: EventsRecord = {
    kind: "events",
    ...body,
    admittedAt,
    channel: visit ? "site" : "web",
  };
  const { receipt } = await append(arrival, region, reader, {
    kind: "events",
    reader: readerKey(invited),
    admittedAt: now,
    givenAt: Date.parse(body.consent.givenAt),
    record: JSON.stringify(record),
    receipt: admittedAt,
  });
  return receipt;
}

/** Problem: events-unwanted. */
function requireWanted({ published: { campaign }, invitation: { body } }: Invited): void {
  if (!asksForEvents(campaign.notice) || !isSampled(body.reader, campaign.definition))
    throw new Problem("events-unwanted");
}
