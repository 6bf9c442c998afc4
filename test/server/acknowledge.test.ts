// A region that acknowledges from its stream (apac): its own memory of what it promised.
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { textOf } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import type { EdgeRecord, IntakeBatch } from "../../sdk/schema/record.ts";
import { takeBatch } from "../../server/intake.ts";
import { SeenTable } from "../../server/seen.ts";
import { openEmbeddedStream } from "../../server/stream/embedded.ts";
import type { StoredRecord } from "../../server/stream/stream.ts";
import { sealedTopic } from "../../server/stream/topics.ts";
import { temporaryFolder, TestRegion, until } from "./region.ts";
import { answerOf, campaignOf, dayMs, randomId, withdrawalOf } from "./sealed.ts";

const folder = temporaryFolder();
const apac = await TestRegion.start({ region: "apac", durability: "stream" });
const campaign = await apac.published();
const minute = 60_000;

test("a repeat gets the first receipt, though the edge made another", async () => {
  const answer = await answerOf(apac.keys, campaign, { region: "apac" });
  expect(await apac.take([answer, "the first"])).toEqual([{ status: "stored" }]);
  const again = { ...answer, receiptId: randomId(32), admittedAt: new Date().toISOString() };
  expect(await apac.take([again, "the second"])).toEqual([
    { status: "seen", receipt: "the first" },
  ]);
  await apac.ingested();
  expect(await apac.results(campaign)).toMatchObject({ answers: 1, submissions: 1 });
});

test("a repeat within one batch, and two at the same time, are one answer", async () => {
  const other = await apac.published();
  const answer = await answerOf(apac.keys, other, { region: "apac" });
  const results = await Promise.all([apac.take(answer, answer), apac.take(answer)]);
  const statuses = results.flat().map(({ status }) => status);
  expect(statuses.toSorted()).toEqual(["seen", "seen", "stored"]);
  await apac.ingested();
  expect(await apac.results(other)).toMatchObject({ answers: 1, submissions: 1 });
});

test("refuses another answer under a submissionId that was used", async () => {
  const reader = randomId(16);
  const first = await answerOf(apac.keys, campaign, { region: "apac", reader });
  const { submissionId } = first;
  const second = await answerOf(apac.keys, campaign, { region: "apac", reader, submissionId });
  await apac.take(first);
  expect(await apac.take(second)).toEqual([{ status: "refused", code: "submission-reused" }]);
});

test("one reader's submissionId says nothing about another's", async () => {
  const first = await answerOf(apac.keys, campaign, { region: "apac" });
  const { submissionId } = first;
  const second = await answerOf(apac.keys, campaign, { region: "apac", submissionId });
  expect(await apac.take(first, second)).toEqual([{ status: "stored" }, { status: "stored" }]);
});

test("refuses consent given before the withdrawal, and takes consent given after", async () => {
  const reader = randomId(16);
  const now = Date.now();
  const at = (offset: number): string => new Date(now + offset).toISOString();
  await apac.take(
    await withdrawalOf(apac.keys, campaign, { region: "apac", reader, admittedAt: now }),
  );
  const answered = async (givenAt: string) => {
    const answer = { region: "apac", reader, consent: { givenAt } } as const;
    const [result] = await apac.take(await answerOf(apac.keys, campaign, answer));
    return result;
  };
  const refused = { status: "refused", code: "consent-withdrawn" };
  expect(await answered(at(-minute))).toEqual(refused);
  expect(await answered(at(0))).toEqual(refused);
  expect(await answered(at(1))).toEqual({ status: "stored" });
});

test("a withdrawal sent again is one, though the edge's clock had jumped ahead for the answer before it", async () => {
  const reader = randomId(16);
  const now = Date.now();
  await apac.take(
    await answerOf(apac.keys, campaign, { region: "apac", reader, admittedAt: now + 4 * minute }),
  );
  const withdraw = async (receipt: string) => {
    const at = { region: "apac", reader, admittedAt: now } as const;
    return apac.take([await withdrawalOf(apac.keys, campaign, at), receipt]);
  };
  expect(await withdraw("the first")).toEqual([{ status: "stored" }]);
  expect(await withdraw("another")).toEqual([{ status: "seen", receipt: "the first" }]);
});

