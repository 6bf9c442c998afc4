// The simulation's warehouse is a model: here it is held to the real one, batch by batch, on DuckDB.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import type { Batch, Row, Written } from "../../server/warehouse/rows.ts";
import { Random } from "./random.ts";
import { readerKeyOf, WarehouseTables } from "./warehouse-tables.ts";

const runs = 8;
const batchesEach = 25;
const rowsMax = 12;
const readers = ["ana", "ben", "cleo"];
const begins = Date.UTC(2027, 0, 4);
const campaign = { tenant: 7, campaign: "campaign" };

const folder = mkdtempSync(join(tmpdir(), "maily-model-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Records of one reader are in one partition, in the order in which they were appended. */
class Rows {
  readonly #random: Random;
  readonly #ends = new Map<number, bigint>();

  constructor(random: Random) {
    this.#random = random;
  }

  #source(reader: string): Row["source"] {
    const partition = readers.indexOf(reader) % 2;
    const offset = (this.#ends.get(partition) ?? 0n) + 1n;
    this.#ends.set(partition, offset);
    return {
      topic: "answers",
      partition,
      offset,
      appendedAt: begins,
      key: `${campaign.tenant}|${reader}`,
      value: new Uint8Array([1]),
      headers: {},
    };
  }

  #row(): Row {
    const random = this.#random;
    const reader = random.one(readers);
    // To the second, so that times meet; within a minute, so that haste does too.
    const admittedAt = begins + 1_000 * random.whole(60);
    const own = {
      ...campaign,
      reader,
      source: this.#source(reader),
      submissionId: `id ${random.whole(9)}`,
      admittedAt,
    };
    const sealed = {
      envelopeSha256: new Uint8Array(32).fill(random.whole(2)),
      receiptId: "receipt",
      revision: 1,
      test: random.happens(0.1),
      language: "en",
      notice: 1,
      purposes: ["results"],
      givenAt: admittedAt + 1_000 * (random.whole(20) - 15),
    };
    const kind = random.fraction();
    if (kind < 0.6)
      return {
        ...own,
        ...sealed,
        kind: "submission",
        channel: "web",
        outcome: undefined,
        refusesEvents: false,
        answers: [],
      };
    if (kind < 0.75)
      return {
        ...own,
        ...sealed,
        kind: "preferences",
        consented: random.happens(0.5),
        refusesEvents: false,
        topics: [],
        frequency: undefined,
      };
    if (kind < 0.85) return { ...own, kind: "withdrawal", test: false, receiptId: "receipt" };
    if (kind < 0.95)
      return {
        ...own,
        kind: "request",
        test: false,
        via: "page",
        request: random.one(["unsubscribe", "resubscribe", "erase"]),
      };
    return {
      kind: "dead-letter",
      code: "answer-invalid",
      campaign: campaign.campaign,
      source: own.source,
    };
  }

  batch(): Batch {
    const rows = Array.from({ length: 1 + this.#random.whole(rowsMax) }, () => this.#row());
    const nextOffsets = new Map<number, bigint>();
    for (const { source } of rows) nextOffsets.set(source.partition, source.offset + 1n);
    return { rows, nextOffsets, replay: false };
  }
}

/** What a commit says of itself, in a form that compares. */
const said = ({
  stored,
  requests,
  deadLetters,
  campaigns,
  readers: _readers,
  activities: _activities,
  outgoing: _outgoing,
  ...counts
}: Written) => ({
  ...counts,
  stored: stored.map(({ source }) => `${source.partition}/${source.offset}`),
  requests: requests.map(({ submissionId }) => submissionId).sort(),
  deadLetters: deadLetters
    .map(({ code, source }) => `${source.partition}/${source.offset} ${code}`)
    .sort(),
  campaigns: [...campaigns],
});

const number = (value: unknown): number | undefined => (value === null ? undefined : Number(value));

/** What the real one holds of each reader, in the model's words. */
const realReaders = (warehouse: Warehouse) =>
  warehouse.read(async (connection) => {
    const found = await connection.runAndReadAll(
      `SELECT r.reader, r.submissions, s.submission_id, coalesce(r.held, false), r.consented, epoch_ms(r.withdrawn_at)
       FROM readers r LEFT JOIN submissions s ON s.key = r."current" ORDER BY r.reader`,
    );
    return found
      .getRowsJS()
      .map(([reader, submissions, current, held, consented, withdrawnAt]) => ({
        reader: reader as string, // A VARCHAR column.
        submissions: Number(submissions),
        current: current ?? undefined,
        held,
        consented: consented ?? undefined,
        withdrawnAt: number(withdrawnAt),
      }));
  });

async function places(warehouse: Warehouse, table: string): Promise<string[]> {
  const found = await warehouse.read((connection) =>
    connection.runAndReadAll(`SELECT "partition", "offset" FROM ${table}`),
  );
  return found
    .getRowsJS()
    .map(([partition, offset]) => `${Number(partition)}/${Number(offset)}`)
    .sort();
}

const placesOf = (rows: Iterable<Row>): string[] =>
  Array.from(rows, ({ source }) => `${source.partition}/${source.offset}`).sort();

for (let run = 0; run < runs; run++)
  test(`the model keeps what DuckDB keeps, run ${run}`, async () => {
    const random = new Random(`warehouse ${run}`);
    const rows = new Rows(random);
    const warehouse = await Warehouse.open(join(folder, `${run}.duckdb`));
    const tables = new WarehouseTables();
    const before: Batch[] = [];
    for (let count = 0; count < batchesEach; count++) {
      // Delivered once more, as after a crash, or new.
      const batch = before.length > 0 && random.happens(0.2) ? random.one(before) : rows.batch();
      before.push(batch);
      expect(said(tables.write(batch))).toEqual(said(await warehouse.write(batch)));
    }
    expect(new Map(tables.offsets)).toEqual(await warehouse.nextOffsets());
    const real = await realReaders(warehouse);
    expect(real.length).toBeGreaterThan(0);
    for (const { reader, ...state } of real)
      expect({ ...tables.readerOf(readerKeyOf({ ...campaign, reader })) }).toEqual(state);
    expect(placesOf(tables.submissions.values())).toEqual(await places(warehouse, "submissions"));
    expect(placesOf(tables.preferences.values())).toEqual(await places(warehouse, "preferences"));
    expect(placesOf(tables.deadLetters.values())).toEqual(await places(warehouse, "dead_letters"));
    await warehouse.close();
  });
