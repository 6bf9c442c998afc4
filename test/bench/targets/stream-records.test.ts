// A target's records are the intake's, byte for byte: else the benchmark would compare different things.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys } from "../../../cli/keygen.ts";
import type { SealedRecord } from "../../../sdk/schema/record.ts";
import { takeBatch } from "../../../server/intake.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import type { StoredRecord } from "../../../server/stream/stream.ts";
import { sealedTopic } from "../../../server/stream/topics.ts";
import { campaignOf, instant, invite, submissionOf } from "../../edge-process/fixture.ts";
import { producedOf } from "./stream-records.ts";

// Readers are spread over partitions: across them there is no order.
const byKey = (left: { key: string }, right: { key: string }): number =>
  left.key.localeCompare(right.key);

test("an entry becomes the record that the region's intake makes of it, and another region's is refused", async () => {
  const { tenant, deployment } = await generateKeys(1, Date.now() - 60_000);
  const campaign = await campaignOf(tenant);
  const entryOf = async (region: "eu" | "us") => {
    const submission = await submissionOf(deployment, await invite(tenant, campaign, region));
    const record: SealedRecord = {
      kind: "answer",
      ...submission,
      admittedAt: instant(0),
      channel: "web",
      receiptId: "A".repeat(43),
    };
    return { record, receipt: "a.b.c" };
  };
  const entries = [await entryOf("eu"), await entryOf("us"), await entryOf("eu")];
  const folder = await mkdtemp(join(tmpdir(), "maily-records-"));
  const stream = openEmbeddedStream({ path: join(folder, "stream.db") });
  try {
    const { results } = await takeBatch(
      { region: "eu", entries },
      { region: "eu", stream, seen: undefined },
    );
    const stored = await new Promise<readonly StoredRecord[]>((resolve) => {
      const from = { topic: sealedTopic("eu"), group: "test", nextOffsets: async () => new Map() };
      void stream.consume(from, async (batch) => resolve(batch));
    });
    const produced = producedOf(
      "eu",
      entries.map((entry) => JSON.stringify(entry)),
    );
    expect(produced.results).toEqual(results);
    expect(results.map(({ status }) => status)).toEqual(["stored", "refused", "stored"]);
    expect(produced.records.toSorted(byKey)).toEqual(
      stored
        .map(({ key, value, headers }) => ({ key, value: Buffer.from(value).toString(), headers }))
        .toSorted(byKey),
    );
    expect(stored).toHaveLength(2);
  } finally {
    await stream.close();
    await rm(folder, { recursive: true, force: true });
  }
});
