import { join } from "node:path";
import { expect, test } from "vitest";
import { utf8 } from "../../sdk/bytes.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { EdgeRecord } from "../../sdk/schema/record.ts";
import { Ingest } from "../../server/ingest.ts";
import { Metrics } from "../../server/metrics.ts";
import type { RecordReader } from "../../server/record-reader.ts";
import { openEmbeddedStream } from "../../server/stream/embedded.ts";
import { sealedTopic } from "../../server/stream/topics.ts";
import type { Warehouse } from "../../server/warehouse/duckdb.ts";
import type { Written } from "../../server/warehouse/rows.ts";
import { TestRegion } from "./region.ts";
import {
  answerOf,
  bytesOf,
  campaignOf,
  dayMs,
  invite,
  randomId,
  withdrawalOf,
  type Answering,
} from "./sealed.ts";
import { submissionRow } from "./warehouse/row.ts";

const eu = await TestRegion.start();
const campaign = await eu.published();

/** Sends one record and returns the code of the dead letter it became. */
async function deadCodeOf(record: EdgeRecord): Promise<string | undefined> {
  const known = new Set((await eu.deadLetters()).map(({ id }) => id));
  await eu.take(record);
  await eu.ingested();
  const fresh = (await eu.deadLetters()).filter(({ id }) => !known.has(id));
  expect(fresh.length).toBeLessThanOrEqual(1);
  return fresh[0]?.code;
}

const sealed = (answering: Answering, of: Campaign = campaign): Promise<EdgeRecord> =>
  answerOf(eu.keys, of, answering);

const minute = 60_000;
const now = Date.now();
const refusals: [name: string, code: string, record: () => Promise<EdgeRecord>][] = [
  [
    "an invitation that another key signed",
    "invitation-forged",
    () => sealed({ invitationSeed: bytesOf(randomId(32)) }),
  ],
  [
    "an invitation of another tenant for this campaign",
    "invitation-forged",
    () => sealed({ invitation: { tenant: 8 } }),
  ],
  [
    "an invitation by a key id that the campaign does not have",
    "invitation-forged",
    () => sealed({ invitation: { keyId: 77 } }),
  ],
  [
    "a tenant's invitation that says it is a site visit's",
    "invitation-forged",
    () => sealed({ invitation: { visit: true } }),
  ],
  [
    "an invitation that had expired when the edge admitted it",
    "invitation-expired",
    () => sealed({ admittedAt: now, invitation: { expiresAt: Math.floor(now / 1000) } }),
  ],
  [
    "a campaign that this region does not know",
    "campaign-unknown",
    async () => answerOf(eu.keys, await campaignOf(eu.keys)),
  ],
  [
    "an answer admitted after the campaign closed",
    "campaign-closed",
    () => sealed({ admittedAt: now + 2 * dayMs, invitation: { expiresAt: 0xffffffff } }),
  ],
  [
    "an answer admitted before the campaign opened",
    "campaign-closed",
    () => sealed({ admittedAt: now - 41 * dayMs }),
  ],
  ["consent to another notice", "notice-stale", () => sealed({ consent: { notice: 2 } })],
  [
    "consent without a required purpose",
    "consent-missing",
    () => sealed({ consent: { purposes: ["offers"] } }),
  ],
  ["consent to nothing", "consent-missing", () => sealed({ consent: { purposes: [] } })],
  [
    "consent to a purpose that the notice does not name",
    "purpose-unknown",
    () => sealed({ consent: { purposes: ["results", "resale"] } }),
  ],
  [
    "consent from the future",
    "consent-time",
    () =>
      sealed({
        admittedAt: now,
        consent: { givenAt: new Date(now + 6 * minute).toISOString() },
      }),
  ],
  [
    "consent of two months ago",
    "consent-time",
    () =>
      sealed({ admittedAt: now, consent: { givenAt: new Date(now - 60 * dayMs).toISOString() } }),
  ],
  [
    "an envelope sealed to another region's key",
    "region-mismatch",
    () => sealed({ sealedTo: "us" }),
  ],
  [
    "consent that is not the one the answer was sealed with",
    "envelope-unopenable",
    async () => {
      const answer = await answerOf(eu.keys, campaign);
      return { ...answer, consent: { ...answer.consent, purposes: ["results", "offers"] } };
    },
  ],
  [
    "an answer under another submissionId than it was sealed with",
    "envelope-unopenable",
    async () => ({ ...(await answerOf(eu.keys, campaign)), submissionId: randomId(16) }),
  ],
  [
    "an answer under another reader's invitation",
    "envelope-unopenable",
    async () => ({
      ...(await answerOf(eu.keys, campaign)),
      invitation: await invite(eu.keys, campaign, {}),
    }),
  ],
  [
    "an envelope that is none",
    "envelope-malformed",
    async () => ({ ...(await answerOf(eu.keys, campaign)), envelope: "AAAA" }),
  ],
  [
    "an envelope of another suite",
    "suite-unknown",
    async () => {
      const answer = await answerOf(eu.keys, campaign);
      return {
        ...answer,
        envelope: `${answer.envelope.slice(0, 4)}AAAA${answer.envelope.slice(8)}`,
      };
    },
  ],
  ["a payload that is not JSON", "answer-invalid", () => sealed({ payload: "{" })],
  ["a payload of another shape", "answer-invalid", () => sealed({ payload: '{"answers":{}}' })],
  [
    "an option that the question does not have",
    "answer-invalid",
    () => sealed({ answers: { roast: "burnt" } }),
  ],
  ["no answer to a required question", "answer-invalid", () => sealed({ answers: { stars: 3 } })],
  [
    "an answer to a question that is not asked",
    "answer-invalid",
    () => sealed({ answers: { roast: "dark", secret: "x" } }),
  ],
];

