import { expect, test } from "vitest";
import { atMost } from "../../server/at-most.ts";

test("as much runs as may, what comes beyond is told to wait, and an end or a failure makes room", async () => {
  const run = atMost(2, 3);
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const begun = [run(() => first.promise), run(() => second.promise)];
  await expect(run(() => Promise.resolve("third"))).rejects.toMatchObject({
    code: "rate-limited",
    members: { retryAfterSeconds: 3 },
  });
  first.resolve("first");
  expect(await begun[0]).toBe("first");
  const failing = run(() => Promise.reject(new Error("failed")));
  await expect(failing).rejects.toThrow("failed");
  expect(await run(() => Promise.resolve("fourth"))).toBe("fourth");
  second.resolve("second");
  expect(await begun[1]).toBe("second");
});
