// The stream of one region, between intake and ingest. Two real implementations keep this one contract, and one
// suite (test/server/stream/contract.ts) checks both:
//
//   const stream = openEmbeddedStream({ path });            embedded.ts: SQLite in this process, the default
//   const stream = openKafkaStream({ brokers, clientId });   kafka.ts: Apache Kafka or Redpanda
//
//   await stream.append(sealedTopic(region), records);      resolved = durable; rejected = repeat the whole call
//   const consumer = await stream.consume({ topic, group, nextOffsets }, async (batch) => { … });
//
// A batch may hold records of several partitions; each partition's are in offset order. Store `offset + 1` of the
// last record of each partition with the rows, in one transaction, and answer them from `nextOffsets`: it is asked
// whenever partitions are (re)assigned, and what it says wins over anything the stream remembers. Delivery is at
// least once: a batch that `handle` refused, or that was handled when the process died, comes again. What is handled before
// it is stored is named by `firstHeld`, and `nextOffsets` waits until it is.

/** What is appended. Records of one key keep their order; `key` is `tenant|reader` (SPEC §3). */
export interface StreamRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is delivered. Offsets rise within a partition, with gaps; `appendedAt` is Unix milliseconds. */
export interface StoredRecord extends StreamRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly appendedAt: number;
}

export interface Subscription {
  readonly topic: string;
  /** Who reads: consumers of one group share the partitions, each group sees every record. */
  readonly group: string;
  /** Partition → offset of the first record to deliver. A partition not named starts at its oldest record. */
  readonly nextOffsets: () => Promise<ReadonlyMap<number, bigint>>;
  /** Of what was handled: the first record of a partition that is kept nowhere else yet. It stays on the stream. */
  readonly firstHeld?: (partition: number) => bigint | undefined;
}

export interface Consumer {
  /** Resolves when the batch in hand, if any, is handled or given up and nothing more will be delivered. */
  stop(): Promise<void>;
  /** Records appended and not yet handled by this consumer. */
  lag(): Promise<number>;
  /** Deliveries refused in a row; 0 when the last one was handled. For metrics and health. */
  failures(): number;
}

export interface Stream {
  /**
   * Resolves when every record is durable: on disk (embedded), or acknowledged by all in-sync replicas (Kafka).
   * Concurrent calls are committed together. When it rejects, some records may be stored all the same: repeat the
   * whole call with the same records. Throws Problem `region-unavailable` when the stream is away, full or behind
   * (after a bounded wait), `body-too-large` for a record above `recordBytesMax`.
   */
  append(topic: string, records: readonly StreamRecord[]): Promise<void>;

  /**
   * Delivers batches one at a time, the next only after `handle` resolved. When it rejects, the same batch comes
   * again after a growing pause with jitter, until it is handled or the consumer stops. Throws Problem
   * `configuration-invalid` when `nextOffsets` lie beyond the end of the stream: then it is not the stream that
   * these positions were taken from, and waiting for it to catch up would skip records without a word.
   */
  consume(
    subscription: Subscription,
    handle: (batch: readonly StoredRecord[]) => Promise<void>,
  ): Promise<Consumer>;

  /** Whether an append would be taken now, found out within a few seconds. */
  healthy(): Promise<boolean>;

  /** Stops the consumers, finishes the appends under way and lets go of files and connections. */
  close(): Promise<void>;
}

/** One record's key, headers and value together. An envelope is at most 16 KiB; Kafka's own limit is 1 MiB. */
export const recordBytesMax = 256 * 1024;
/** One delivered batch. */
export const batchRecordsMax = 500;
export const batchBytesMax = 4 * 1024 * 1024;
/** Appends accepted but not yet durable; above it the stream refuses instead of growing without end. */
export const waitingBytesMax = 32 * 1024 * 1024;
/** What a refused append tells the caller to wait. */
export const retryAfterSeconds = 2;
/** How long a record stays: erasure must reach the stream by itself (SPEC §4, promise 4). */
export const retentionMsDefault = 7 * 24 * 60 * 60 * 1000;
export const partitionsDefault = 4;

const encoder = new TextEncoder();

/** Bytes of key, headers and value: what the limits above count. */
export function recordBytes(record: StreamRecord): number {
  let bytes = record.value.length + encoder.encode(record.key).length;
  for (const [name, value] of Object.entries(record.headers))
    bytes += encoder.encode(name).length + encoder.encode(value).length;
  return bytes;
}