test.for(refusals)("keeps as a dead letter %s: %s", async ([, code, record]) => {
  const before = (await eu.results(campaign)).submissions;
  expect(await deadCodeOf(await record())).toBe(code);
  expect((await eu.results(campaign)).submissions).toBe(before);
});

test("refusals of a stream that others wrote to: other header, other schema, no JSON, no record", async () => {
  const region = await TestRegion.prepare();
  const stream = openEmbeddedStream({ path: join(region.folder, "data/stream.db") });
  const value = utf8(JSON.stringify(await answerOf(eu.keys, campaign)));
  const schema = "maily.answer.sealed.v1";
  const records = [
    { headers: { region: "us", schema }, value },
    { headers: { region: "eu", schema: "maily.withdrawal.v1" }, value },
    { headers: { region: "eu", schema }, value: utf8("{") },
    { headers: { region: "eu", schema }, value: Uint8Array.of(0xff) },
    { headers: { region: "eu", schema }, value: utf8("{}") },
    { headers: {}, value },
  ];
  await stream.append(
    sealedTopic("eu"),
    records.map((record) => ({ key: "1|a", ...record })),
  );
  await stream.close();
  await region.start();
  await region.ingested();
  const codes = (await region.deadLetters()).map(({ code }) => code);
  expect(codes).toEqual([
    "region-mismatch",
    "record-malformed",
    "record-malformed",
    "record-malformed",
    "record-malformed",
    "region-mismatch",
  ]);
  await region.stop();
});

test("a repeat counts once, and so does one that comes after a restart", async () => {
  const own = await eu.published();
  const answer = await answerOf(eu.keys, own);
  await eu.take(answer, answer);
  await eu.take(answer);
  await eu.ingested();
  await eu.stop();
  await eu.start();
  await eu.take(answer);
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 1, submissions: 1 });
  expect(await eu.metric("maily_duplicates_total")).toBe(1);
});

test("another answer under a submissionId that was used is kept as a dead letter", async () => {
  const own = await eu.published();
  const reader = randomId(16);
  const first = await answerOf(eu.keys, own, { reader });
  const { submissionId } = first;
  const second = await answerOf(eu.keys, own, { reader, submissionId, answers: { roast: "dark" } });
  await eu.take(first);
  expect(await deadCodeOf(second)).toBe("submission-reused");
  const results = await eu.results(own);
  expect(results).toMatchObject({ answers: 1, submissions: 1 });
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([1, 0]);
});

test("the latest answer wins, and an older one that arrives later does not", async () => {
  const own = await eu.published();
  const reader = randomId(16);
  const answered = (roast: string, admittedAt: number): Promise<EdgeRecord> =>
    answerOf(eu.keys, own, { reader, answers: { roast }, admittedAt });
  const options = async () => {
    await eu.ingested();
    const { answers, submissions, questions, outcomes } = await eu.results(own);
    return {
      answers,
      submissions,
      light: questions[0]?.options?.[0]?.count,
      dark: questions[0]?.options?.[1]?.count,
      espresso: outcomes?.[1]?.count,
    };
  };
  await eu.take(await answered("light", now));
  expect(await options()).toEqual({ answers: 1, submissions: 1, light: 1, dark: 0, espresso: 0 });
  await eu.take(await answered("dark", now + minute));
  const dark = { answers: 1, light: 0, dark: 1, espresso: 1 };
  expect(await options()).toEqual({ ...dark, submissions: 2 });
  await eu.take(await answered("light", now + minute / 2));
  expect(await options()).toEqual({ ...dark, submissions: 3 });
  // The same moment: the later on the stream wins. And several of one reader in one batch.
  await eu.take(await answered("light", now + minute));
  expect(await options()).toMatchObject({ answers: 1, submissions: 4, light: 1, dark: 0 });
  await eu.take(
    await answered("dark", now + 4 * minute),
    await answered("light", now + 3 * minute),
  );
  expect(await options()).toEqual({ ...dark, submissions: 6 });
});

