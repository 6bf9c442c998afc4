// What segments, agents and other engines read: flat views, without texts, of readers whose answer counts and who agree to
// that.

export interface View {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly string[];
  /** It stands in every engine under the same names, and holds no lists. */
  readonly portable: boolean;
  /** DuckDB's; other engines write the same from their own tables. */
  readonly query: string;
}

/** `consented` is null for who never set preferences: then the answer that counts has its own consent. */
const counts = `r."current" IS NOT NULL AND r.consented IS DISTINCT FROM false`;

export const views: readonly View[] = [
  {
    name: "current_answers",
    description:
      "One row a value of the answer that counts, of consenting readers; of a text the row, and not the text.",
    columns: [
      "tenant",
      "campaign",
      "reader",
      "question",
      "position",
      "option_id",
      "number_value",
      "date_value",
      "channel",
      "language",
      "outcome",
      "revision",
      "admitted_at",
    ],
    portable: true,
    query: `
      SELECT r.tenant::BIGINT AS tenant, r.campaign, r.reader, a.question, a.position::INTEGER AS position,
             a."option" AS option_id, a."number" AS number_value, a."date" AS date_value,
             s.channel, s.language, s.outcome, s.revision::INTEGER AS revision, s.admitted_at::TIMESTAMP AS admitted_at
      FROM readers r JOIN submissions s ON s.key = r."current" JOIN answers a ON a.submission = s.key
      WHERE ${counts}`,
  },
  {
    name: "current_readers",
    description: "One row a reader whose answer counts.",
    columns: [
      "tenant",
      "campaign",
      "reader",
      "channel",
      "language",
      "outcome",
      "revision",
      "admitted_at",
    ],
    portable: true,
    query: `
      SELECT r.tenant::BIGINT AS tenant, r.campaign, r.reader, s.channel, s.language, s.outcome,
             s.revision::INTEGER AS revision, s.admitted_at::TIMESTAMP AS admitted_at
      FROM readers r JOIN submissions s ON s.key = r."current"
      WHERE ${counts}`,
  },
  {
    name: "current_purposes",
    description: "One row a purpose that a reader, whose answer counts, agrees to now.",
    columns: ["tenant", "campaign", "reader", "purpose"],
    portable: true,
    query: `
      SELECT r.tenant::BIGINT AS tenant, r.campaign, r.reader, unnest(r.purposes) AS purpose FROM readers r WHERE ${counts}`,
  },
  {
    name: "reader_activities",
    description: "One row an activity of a reader who agrees to that now.",
    columns: ["tenant", "campaign", "reader", "kind", "label", "amount", "currency", "happened_at"],
    portable: true,
    query: `
      SELECT a.tenant::BIGINT AS tenant, a.campaign, a.reader, a.kind, a.label, a.amount, a.currency,
             a.happened_at::TIMESTAMP AS happened_at
      FROM activities a JOIN readers r ON r.key = a.reader_key
      WHERE ${counts} AND list_has_any(r.purposes, a.purposes)`,
  },
  {
    name: "receipts",
    description: "One row a receipt that a reader holds, and what it was given for.",
    columns: [
      "tenant",
      "campaign",
      "reader",
      "receipt_id",
      "kind",
      "notice",
      "purposes",
      "given_at",
    ],
    portable: false,
    query: `
      SELECT tenant, campaign, reader, receipt_id, 'answer' AS kind, notice, purposes, given_at
      FROM submissions WHERE NOT test
      UNION ALL
      SELECT tenant, campaign, reader, receipt_id, 'preferences', notice, purposes, given_at
      FROM preferences WHERE NOT test`,
  },
];

export const duckdbViews: readonly string[] = views.map(
  ({ name, query }) => `CREATE OR REPLACE VIEW ${name} AS ${query}`,
);
