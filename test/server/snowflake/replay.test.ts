// What Snowflake refused is found again on the stream, told apart row by row, and lands once it can.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../../../sdk/problem.ts";
import { Snowflake } from "../../../server/snowflake/snowflake.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import type { Stream } from "../../../server/stream/stream.ts";
import { StreamingPeer } from "../../peers/snowflake/streaming-peer.ts";
import {
  answerRecord,
  peerOptions,
  region,
  settingsFor,
  topic,
  until,
} from "../../peers/snowflake/sinking.ts";

const folder = mkdtempSync(join(tmpdir(), "maily-replay-"));
const peer = new StreamingPeer(peerOptions());
let stream: Stream;
let snowflake: Snowflake;

const landed = (): number[] =>
  [
    ...new Set(
      (peer.tables.get("RECORDS")?.rows ?? []).map(({ record }) => Number(record["index"])),
    ),
  ].toSorted((a, b) => a - b);
const rowsRejected = (): number =>
  snowflake.rejected(undefined).rejected.reduce((sum, { rows }) => sum + rows, 0);

beforeAll(async () => {
  await peer.listen();
  stream = openEmbeddedStream({ path: join(folder, "stream.db") });
  snowflake = new Snowflake({ region, stream, settings: settingsFor(peer), dataDir: folder });
});
afterAll(async () => {
  await snowflake.close();
  await stream.close();
  await peer.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a refused range is told apart, and lands once Snowflake takes its rows", async () => {
  const bad = [3, 17, 40];
  await stream.append(
    topic,
    Array.from({ length: 60 }, (_, index) =>
      answerRecord(index, bad.includes(index) ? { admittedAt: "then" } : {}),
    ),
  );
  await until(() => landed().length === 57 && rowsRejected() === 3);
  const before = snowflake.rejected(undefined).rejected;
  expect(before.every(({ reason }) => reason === "type-conflict")).toBe(true);

  expect(snowflake.replay("all")).toEqual({ replaying: before.length });
  // One at a time: two would take each other's channel.
  expect(() => snowflake.replay("all")).toThrowError(Problem);
  await until(() => {
    const { rejected } = snowflake.rejected(undefined);
    return rejected.length === 3 && rejected.every(({ attempts }) => attempts === 2);
  });
  const apart = snowflake.rejected(undefined).rejected;
  expect(apart.every(({ first, last, rows }) => first === last && rows === 1)).toBe(true);
  expect(landed()).toHaveLength(57);

  // The table was brought up to date: it takes any text now.
  peer.acceptsAll = true;
  snowflake.replay(apart[0]?.id ?? "");
  await until(() => landed().length === 58);
  await until(() => rowsRejected() === 2);
  snowflake.replay("all");
  await until(() => rowsRejected() === 0);
  expect(landed()).toEqual(Array.from({ length: 60 }, (_, index) => index));
  expect(await snowflake.state()).toMatchObject({ status: "ok", rejected: 0 });
});

test("an id that is none is not found", () => {
  for (const id of ["0", "x", "999", "all"])
    expect(() => snowflake.replay(id)).toThrowError(expect.objectContaining({ code: "not-found" }));
  expect(() => snowflake.rejected("x")).toThrowError(
    expect.objectContaining({ code: "malformed-request" }),
  );
});

test("a stop waits for no replay, and what was not settled stays listed", async () => {
  peer.acceptsAll = false;
  await stream.append(topic, [answerRecord(60, { admittedAt: "then" })]);
  await until(() => rowsRejected() === 1);
  peer.paused = true;
  const { appends } = peer.counts;
  snowflake.replay("all");
  await until(() => peer.counts.appends > appends);
  // Nothing is committed: a replay would wait for a minute.
  await snowflake.close();
  peer.paused = false;
  snowflake = new Snowflake({ region, stream, settings: settingsFor(peer), dataDir: folder });
  expect(rowsRejected()).toBe(1);
});
