import { expect, test } from "vitest";
import type { EdgeRecord } from "../../sdk/schema/record.ts";
import { mailDefinition, preferencesOf } from "./in-mail.ts";
import { TestRegion } from "./region.ts";
import { answerOf, bytesOf, dayMs, randomId, withdrawalOf } from "./sealed.ts";

const eu = await TestRegion.start();
const campaign = await eu.published({ definition: mailDefinition });
const minute = 60_000;
const now = Date.now();
const answers = { roast: "dark", stars: 3, why: "x" };

async function deadCodeOf(record: EdgeRecord): Promise<string | undefined> {
  const known = new Set((await eu.deadLetters()).map((letter) => letter.id));
  await eu.take(record);
  await eu.ingested();
  return (await eu.deadLetters()).find((letter) => !known.has(letter.id))?.code;
}

const preferred = (preferring: Parameters<typeof preferencesOf>[2]) =>
  preferencesOf(eu.keys, campaign, preferring);

const refusals: [name: string, code: string, record: () => Promise<EdgeRecord>][] = [
  [
    "a topic that the campaign does not have",
    "answer-invalid",
    () => preferred({ preferences: { topics: ["news", "gossip"] } }),
  ],
  [
    "a topic twice",
    "answer-invalid",
    () => preferred({ preferences: { topics: ["news", "news"] } }),
  ],
  [
    "a frequency that the campaign does not have",
    "answer-invalid",
    () => preferred({ preferences: { topics: [], frequency: "hourly" } }),
  ],
  [
    "an answer sealed as preferences",
    "answer-invalid",
    () => preferred({ payload: JSON.stringify({ answers, language: "en" }) }),
  ],
  ["a payload that is not JSON", "answer-invalid", () => preferred({ payload: "{" })],
  [
    "preferences sealed as an answer",
    "answer-invalid",
    async () => ({ ...(await preferred({})), kind: "answer" }),
  ],
  ["consent to another notice", "notice-stale", () => preferred({ consent: { notice: 2 } })],
  [
    "consent to a purpose that the notice does not name",
    "purpose-unknown",
    () => preferred({ consent: { purposes: ["resale"] } }),
  ],
  [
    "consent of two months ago",
    "consent-time",
    () => preferred({ consent: { givenAt: new Date(now - 60 * dayMs).toISOString() } }),
  ],
  [
    "an invitation that another key signed",
    "invitation-forged",
    () => preferred({ invitationSeed: bytesOf(randomId(32)) }),
  ],
  [
    "consent that is not the one they were sealed with",
    "envelope-unopenable",
    async () => {
      const record = await preferred({});
      return { ...record, consent: { ...record.consent, purposes: [] } };
    },
  ],
];

test.for(refusals)("keeps as a dead letter %s: %s", async ([, code, record]) => {
  expect(await deadCodeOf(await record())).toBe(code);
});

test("a reader who takes a required consent back is not counted from then on, until it is given again", async () => {
  const own = await eu.published({ definition: mailDefinition });
  const reader = randomId(16);
  const purposes = async (given: string[], admittedAt: number): Promise<void> => {
    await eu.take(
      await preferencesOf(eu.keys, own, { reader, admittedAt, consent: { purposes: given } }),
    );
    await eu.ingested();
  };
  await eu.take(
    await answerOf(eu.keys, own, { answers }),
    await answerOf(eu.keys, own, { reader, answers, admittedAt: now }),
  );
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 2, submissions: 2 });
  await purposes(["offers"], now + minute);
  expect(await eu.results(own)).toMatchObject({ answers: 1, submissions: 1 });
  await purposes(["results"], now + 2 * minute);
  expect(await eu.results(own)).toMatchObject({ answers: 2, submissions: 2 });
  await purposes([], now + 3 * minute);
  expect(await eu.results(own)).toMatchObject({ answers: 1, submissions: 1 });
  // An older setting that arrives late changes nothing; a new answer brings its own consent.
  await purposes(["results"], now + 2 * minute + 1);
  expect(await eu.results(own)).toMatchObject({ answers: 1 });
  await eu.take(await answerOf(eu.keys, own, { reader, answers, admittedAt: now + 4 * minute }));
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 2, submissions: 3 });
});

test("preferences alone are no answer, repeat without effect, and are taken after the campaign closed", async () => {
  const closed = await eu.published({
    definition: mailDefinition,
    closesAt: new Date(now - minute).toISOString(),
  });
  const record = await preferencesOf(eu.keys, closed);
  const letters = (await eu.health()).deadLetters;
  const stored = await eu.metric("maily_preferences_total");
  await eu.take(record, record);
  await eu.take(record);
  await eu.ingested();
  expect(await eu.results(closed)).toMatchObject({ answers: 0, submissions: 0 });
  expect(await eu.metric("maily_preferences_total")).toBe(stored + 1);
  expect((await eu.health()).deadLetters).toBe(letters);
});

test("other preferences under an id that was used are kept as a dead letter", async () => {
  const reader = randomId(16);
  const first = await preferred({ reader });
  await eu.take(first);
  const { submissionId } = first;
  const second = await preferred({ reader, submissionId, preferences: { topics: [] } });
  expect(await deadCodeOf(second)).toBe("submission-reused");
});

test("what was set before a withdrawal says nothing after it", async () => {
  const own = await eu.published({ definition: mailDefinition });
  const reader = randomId(16);
  await eu.take(
    await preferencesOf(eu.keys, own, { reader, consent: { purposes: [] }, admittedAt: now }),
    await withdrawalOf(eu.keys, own, { reader, admittedAt: now + minute }),
    await answerOf(eu.keys, own, { reader, answers, admittedAt: now + 2 * minute }),
  );
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 1 });
});

test("an answer held back since before a consent was taken back does not bring it again", async () => {
  const own = await eu.published({ definition: mailDefinition });
  const reader = randomId(16);
  const preferring = (purposes: string[], admittedAt: number) =>
    preferencesOf(eu.keys, own, { reader, admittedAt, consent: { purposes } });
  await eu.take(await answerOf(eu.keys, own, { reader, answers, admittedAt: now }));
  await eu.take(await preferring([], now + 2 * minute));
  const consent = { givenAt: new Date(now + minute).toISOString() };
  const admittedAt = now + 3 * minute;
  await eu.take(await answerOf(eu.keys, own, { reader, answers, admittedAt, consent }));
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 0, submissions: 0 });
  // Once the reader agrees again, by an answer, all that counts is in: the latest admitted is the current one.
  await eu.take(
    await answerOf(eu.keys, own, { reader, answers, admittedAt: now + 4 * minute }),
    await answerOf(eu.keys, own, { reader, answers, admittedAt: now + 5 * minute, consent }),
  );
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 1, submissions: 4 });
});
