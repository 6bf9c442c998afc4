// What lies on a topic of a server that has stopped, read by a consumer of its own.
import { join } from "node:path";
import { textOf } from "../../../sdk/bytes.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import type { StoredRecord } from "../../../server/stream/stream.ts";
import { schemaHeader } from "../../../server/stream/topics.ts";
import { until } from "../region.ts";

export interface OnTopic {
  readonly key: string;
  readonly schema: string | undefined;
  readonly region: string | undefined;
  readonly text: string;
  /** As JSON; what it is, a schema says. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** Every record of a topic in `folder`'s stream, in order within each key. */
export async function recordsOn(dataFolder: string, topic: string): Promise<OnTopic[]> {
  const stream = openEmbeddedStream({ path: join(dataFolder, "stream.db") });
  const records: StoredRecord[] = [];
  const consumer = await stream.consume(
    { topic, group: "test", nextOffsets: async () => new Map() },
    async (batch) => void records.push(...batch),
  );
  await until(async () => (await consumer.lag()) === 0);
  await stream.close();
  return records.map(({ key, headers, value }) => ({
    key,
    schema: headers[schemaHeader],
    region: headers["region"],
    text: textOf(value),
    value: JSON.parse(textOf(value)) as Record<string, unknown>,
  }));
}
