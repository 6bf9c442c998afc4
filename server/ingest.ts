// From the stream to the warehouse: read each record, write rows and offsets in one commit. Nothing stops the stream but
// a warehouse that is away, and then the same batch comes again.
import { setImmediate as nextTurn } from "node:timers/promises";
import { Problem } from "../sdk/problem.ts";
import { faultOf, log } from "./log.ts";
import type { Publisher } from "./opened/publish.ts";
import type { Metrics } from "./metrics.ts";
import { deadLetter, readRecord } from "./read-record.ts";
import type { RecordReader } from "./record-reader.ts";
import { clearRows } from "./redact/clear.ts";
import type { Presidio } from "./redact/presidio.ts";
import type { StoredRecord } from "./stream/stream.ts";
import { traceHeader } from "./stream/topics.ts";
import { campaignsWaiting, deadRecords, type Selection } from "./warehouse/dead-letters.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";
import type { Batch, Row, Written } from "./warehouse/rows.ts";

/** Records opened between two looks at the network: opening keeps this thread, and intake must not wait long. */
const openedPerTurn = 16;
/** Dead letters replayed in one commit. */
const replayRecordsMax = 200;

/** How a replay went. */
export interface Replay {
  readonly replayed: number;
  /** Still dead letters, by problem code. */
  readonly failed: Readonly<Record<string, number>>;
}

export interface IngestParts {
  readonly reader: RecordReader;
  readonly warehouse: Warehouse;
  readonly metrics: Metrics;
  readonly telemetry?: Telemetry | undefined;
  /** What waits to be published has a limit. */
  readonly publisher?: Pick<Publisher, "requireRoom" | "offer"> | undefined;
  /** Knows names; without one no text is cleared. */
  readonly names?: Presidio | undefined;
  /** Told what changed, after each commit. */
  readonly onCommit: (written: Written) => void;
}

async function rowsOf(records: readonly StoredRecord[], reader: RecordReader): Promise<Row[]> {
  const rows: Row[] = [];
  for (let index = 0; index < records.length; index += openedPerTurn) {
    const some = records.slice(index, index + openedPerTurn);
    // Signatures are checked on other threads meanwhile.
    rows.push(...(await Promise.all(some.map((record) => readRecord(record, reader)))));
    await nextTurn();
  }
  return rows;
}

/** Partition → offset after its last record. */
function offsetsAfter(records: readonly StoredRecord[]): Map<number, bigint> {
  const next = new Map<number, bigint>();
  for (const { partition, offset } of records) {
    const known = next.get(partition);
    if (known === undefined || offset >= known) next.set(partition, offset + 1n);
  }
  return next;
}

/**
 * Writes a batch; where the tables refuse a row for what it is, halves it until that row is alone, and keeps that
 * record as a dead letter. Offsets are only stored once everything before them is.
 */
export async function writeAround(
  warehouse: Pick<Warehouse, "write">,
  batch: Batch,
): Promise<Written[]> {
  try {
    return [await warehouse.write(batch)];
  } catch (error) {
    if (error instanceof Problem) throw error;
    const [only] = batch.rows;
    if (batch.rows.length === 0 || only === undefined || only.kind === "dead-letter") throw error;
    if (batch.rows.length === 1)
      return [
        await warehouse.write({
          ...batch,
          rows: [deadLetter(only.source, only.campaign, error)],
        }),
      ];
    const half = Math.ceil(batch.rows.length / 2);
    const first = { ...batch, rows: batch.rows.slice(0, half), nextOffsets: new Map() };
    return [
      ...(await writeAround(warehouse, first)),
      ...(await writeAround(warehouse, { ...batch, rows: batch.rows.slice(half) })),
    ];
  }
}

export class Ingest {
  readonly #parts: IngestParts;
  #handledTo = 0;

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  /** When the newest record that was handled had been appended, Unix milliseconds; 0 before the first. */
  get handledTo(): number {
    return this.#handledTo;
  }

