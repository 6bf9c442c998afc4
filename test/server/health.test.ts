// How far behind a server says it is, where its stream holds what nobody has read.
import { expect, test } from "vitest";
import { gaugesOf, type Vitals } from "../../server/health.ts";

const hourMilliseconds = 3_600_000;

const vitalsOf = (changes: Partial<Vitals>): Vitals => ({
  region: "eu",
  stream: { healthy: async () => true },
  consumer: { lag: async () => 5, failures: () => 0 },
  warehouse: { writable: true, read: async () => 0 as never }, // The count of dead letters, which is all it is asked for.
  keyring: { states: () => [] },
  live: { followers: 0 },
  ingest: { handledTo: 0 },
  publisher: { waiting: 0, waitingSeconds: 0 },
  metrics: { intakeUnderWay: 0, agentFollowers: 0 },
  telemetry: undefined,
  snowflake: undefined,
  examining: undefined,
  asked: undefined,
  startedAt: Date.now(),
  caughtUpAt: 0,
  ...changes,
});

async function lagHours(changes: Partial<Vitals>): Promise<number> {
  const gauges = await gaugesOf(vitalsOf(changes));
  const { value = Number.NaN } =
    gauges.find(({ name }) => name === "maily_ingest_lag_seconds") ?? {};
  return Math.round((value * 1_000) / hourMilliseconds);
}

const hoursAgo = (hours: number): number => Date.now() - hours * hourMilliseconds;

test("a server that has just started reads what waited for days, and says so", async () => {
  expect(await lagHours({ ingest: { handledTo: hoursAgo(72) } })).toBe(72);
  expect(await lagHours({ ingest: { handledTo: hoursAgo(72) }, startedAt: hoursAgo(1) })).toBe(72);
});

test("one that reads nothing is behind since it started; one that caught up, since then", async () => {
  expect(await lagHours({ startedAt: hoursAgo(2) })).toBe(2);
  const caughtUpAt = hoursAgo(1);
  expect(await lagHours({ caughtUpAt, ingest: { handledTo: hoursAgo(3) } })).toBe(1);
});

test("one with nothing unread is not behind, whatever it read last", async () => {
  const consumer = { lag: async () => 0, failures: () => 0 };
  expect(await lagHours({ consumer, ingest: { handledTo: hoursAgo(72) } })).toBe(0);
});
