// What tests of the sink share: a key, a peer, a stream in a folder, and records of the clean stream.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { openedTopic } from "../../../server/stream/topics.ts";
import type { StreamRecord } from "../../../server/stream/stream.ts";
import type { SnowflakeSettings } from "../../../server/snowflake/settings.ts";
import { StreamingPeer, type PeerOptions } from "./streaming-peer.ts";

export const region = "eu";
export const topic = openedTopic(region);
export const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const account = "ACME-EU1";
export const user = "MAILY_LOADER_USER";

export const peerOptions = (changes: Partial<PeerOptions> = {}): PeerOptions => ({
  account,
  user,
  publicKey,
  pipes: ["RECORDS", "EVENT_RECORDS"],
  random: Math.random,
  commitMs: 20,
  ...changes,
});

export const settingsFor = (peer: StreamingPeer): SnowflakeSettings => ({
  account,
  user,
  privateKey,
  role: "MAILY_LOADER",
  warehouse: "MAILY_LOADING",
  database: "MAILY",
  schema: "EU",
  origin: peer.origin,
  channelPrefix: "maily",
});

/** An opened answer, as ingest publishes it. */
export function answerRecord(
  index: number,
  changes: Readonly<Record<string, unknown>> = {},
): StreamRecord {
  const reader = Buffer.alloc(16);
  reader.writeUInt32BE(index);
  const name = reader.toString("base64url");
  const submissionId = randomBytes(16).toString("base64url");
  const record = {
    kind: "answer",
    id: `answer:7:AAAAAAAAAAA:${name}:${index}`,
    region,
    tenant: 7,
    campaign: "AAAAAAAAAAA",
    reader: name,
    submissionId,
    receiptId: "r".repeat(43),
    revision: 1,
    channel: "page",
    language: "en",
    notice: 1,
    purposes: ["results"],
    givenAt: "2026-11-20T20:15:00.000Z",
    admittedAt: "2026-11-20T20:15:01.000Z",
    values: [{ question: "dish", position: 0, option: index % 2 === 0 ? "soup" : "salad" }],
    index,
    ...changes,
  };
  return {
    key: `7|${name}`,
    value: new TextEncoder().encode(JSON.stringify(record)),
    headers: { region, schema: "maily.opened.v1" },
  };
}

/** Resolves once `check` holds; the test's own time-out bounds it. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10));
}
