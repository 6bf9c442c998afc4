// What an isolate keeps of campaigns: bounded in number, in bytes and in age.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { knownCampaignBytes } from "../../edge/campaigns.ts";
import { Recent } from "../../edge/recent.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import { expectProblem, post, publish, receiptOf, request, submission } from "./edge-under-test.ts";
import { instant } from "../edge-process/fixture.ts";

test("what is set last is kept, as much as fits, and nothing else", () => {
  const names = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
  const step = fc.record({ name: names, bytes: fc.nat(120), gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recent = new Recent<number>(4, 200);
      let expected: { name: string; value: number; bytes: number }[] = [];
      const total = () => expected.reduce((sum, { bytes }) => sum + bytes, 0);
      for (const [value, { name, bytes, gone }] of steps.entries()) {
        expected = expected.filter((entry) => entry.name !== name);
        if (gone) recent.delete(name);
        else {
          recent.set(name, value, bytes);
          expected.push({ name, value, bytes });
          while (expected.length > 4 || total() > 200) expected.shift();
        }
        expect(recent.size).toBe(expected.length);
        expect(recent.bytes).toBe(total());
        for (const one of expected) expect(recent.get(one.name)).toBe(one.value);
      }
    }),
    { numRuns: 300 },
  );
});

test("what alone is larger than all may be is not kept", () => {
  const recent = new Recent<string>(4, 100);
  recent.set("small", "small", 10);
  recent.set("large", "large", 101);
  expect([recent.get("small"), recent.get("large"), recent.bytes]).toEqual([
    undefined,
    undefined,
    0,
  ]);
});

/** A definition of about 60 KB, as large as one may be. */
const largeQuestions = () =>
  Array.from({ length: 30 }, (_, index) => ({
    id: `q${index}`,
    kind: "single-choice" as const,
    text: "?".repeat(400),
    options: Array.from({ length: 4 }, (_unused, option) => ({
      id: `o${option}`,
      text: "x".repeat(380),
    })),
  }));

test("many large campaigns do not fill the isolate, and each of them still admits", async () => {
  const small = await publish();
  const definition = Definition.parse({ ...small.definition, questions: largeQuestions() });
  const large = [];
  for (let index = 0; index < 90; index++) large.push(await publish({ definition }));
  expect(JSON.stringify(large[0]).length).toBeGreaterThan(50_000);
  // Each is read, and so known, once.
  for (const { id } of large) expect((await request(`/v1/campaigns/${id}`)).status).toBe(200);
  expect(knownCampaignBytes()).toBeLessThanOrEqual(4_194_304);
  expect(knownCampaignBytes()).toBeGreaterThan(3_500_000);
  for (const campaign of [small, large[0]!, large.at(-1)!])
    await receiptOf(await post("/v1/answers", await submission(campaign)));
}, 120_000);

test("a campaign that was closed through this isolate is closed at once", async () => {
  const campaign = await publish();
  await receiptOf(await post("/v1/answers", await submission(campaign)));
  const sent = await submission(campaign);
  await publish({ ...campaign, revision: 2, closesAt: instant(-1_000) });
  await expectProblem(await post("/v1/answers", sent), "campaign-closed");
});
