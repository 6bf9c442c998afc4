// What a warehouse holds, as the records that were or would have been published of it: the same ids and shapes, so that
// whoever has some of them already counts them once. Reads a copy, or the file of a server that is stopped.
import { DuckDBInstance, type DuckDBConnection, type JS } from "@duckdb/node-api";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { PublishedCampaign } from "../../sdk/schema/opened.ts";
import { Channel } from "../../sdk/schema/record.ts";
import { requestKinds } from "../../sdk/schema/submission.ts";
import {
  answerRecord,
  preferencesRecord,
  requestRecord,
  stateRecord,
  withdrawalRecord,
} from "../opened/records.ts";
import { redact } from "../redact/redact.ts";
import type { StoredRecord } from "../stream/stream.ts";
import { bytesCell, numberCell, textCell, textsCell } from "./cells.ts";
import { decidedAt } from "./keys.ts";
import type { AnswerRow, ReaderOf } from "./rows.ts";
import { tablesVersion } from "./schema/tables.ts";
import { valuesOf } from "./values.ts";

const memoryLimit = "1GB";
const pageRowsDefault = 5_000;

/**
 * What of a warehouse is read, in the order in which a consumer may take it. Of who took consent back the answers are left out:
 * nobody is handed a new copy of them. Withdrawals and states are not: they hide what a consumer already has.
 */
export const storedKinds = [
  "campaign",
  "request",
  "answer",
  "preferences",
  "withdrawal",
  "state",
  "activities",
  "deliveries",
] as const;
export type StoredKind = (typeof storedKinds)[number];

export interface StoredPage {
  /** Rows of the table that were read; answers no longer consented to, and test sends, are not among `records`. */
  readonly read: number;
  readonly records: readonly object[];
}

type Cells = readonly JS[];

