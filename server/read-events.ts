// A batch of behaviour events (SPEC §3.15): what must hold for an answer holds for it, and its consent allows events.
import { allowsEvents } from "../sdk/events.ts";
import { parseInvitation } from "../sdk/invitation.ts";
import { optionsOf } from "../sdk/options.ts";
import { Problem } from "../sdk/problem.ts";
import { EventsPayload, type Event } from "../sdk/schema/event.ts";
import type { Definition } from "../sdk/schema/widget.ts";
import { admittedOf, parseRecord } from "./read-record.ts";
import { recheckConsent, recheckVisit } from "./recheck.ts";
import { fittingRevision, openSealed, readerOf, type RecordReader } from "./record-reader.ts";
import type { StoredRecord } from "./stream/stream.ts";
import type { EventsRow } from "./warehouse/rows.ts";

/** Whether it is of a question that is asked, and an option that this has. */
function fits({ questions }: Definition, event: Event): boolean {
  if (!("question" in event) || event.question === undefined) return true;
  const question = questions.find(({ id }) => id === event.question);
  if (question === undefined) return false;
  return !("option" in event) || event.option < optionsOf(question).length;
}

/**
 * Problems: those of `admittedOf`, `openSealed`, `recheckVisit` and `recheckConsent`; `record-malformed`, `consent-missing`,
 * `answer-invalid`.
 */
export async function eventsRow(source: StoredRecord, reader: RecordReader): Promise<EventsRow> {
  const record = parseRecord(source, reader.region);
  if (record.kind !== "events") throw new Problem("record-malformed");
  const invited = parseInvitation(record.invitation);
  const admitted = admittedOf(record, invited, source, reader);
  const { payload } = openSealed(record, admitted.invitation, reader);
  const parsed = EventsPayload.safeParse(payload);
  if (!parsed.success) throw new Problem("answer-invalid");
  const { events, language } = parsed.data;
  const { consent, channel, submissionId } = record;
  const admittedAt = Date.parse(record.admittedAt);
  const { body } = admitted.invitation;
  const campaign = fittingRevision(admitted.revisions, (revision) => {
    recheckVisit(revision, body, channel);
    recheckConsent(revision, consent, admittedAt);
    if (!allowsEvents(revision.notice, consent.purposes)) throw new Problem("consent-missing");
    if (!events.every((event) => fits(revision.definition, event)))
      throw new Problem("answer-invalid");
    return revision;
  });
  return {
    source,
    ...readerOf(admitted),
    submissionId,
    revision: campaign.revision,
    test: body.test,
    channel,
    language,
    notice: consent.notice,
    givenAt: Date.parse(consent.givenAt),
    admittedAt,
    events,
  };
}
