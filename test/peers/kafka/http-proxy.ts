// Redpanda's HTTP Proxy as far as producing goes, in front of any Kafka broker: POST /topics/{topic} as its API reference has
// it (docs.redpanda.com/api/doc/http-proxy), and what its client does behind (its configuration's defaults: acks=all, no
// idempotence, 5 retries, batches of a partition that wait 100 ms). A process of its own: node http-proxy.ts <port> <broker> <delay>.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { compatibilityPartitioner, Producer, type MessageToProduce } from "@platformatic/kafka";

const partitions = 4;
const retries = 5;
const retryMilliseconds = 100;
const batchRecordsMax = 1_000;
const batchBytesMax = 1_048_576;
const bodyBytesMax = 16_777_216;
const requestMilliseconds = 5_000;
const binary = "application/vnd.kafka.binary.v2+json";
const answerType = "application/vnd.kafka.v2+json";
/** Kafka's codes: whatever failed that the proxy cannot name. */
const unknownServerError = -1;
/** The proxy's own codes (its error_reply). */
const unprocessable = 42_201;
const unsupportedType = 415;

/** What the proxy knows of a record; there is nothing for headers, and any other member is refused. */
interface ProxyRecord {
  readonly partition?: number;
  readonly key?: string;
  readonly value?: string;
}

/** One for each partition that the request's records went to, not one a record. */
export interface PartitionOffset {
  readonly partition: number;
  readonly error_code?: number;
  readonly offset: number;
}

type Message = MessageToProduce;

class Refused extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const members: readonly string[] = ["partition", "key", "value"];

function recordsOf(text: string): ProxyRecord[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Refused(422, unprocessable, "malformed body");
  }
  const records = (document as { records?: unknown } | null)?.records;
  if (!Array.isArray(records)) throw new Refused(422, unprocessable, "malformed body");
  for (const record of records as object[])
    if (Object.keys(record).some((name) => !members.includes(name)))
      throw new Refused(422, unprocessable, "parse error");
  return records as ProxyRecord[]; // Their values are looked at as they are decoded.
}

const decoded = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64");

interface Waiting {
  readonly messages: Message[];
  readonly resolve: (offset: PartitionOffset) => void;
}

/** What waits for a partition, sent as one batch. */
class PartitionBatch {
  readonly #partition: number;
  readonly #producer: Producer;
  readonly #delayMilliseconds: number;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(partition: number, producer: Producer, delayMilliseconds: number) {
    this.#partition = partition;
    this.#producer = producer;
    this.#delayMilliseconds = delayMilliseconds;
  }

  add(messages: Message[]): Promise<PartitionOffset> {
    return new Promise((resolve) => {
      this.#waiting.push({ messages, resolve });
      const all = this.#waiting.flatMap((waiting) => waiting.messages);
      const bytes = all.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      if (all.length >= batchRecordsMax || bytes >= batchBytesMax) void this.#send();
      else this.#timer ??= setTimeout(() => void this.#send(), this.#delayMilliseconds);
    });
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    const partition = this.#partition;
    try {
      const { offsets } = await this.#producer.send({
        messages: batch.flatMap(({ messages }) => messages),
        acks: -1,
      });
      let offset = Number(offsets?.[0]?.offset ?? -1n);
      for (const { messages, resolve } of batch) {
        resolve({ partition, offset });
        offset += messages.length;
      }
    } catch {
      for (const { resolve } of batch)
        resolve({ partition, error_code: unknownServerError, offset: -1 });
    }
  }
}

export class HttpProxy {
  readonly #server: Server;
  readonly #producer: Producer;
  readonly #delayMilliseconds: number;
  readonly #batches = new Map<string, PartitionBatch>();

  constructor(broker: string, delayMilliseconds: number) {
    this.#delayMilliseconds = delayMilliseconds;
    this.#producer = new Producer({
      clientId: "http-proxy",
      bootstrapBrokers: [broker],
      retries,
      retryDelay: retryMilliseconds,
      requestTimeout: requestMilliseconds,
      timeout: requestMilliseconds,
      connectTimeout: requestMilliseconds,
      autocreateTopics: false,
    });
    this.#server = createServer((request, response) => {
      void this.#reply(request).then(({ status, body }) =>
        response
          .writeHead(status, { "content-type": answerType, "content-length": body.length })
          .end(body),
      );
    });
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#producer.close(true).catch(() => undefined); // It may be in the middle of a retry.
  }

  async #reply(request: IncomingMessage): Promise<{ status: number; body: string }> {
    try {
      if (request.method === "GET" && request.url === "/status/ready")
        return { status: 200, body: "{}" };
      const [, topic] = /^\/topics\/([\w.-]+)$/.exec(request.url ?? "") ?? [];
      if (request.method !== "POST" || topic === undefined)
        throw new Refused(404, 404, "Not found");
      if (request.headers["content-type"] !== binary)
        throw new Refused(415, unsupportedType, "Unsupported media type");
      const offsets = await this.#produce(topic, recordsOf(await bodyOf(request)));
      return { status: 200, body: JSON.stringify({ offsets }) };
    } catch (error) {
      const { status, code, message } =
        error instanceof Refused ? error : new Refused(500, 500, "Internal server error");
      return { status, body: JSON.stringify({ error_code: code, message }) };
    }
  }

  #produce(topic: string, records: readonly ProxyRecord[]): Promise<PartitionOffset[]> {
    const byPartition = new Map<number, Message[]>();
    for (const record of records) {
      const key = decoded(record.key);
      const message: Message = { topic, key, value: decoded(record.value) };
      const partition =
        record.partition ?? Math.abs(compatibilityPartitioner(message, key) % partitions);
      const own = byPartition.get(partition) ?? [];
      own.push({ ...message, partition });
      byPartition.set(partition, own);
    }
    return Promise.all(
      Array.from(byPartition, ([partition, messages]) =>
        this.#batchOf(topic, partition).add(messages),
      ),
    );
  }

  #batchOf(topic: string, partition: number): PartitionBatch {
    const name = `${topic}/${partition}`;
    const batch =
      this.#batches.get(name) ??
      new PartitionBatch(partition, this.#producer, this.#delayMilliseconds);
    this.#batches.set(name, batch);
    return batch;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new Refused(413, 413, "Payload too large");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = "", broker = "", delayMilliseconds = "100"] = process.argv.slice(2);
  await new HttpProxy(broker, Number(delayMilliseconds)).listen(Number(port));
}