/** Opens a file for reading alone. Throws Problem `configuration-invalid` for one that is no warehouse of this version. */
export async function openStored(path: string): Promise<DuckDBInstance> {
  const refuse = (why: string): Problem =>
    new Problem("configuration-invalid", { errors: [`${path}: ${why}`] });
  let instance: DuckDBInstance;
  try {
    instance = await DuckDBInstance.create(path, {
      access_mode: "READ_ONLY",
      memory_limit: memoryLimit,
      enable_external_access: "false",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
  } catch {
    throw refuse("cannot be read; name a backup, or stop the server that has it open");
  }
  const connection = await instance.connect();
  const version = await connection
    .runAndReadAll("SELECT max(version) FROM maily_schema")
    .then((reader) => Number(reader.getRowsJS()[0]?.[0] ?? 0))
    .catch(() => 0);
  connection.closeSync();
  if (version === tablesVersion) return instance;
  instance.closeSync();
  throw refuse(
    `its tables have version ${version}, not ${tablesVersion}; start a server of this version on it once`,
  );
}

/** It is of no stream any more; only records' own content is made of the rows. */
const source: StoredRecord = {
  topic: "",
  partition: 0,
  offset: 0n,
  appendedAt: 0,
  key: "",
  value: new Uint8Array(),
  headers: {},
};

const readerOf = ([tenant, campaign, reader]: Cells): ReaderOf => ({
  tenant: numberCell(tenant),
  campaign: textCell(campaign),
  reader: textCell(reader),
});

const optional = (cell: JS | undefined): string | undefined =>
  cell === null || cell === undefined ? undefined : textCell(cell);

/** `tenant|campaign|revision|question` → its kind. */
async function kindsOf(connection: DuckDBConnection): Promise<ReadonlyMap<string, string>> {
  const found = await connection.runAndReadAll(
    "SELECT DISTINCT concat_ws('|', tenant, campaign, revision, question), kind FROM campaign_options",
  );
  return new Map(found.getRowsJS().map(([asked, kind]) => [textCell(asked), textCell(kind)]));
}

/** A text that was stored before ingest redacted, or that was asked for as an address, leaves as one that is. */
function asPublished(row: AnswerRow, kind: string | undefined, language: string): AnswerRow {
  if (row.text === undefined || row.cleared !== undefined) return row;
  if (kind === "email" || kind === "phone") return { ...row, contact: kind };
  if (kind !== undefined) return { ...row, ...redact(row.text, language), cleared: false };
  // Nobody can say any more what was asked.
  return { ...row, text: "[other]", redacted: ["other"], cleared: true };
}

async function answersOf(
  connection: DuckDBConnection,
  region: Region,
  stored: readonly Cells[],
): Promise<object[]> {
  // Left out here and not by the query: how far a run came is counted in rows of the table.
  const rows = stored.filter((cells) => cells.at(-1) === true);
  const kinds = await kindsOf(connection);
  const values = await valuesOf(
    connection,
    rows.map(([key]) => textCell(key)),
  );
  return rows.map(([key, ...cells]) => {
    const of = readerOf(cells);
    const [submissionId, envelope, receiptId, revision, channel, language] = cells.slice(3);
    const [notice, purposes, givenAt, admittedAt, outcome] = cells.slice(9);
    const asked = `${of.tenant}|${of.campaign}|${numberCell(revision)}`;
    return answerRecord(region, {
      kind: "submission",
      source,
      ...of,
      submissionId: textCell(submissionId),
      envelopeSha256: bytesCell(envelope),
      receiptId: textCell(receiptId),
      revision: numberCell(revision),
      test: false,
      channel: Channel.parse(channel),
      language: textCell(language),
      notice: numberCell(notice),
      purposes: textsCell(purposes),
      givenAt: numberCell(givenAt),
      admittedAt: numberCell(admittedAt),
      outcome: optional(outcome),
      refusesEvents: false,
      answers: (values.get(textCell(key)) ?? []).map((row) =>
        asPublished(row, kinds.get(`${asked}|${row.question}`), textCell(language)),
      ),
    }).value;
  });
}

const withdrawn = (region: Region, [, ...cells]: Cells): object =>
  withdrawalRecord(region, {
    kind: "withdrawal",
    source,
    test: false,
    ...readerOf(cells),
    submissionId: textCell(cells[3]),
    receiptId: textCell(cells[4]),
    admittedAt: numberCell(cells[5]),
  }).value;

function preferred(region: Region, [, ...cells]: Cells): object {
  const [submissionId, receiptId, revision, language, notice, purposes] = cells.slice(3);
  const [givenAt, admittedAt, topics, frequency] = cells.slice(9);
  return preferencesRecord(region, {
    kind: "preferences",
    source,
    ...readerOf(cells),
    submissionId: textCell(submissionId),
    envelopeSha256: new Uint8Array(),
    receiptId: textCell(receiptId),
    revision: numberCell(revision),
    test: false,
    language: textCell(language),
    notice: numberCell(notice),
    purposes: textsCell(purposes),
    consented: true,
    refusesEvents: false,
    givenAt: numberCell(givenAt),
    admittedAt: numberCell(admittedAt),
    topics: textsCell(topics),
    frequency: optional(frequency),
  }).value;
}

function requested(region: Region, [, ...cells]: Cells): object {
  const [submissionId, request, via, admittedAt] = cells.slice(3);
  const kind = requestKinds.find((each) => each === request);
  if (kind === undefined) throw new TypeError("a request of no known kind");
  return requestRecord(region, {
    kind: "request",
    source,
    test: false,
    ...readerOf(cells),
    submissionId: textCell(submissionId),
    request: kind,
    via: via === "header" ? "header" : "page",
    admittedAt: numberCell(admittedAt),
  }).value;
}

function stated(region: Region, [, ...cells]: Cells): object {
  const [sequence, purposes, submissionId, revision, channel, language] = cells.slice(3);
  const [admittedAt, lastAt, submissions] = cells.slice(9);
  const current = optional(submissionId);
  const change = {
    ...readerOf(cells),
    sequence: numberCell(sequence),
    purposes: current === undefined ? [] : textsCell(purposes),
    submissions: numberCell(submissions),
    held: false,
    current:
      current === undefined
        ? undefined
        : {
            submissionId: current,
            revision: numberCell(revision),
            channel: textCell(channel),
            language: textCell(language),
            outcome: undefined,
            admittedAt: numberCell(admittedAt),
            answers: [],
          },
  };
  return stateRecord(region, change, numberCell(lastAt)).value;
}

async function campaignsOf(
  connection: DuckDBConnection,
  region: Region,
  rows: readonly Cells[],
): Promise<object[]> {
  const records: object[] = [];
  for (const [, ...cells] of rows) {
    const [tenant, campaign, revision, title, opensAt, closesAt, retentionDays] = cells;
    const asked = await connection.runAndReadAll(
      `SELECT question, any_value(kind), any_value(question_text),
              list({id: option_id, text: option_text} ORDER BY option_position) FILTER (option_id IS NOT NULL)
       FROM campaign_options WHERE tenant = $1 AND campaign = $2 AND revision = $3
       GROUP BY question ORDER BY any_value(question_position)`,
      [numberCell(tenant), textCell(campaign), numberCell(revision)],
    );
    records.push(
      PublishedCampaign.parse({
        kind: "campaign",
        id: `campaign:${numberCell(tenant)}:${textCell(campaign)}:${numberCell(revision)}`,
        region,
        tenant: numberCell(tenant),
        campaign: textCell(campaign),
        revision: numberCell(revision),
        title: textCell(title),
        opensAt: new Date(numberCell(opensAt)).toISOString(),
        closesAt: new Date(numberCell(closesAt)).toISOString(),
        retentionDays: numberCell(retentionDays),
        questions: asked
          .getRowsJS()
          .map(([id, kind, text, options]) => ({ id, kind, text, options: options ?? [] })),
      }),
    );
  }
  return records;
}

/** Rows of a table that is loaded as it is: names of columns in upper case, instants as ISO 8601. */
const flat = ([, json]: Cells): object => JSON.parse(textCell(json)) as object; // DuckDB's own to_json.

const flatColumns = (table: "activities" | "deliveries"): string =>
  table === "activities"
    ? "KEY: key, READER_KEY: reader_key, TENANT: tenant, CAMPAIGN: campaign, READER: reader, ACTIVITY_ID: activity_id, KIND: kind, LABEL: label, AMOUNT: amount, CURRENCY: currency, PURPOSES: purposes, HAPPENED_AT: happened_at, RECEIVED_AT: received_at"
    : "KEY: key, READER_KEY: reader_key, TENANT: tenant, CAMPAIGN: campaign, READER: reader, DELIVERY_ID: delivery_id, KIND: kind, HAPPENED_AT: happened_at, RECEIVED_AT: received_at";

const at = (column: string): string => `epoch_ms(${column})`;
const reader = "tenant, campaign, reader";
// Few readers beside all: a withdrawal ends what was agreed to until then, the preference page may refuse everything.
const takenBack = `(SELECT key AS taken, withdrawn_at, consented FROM readers
    WHERE withdrawn_at IS NOT NULL OR consented = false)`;
/** Whether an answer, of `takenBack` beside `s`, is one that its reader consents to now. */
const stands = `taken IS NULL OR (consented IS DISTINCT FROM false AND ${decidedAt("s")} > withdrawn_at)`;
/** Each with a first column that orders the rows and is never the same twice. */
const queries: Readonly<Record<StoredKind, string>> = {
  campaign: `SELECT tenant || '|' || campaign || '|' || lpad(revision::VARCHAR, 10, '0') AS k, tenant, campaign, revision, title,
    ${at("opens_at")}, ${at("closes_at")}, retention_days FROM campaigns`,
  request: `SELECT key::VARCHAR AS k, ${reader}, submission_id, request, via, ${at("admitted_at")} FROM requests`,
  answer: `SELECT key::VARCHAR AS k, ${reader}, submission_id, envelope_sha256, receipt_id, revision, channel, language, notice,
    purposes, ${at("given_at")}, ${at("admitted_at")}, outcome, ${stands} FROM submissions s
    LEFT JOIN ${takenBack} ON taken = reader_key WHERE NOT test`,
  preferences: `SELECT key::VARCHAR AS k, ${reader}, submission_id, receipt_id, revision, language, notice, purposes,
    ${at("given_at")}, ${at("admitted_at")}, topics, frequency FROM preferences WHERE NOT test`,
  withdrawal: `SELECT key::VARCHAR AS k, ${reader}, submission_id, receipt_id, ${at("admitted_at")} FROM withdrawals`,
  state: `SELECT r.key::VARCHAR AS k, r.tenant, r.campaign, r.reader, r.sequence, r.purposes, s.submission_id, s.revision,
    s.channel, s.language, ${at("s.admitted_at")}, ${at("coalesce(r.last_at, r.withdrawn_at, now()::TIMESTAMP)")}, r.submissions
    FROM readers r
    LEFT JOIN submissions s ON s.key = CASE WHEN r.consented IS DISTINCT FROM false THEN r."current" END
    WHERE r.sequence IS NOT NULL`,
  activities: `SELECT key::VARCHAR AS k, to_json({${flatColumns("activities")}})::VARCHAR FROM activities`,
  deliveries: `SELECT key::VARCHAR AS k, to_json({${flatColumns("deliveries")}})::VARCHAR FROM deliveries`,
};

async function recordsOf(
  connection: DuckDBConnection,
  region: Region,
  kind: StoredKind,
  rows: readonly Cells[],
): Promise<readonly object[]> {
  switch (kind) {
    case "answer":
      return answersOf(connection, region, rows);
    case "campaign":
      return campaignsOf(connection, region, rows);
    case "withdrawal":
      return rows.map((cells) => withdrawn(region, cells));
    case "preferences":
      return rows.map((cells) => preferred(region, cells));
    case "request":
      return rows.map((cells) => requested(region, cells));
    case "state":
      return rows.map((cells) => stated(region, cells));
    default:
      return rows.map(flat);
  }
}

export interface StoredAsked {
  readonly region: Region;
  readonly kind: StoredKind;
  readonly skipped: number;
  readonly pageRows?: number;
}

/** All of one kind, page by page, after the first `skipped` rows. The order is the same at each call. */
export async function* storedRecords(
  instance: DuckDBInstance,
  { region, kind, skipped, pageRows = pageRowsDefault }: StoredAsked,
): AsyncGenerator<StoredPage> {
  const connection = await instance.connect();
  try {
    let last: JS | undefined;
    for (;;) {
      // After a row and not after so many: else each page would sort all that came before it.
      const found =
        last === undefined
          ? await connection.runAndReadAll(
              `SELECT * FROM (${queries[kind]}) ORDER BY k LIMIT ${pageRows} OFFSET ${skipped}`,
            )
          : await connection.runAndReadAll(
              `SELECT * FROM (${queries[kind]}) WHERE k > $1 ORDER BY k LIMIT ${pageRows}`,
              [textCell(last)],
            );
      const rows = found.getRowsJS();
      if (rows.length === 0) return;
      yield { read: rows.length, records: await recordsOf(connection, region, kind, rows) };
      if (rows.length < pageRows) return;
      last = rows.at(-1)?.[0];
    }
  } finally {
    connection.closeSync();
  }
}
