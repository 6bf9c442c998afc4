// What a region publishes of what it opened: everything that it stored, once by id, and nothing that it did not.
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import {
  DeadLetterNotice,
  OpenedEventRecord,
  OpenedRecord,
  type ReaderState,
} from "../../../sdk/schema/opened.ts";
import { keptOf } from "../../../server/warehouse/copy.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { eventsOf, randomId, answerOf, withdrawalOf, watchingNotice } from "../sealed.ts";
import { mailDefinition, preferencesOf, requestOf } from "../in-mail.ts";
import { TestRegion, until } from "../region.ts";
import { recordsOn, type OnTopic } from "./topic.ts";

const purposes = { purposes: ["results", "use"] };

async function publishedBy(region: TestRegion, topic: string): Promise<OnTopic[]> {
  await region.ingested();
  await until(async () => (await region.metric("maily_outgoing_records")) === 0);
  await region.stop();
  return recordsOn(join(region.folder, "data"), topic);
}

/** Each parsed by its schema, which refuses what it does not name. */
const openedIn = (records: readonly OnTopic[]): OpenedRecord[] =>
  records.map(({ value }) => OpenedRecord.parse(value));

const watched = (region: TestRegion): Promise<Campaign> =>
  region.published({
    notice: watchingNotice,
    definition: {
      ...mailDefinition,
      questions: [
        ...mailDefinition.questions.map((question) => ({ ...question, required: false })),
        { id: "mail", kind: "email", text: "Where to?", required: false },
      ],
    },
  });

test("what was stored is published, normalised and redacted, keyed by its reader", async () => {
  const eu = await TestRegion.start();
  const campaign = await watched(eu);
  const reader = randomId(16);
  const answer = await answerOf(eu.keys, campaign, {
    reader,
    consent: purposes,
    answers: {
      roast: "dark",
      stars: 4,
      why: " Cafe\u0301!\r\nBill it to 4111 1111 1111 1111 or bob@example.org ",
      mail: "ada@example.org",
    },
  });
  const events = await eventsOf(eu.keys, campaign, { reader }, [
    { kind: "view", at: new Date(Date.now() - 1000).toISOString() },
    { kind: "click", at: new Date().toISOString(), question: "roast", option: 1 },
  ]);
  await eu.take(answer, answer, events);
  await eu.ingested();
  await eu.take(answer);
  await until(async () => (await eu.metric("maily_events_total")) === 2);
  const records = await publishedBy(eu, "answers.eu");
  for (const { key, schema, region, text } of records) {
    expect([schema, region]).toEqual(["maily.opened.v1", "eu"]);
    expect(key).toMatch(/^7\|[\w-]+$/);
    for (const secret of ["4111", "ada@", "bob@", answer.invitation])
      expect(text).not.toContain(secret);
  }
  const opened = openedIn(records);
  expect(opened.map(({ kind }) => kind).sort()).toEqual(["answer", "campaign", "state"]);
  expect(opened.find(({ kind }) => kind === "campaign")).toMatchObject({
    title: "Coffee",
    revision: 1,
    questions: expect.arrayContaining([
      {
        id: "roast",
        kind: "single-choice",
        text: "Which roast?",
        options: [
          { id: "light", text: "Light" },
          { id: "dark", text: "Dark" },
        ],
      },
    ]),
  });
  expect(opened.find(({ kind }) => kind === "answer")).toMatchObject({
    id: `answer:7:${campaign.id}:${reader}:${answer.submissionId}`,
    reader,
    ...purposes,
    admittedAt: answer.admittedAt,
    values: [
      { question: "roast", position: 0, option: "dark" },
      { question: "stars", position: 0, number: 4 },
      {
        question: "why",
        text: "Café!\nBill it to [card] or [email]",
        redacted: ["card", "email"],
        cleared: false,
      },
      { question: "mail", text: "[email]", redacted: ["email"], cleared: true },
    ],
  });
  expect(opened.find(({ kind }) => kind === "state")).toMatchObject({
    reader,
    current: answer.submissionId,
    ...purposes,
  });
  const watchedEvents = (await recordsOn(join(eu.folder, "data"), "events.eu")).map(({ value }) =>
    OpenedEventRecord.parse(value),
  );
  expect(watchedEvents).toMatchObject([
    { kind: "event", event: "view", reader, position: 0 },
    { kind: "event", event: "click", question: "roast", option: 1, position: 1 },
  ]);
});

