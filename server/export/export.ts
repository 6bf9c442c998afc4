// A campaign's answers as a file, in constant memory however many there are: CSV goes out row by row, Parquet is written by
// DuckDB into its own folder and sent from there.
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DuckDBConnection, JS } from "@duckdb/node-api";
import { utf8 } from "../../sdk/bytes.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { outgoingFile, type OutgoingFile } from "../backup/outgoing-file.ts";
import { faultOf, log } from "../log.ts";
import { saidIn } from "../option-results.ts";
import { numberCell } from "../warehouse/cells.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import { literal, outFolder } from "../warehouse/file.ts";
import { columnsOf, type ExportColumn } from "./columns.ts";
import { byteOrderMark, csvCell, csvLine } from "./csv.ts";
import {
  boundariesQuery,
  leading,
  longColumns,
  longQuery,
  sliceReadersMax,
  slicesOf,
  trailing,
  wideQuery,
  type Slice,
} from "./query.ts";

export interface Export {
  /** Newest first. */
  readonly revisions: readonly Campaign[];
  /** One row a value, not an answer. */
  readonly long: boolean;
  /** What questions and options say, not their ids. */
  readonly texts: boolean;
  /** Readers whose answers are in memory at a time. */
  readonly sliceReaders?: number;
  /** How long whoever reads may take nothing. */
  readonly stallMs?: number;
}

const stallMsDefault = 60_000;

interface Plan {
  /** When the slices end. */
  readonly boundaries: string;
  readonly queryOf: (slice: Slice) => string;
  readonly header: readonly string[];
  /** Of each column of the query, for those that have any. */
  readonly labels: readonly (ExportColumn["labels"] | undefined)[];
}

function planOf({ revisions, long, texts, sliceReaders = sliceReadersMax }: Export): Plan {
  const [campaign] = revisions;
  if (campaign === undefined) throw new TypeError("no campaign to export");
  const boundaries = boundariesQuery(campaign, sliceReaders);
  if (long)
    return {
      boundaries,
      queryOf: (slice) => longQuery(campaign, slice),
      header: longColumns,
      labels: [],
    };
  const said = saidIn(campaign.definition.languages[0] ?? "en");
  const columns = columnsOf(revisions, said, [...leading, ...trailing]);
  const names = columns.map(({ name, title }) => (texts ? title : name));
  return {
    boundaries,
    queryOf: (slice) => wideQuery(campaign, columns, slice),
    header: [...leading, ...names, ...trailing],
    labels: texts ? [...leading.map(() => undefined), ...columns.map(({ labels }) => labels)] : [],
  };
}

const linesOf = (rows: readonly (readonly JS[])[], { labels }: Plan): string =>
  rows.map((row) => csvLine(row.map((cell, index) => csvCell(cell, labels[index])))).join("");

/** In one transaction, so that all slices are of one state. */
async function queriesOf(connection: DuckDBConnection, plan: Plan): Promise<string[]> {
  const found = await connection.runAndReadAll(plan.boundaries);
  return slicesOf(found.getRowsJS().map(([to]) => numberCell(to))).map(plan.queryOf);
}

/** Rejects where whoever reads takes nothing for so long: the connection, and its view of the tables, are kept for nobody. */
async function send(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  text: string,
  stallMs: number,
): Promise<void> {
  const over = new AbortController();
  const stalled = sleep(stallMs, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Problem("request-timeout");
  });
  try {
    await Promise.race([writer.write(utf8(text)), stalled]);
  } finally {
    over.abort();
    stalled.catch(() => undefined);
  }
}

/** Rejects once nobody reads any more. */
async function writeRows(
  connection: DuckDBConnection,
  plan: Plan,
  {
    writer,
    begun,
    stallMs,
  }: { writer: WritableStreamDefaultWriter<Uint8Array>; begun: () => void; stallMs: number },
): Promise<void> {
  await connection.run("BEGIN READ ONLY");
  const header = csvLine(plan.header.map((name) => csvCell(name)));
  let first = byteOrderMark + header;
  for (const query of await queriesOf(connection, plan)) {
    const result = await connection.stream(query);
    begun();
    if (first !== "") await send(writer, first, stallMs);
    first = "";
    for await (const rows of result.yieldRowsJs()) await send(writer, linesOf(rows, plan), stallMs);
  }
  await writer.close();
}

/** Resolves once the first rows are there. Problems: `rate-limited`, `region-unavailable`. */
export async function exportCsv(
  warehouse: Warehouse,
  asked: Export,
): Promise<ReadableStream<Uint8Array>> {
  const plan = planOf(asked);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  await new Promise<void>((resolve, reject) => {
    warehouse
      .aside((connection) =>
        writeRows(connection, plan, {
          writer,
          begun: resolve,
          stallMs: asked.stallMs ?? stallMsDefault,
        }),
      )
      .catch((error: unknown) => {
        reject(error instanceof Error ? error : new Error("the export ended"));
        log("export-ended", { fault: faultOf(error) });
        // Whoever reads must not take what came for the whole.
        return writer.abort(error).catch(() => undefined);
      });
  });
  return readable;
}

/** All slices into a table of a file of its own, which is then written as one. */
async function writeParquet(
  connection: DuckDBConnection,
  plan: Plan,
  { rows, parquet }: { rows: string; parquet: string },
): Promise<void> {
  const name = `"rows ${randomUUID()}"`;
  await connection.run(`ATTACH ${literal(rows)} AS ${name}`);
  try {
    await connection.run("BEGIN");
    for (const [index, query] of (await queriesOf(connection, plan)).entries())
      await connection.run(
        index === 0
          ? `CREATE TABLE ${name}.exported AS ${query}`
          : `INSERT INTO ${name}.exported ${query}`,
      );
    await connection.run("COMMIT");
    await connection.run(
      `COPY ${name}.exported TO ${literal(parquet)} (FORMAT parquet, COMPRESSION zstd)`,
    );
  } catch (error) {
    // The file can only be let go of outside a transaction; one that failed may be none any more.
    await connection.run("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    await connection.run(`DETACH ${name}`);
  }
}

/** Named by ids, with types of their own. Problems: `rate-limited`, `region-unavailable`. */
export async function exportParquet(warehouse: Warehouse, asked: Export): Promise<OutgoingFile> {
  const path = join(outFolder(warehouse.path), randomUUID());
  const files = { rows: `${path}.duckdb`, parquet: `${path}.parquet` };
  const plan = planOf({ ...asked, texts: false });
  try {
    await warehouse.aside((connection) => writeParquet(connection, plan, files));
    return await outgoingFile(files.parquet);
  } finally {
    for (const file of [files.rows, `${files.rows}.wal`, files.parquet])
      await rm(file, { force: true });
  }
}