  /** What the stream delivers. Rejects when the warehouse is away: the same batch then comes again. */
  async handle(records: readonly StoredRecord[]): Promise<void> {
    const begun = performance.now();
    const { telemetry, publisher } = this.#parts;
    publisher?.requireRoom();
    const spans = records.map(({ headers }) => telemetry?.begin(headers[traceHeader]));
    const rows = await this.#rowsOf(records);
    const nextOffsets = offsetsAfter(records);
    const { warehouse, reader } = this.#parts;
    const publish = reader.region;
    const written = await writeAround(warehouse, { rows, nextOffsets, replay: false, publish });
    this.#report(written);
    this.#parts.metrics.ingestBatch.observe((performance.now() - begun) / 1000);
    this.#handledTo = Math.max(this.#handledTo, ...records.map(({ appendedAt }) => appendedAt));
    for (const [index, record] of records.entries()) {
      const [span, row] = [spans[index], rows[index]];
      if (span !== undefined)
        telemetry?.ingested(span, record, row?.kind === "dead-letter" ? row.code : undefined);
    }
    // The campaign may have been published between the look for it and this commit.
    if (rows.some((row) => row.kind === "dead-letter" && row.code === "campaign-unknown"))
      await this.replayKnown();
  }

  /** Replays the selected dead letters; those that work are rows and no dead letters any more with one commit. */
  async replay(selection: Selection): Promise<Replay> {
    const failed: Record<string, number> = {};
    let replayed = 0;
    let page: Selection | undefined = selection;
    while (page !== undefined) {
      const selected: Selection = page;
      const records: StoredRecord[] = await this.#parts.warehouse.read((connection) =>
        deadRecords(connection, selected, replayRecordsMax),
      );
      const rows = await this.#rowsOf(records);
      const written = await writeAround(this.#parts.warehouse, {
        rows,
        nextOffsets: new Map(),
        replay: true,
        publish: this.#parts.reader.region,
      });
      this.#report(written);
      const letters = written.flatMap(({ deadLetters }) => deadLetters);
      for (const { code } of letters) failed[code] = (failed[code] ?? 0) + 1;
      replayed += records.length - letters.length;
      const last: StoredRecord | undefined = records.at(-1);
      // Places rise from page to page, so a letter that fails again is not met twice.
      page =
        "after" in selected && last !== undefined && records.length === replayRecordsMax
          ? { ...selected, after: last }
          : undefined;
    }
    return { replayed, failed };
  }

  /** Replays what waited for a campaign that is known by now. */
  async replayKnown(): Promise<void> {
    const code = "campaign-unknown";
    const { warehouse, reader } = this.#parts;
    for (const campaign of await warehouse.read((connection) =>
      campaignsWaiting(connection, code),
    )) {
      if (reader.campaigns.revisionsOf(campaign).length === 0) continue;
      const after = { partition: -1, offset: 0n };
      const { replayed } = await this.replay({ after, code, campaign });
      log("replayed", { campaign, replayed });
    }
  }

  /** The same without waiting: it is tried again with the next publication and the next start. */
  replayKnownSoon(): void {
    this.replayKnown().catch((error: unknown) => {
      log("replay-postponed", { fault: faultOf(error) });
    });
  }

  async #rowsOf(records: readonly StoredRecord[]): Promise<readonly Row[]> {
    const { reader, metrics, names } = this.#parts;
    const { rows, cleared, uncleared } = await clearRows(await rowsOf(records, reader), names);
    metrics.texts.add(cleared, "cleared");
    metrics.texts.add(uncleared, "uncleared");
    return rows;
  }

  #report(commits: readonly Written[]): void {
    const { metrics, publisher, onCommit } = this.#parts;
    const now = Date.now();
    for (const written of commits) {
      const { stored, duplicates, withdrawals, deadLetters } = written;
      metrics.ingested.add(stored.length);
      metrics.duplicates.add(duplicates);
      metrics.withdrawals.add(withdrawals);
      metrics.preferences.add(written.preferences);
      for (const { request } of written.requests) metrics.requests.add(1, request);
      for (const { code } of deadLetters) metrics.deadLettered.add(1, code);
      for (const { admittedAt } of stored)
        metrics.admittedToStored.observe((now - admittedAt) / 1000);
      if (written.outgoing !== undefined) publisher?.offer(written.outgoing);
      onCommit(written);
    }
  }
}
