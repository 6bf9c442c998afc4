// 200,000 answers into the protocol peer while both sides are killed, the network loses and doubles, and the service refuses.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import { batchRecordsMax } from "../../../server/stream/stream.ts";
import { StreamingPeer } from "./streaming-peer.ts";
import { answerRecord, peerOptions, privateKey, topic } from "./sinking.ts";

const all = 200_000;
const folder = mkdtempSync(join(tmpdir(), "maily-crashes-"));
const keyFile = join(folder, "key.p8");
const peer = new StreamingPeer(peerOptions({ commitMs: 40 }));
let child: ChildProcess | undefined;

const startSink = (): ChildProcess =>
  spawn(
    process.execPath,
    [join(import.meta.dirname, "sink-process.ts"), folder, peer.origin, keyFile],
    { stdio: "ignore" },
  );

async function killed(sink: ChildProcess | undefined): Promise<void> {
  if (sink === undefined || sink.exitCode !== null) return;
  const gone = new Promise((resolve) => sink.once("exit", resolve));
  sink.kill("SIGKILL");
  await gone;
}
afterAll(async () => {
  await killed(child);
  await peer.close();
  rmSync(folder, { recursive: true, force: true });
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(
  "200,000 answers: none lost, none doubled, each channel in order",
  { timeout: 600_000 },
  async () => {
    writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    const stream = openEmbeddedStream({ path: join(folder, "stream.db") });
    for (let from = 0; from < all; from += batchRecordsMax)
      await stream.append(
        topic,
        Array.from({ length: batchRecordsMax }, (_, index) => answerRecord(from + index)),
      );
    await stream.close();
    await peer.listen();
    peer.faults = {
      lostAnswer: 0.01,
      lostRequest: 0.01,
      doubled: 0.01,
      tooMany: 0.01,
      broken: 0.01,
      expired: 0.01,
      invalidated: 0.01,
    };
    const rows = peer.tables.get("RECORDS")?.rows ?? [];
    let [kills, round] = [0, 0];
    child = startSink();
    while (rows.length < all) {
      const before = rows.length;
      // A crash while nothing moves shows nothing: each follows some progress.
      while (rows.length < Math.min(all, before + 20_000)) await sleep(10);
      if (rows.length >= all) break;
      if (round++ % 2 === 0) {
        await killed(child);
        kills++;
        child = startSink();
      } else {
        await peer.crash();
        await sleep(50);
        await peer.listen();
      }
    }
    const seen = new Uint8Array(all);
    const lastOffsets = new Map<string, number>();
    let [doubled, outOfOrder] = [0, 0];
    for (const { channel, record } of rows) {
      const index = Number(record["index"]);
      if (seen[index] === 1) doubled++;
      seen[index] = 1;
      const { offset } = record["RECORD_METADATA"] as { offset: number };
      if (offset <= (lastOffsets.get(channel) ?? -1)) outOfOrder++;
      lastOffsets.set(channel, offset);
    }
    const lost = all - seen.reduce((sum, each) => sum + each, 0);
    console.log(
      JSON.stringify({ rows: rows.length, lost, doubled, outOfOrder, kills, faults: peer.counts }),
    );
    expect({ rows: rows.length, lost, doubled, outOfOrder }).toEqual({
      rows: all,
      lost: 0,
      doubled: 0,
      outOfOrder: 0,
    });
    expect(peer.tables.get("RECORDS")?.violations).toEqual([]);
    expect(kills).toBeGreaterThan(2);
    expect(peer.counts.crashes).toBeGreaterThan(2);
    expect(peer.counts.lost).toBeGreaterThan(2);
  },
);
