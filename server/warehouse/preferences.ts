import { DuckDBBlobValue, listValue, type DuckDBConnection } from "@duckdb/node-api";
import { appendRows, typesOf, type Cells } from "./append.ts";
import { instant, readerKey } from "./keys.ts";
import type { PreferencesRow } from "./rows.ts";
import { preferences } from "./schema/answers.ts";
import { storeNew, type Sorted } from "./store-new.ts";
import type { Keyed } from "./submissions.ts";

const types = typesOf(preferences);

const cells: Cells<Keyed<PreferencesRow>> = [
  ({ key }) => key,
  ({ row }) => readerKey(row),
  ({ row }) => row.tenant,
  ({ row }) => row.campaign,
  ({ row }) => row.reader,
  ({ row }) => row.submissionId,
  ({ row }) => new DuckDBBlobValue(row.envelopeSha256),
  ({ row }) => row.receiptId,
  ({ row }) => row.revision,
  ({ row }) => row.test,
  ({ row }) => row.language,
  ({ row }) => row.notice,
  ({ row }) => listValue(row.purposes),
  ({ row }) => row.consented,
  ({ row }) => instant(row.givenAt),
  ({ row }) => instant(row.admittedAt),
  ({ row }) => listValue(row.topics),
  ({ row }) => row.frequency ?? null,
  ({ row }) => row.source.partition,
  ({ row }) => row.source.offset,
];

const stage = (
  connection: DuckDBConnection,
  rows: readonly Keyed<PreferencesRow>[],
): Promise<void> =>
  appendRows(connection, { table: "preferring", temporary: true, types }, rows, cells);

// A reader may set preferences before any answer.
const ensureReaders = `
  INSERT INTO readers (key, tenant, campaign, reader, submissions)
  SELECT DISTINCT ON (reader_key) reader_key, tenant, campaign, reader, 0 FROM preferring WHERE NOT test
  ON CONFLICT DO NOTHING`;

/** Stores what is new and marks its readers for a recount: their consent may have changed. */
export async function storePreferences(
  connection: DuckDBConnection,
  rows: readonly PreferencesRow[],
): Promise<Sorted<PreferencesRow>> {
  const sorted = await storeNew(connection, rows, {
    staging: "preferring",
    table: "preferences",
    stage,
  });
  if (rows.length === 0) return sorted;
  await connection.run(ensureReaders);
  await connection.run(
    "INSERT INTO touched SELECT DISTINCT reader_key FROM preferring WHERE NOT test",
  );
  await connection.run("DELETE FROM preferring");
  return sorted;
}
