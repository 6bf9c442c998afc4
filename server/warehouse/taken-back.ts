// What readers took back, kept apart from the tables: whoever restores a copy of these from before applies it again, so that
// nobody who withdrew or was erased since comes back.
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { base64url, fromBase64url } from "../../sdk/bytes.ts";
import { openSqlite, transaction } from "../sqlite.ts";
import type { PreferencesRow, RequestRow, Row, SubmissionRow, WithdrawalRow } from "./rows.ts";

const ofReader = {
  tenant: z.int().min(1),
  campaign: z.string().max(64),
  reader: z.string().max(64),
  submissionId: z.string().max(64),
  test: z.boolean(),
  admittedAt: z.int(),
  partition: z.int().min(0),
  offset: z.string().regex(/^\d{1,19}$/),
};

/** One decision, as it was on the stream of sealed answers. Times in Unix milliseconds. */
export const TakenBack = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("withdrawal"), ...ofReader, receiptId: z.string().max(64) }),
  z.strictObject({
    kind: z.literal("request"),
    ...ofReader,
    request: z.enum(["unsubscribe", "resubscribe", "erase"]),
    via: z.enum(["page", "header"]),
  }),
  z.strictObject({
    kind: z.literal("preferences"),
    ...ofReader,
    envelopeSha256: z.string().max(64),
    receiptId: z.string().max(64),
    revision: z.int().min(1),
    language: z.string().max(35),
    notice: z.int().min(0),
    purposes: z.array(z.string().max(64)).max(100),
    consented: z.boolean(),
    refusesEvents: z.boolean(),
    givenAt: z.int(),
    topics: z.array(z.string().max(64)).max(1_000),
    frequency: z.string().max(64).optional(),
  }),
  z.strictObject({ kind: z.literal("refusal"), ...ofReader, givenAt: z.int() }),
]);
export type TakenBack = z.infer<typeof TakenBack>;

export type TakenBackRow = WithdrawalRow | RequestRow | PreferencesRow;

/** An answer says something of that too where it allows no events. */
const isTakenBack = (row: Row): row is TakenBackRow | SubmissionRow =>
  row.kind === "submission" ? row.refusesEvents : row.kind !== "dead-letter";

function entryOf(row: TakenBackRow | SubmissionRow): TakenBack {
  const { tenant, campaign, reader, submissionId, test, admittedAt, source } = row;
  const named = { tenant, campaign, reader, submissionId, test, admittedAt };
  const of = { ...named, partition: source.partition, offset: String(source.offset) };
  switch (row.kind) {
    case "withdrawal":
      return { kind: row.kind, ...of, receiptId: row.receiptId };
    case "request":
      return { kind: row.kind, ...of, request: row.request, via: row.via };
    case "submission":
      return { kind: "refusal", ...of, givenAt: row.givenAt };
    case "preferences": {
      const { receiptId, revision, language, notice, purposes, consented, refusesEvents } = row;
      const said = { receiptId, revision, language, notice, consented, refusesEvents };
      return {
        kind: row.kind,
        ...of,
        ...said,
        envelopeSha256: base64url(row.envelopeSha256),
        purposes: [...purposes],
        givenAt: row.givenAt,
        topics: [...row.topics],
        ...(row.frequency !== undefined && { frequency: row.frequency }),
      };
    }
  }
}

/** The row again, as ingest had written it; the record itself is not kept. */
export function rowOf(entry: Exclude<TakenBack, { kind: "refusal" }>): TakenBackRow {
  const { partition, offset, ...rest } = entry;
  const key = `${rest.tenant}|${rest.reader}`;
  const place = { topic: "", partition, offset: BigInt(offset), appendedAt: rest.admittedAt };
  const source = { ...place, key, headers: {}, value: new Uint8Array() };
  if (rest.kind !== "preferences") return { ...rest, source };
  const envelopeSha256 = fromBase64url(rest.envelopeSha256) ?? new Uint8Array();
  return { ...rest, source, envelopeSha256, frequency: rest.frequency };
}

const schema = `CREATE TABLE IF NOT EXISTS taken_back (
  seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, entry TEXT NOT NULL)`;

const pageMax = 1_000;

const nameOf = (
  entry: Pick<TakenBack, "tenant" | "campaign" | "reader" | "submissionId"> & { kind: string },
): string => [entry.kind, entry.tenant, entry.campaign, entry.reader, entry.submissionId].join("|");

/** The file of one warehouse: `<warehouse>.taken-back`. */
export class TakenBackFile {
  readonly #database: DatabaseSync;

  /** Throws Problem `configuration-invalid`. */
  constructor(warehouse: string) {
    this.#database = openSqlite(`${warehouse}.taken-back`, schema);
  }

  /** On disk when it returns, and before the tables have it. Throws Problem `region-unavailable`. */
  keep(rows: readonly Row[]): void {
    this.keepEntries(rows.filter(isTakenBack).map(entryOf));
  }

  /** The same of entries from a list. */
  keepEntries(entries: readonly TakenBack[]): void {
    if (entries.length === 0) return;
    transaction(this.#database, () => {
      const insert = this.#database.prepare(
        "INSERT INTO taken_back (name, entry) VALUES (?, ?) ON CONFLICT DO NOTHING",
      );
      for (const entry of entries) {
        if (entry.kind === "request" && entry.request === "erase") this.#erase(entry);
        insert.run(nameOf(entry), JSON.stringify(entry));
      }
    });
  }

  /** What the reader had set until then goes here too. */
  #erase(request: TakenBack): void {
    const prefix = nameOf({ ...request, kind: "preferences", submissionId: "" });
    const found = this.#database.prepare(
      "SELECT seq, entry FROM taken_back WHERE name >= ? AND name < ?",
    );
    const remove = this.#database.prepare("DELETE FROM taken_back WHERE seq = ?");
    for (const { seq, entry } of found.all(prefix, `${prefix}~`)) {
      const { givenAt, admittedAt } = JSON.parse(String(entry)) as Record<string, number>;
      if (Math.min(givenAt ?? 0, admittedAt ?? 0) <= request.admittedAt) remove.run(seq ?? null);
    }
  }

  /** All of it as JSON lines, in the order it was kept, page by page. */
  *lines(): Generator<string[]> {
    const select = this.#database.prepare(
      "SELECT seq, entry FROM taken_back WHERE seq > ? ORDER BY seq LIMIT ?",
    );
    let after = 0;
    for (;;) {
      const rows = select.all(after, pageMax);
      if (rows.length > 0) yield rows.map(({ entry }) => String(entry));
      if (rows.length < pageMax) return;
      after = Number(rows.at(-1)?.["seq"]);
    }
  }

  close(): void {
    this.#database.close();
  }
}
