import type { Message, MessagesStream } from "@platformatic/kafka";
import { batchBytesMax, batchRecordsMax, recordBytes, type StoredRecord } from "./stream.ts";

export type Messages = MessagesStream<string, Buffer, string, string>;
type KafkaMessage = Message<string, Buffer, string, string>;

/** Takes batches out of the library's stream of single messages, within the limits of one batch. */
export class KafkaBatches {
  readonly #messages: Messages;
  readonly #signal: AbortSignal;
  /** Read, but over the limit of the batch it would have joined. */
  #held: StoredRecord | undefined;

  #wake: (() => void) | undefined;
  #arrived = true;

  /** What waits for more is let go when the signal aborts. */
  constructor(messages: Messages, signal: AbortSignal) {
    [this.#messages, this.#signal] = [messages, signal];
    // Once for all waits: a signal keeps each listener it was ever given.
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
    // One listener for good: while a stream has none, the library drops its turn to fetch and never takes another.
    messages.on("readable", () => {
      this.#arrived = true;
      this.#wake?.();
    });
  }

  /** What has arrived, at once; empty when nothing has. */
  take(): StoredRecord[] {
    const batch: StoredRecord[] = [];
    let bytes = 0;
    this.#arrived = false;
    while (batch.length < batchRecordsMax) {
      const record = this.#held ?? this.#read();
      if (record === undefined) break;
      bytes += recordBytes(record);
      this.#held = bytes > batchBytesMax && batch.length > 0 ? record : undefined;
      if (this.#held !== undefined) break;
      batch.push(record);
    }
    return batch;
  }

  /** Resolves when something may have arrived since the last `take`, or the signal aborts. */
  async arrival(): Promise<void> {
    if (this.#arrived || this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #read(): StoredRecord | undefined {
    // Readable.read is untyped; this stream is in object mode and holds nothing but messages.
    const message = this.#messages.read() as KafkaMessage | null;
    return message === null ? undefined : storedRecord(message);
  }
}

/** Others may write to the topic too: a record without key or value is delivered as an empty one, for the reader to judge. */
function storedRecord(message: KafkaMessage): StoredRecord {
  const { topic, partition, offset, timestamp, headers } = message;
  const key: string | null | undefined = message.key;
  const value: Buffer | null | undefined = message.value;
  return {
    topic,
    partition,
    offset,
    appendedAt: Number(timestamp),
    key: key ?? "",
    value: value ?? new Uint8Array(),
    headers: Object.fromEntries(headers),
  };
}
