// A consumer of a topic: when each answer is seen on the stream, and how often.
import { Admin } from "@platformatic/kafka";
import { openKafkaStream } from "../../../server/stream/kafka.ts";
import { monotonic } from "./load.ts";

const idPattern = /"submissionId":"([\w-]{22})"/;

export interface Sight {
  /** When each id was first seen, on the clock of all threads. */
  readonly seenAt: ReadonlyMap<string, number>;
  /** Records of each id. */
  readonly records: ReadonlyMap<string, number>;
  /** Waits until all are seen. False where some are not after so long. */
  sees(ids: Iterable<string>, milliseconds: number): Promise<boolean>;
  close(): Promise<void>;
}

export async function makeTopic(broker: string, topic: string): Promise<void> {
  const admin = new Admin({ clientId: "bench-admin", bootstrapBrokers: [broker] });
  await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 });
  await admin.close();
}

/** Reads a topic from its beginning; comes back by itself after a broker does. */
export async function watchTopic(broker: string, topic: string, group: string): Promise<Sight> {
  const stream = openKafkaStream({ brokers: [broker], clientId: group });
  const seenAt = new Map<string, number>();
  const records = new Map<string, number>();
  const positions = new Map<number, bigint>();
  await stream.consume({ topic, group, nextOffsets: async () => positions }, async (batch) => {
    const now = monotonic();
    for (const { partition, offset, value } of batch) {
      positions.set(partition, offset + 1n);
      const [, id] = idPattern.exec(Buffer.from(value).toString("latin1")) ?? [];
      if (id === undefined) continue;
      records.set(id, (records.get(id) ?? 0) + 1);
      if (!seenAt.has(id)) seenAt.set(id, now);
    }
  });
  const sees = async (ids: Iterable<string>, milliseconds: number): Promise<boolean> => {
    const deadline = monotonic() + milliseconds;
    const awaited = new Set(ids);
    while (monotonic() < deadline) {
      for (const id of awaited) if (seenAt.has(id)) awaited.delete(id);
      if (awaited.size === 0) return true;
      await new Promise((done) => setTimeout(done, 20));
    }
    return false;
  };
  return { seenAt, records, sees, close: () => stream.close() };
}