test("withdrawing again, with another mail too, is the same withdrawal until something was answered", async () => {
  const reader = randomId(16);
  const now = Date.now();
  const withdraw = async (offset: number, receipt: string) => {
    const invitation = { expiresAt: Math.floor(now / 1000) + offset };
    const answering = { region: "apac", reader, invitation, admittedAt: now + offset } as const;
    return apac.take([await withdrawalOf(apac.keys, campaign, answering), receipt]);
  };
  expect(await withdraw(0, "the first")).toEqual([{ status: "stored" }]);
  expect(await withdraw(1000, "another")).toEqual([{ status: "seen", receipt: "the first" }]);
  const answering = { region: "apac", reader, admittedAt: now + 2000 } as const;
  await apac.take(await answerOf(apac.keys, campaign, answering));
  expect(await withdraw(3000, "the next")).toEqual([{ status: "stored" }]);
  expect(await withdraw(4000, "another")).toEqual([{ status: "seen", receipt: "the next" }]);
});

test("a reader may submit 60 times an hour, and again in the next", async () => {
  const reader = randomId(16);
  const now = Date.now();
  const submit = async (admittedAt: number) => {
    const answering = { region: "apac", reader, admittedAt } as const;
    return apac.take(await answerOf(apac.keys, campaign, answering));
  };
  // Further apart than what counts as haste.
  for (let count = 0; count < 60; count++)
    expect(await submit(now + count * (minute / 4))).toEqual([{ status: "stored" }]);
  expect(await submit(now + 59 * minute)).toEqual([{ status: "refused", code: "rate-limited" }]);
  expect(await submit(now + 61 * minute)).toEqual([{ status: "stored" }]);
});

test("remembers over a restart", async () => {
  const answer = await answerOf(apac.keys, campaign, { region: "apac" });
  await apac.take([answer, "before"]);
  await apac.stop();
  await apac.start();
  expect(await apac.take([answer, "after"])).toEqual([{ status: "seen", receipt: "before" }]);
});

async function recordsOf(path: string): Promise<EdgeRecord[]> {
  const stream = openEmbeddedStream({ path });
  const records: StoredRecord[] = [];
  const consumer = await stream.consume(
    { topic: sealedTopic("apac"), group: "reader", nextOffsets: async () => new Map() },
    async (batch) => void records.push(...batch),
  );
  await until(async () => (await consumer.lag()) === 0);
  await stream.close();
  return records.map((record) => JSON.parse(textOf(record.value)) as EdgeRecord);
}

const batch = (record: EdgeRecord, receipt: string): IntakeBatch => ({
  region: "apac",
  entries: [{ record, receipt }],
});

test("what was remembered but not appended is appended by the repeat, as it was first", async () => {
  const path = join(folder, "stream.db");
  const seenPath = join(folder, "seen.db");
  const first = await answerOf(apac.keys, campaign, { region: "apac" });
  const seen = new SeenTable(seenPath);
  const closed = openEmbeddedStream({ path });
  await closed.close();
  // The stream is away after the receipt was stored, and the process ends.
  await expect(
    takeBatch(batch(first, "promised"), { region: "apac", stream: closed, seen }),
  ).rejects.toMatchObject({ code: "region-unavailable" });
  seen.close();

  const reopened = new SeenTable(seenPath);
  const stream = openEmbeddedStream({ path });
  const again = { ...first, receiptId: randomId(32), admittedAt: new Date(0).toISOString() };
  const intake = { region: "apac", stream, seen: reopened } as const;
  const expected = { results: [{ status: "seen", receipt: "promised" }] };
  expect(await takeBatch(batch(again, "another"), intake)).toEqual(expected);
  // By now it is on the stream: one more repeat adds nothing.
  expect(await takeBatch(batch(again, "a third"), intake)).toEqual(expected);
  await stream.close();
  reopened.close();
  expect(await recordsOf(path)).toEqual([first]);
});

test("forgets a submission once its consent would be too old to be taken", async () => {
  const keys = await generateKeys(1, Date.now());
  const known = await campaignOf(keys);
  const seen = new SeenTable(join(folder, "forgets.db"));
  const admittedAt = Date.parse("2026-01-01T00:00:00Z");
  const record = await answerOf(keys, known, { region: "apac", admittedAt });
  const invitation = parseInvitation(record.invitation).body;
  const kindOf = async (): Promise<string | undefined> =>
    (await seen.admit([{ record, receipt: "r", invitation }]))[0]?.kind;
  expect(await kindOf()).toBe("new");
  seen.expire(admittedAt + 30 * dayMs);
  expect(await kindOf()).toBe("repeat");
  seen.expire(admittedAt + 31 * dayMs + 1);
  expect(await kindOf()).toBe("new");
  seen.close();
});
