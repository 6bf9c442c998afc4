// From the stream to the warehouse: read each record, tell what it will change, write rows and offsets in one commit. Nothing
// stops the stream but a warehouse that is away.
import { setImmediate as nextTurn } from "node:timers/promises";
import { Problem } from "../sdk/problem.ts";
import { Commits, type Taken } from "./commits.ts";
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
import type { Begun, Telemetry } from "./telemetry.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";
import type { Batch, Row, Written } from "./warehouse/rows.ts";

/** Records opened between two looks at the network: opening keeps this thread, and neither intake nor agents must wait long. */
const openedPerTurn = 8;
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
  /** Told what was read, before it is committed. Synchronous. */
  readonly onRead?: (rows: readonly Row[]) => void;
  /** Told what changed, after each commit. */
  readonly onCommit: (written: Written) => void;
  /** Told when what `onRead` was told has been committed, or will be read again. */
  readonly onSettled?: (rows: readonly Row[]) => void;
}

/** Of what was read and is not committed yet. */
export type Uncommitted = Pick<
  Commits<Taken>,
  "uncommittedRows" | "failures" | "firstUncommitted" | "settled" | "close"
>;

interface Read extends Taken {
  readonly begun: number;
  readonly spans: readonly (Begun | undefined)[];
}

async function rowsOf(
  records: readonly StoredRecord[],
  reader: RecordReader,
  read?: (rows: readonly Row[]) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let index = 0; index < records.length; index += openedPerTurn) {
    const some = records.slice(index, index + openedPerTurn);
    const next = await Promise.all(some.map((record) => readRecord(record, reader)));
    read?.(next);
    rows.push(...next);
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
 * record as a dead letter. Offsets are only stored once everything before them is. `tell` is called after each commit.
 */
export async function writeAround(
  warehouse: Pick<Warehouse, "write">,
  batch: Batch,
  tell: (written: Written) => void,
): Promise<void> {
  let written: Written | undefined;
  let refusal: unknown;
  try {
    written = await warehouse.write(batch);
  } catch (error) {
    if (error instanceof Problem) throw error;
    refusal = error;
  }
  if (written !== undefined) {
    tell(written);
    return;
  }
  const [only] = batch.rows;
  if (only === undefined || only.kind === "dead-letter") throw refusal;
  if (batch.rows.length === 1) {
    const rows = [deadLetter(only.source, only.campaign, refusal)];
    tell(await warehouse.write({ ...batch, rows }));
    return;
  }
  const half = Math.ceil(batch.rows.length / 2);
  const first = { ...batch, rows: batch.rows.slice(0, half), nextOffsets: new Map() };
  await writeAround(warehouse, first, tell);
  await writeAround(warehouse, { ...batch, rows: batch.rows.slice(half) }, tell);
}

export class Ingest {
  readonly #parts: IngestParts;
  readonly #commits = new Commits<Read>((batches) => this.#commit(batches));
  #handledTo = 0;
  /** The batch of which `onRead` is being told, until it is taken or given up. */
  #reading: Promise<void> = Promise.resolve();

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  /** When the newest record that was committed had been appended, Unix milliseconds; 0 before the first. */
  get handledTo(): number {
    return this.#handledTo;
  }

  /** What was read and is not committed yet. */
  get commits(): Uncommitted {
    return this.#commits;
  }

  /**
   * What the stream delivers. Resolves once it is read: it is committed with what follows, and until then `commits` says that
   * it is not. Rejects while the warehouse is away: the same batch then comes again.
   */
  async handle(records: readonly StoredRecord[]): Promise<void> {
    await this.#commits.room();
    const reading = this.#read(records);
    this.#reading = reading.catch(() => undefined);
    await reading;
  }

  /**
   * When all that `onRead` was told until now is committed, or was taken back. Rejects with Problem `region-unavailable` while
   * commits are refused.
   */
  async settled(): Promise<void> {
    await this.#reading;
    await this.#commits.settled();
  }

  async #read(records: readonly StoredRecord[]): Promise<void> {
    const begun = performance.now();
    const { telemetry, publisher, onRead, onSettled } = this.#parts;
    publisher?.requireRoom();
    const spans = records.map(({ headers }) => telemetry?.begin(headers[traceHeader]));
    const told: Row[] = [];
    try {
      const rows = await this.#rowsOf(records, (some) => {
        told.push(...some);
        onRead?.(some);
      });
      this.#commits.take({ records, rows, begun, spans });
    } catch (error) {
      onSettled?.(told);
      throw error;
    }
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
      const publish = this.#parts.reader.region;
      const batch = { rows, nextOffsets: new Map(), replay: true, publish };
      replayed += records.length;
      await writeAround(this.#parts.warehouse, batch, (written) => {
        this.#report(written);
        for (const { code } of written.deadLetters) failed[code] = (failed[code] ?? 0) + 1;
        replayed -= written.deadLetters.length;
      });
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

  async #rowsOf(
    records: readonly StoredRecord[],
    read?: (rows: readonly Row[]) => void,
  ): Promise<readonly Row[]> {
    const { reader, metrics, names } = this.#parts;
    const found = await clearRows(await rowsOf(records, reader, read), names);
    metrics.texts.add(found.cleared, "cleared");
    metrics.texts.add(found.uncleared, "uncleared");
    return found.rows;
  }

  async #commit(batches: readonly Read[]): Promise<void> {
    const { warehouse, reader, metrics, telemetry, onSettled } = this.#parts;
    const records = batches.flatMap((batch) => batch.records);
    const rows = batches.flatMap((batch) => batch.rows);
    const nextOffsets = offsetsAfter(records);
    const batch = { rows, nextOffsets, replay: false, publish: reader.region };
    await writeAround(warehouse, batch, (written) => this.#report(written));
    onSettled?.(rows);
    for (const { appendedAt } of records) this.#handledTo = Math.max(this.#handledTo, appendedAt);
    for (const { begun } of batches)
      metrics.ingestBatch.observe((performance.now() - begun) / 1000);
    const spans = batches.flatMap((each) => each.spans);
    for (const [index, record] of records.entries()) {
      const [span, row] = [spans[index], rows[index]];
      if (span !== undefined)
        telemetry?.ingested(span, record, row?.kind === "dead-letter" ? row.code : undefined);
    }
    // The campaign may have been published between the look for it and this commit.
    if (rows.some((row) => row.kind === "dead-letter" && row.code === "campaign-unknown"))
      this.replayKnownSoon();
  }

  #report(written: Written): void {
    const { metrics, publisher, onCommit } = this.#parts;
    const { stored, duplicates, withdrawals, preferences, requests, deadLetters } = written;
    const now = Date.now();
    metrics.ingested.add(stored.length);
    metrics.duplicates.add(duplicates);
    metrics.withdrawals.add(withdrawals);
    metrics.preferences.add(preferences);
    for (const { request } of requests) metrics.requests.add(1, request);
    for (const { code } of deadLetters) metrics.deadLettered.add(1, code);
    for (const { admittedAt } of stored)
      metrics.admittedToStored.observe((now - admittedAt) / 1000);
    if (written.outgoing !== undefined) publisher?.offer(written.outgoing);
    onCommit(written);
  }
}