test("test sends are stored and never counted", async () => {
  const own = await eu.published();
  await eu.take(await answerOf(eu.keys, own, { invitation: { test: true } }));
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 0, submissions: 0 });
  expect((await eu.results(own)).questions[0]).toMatchObject({ answered: 0 });
});

test("a withdrawal takes the reader out of the results, and new consent brings the reader back", async () => {
  const own = await eu.published();
  const reader = randomId(16);
  const other = await answerOf(eu.keys, own, { answers: { roast: "dark" } });
  await eu.take(other, await answerOf(eu.keys, own, { reader, admittedAt: now }));
  await eu.take(await answerOf(eu.keys, own, { reader, admittedAt: now + minute / 2 }));
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 2, submissions: 3 });
  const withdrawal = await withdrawalOf(eu.keys, own, { reader, admittedAt: now + minute });
  await eu.take(withdrawal);
  await eu.take(withdrawal);
  await eu.ingested();
  const without = await eu.results(own);
  expect(without).toMatchObject({ answers: 1, submissions: 1 });
  expect(without.questions[0]?.options?.map(({ count }) => count)).toEqual([0, 1]);
  const consent = { givenAt: new Date(now + minute).toISOString() };
  await eu.take(await answerOf(eu.keys, own, { reader, admittedAt: now + 2 * minute, consent }));
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 1, submissions: 1 });
  await eu.take(await answerOf(eu.keys, own, { reader, admittedAt: now + 3 * minute }));
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 2, submissions: 2 });
});

test("a withdrawal counts in whichever order it arrives, and after its invitation expired", async () => {
  const own = await eu.published();
  const reader = randomId(16);
  const invitation = { expiresAt: Math.floor(now / 1000) + 10 };
  await eu.take(
    await withdrawalOf(eu.keys, own, { reader, invitation, admittedAt: now + minute }),
    await answerOf(eu.keys, own, { reader, invitation, admittedAt: now }),
    await withdrawalOf(eu.keys, own, { reader, invitation, admittedAt: now - minute }),
  );
  await eu.ingested();
  expect(await eu.results(own)).toMatchObject({ answers: 0, submissions: 0 });
});

test("an answer that fits the revision it was admitted under counts after the next came", async () => {
  const first = await eu.published();
  const { definition } = first;
  const city = {
    id: "city",
    kind: "short-text",
    text: "Where?",
    required: true,
    charactersMax: 40,
  } as const;
  const second = await campaignOf(eu.keys, {
    ...first,
    revision: 2,
    definition: { ...definition, questions: [...definition.questions, city] },
  });
  expect((await eu.publish(second)).status).toBe(200);
  await eu.take(
    await answerOf(eu.keys, first, { answers: { roast: "dark", stars: 5 } }),
    await answerOf(eu.keys, second, { answers: { roast: "dark", stars: 1, city: "Kobe" } }),
  );
  await eu.ingested();
  const results = await eu.results(first);
  expect(results.answers).toBe(2);
  expect(results.questions[3]).toMatchObject({ id: "stars", numbers: { mean: 3 } });
  expect(results.questions.at(-1)).toMatchObject({ id: "city", answered: 1 });
});

test("who asks after being told of something waits until all of that batch is committed", async () => {
  const order: string[] = [];
  const asked: Promise<unknown>[] = [];
  const ask = (): void => {
    if (asked.length === 0) asked.push(ingest.settled().then(() => order.push("settled")));
  };
  const none: Written = {
    stored: [],
    duplicates: 0,
    withdrawals: 0,
    preferences: 0,
    requests: [],
    deadLetters: [],
    campaigns: new Set(),
    readers: [],
    activities: [],
  };
  const write = async (): Promise<Written> => (order.push("committed"), none);
  const ingest = new Ingest({
    reader: { region: "eu" } as RecordReader,
    warehouse: { write } as unknown as Warehouse,
    metrics: new Metrics("eu"),
    onRead: ask,
    onCommit: () => undefined,
  });
  // None can be read; that they were is told eight at a time.
  await ingest.handle(
    Array.from({ length: 20 }, (_, offset) => submissionRow(BigInt(offset)).source),
  );
  await Promise.all(asked);
  expect(order).toEqual(["committed", "settled"]);
  await ingest.commits.close();
});
