import { expect, test } from "vitest";
import { utf8 } from "../../sdk/bytes.ts";
import { textAtMost } from "../../server/response-text.ts";

test("a text of another's is read whole, and one without end only so far", async () => {
  expect(await textAtMost(new Response("grüße"), 7)).toBe("grüße");
  expect(await textAtMost(new Response("grüße"), 6)).toBeUndefined();
  expect(await textAtMost(new Response(null), 0)).toBe("");
  let [pulled, cancelled] = [0, false];
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(utf8("x".repeat(1_000)));
    },
    cancel: () => {
      cancelled = true;
    },
  });
  expect(await textAtMost(new Response(endless), 5_000)).toBeUndefined();
  expect(pulled).toBeLessThan(10);
  expect(cancelled).toBe(true);
});
