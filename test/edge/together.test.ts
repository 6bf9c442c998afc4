// How much may wait in one isolate, and what it leaves to others.
import { expect, test } from "vitest";
import { Together } from "../../edge/together.ts";
import { eventually } from "./edge-under-test.ts";

const isolateMax = 512;
const stuckMax = 128;
const stuckMilliseconds = 1_000;

const keepAlive = (): void => {};
const fail = async (): Promise<string[]> => {
  throw new Error("away");
};
const answer = async (entries: string[]): Promise<string[]> => entries;

/** A place whose calls are answered when the test says so. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = async (entries: string[]): Promise<string[]> => {
    await promise;
    return entries;
  };
  return { call, release: resolve };
}

const many = (count: number, add: (entry: string) => Promise<string>): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => add(String(index))));

test("so many entries wait and no more, and none does once they have their outcome", async () => {
  const together = new Together<string, string>();
  const { call, release } = held();
  const waiting = many(isolateMax, (entry) => together.add("a", entry, call, keepAlive));
  expect(together.isFull(Date.now())).toBe(true);
  release();
  expect(await waiting).toEqual(Array.from({ length: isolateMax }, (_, index) => String(index)));
  expect(together.isFull(Date.now())).toBe(false);
  expect(together.isStuck("a", Date.now() + stuckMilliseconds)).toBe(false);
});

test("one entry less than that is not too many", async () => {
  const together = new Together<string, string>();
  const { call, release } = held();
  const waiting = many(isolateMax - 1, (entry) => together.add("a", entry, call, keepAlive));
  expect(together.isFull(Date.now())).toBe(false);
  release();
  await waiting;
});

test("a place that owes its outcomes for long gets no more, and leaves room for another", async () => {
  const together = new Together<string, string>();
  const { call, release } = held();
  const waiting = many(stuckMax, (entry) => together.add("away", entry, call, keepAlive));
  const now = Date.now();
  expect(together.isStuck("away", now)).toBe(false);
  expect(together.isStuck("away", now + stuckMilliseconds + 1)).toBe(true);
  expect(together.isStuck("near", now + stuckMilliseconds + 1)).toBe(false);
  expect(together.isFull(now)).toBe(false);
  expect(await together.add("near", "one", answer, keepAlive)).toBe("one");
  release();
  await waiting;
  expect(together.isStuck("away", now + stuckMilliseconds + 1)).toBe(false);
});

test("a call that fails leaves its places free", async () => {
  const together = new Together<string, string>();
  const settled = await Promise.allSettled(
    Array.from({ length: isolateMax }, () => together.add("a", "x", fail, keepAlive)),
  );
  expect(settled.every(({ status }) => status === "rejected")).toBe(true);
  await eventually(
    async () => together.isFull(Date.now()),
    (full) => !full,
  );
});

test("a call whose request the platform ended does not hold its places for ever", async () => {
  const together = new Together<string, string>();
  const { call, release } = held();
  const waiting = many(isolateMax, (entry) => together.add("a", entry, call, keepAlive));
  expect(together.isFull(Date.now() + 19_000)).toBe(true);
  expect(together.isFull(Date.now() + 21_000)).toBe(false);
  release();
  await waiting;
  // Given back once, not twice.
  expect(together.isFull(Date.now())).toBe(false);
  const { call: next, release: end } = held();
  const again = many(isolateMax, (entry) => together.add("a", entry, next, keepAlive));
  expect(together.isFull(Date.now())).toBe(true);
  end();
  await again;
});
