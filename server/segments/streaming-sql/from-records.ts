// The flat views made of the records of `answers.<region>` (sdk/schema/opened.ts), in SQL that PostgreSQL, Materialize and
// RisingWave read alike. They begin with a relation `opened(data jsonb)`: one row a record. Records come at least once, and a
// state says which answer counts: nothing is decided anew here.

const ofReader =
  "(data->>'tenant')::bigint AS tenant, data->>'campaign' AS campaign, data->>'reader' AS reader";

/** Who counts, and by which answer: of a reader's states the one with the highest sequence. */
const states = `SELECT DISTINCT ON (tenant, campaign, reader) tenant, campaign, reader, submission, purposes FROM (
    SELECT ${ofReader}, (data->>'sequence')::bigint AS sequence, data->>'current' AS submission, data->'purposes' AS purposes
    FROM {schema}.opened WHERE data->>'kind' = 'state') s
  ORDER BY tenant, campaign, reader, sequence DESC`;

/** Each answer once: of those that were corrected the last correction. */
const answers = `SELECT DISTINCT ON (tenant, campaign, reader, submission) * FROM (
    SELECT ${ofReader}, data->>'submissionId' AS submission, COALESCE((data->>'correction')::bigint, 0) AS correction,
           data->>'channel' AS channel, data->>'language' AS language, data->>'outcome' AS outcome,
           (data->>'revision')::integer AS revision,
           (data->>'admittedAt')::timestamptz AT TIME ZONE 'UTC' AS admitted_at, data->'values' AS cells
    FROM {schema}.opened WHERE data->>'kind' = 'answer') a
  ORDER BY tenant, campaign, reader, submission, correction DESC`;

const joined = `FROM {schema}.opened_answers a JOIN {schema}.reader_states s
    ON s.tenant = a.tenant AND s.campaign = a.campaign AND s.reader = a.reader AND s.submission = a.submission`;

const ofAnswer = "a.channel, a.language, a.outcome, a.revision, a.admitted_at";

/** Name and query of each view, in the order in which they are made. `{schema}` stands for where they are. */
const views: readonly (readonly [name: string, query: string])[] = [
  ["reader_states", states],
  ["opened_answers", answers],
  ["current_readers", `SELECT a.tenant, a.campaign, a.reader, ${ofAnswer} ${joined}`],
  [
    "current_answers",
    `SELECT tenant, campaign, reader, cell->>'question' AS question, (cell->>'position')::integer AS position,
         cell->>'option' AS option_id, (cell->>'number')::double precision AS number_value,
         (cell->>'date')::date AS date_value, channel, language, outcome, revision, admitted_at
  FROM (SELECT a.tenant, a.campaign, a.reader, ${ofAnswer}, jsonb_array_elements(a.cells) AS cell
        ${joined}) c`,
  ],
  [
    "current_purposes",
    `SELECT tenant, campaign, reader, jsonb_array_elements_text(purposes) AS purpose
  FROM {schema}.reader_states WHERE submission IS NOT NULL`,
  ],
  // Activities are told to the region's server alone: a segment that asks for them is kept there.
  [
    "reader_activities",
    `SELECT tenant, campaign, reader, CAST(NULL AS text) AS kind, CAST(NULL AS text) AS label, CAST(NULL AS bigint) AS amount,
         CAST(NULL AS text) AS currency, CAST(NULL AS timestamp) AS happened_at
  FROM {schema}.reader_states WHERE tenant < 0`,
  ],
];

/** The flat views over `<schema>.opened`, one statement each. */
export const viewsFromRecords = (schema: string): string[] =>
  views.map(
    ([name, query]) =>
      `CREATE VIEW ${schema}.${name} AS\n  ${query.replaceAll("{schema}", schema)}`,
  );
