import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import type { StoredRecord } from "../../../server/stream/stream.ts";
import { streamContract } from "./contract.ts";
import { record, textOf, until } from "./record.ts";

const folder = mkdtempSync(join(tmpdir(), "maily-stream-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const contractPath = join(folder, "contract.db");
streamContract(
  "embedded",
  { open: async () => openEmbeddedStream({ path: contractPath }) },
  15_000,
);

const appender = fileURLToPath(new URL("embedded-appender.ts", import.meta.url));

/** A process that appends numbered records and prints each number once it is acknowledged. */
function startAppender(
  path: string,
  wrapper: readonly string[] = [],
): { child: ChildProcess; lines: string[] } {
  const [command, ...rest] = [...wrapper, process.execPath, appender, path];
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return { child, lines };
}

async function readAll(path: string, topic: string, count: number): Promise<StoredRecord[]> {
  const stream = openEmbeddedStream({ path });
  const records: StoredRecord[] = [];
  const consumer = await stream.consume(
    { topic, group: "reader", nextOffsets: async () => new Map() },
    async (batch) => void records.push(...batch),
  );
  await until(async () => records.length >= count && (await consumer.lag()) === 0);
  await stream.close();
  return records;
}

test(
  "every acknowledged record is there after kill -9, five times over",
  { timeout: 60_000 },
  async () => {
    const path = join(folder, "killed.db");
    const acknowledged: string[] = [];
    for (let round = 0; round < 5; round++) {
      const { child, lines } = startAppender(path);
      await until(() => lines.length > 100 + round * 37);
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      acknowledged.push(...lines);
    }
    const records = await readAll(path, "numbers", acknowledged.length);
    const stored = records.map(textOf);
    const known = new Set(stored);
    const missing = (numbers: readonly string[]): string[] =>
      numbers.filter((number) => !known.has(number));
    expect(missing(acknowledged)).toEqual([]);
    // The control: a number that nobody appended must be found missing by the same reckoning.
    expect(missing([...acknowledged, "never"])).toEqual(["never"]);
    expect(known.size).toBe(stored.length);
  },
);

test("a second process is refused while the first has the file", async () => {
  const path = join(folder, "taken.db");
  const { child, lines } = startAppender(path);
  await until(() => lines.length > 0);
  expect(() => openEmbeddedStream({ path })).toThrow("The configuration is not valid");
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  await openEmbeddedStream({ path }).close();
});

test(
  "says region-unavailable on a full disk and takes records again when there is room",
  { timeout: 60_000 },
  async () => {
    // A file system of its own in a mount namespace of its own: nothing is left behind.
    const script = `mount -t tmpfs -o size=3m tmpfs ${folder} && exec "$@"`;
    const { child, lines } = startAppender(join(folder, "full.db"), [
      "unshare",
      "--map-root-user",
      "--mount",
      "sh",
      "-c",
      script,
      "sh",
      "env",
      "BALLAST_BYTES=1500000",
    ]);
    const exited = once(child, "exit");
    await until(() => lines.includes("region-unavailable"));
    const before = lines.indexOf("region-unavailable");
    expect(before).toBeGreaterThan(0);
    await until(() => lines.includes("unhealthy"));
    child.stdin?.write("drop ballast\n");
    await until(() => lines.includes("healthy") && lines.length > lines.indexOf("healthy") + 20);
    child.stdin?.write("count\n");
    await until(() => lines.some((line) => line.startsWith("stored ")));
    const acknowledged = lines.filter((line) => /^\d+-\d+$/.test(line)).length;
    const stored = lines.find((line) => line.startsWith("stored "));
    child.kill("SIGKILL");
    await exited;
    expect(Number(stored?.slice("stored ".length))).toBeGreaterThanOrEqual(acknowledged);
  },
);

test("expires what is old and handled or held elsewhere, keeps what nobody handled, and never reuses an offset", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  try {
    const path = join(folder, "retention.db");
    const day = 24 * 60 * 60 * 1000;
    const stream = openEmbeddedStream({ path, retentionMs: day, derivedTopics: ["derived"] });
    await stream.append("derived", [record("1|a", "unread")]);
    await stream.append("short", [record("1|a", "handled")]);
    await stream.append("kept", [record("1|a", "unread")]);
    await stream.append("held", [record("1|a", "handled"), record("1|a", "not stored")]);
    const records: StoredRecord[] = [];
    const consumer = await stream.consume(
      { topic: "short", group: "reader", nextOffsets: async () => new Map() },
      async (batch) => void records.push(...batch),
    );
    await until(async () => records.length === 1 && (await consumer.lag()) === 0);
    const handled: StoredRecord[] = [];
    const firstHeld = (): bigint | undefined => handled[1]?.offset;
    await stream.consume(
      { topic: "held", group: "reader", nextOffsets: async () => new Map(), firstHeld },
      async (batch) => void handled.push(...batch),
    );
    await until(() => handled.length === 2);
    vi.advanceTimersByTime(2 * day);
    await stream.append("short", [record("1|a", "young")]);
    await stream.append("derived", [record("1|a", "young")]);
    await until(() => records.length === 2);
    const anew = async (topic: string): Promise<StoredRecord[]> => {
      const found: StoredRecord[] = [];
      const reader = await stream.consume(
        { topic, group: "anew", nextOffsets: async () => new Map() },
        async (batch) => void found.push(...batch),
      );
      await until(async () => found.length > 0 && (await reader.lag()) === 0);
      await reader.stop();
      return found;
    };
    expect((await anew("short")).map(textOf)).toEqual(["young"]);
    expect((await anew("kept")).map(textOf)).toEqual(["unread"]);
    expect((await anew("held")).map(textOf)).toEqual(["not stored"]);
    expect((await anew("derived")).map(textOf)).toEqual(["young"]);
    expect(records[1]?.offset).toBe((records[0]?.offset ?? 0n) + 1n);
    await stream.close();
  } finally {
    vi.useRealTimers();
  }
});
