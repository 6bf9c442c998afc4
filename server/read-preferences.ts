// What a reader set on the preference page (SPEC §3.10): topics, frequency, and all that the reader agrees to from then on.
import { hash } from "node:crypto";
import { missingPurposes, requireDecision } from "../sdk/consent.ts";
import { Problem } from "../sdk/problem.ts";
import { PreferencesPayload } from "../sdk/schema/answer.ts";
import type { PreferencesRecord } from "../sdk/schema/record.ts";
import type { Definition } from "../sdk/schema/widget.ts";
import {
  fittingRevision,
  openSealed,
  readerOf,
  refusesEvents,
  type Admitted,
  type RecordReader,
} from "./record-reader.ts";
import type { PreferencesRow } from "./warehouse/rows.ts";

type Preferences = PreferencesPayload["preferences"];

function fits({ preferences }: Definition, { topics, frequency }: Preferences): boolean {
  const known = new Set(preferences?.topics.map(({ id }) => id));
  return (
    topics.every((topic) => known.has(topic)) &&
    new Set(topics).size === topics.length &&
    (frequency === undefined ||
      preferences?.frequencies.some(({ id }) => id === frequency) === true)
  );
}

/**
 * Problems: those of `openSealed` and `requireDecision`, and `answer-invalid`. Taken whatever the campaign's dates: a
 * change of mind is never too late.
 */
export function preferencesRow(
  record: PreferencesRecord,
  admitted: Admitted,
  reader: RecordReader,
): PreferencesRow {
  const { consent } = record;
  const { payload, envelope } = openSealed(record, admitted.invitation, reader);
  const parsed = PreferencesPayload.safeParse(payload);
  if (!parsed.success) throw new Problem("answer-invalid");
  const { preferences, language } = parsed.data;
  const admittedAt = Date.parse(record.admittedAt);
  const campaign = fittingRevision(admitted.revisions, (revision) => {
    requireDecision(revision.notice, consent, admittedAt);
    if (!fits(revision.definition, preferences)) throw new Problem("answer-invalid");
    return revision;
  });
  return {
    kind: "preferences",
    source: admitted.source,
    ...readerOf(admitted),
    submissionId: record.submissionId,
    envelopeSha256: hash("sha256", envelope, "buffer"),
    receiptId: record.receiptId,
    revision: campaign.revision,
    test: admitted.invitation.body.test,
    language,
    notice: consent.notice,
    purposes: consent.purposes,
    refusesEvents: refusesEvents(campaign, consent.purposes),
    consented: missingPurposes(campaign.notice, consent).length === 0,
    givenAt: Date.parse(consent.givenAt),
    admittedAt,
    topics: preferences.topics,
    frequency: preferences.frequency,
  };
}
