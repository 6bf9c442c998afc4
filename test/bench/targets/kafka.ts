// Takes the place of edge/forward.ts in a bundle: the outbox object speaks the Kafka protocol itself, by kafkajs over
// workerd's node:net and node:tls.
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { Kafka, logLevel, Partitioners, type Producer, type SASLOptions } from "kafkajs";
import type { Settings } from "../../../edge/env.ts";
import type { Delivery } from "../../../edge/forward.ts";
import type { Region } from "../../../sdk/region.ts";
import { producedOf } from "./stream-records.ts";
import { target } from "./target.ts";

export * from "../../../edge/forward.ts";

const connectMilliseconds = 3_000;
const requestMilliseconds = 5_000;
const sendMilliseconds = 10_000;
const retries = 2;

/** Of this isolate's one outbox object: in workerd a connection belongs to the object that opened it. */
let producing: Promise<Producer> | undefined;

function login(): { ssl?: true; sasl?: SASLOptions } {
  if (target.login === undefined) return {};
  const { mechanism, username, password } = target.login;
  return { ssl: true, sasl: { mechanism, username, password } };
}

async function producer(): Promise<Producer> {
  const { host, port } = target;
  const kafka = new Kafka({
    clientId: "outbox",
    brokers: [`${host}:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: connectMilliseconds,
    requestTimeout: requestMilliseconds,
    retry: { retries, initialRetryTime: 250 },
    ...login(),
    // Whatever address the broker says it has: all goes over the link that the faults cut.
    socketFactory: ({ ssl, onConnect }) =>
      ssl === undefined || ssl === null
        ? connectTcp({ host, port }, onConnect)
        : connectTls({ host, port, servername: "localhost" }, onConnect),
  });
  const made = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries },
  });
  await made.connect();
  return made;
}

/** After a failure nobody knows which sequence numbers the broker has seen: the next batch has a new producer. */
function giveUp(): void {
  const failed = producing;
  producing = undefined;
  failed?.then((made) => made.disconnect()).catch(() => undefined);
}

export async function forwardBatch(
  _settings: Settings,
  region: Region,
  texts: readonly string[],
  _entries: number,
): Promise<Delivery> {
  const { records, results } = producedOf(region, texts);
  producing ??= producer();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error("too late")), sendMilliseconds);
  });
  const sent = producing.then((made) =>
    made.send({ topic: target.topic, acks: -1, messages: [...records] }),
  );
  try {
    await Promise.race([sent, late]);
    return { status: "delivered", results };
  } catch {
    sent.catch(() => undefined);
    giveUp();
    return { status: "away" };
  } finally {
    clearTimeout(timer);
  }
}
