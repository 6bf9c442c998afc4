import { expect, test } from "vitest";
import type { Results } from "../../sdk/schema/results.ts";
import { LiveResults } from "../../server/live.ts";
import { until } from "./region.ts";

const results = (answers: number): Results => ({
  campaign: "AAAAAAAAAAA",
  tenant: 1,
  region: "eu",
  asOf: "2026-01-01T00:00:00Z",
  title: "T",
  answers,
  submissions: answers,
  questions: [],
});

/** Reads a stream of UTF-8 as texts. */
function textsOf(stream: ReadableStream<Uint8Array>): {
  read: () => Promise<string>;
  cancel: () => Promise<void>;
} {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  return {
    read: async () => decoder.decode((await reader.read()).value, { stream: true }),
    cancel: () => reader.cancel(),
  };
}

/** What is counted, and how often it was. */
function counting(): { answers: number; counts: number; count: () => Promise<Results> } {
  const state = {
    answers: 0,
    counts: 0,
    count: async () => {
      state.counts++;
      const counted = results(state.answers);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return counted;
    },
  };
  return state;
}

test("counts once for many who ask at once, and not again until something changed", async () => {
  const state = counting();
  const live = new LiveResults(state.count);
  await Promise.all(Array.from({ length: 20 }, () => live.current("a")));
  await live.current("a");
  expect(state.counts).toBe(1);
  live.changed(["b"]);
  await live.current("a");
  expect(state.counts).toBe(1);
  live.changed(["a"]);
  await live.current("a");
  expect(state.counts).toBe(2);
});

test("who asks after a change never gets a count that began before it", async () => {
  const state = counting();
  const live = new LiveResults(state.count);
  const before = live.current("a");
  await until(() => state.counts === 1);
  state.answers = 1;
  live.changed(["a"]);
  const after = await live.current("a");
  expect((await before).answers).toBe(0);
  expect(after.answers).toBe(1);
});

test("tells a follower that nothing happened that it is still here", async () => {
  const state = counting();
  const live = new LiveResults(state.count, 10);
  const reader = textsOf(live.follow("a"));
  let text = "";
  while (!text.includes(": still here\n\n")) text += await reader.read();
  expect(text).toContain('"answers":0');
  await reader.cancel();
  expect(live.followers).toBe(0);
});

test("a slow follower gets the newest state, not all that it missed", async () => {
  const state = counting();
  const live = new LiveResults(state.count);
  const slow = live.follow("a").getReader();
  const quick = textsOf(live.follow("a"));
  let seen = "";
  for (let answers = 1; answers <= 3; answers++) {
    state.answers = answers;
    live.changed(["a"]);
    while (!seen.includes(`"answers":${answers}`)) seen += await quick.read();
  }
  const decoder = new TextDecoder();
  let missed = "";
  while (!missed.includes('"answers":3')) missed += decoder.decode((await slow.read()).value);
  // The stream holds what was enqueued before, and then the last state.
  expect(missed.match(/event: results/g)?.length).toBeLessThanOrEqual(2);
  await Promise.all([slow.cancel(), quick.cancel()]);
});

test("a count that fails is made again, and a first one ends the stream", async () => {
  let fails = true;
  const live = new LiveResults(async () => {
    if (fails) throw new Error("away");
    return results(5);
  });
  await expect(live.current("a")).rejects.toThrow("away");
  const broken = live.follow("a").getReader();
  await broken.read().catch(() => undefined);
  await expect(broken.closed).rejects.toThrow("away");
  expect(live.followers).toBe(0);
  fails = false;
  expect((await live.current("a")).answers).toBe(5);
  const reader = textsOf(live.follow("a"));
  fails = true;
  live.changed(["a"]);
  let text = "";
  while (!text.includes('"answers":5')) {
    fails = false;
    text += await reader.read();
  }
  await reader.cancel();
});

test("refuses more followers than it can serve, and takes more when some left", async () => {
  const live = new LiveResults(counting().count);
  const streams = Array.from({ length: 500 }, () => live.follow("a"));
  expect(() => live.follow("a")).toThrow("Too many requests");
  await streams[0]?.cancel();
  await live.follow("a").cancel();
  live.close();
  expect(() => live.follow("a")).toThrow("Too many requests");
  const reader = streams[1]?.getReader();
  let done = false;
  while (!done) done = (await reader?.read())?.done ?? true;
});
