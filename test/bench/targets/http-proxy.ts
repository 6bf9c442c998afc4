// Takes the place of edge/forward.ts in a bundle: the outbox object produces through Redpanda's HTTP Proxy.
import type { Settings } from "../../../edge/env.ts";
import type { Delivery } from "../../../edge/forward.ts";
import { utf8 } from "../../../sdk/bytes.ts";
import type { Region } from "../../../sdk/region.ts";
import { producedOf } from "./stream-records.ts";
import { target } from "./target.ts";

export * from "../../../edge/forward.ts";

const answerMilliseconds = 15_000;

const base64 = (text: string): string => {
  let binary = "";
  for (const byte of utf8(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
};

interface ProduceAnswer {
  readonly offsets: readonly { readonly error_code?: number }[];
}

/** One offset a partition, none a record: where one failed, which records it was is not said. */
const isTaken = (answer: ProduceAnswer): boolean =>
  answer.offsets.length > 0 && answer.offsets.every(({ error_code: code }) => (code ?? 0) === 0);

export async function forwardBatch(
  _settings: Settings,
  region: Region,
  texts: readonly string[],
  _entries: number,
): Promise<Delivery> {
  const { records, results } = producedOf(region, texts);
  // The headers have no place in it.
  const body = JSON.stringify({
    records: records.map(({ key, value }) => ({ key: base64(key), value: base64(value) })),
  });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), answerMilliseconds);
  try {
    const response = await fetch(`http://${target.host}:${target.port}/topics/${target.topic}`, {
      method: "POST",
      headers: {
        "content-type": "application/vnd.kafka.binary.v2+json",
        accept: "application/vnd.kafka.v2+json",
      },
      body,
      redirect: "manual",
      signal: deadline.signal,
    });
    const answer = (await response.json()) as ProduceAnswer; // The proxy's, or the catch below.
    return response.status === 200 && isTaken(answer)
      ? { status: "delivered", results }
      : { status: "away" };
  } catch {
    return { status: "away" };
  } finally {
    clearTimeout(timer);
  }
}
