// From the topic of events to the warehouse. Unlike an answer, what cannot be read is counted and not kept: nobody owes it
// a second chance, and what nobody can open nobody should hold.
import { setImmediate as nextTurn } from "node:timers/promises";
import { isProblemCode, Problem } from "../sdk/problem.ts";
import { faultOf, log } from "./log.ts";
import type { Publisher } from "./opened/publish.ts";
import type { Metrics } from "./metrics.ts";
import { eventsRow } from "./read-events.ts";
import type { RecordReader } from "./record-reader.ts";
import type { StoredRecord } from "./stream/stream.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";
import type { EventsRow } from "./warehouse/rows.ts";

/** Records opened between two looks at the network, as for answers. */
const openedPerTurn = 16;

export interface EventIngestParts {
  readonly reader: RecordReader;
  readonly warehouse: Pick<Warehouse, "writeEvents">;
  readonly metrics: Pick<Metrics, "events" | "eventsDropped">;
  readonly publisher?: Pick<Publisher, "requireRoom" | "wake"> | undefined;
  /** Told the campaigns whose results may have changed, after each commit. */
  readonly onCommit: (campaigns: ReadonlySet<string>) => void;
}

export class EventIngest {
  readonly #parts: EventIngestParts;

  constructor(parts: EventIngestParts) {
    this.#parts = parts;
  }

  /** What the stream delivers. Rejects when the warehouse is away: the same batch then comes again. */
  async handle(records: readonly StoredRecord[]): Promise<void> {
    this.#parts.publisher?.requireRoom();
    const rows: EventsRow[] = [];
    for (let index = 0; index < records.length; index += openedPerTurn) {
      const some = records.slice(index, index + openedPerTurn);
      const read = await Promise.all(some.map((record) => this.#read(record)));
      rows.push(...read.filter((row) => row !== undefined));
      await nextTurn();
    }
    const nextOffsets = new Map<number, bigint>();
    // In the order of their offsets, within each partition.
    for (const { partition, offset } of records) nextOffsets.set(partition, offset + 1n);
    const { warehouse, metrics, publisher, onCommit } = this.#parts;
    const publish = this.#parts.reader.region;
    metrics.events.add(await warehouse.writeEvents(rows, nextOffsets, publish));
    publisher?.wake();
    if (rows.length > 0) onCommit(new Set(rows.map(({ campaign }) => campaign)));
  }

  async #read(source: StoredRecord): Promise<EventsRow | undefined> {
    try {
      return await eventsRow(source, this.#parts.reader);
    } catch (error) {
      if (error instanceof Problem && error.code === "region-unavailable") throw error;
      const code = error instanceof Problem && isProblemCode(error.code) ? error.code : "internal";
      const { partition, offset } = source;
      log("events-dropped", { code, partition, offset: String(offset) });
      if (code === "internal") log("fault", { fault: faultOf(error) });
      this.#parts.metrics.eventsDropped.add(1, code);
      return undefined;
    }
  }
}