test("the region itself keeps contact details as they were given, and texts as they were redacted", async () => {
  const eu = await TestRegion.start();
  const campaign = await watched(eu);
  const reader = randomId(16);
  const answers = { roast: "dark", why: "bob@example.org", mail: "ada@example.org" };
  await eu.take(await answerOf(eu.keys, campaign, { reader, answers }));
  await eu.ingested();
  await eu.stop();
  const warehouse = await Warehouse.open(join(eu.folder, "data", "warehouse.duckdb"));
  const of = { tenant: campaign.tenant, campaign: campaign.id, reader };
  const kept = await warehouse.read((connection) => keptOf(connection, of));
  await warehouse.close();
  expect(kept.answers[0]?.values).toEqual([
    { question: "mail", position: 0, text: "ada@example.org" },
    { question: "roast", position: 0, option: "dark" },
    { question: "why", position: 0, text: "[email]", redacted: ["email"], cleared: false },
  ]);
});

test("test sends are not published, nor what is done with them", async () => {
  const eu = await TestRegion.start();
  const campaign = await watched(eu);
  const own = { reader: randomId(16), invitation: { test: true } };
  await eu.take(
    await answerOf(eu.keys, campaign, { ...own, answers: { roast: "dark" }, consent: purposes }),
    await preferencesOf(eu.keys, campaign, own),
    await withdrawalOf(eu.keys, campaign, own),
    await requestOf(eu.keys, campaign, "erase", own),
    await eventsOf(eu.keys, campaign, own),
  );
  const records = openedIn(await publishedBy(eu, "answers.eu"));
  expect(records.map(({ kind }) => kind)).toEqual(["campaign"]);
  expect(await recordsOn(join(eu.folder, "data"), "events.eu")).toEqual([]);
});

test("which answer counts is said once, and follows withdrawal, preferences and erasure", async () => {
  const eu = await TestRegion.start();
  const campaign = await watched(eu);
  const reader = randomId(16);
  const now = Date.now() - 100_000;
  const takeAt = async (
    record: (own: object) => Promise<Parameters<TestRegion["take"]>[0]>,
    at: number,
  ) => {
    await eu.take(await record({ reader, admittedAt: now + at }));
    await eu.ingested();
  };
  const answering = (roast: string) => (own: object) =>
    answerOf(eu.keys, campaign, { ...own, consent: purposes, answers: { roast } });
  await takeAt(answering("dark"), 0);
  await takeAt(
    (own) => preferencesOf(eu.keys, campaign, { ...own, consent: { purposes: ["results"] } }),
    20_000,
  );
  await takeAt((own) => withdrawalOf(eu.keys, campaign, own), 30_000);
  await takeAt(answering("light"), 40_000);
  await takeAt((own) => requestOf(eu.keys, campaign, "erase", own), 50_000);
  // Too late: it was given before the erasure.
  await takeAt(answering("dark"), 45_000);
  const records = openedIn(await publishedBy(eu, "answers.eu")).filter(
    ({ kind }) => kind !== "campaign",
  );
  expect(records.map(({ kind }) => kind)).toEqual([
    "answer",
    "state",
    "preferences",
    "state",
    "withdrawal",
    "state",
    "answer",
    "state",
    "request",
    "state",
  ]);
  const states = records.filter((record): record is ReaderState => record.kind === "state");
  const [first, second] = records.filter((record) => record.kind === "answer");
  expect(states.map(({ current, purposes: agreed }) => [current, agreed])).toEqual([
    [first?.submissionId, ["results", "use"]],
    [first?.submissionId, ["results"]],
    [null, []],
    [second?.submissionId, ["results", "use"]],
    [null, []],
  ]);
  const sequences = states.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
});

test("what could not be read is told of by place and code, and never by what it says", async () => {
  const eu = await TestRegion.start();
  const campaign = await eu.published();
  const bad = await answerOf(eu.keys, campaign, { answers: { roast: "burnt toast" } });
  await eu.take(bad);
  await eu.ingested();
  const [letter] = await eu.deadLetters();
  const [record, ...more] = await publishedBy(eu, "answers.dead.eu");
  expect(more).toEqual([]);
  expect(record?.schema).toBe("maily.dead-letter.v1");
  const told = DeadLetterNotice.parse(record?.value);
  expect(told).toMatchObject({
    code: "answer-invalid",
    campaign: campaign.id,
    topic: "answers.sealed.eu",
  });
  expect(`${told.partition}-${told.offset}`).toBe(letter?.id);
  for (const secret of [bad.envelope, bad.invitation, bad.submissionId])
    expect(record?.text).not.toContain(secret);
});

test("what waits when a server ends is published by the next, and campaigns are told again", async () => {
  const eu = await TestRegion.prepare();
  await eu.start();
  const campaign = await eu.published();
  await eu.take(await answerOf(eu.keys, campaign, { answers: { roast: "dark" } }));
  await eu.ingested();
  await eu.stop();
  await eu.start();
  const kinds = openedIn(await publishedBy(eu, "answers.eu")).map(
    ({ kind, id }) => `${kind} ${id}`,
  );
  expect(kinds.filter((kind) => kind.startsWith("campaign"))).toHaveLength(2);
  expect(new Set(kinds).size).toBe(3);
});
