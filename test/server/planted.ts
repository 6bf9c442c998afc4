// A warehouse with planted conduct: readers who chose, and who then did things at rates that are known. Everything through
// the real tables and views.
import { LIST, listValue, VARCHAR, type DuckDBConnection } from "@duckdb/node-api";
import { instant, readerKey, submissionKey, activityKey } from "../../server/warehouse/keys.ts";
import { appendTo } from "../../server/warehouse/statements.ts";

export const dayMs = 86_400_000;
export const plantedOf = { tenant: 7, campaign: "AAAAAAAAAAA" };
export const plantedAt = Date.UTC(2026, 0, 31);

export interface PlantedReader {
  /** Option by question. */
  readonly chose: Readonly<Record<string, string>>;
  readonly answeredAt: number;
  readonly purposes?: readonly string[];
  /** Texts by question. */
  readonly wrote?: Readonly<Record<string, { readonly text: string; readonly cleared: boolean }>>;
  readonly did: readonly PlantedConduct[];
}

export interface PlantedConduct {
  readonly kind: string;
  readonly label?: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly happenedAt: number;
}

export const plantedReader = (index: number): string => `reader ${index}`;

const submissionOf = (names: typeof plantedOf & { reader: string }) =>
  submissionKey({ ...names, submissionId: "s" });

/** Appends readers with their answers and activities; `from` numbers the first. */
export async function plant(
  connection: DuckDBConnection,
  readers: readonly PlantedReader[],
  from = 0,
): Promise<void> {
  const of = readers.map((reader, index) => {
    const names = { ...plantedOf, reader: plantedReader(from + index) };
    return { ...reader, names, purposes: reader.purposes ?? ["results", "shop"] };
  });
  await appendTo(connection, { table: "submissions", temporary: false }, (appender) => {
    for (const { names, answeredAt, purposes } of of) {
      appender.appendUUID(submissionOf(names));
      appender.appendUUID(readerKey(names));
      appender.appendUInteger(names.tenant);
      appender.appendVarchar(names.campaign);
      appender.appendVarchar(names.reader);
      appender.appendVarchar("s");
      appender.appendBlob(new Uint8Array(32));
      appender.appendVarchar("receipt");
      appender.appendUInteger(1);
      appender.appendBoolean(false);
      appender.appendVarchar("web");
      appender.appendVarchar("en");
      appender.appendUSmallInt(1);
      appender.appendList(listValue(purposes), LIST(VARCHAR));
      appender.appendTimestampMilliseconds(instant(answeredAt));
      appender.appendTimestampMilliseconds(instant(answeredAt));
      appender.appendNull();
      appender.appendInteger(0);
      appender.appendBigInt(0n);
      appender.endRow();
    }
  });
  await connection.run(
    `INSERT INTO readers (key, tenant, campaign, reader, submissions, "current", admitted_at, purposes)
     SELECT reader_key, tenant, campaign, reader, 1, key, admitted_at, purposes FROM submissions
     ON CONFLICT DO NOTHING`,
  );
  await appendTo(connection, { table: "answers", temporary: false }, (appender) => {
    for (const { names, chose, wrote = {} } of of) {
      for (const [question, { text, cleared }] of Object.entries(wrote)) {
        appender.appendUUID(submissionOf(names));
        appender.appendUInteger(names.tenant);
        appender.appendVarchar(names.campaign);
        appender.appendVarchar(question);
        appender.appendUTinyInt(0);
        appender.appendNull();
        appender.appendNull();
        appender.appendVarchar(text);
        appender.appendNull();
        appender.appendNull();
        appender.appendBoolean(cleared);
        for (let column = 11; column < appender.columnCount; column++) appender.appendNull();
        appender.endRow();
      }
      for (const [question, option] of Object.entries(chose)) {
        appender.appendUUID(submissionOf(names));
        appender.appendUInteger(names.tenant);
        appender.appendVarchar(names.campaign);
        appender.appendVarchar(question);
        appender.appendUTinyInt(0);
        appender.appendVarchar(option);
        for (let column = 6; column < appender.columnCount; column++) appender.appendNull();
        appender.endRow();
      }
    }
  });
  let number = 0;
  await appendTo(connection, { table: "activities", temporary: false }, (appender) => {
    for (const { names, did } of of)
      for (const { kind, label, amount, currency, happenedAt } of did) {
        const id = `${names.reader}/${number++}`;
        appender.appendUUID(activityKey(names, id));
        appender.appendUUID(readerKey(names));
        appender.appendUInteger(names.tenant);
        appender.appendVarchar(names.campaign);
        appender.appendVarchar(names.reader);
        appender.appendVarchar(id);
        appender.appendVarchar(kind);
        if (label === undefined) appender.appendNull();
        else appender.appendVarchar(label);
        if (amount === undefined) appender.appendNull();
        else appender.appendBigInt(BigInt(amount));
        if (currency === undefined) appender.appendNull();
        else appender.appendVarchar(currency);
        appender.appendList(listValue(["shop"]), LIST(VARCHAR));
        appender.appendTimestampMilliseconds(instant(happenedAt));
        appender.appendTimestampMilliseconds(instant(happenedAt));
        appender.endRow();
      }
  });
}

/** Standard gamma by Marsaglia & Tsang (2000), for shapes from 1. */
export function gamma(next: () => number, shape: number): number {
  const d = shape - 1 / 3;
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - next()) < 0.5 * normal * normal + d - d * v + d * Math.log(v))
      return d * v;
  }
}

/** Poisson by Knuth: fit for the small means of one reader. */
export function poisson(next: () => number, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > limit; product *= next()) count++;
  return count;
}
