// What is exported: answers that count, of readers who agree to that now, oldest first; a slice of them at a time, so that memory
// does not grow with their number.
import { literal } from "../warehouse/file.ts";
import type { ExportColumn } from "./columns.ts";

interface Of {
  readonly tenant: number;
  readonly id: string;
}

/** Readers of one slice; more only where that many answered in the same millisecond. */
export const sliceReadersMax = 50_000;

/** Answers admitted after `after` until and with `to`, Unix milliseconds. */
export interface Slice {
  readonly after: number | undefined;
  readonly to: number | undefined;
}

const at = (milliseconds: number): string => `epoch_ms(${Math.trunc(milliseconds)})::TIMESTAMP_MS`;

const everyone: Slice = { after: undefined, to: undefined };

function counted({ tenant, id }: Of, { after, to }: Slice = everyone): string {
  return `r.tenant = ${Math.trunc(tenant)} AND r.campaign = ${literal(id)}
   AND r."current" IS NOT NULL AND r.consented IS DISTINCT FROM false
   ${after === undefined ? "" : `AND r.admitted_at > ${at(after)}`}
   ${to === undefined ? "" : `AND r.admitted_at <= ${at(to)}`}`;
}

/** The last moment of each slice but the last, as rows. */
export const boundariesQuery = (campaign: Of, sliceReaders: number): string => `
  SELECT DISTINCT epoch_ms(admitted_at) FROM (
    SELECT admitted_at, row_number() OVER (ORDER BY admitted_at) AS place
    FROM readers r WHERE ${counted(campaign)})
  WHERE place % ${Math.trunc(sliceReaders)} = 0 ORDER BY 1`;

/** The slices between those moments. */
export const slicesOf = (boundaries: readonly number[]): Slice[] =>
  [...boundaries, undefined].map((to, index) => ({ after: boundaries[index - 1], to }));

/** Columns that stand before those of the questions. */
export const leading = [
  "reader",
  "answered_at",
  "revision",
  "channel",
  "language",
  "outcome",
  "purposes",
];
/** And after: questions whose words no recogniser that knows names has looked at, and those from which something was taken out. */
export const trailing = ["unchecked", "redacted"];

/** One row an answer. */
export const wideQuery = (campaign: Of, columns: readonly ExportColumn[], slice: Slice): string => `
  WITH chosen AS (
    SELECT r.reader, r.purposes, s.key, s.admitted_at, s.revision, s.channel, s.language, s.outcome
    FROM readers r JOIN submissions s ON s.key = r."current" WHERE ${counted(campaign, slice)}),
  given AS (
    SELECT submission, ${columns.map(({ sql }, index) => `${sql} AS "value_${index}", `).join("")}
      list(question ORDER BY question) FILTER (WHERE "text" IS NOT NULL AND NOT coalesce(cleared, false)) AS unchecked,
      list(question ORDER BY question) FILTER (WHERE len(redacted) > 0) AS redacted
    FROM answers WHERE submission IN (SELECT key FROM chosen) GROUP BY submission)
  SELECT c.reader, c.admitted_at::TIMESTAMP AS answered_at, c.revision, c.channel, c.language, c.outcome, c.purposes,
         ${columns.map(({ name }, index) => `g."value_${index}" AS "${name}", `).join("")}g.unchecked, g.redacted
  FROM chosen c LEFT JOIN given g ON g.submission = c.key ORDER BY c.admitted_at, c.reader`;

export const longColumns = [
  "reader",
  "answered_at",
  "question",
  "position",
  "option",
  "number",
  "date",
  "text",
  "redacted",
  "checked",
];

/** One row a value. */
export const longQuery = (campaign: Of, slice: Slice): string => `
  SELECT r.reader, s.admitted_at::TIMESTAMP AS answered_at, a.question, a.position, a."option", a."number", a."date",
         a."text", a.redacted, CASE WHEN a."text" IS NOT NULL THEN coalesce(a.cleared, false) END AS checked
  FROM readers r JOIN submissions s ON s.key = r."current" JOIN answers a ON a.submission = s.key
  WHERE ${counted(campaign, slice)} ORDER BY s.admitted_at, r.reader, a.question, a.position`;
