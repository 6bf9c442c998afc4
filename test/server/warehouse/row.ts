import { utf8 } from "../../../sdk/bytes.ts";
import type { SubmissionRow } from "../../../server/warehouse/rows.ts";

/** A submission by reader number `offset`, at this place of partition 0. */
export const submissionRow = (
  offset: bigint,
  answers: SubmissionRow["answers"] = [],
): SubmissionRow => ({
  kind: "submission",
  source: {
    topic: "answers.sealed.eu",
    partition: 0,
    offset,
    key: "1|reader",
    headers: {},
    value: utf8(`record ${offset}`),
    appendedAt: 0,
  },
  tenant: 1,
  campaign: "AAAAAAAAAAA",
  reader: `reader ${offset}`,
  submissionId: `submission ${offset}`,
  envelopeSha256: utf8(String(offset)),
  receiptId: "receipt",
  revision: 1,
  test: false,
  channel: "web",
  language: "en",
  notice: 1,
  purposes: ["results"],
  givenAt: 0,
  admittedAt: 0,
  outcome: undefined,
  refusesEvents: false,
  answers,
});
