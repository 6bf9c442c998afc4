// A region that acknowledges from its stream, for what comes from inside mails and from the preference page.
import { join } from "node:path";
import { expect, test } from "vitest";
import { DatabaseSync } from "node:sqlite";
import { parseInvitation } from "../../sdk/invitation.ts";
import { SeenTable } from "../../server/seen.ts";
import {
  choicesOf,
  codesOf,
  inMailOf,
  mailDefinition,
  preferencesOf,
  requestOf,
} from "./in-mail.ts";
import { temporaryFolder, TestRegion } from "./region.ts";
import { answerOf, randomId, withdrawalOf } from "./sealed.ts";

const apac = await TestRegion.start({ region: "apac", durability: "stream" });

async function ownCampaign() {
  const id = randomId(8);
  const { mail, root } = await choicesOf(apac.keys, { id, tenant: 7 }, "apac");
  return { campaign: await apac.published({ id, definition: mailDefinition, mail }), root };
}

const common = await ownCampaign();
const minute = 60_000;
const now = Date.now();
const answers = { roast: "dark", stars: 3, why: "x" };

const readerOf = (reader = randomId(16), { campaign, root } = common) => {
  const of = { region: "apac", reader } as const;
  // One mail: its invitation, byte for byte.
  const invitation = { expiresAt: Math.floor(now / 1000) + 86_400 };
  return {
    tapped: (option: number, admittedAt: number) =>
      inMailOf(apac.keys, campaign, {
        ...of,
        admittedAt,
        invitation,
        choices: codesOf(root, reader, { roast: [0, 1], stars: [2, option] }),
      }),
    answered: (admittedAt: number) =>
      answerOf(apac.keys, campaign, { ...of, answers, admittedAt, invitation }),
    preferred: (admittedAt: number) =>
      preferencesOf(apac.keys, campaign, { ...of, admittedAt, invitation }),
    asked: (request: "unsubscribe" | "resubscribe" | "erase", admittedAt: number) =>
      requestOf(apac.keys, campaign, request, { ...of, admittedAt, invitation }),
    withdrew: (admittedAt: number) =>
      withdrawalOf(apac.keys, campaign, { ...of, admittedAt, invitation }),
  };
};

const stored = [{ status: "stored" }];
const seen = (receipt: string) => [{ status: "seen", receipt }];

test("the same choices again, under the edge's next id, are the reader's last answer once more", async () => {
  const { tapped } = readerOf();
  expect(await apac.take([await tapped(3, now), "the first"])).toEqual(stored);
  expect(await apac.take([await tapped(3, now + 1000), "another"])).toEqual(seen("the first"));
  expect(await apac.take([await tapped(4, now + minute), "the second"])).toEqual(stored);
  expect(await apac.take([await tapped(4, now + 2 * minute), "another"])).toEqual(
    seen("the second"),
  );
  // Back to the first choice: a change of mind, not a repeat.
  expect(await apac.take([await tapped(3, now + 3 * minute), "the third"])).toEqual(stored);
});

test("choices after an answer on the page are a change of mind, though they were sent before", async () => {
  const { tapped, answered } = readerOf();
  expect(await apac.take(await tapped(3, now))).toEqual(stored);
  expect(await apac.take(await answered(now + minute))).toEqual(stored);
  expect(await apac.take(await tapped(3, now + 2 * minute))).toEqual(stored);
});

test("asks to confirm what comes within seconds of another answer, also when it is repeated", async () => {
  const { tapped, answered } = readerOf();
  const first = await tapped(0, now);
  expect(await apac.take([first, "first"])).toEqual(stored);
  const second = await answered(now + 2000);
  expect(await apac.take([second, "second"])).toEqual([{ status: "stored", confirm: true }]);
  expect(await apac.take(second)).toEqual([{ status: "seen", receipt: "second", confirm: true }]);
  // Not within two seconds of one other, but the third within ten.
  expect(await apac.take(await tapped(1, now + 9_999))).toEqual([
    { status: "stored", confirm: true },
  ]);
  expect(await apac.take(await tapped(2, now + 22_000))).toEqual(stored);
});

test("the same choices once more, when the haste is over, confirm them", async () => {
  const own = await ownCampaign();
  const { tapped } = readerOf(randomId(16), own);
  const held = [{ status: "stored", confirm: true }];
  // A scanner opens one option after the other, and the reader then means the last.
  expect(await apac.take(await tapped(3, now))).toEqual(stored);
  expect(await apac.take([await tapped(4, now + 500), "held"])).toEqual(held);
  expect(await apac.take(await tapped(4, now + 1000))).toEqual([
    { status: "seen", receipt: "held", confirm: true },
  ]);
  await apac.ingested();
  expect(await apac.results(own.campaign)).toMatchObject({ answers: 0, held: 1 });
  expect(await apac.take(await tapped(4, now + minute))).toEqual(stored);
  await apac.ingested();
  const results = await apac.results(own.campaign);
  expect(results).toMatchObject({ answers: 1, submissions: 3 });
  expect(results.questions[2]?.numbers?.mean).toBe(5);
});

test("preferences and requests are no answers: they make no haste", async () => {
  const { answered, preferred, asked } = readerOf();
  expect(await apac.take(await answered(now))).toEqual(stored);
  expect(await apac.take(await preferred(now + 1))).toEqual(stored);
  expect(await apac.take(await asked("unsubscribe", now + 2))).toEqual(stored);
  const test_ = await answerOf(apac.keys, common.campaign, {
    region: "apac",
    answers,
    admittedAt: now + 3,
    invitation: { test: true },
  });
  expect(await apac.take(test_)).toEqual(stored);
  expect(await apac.take(await answered(now + 11_000))).toEqual(stored);
});

test("a repeat of preferences gets the first receipt, and other content under their id is refused", async () => {
  const { preferred } = readerOf();
  const first = await preferred(now);
  expect(await apac.take([first, "the first"])).toEqual(stored);
  expect(await apac.take([{ ...first, receiptId: randomId(32) }, "another"])).toEqual(
    seen("the first"),
  );
  const other = { ...(await preferred(now)), submissionId: first.submissionId };
  expect(await apac.take(other)).toEqual([{ status: "refused", code: "submission-reused" }]);
});

test("a request repeats by its id, and by being what the reader asked last", async () => {
  const { asked } = readerOf();
  const first = await asked("unsubscribe", now);
  expect(await apac.take([first, "the first"])).toEqual(stored);
  expect(await apac.take([first, "another"])).toEqual(seen("the first"));
  expect(await apac.take([await asked("unsubscribe", now + 1), "another"])).toEqual(
    seen("the first"),
  );
  expect(await apac.take(await asked("resubscribe", now + 2))).toEqual(stored);
  expect(await apac.take([first, "another"])).toEqual(seen("the first"));
  expect(await apac.take(await asked("unsubscribe", now + 3))).toEqual(stored);
  const misused = { ...(await asked("erase", now + 4)), submissionId: first.submissionId };
  expect(await apac.take(misused)).toEqual([{ status: "refused", code: "submission-reused" }]);
});

test("after an erasure nothing from before it is taken, and a new answer can be erased again", async () => {
  const { tapped, answered, preferred, asked, withdrew } = readerOf();
  await apac.take(await tapped(1, now));
  const erased = await asked("erase", now + minute);
  expect(await apac.take(erased)).toEqual(stored);
  const refused = [{ status: "refused", code: "consent-withdrawn" }];
  expect(await apac.take(await answered(now))).toEqual(refused);
  expect(await apac.take(await preferred(now + minute))).toEqual(refused);
  // The same choices as before are no repeat now: they bring new consent.
  expect(await apac.take(await tapped(1, now + 2 * minute))).toEqual(stored);
  expect(await apac.take(await asked("erase", now + 3 * minute))).toEqual(stored);
  expect(await apac.take(await withdrew(now + 4 * minute))).toEqual(stored);
  await apac.ingested();
  expect((await apac.deadLetters()).length).toBe(0);
});

test("requests are still taken when an hour's answers are used up, and what takes back always", async () => {
  const { answered, asked } = readerOf();
  for (let count = 0; count < 60; count++)
    await apac.take(await answered(now + count * (minute / 4)));
  const at = now + 20 * minute;
  expect(await apac.take(await answered(at))).toEqual([
    { status: "refused", code: "rate-limited" },
  ]);
  const statuses: string[] = [];
  for (let count = 0; count < 62; count++) {
    const request = count % 2 === 0 ? "unsubscribe" : "resubscribe";
    statuses.push(
      ...(await apac.take(await asked(request, at + count))).map(({ status }) => status),
    );
  }
  expect(statuses.slice(0, 61)).toEqual(Array.from({ length: 61 }, () => "stored"));
  expect(statuses[61], "what gives again").toBe("refused");
  // Beyond the pace each is stored once: it stands until something is given.
  const beyond: string[] = [];
  for (let count = 0; count < 20; count++) {
    const request = count % 2 === 0 ? "erase" : "unsubscribe";
    beyond.push(
      ...(await apac.take(await asked(request, at + 100 + count))).map(({ status }) => status),
    );
  }
  expect(beyond).toEqual(["stored", ...Array.from({ length: 19 }, () => "seen")]);
});

test("the bytes of an answer sent as preferences, or the reverse, are not taken for one another", async () => {
  const { answered, preferred } = readerOf();
  const refused = [{ status: "refused", code: "submission-reused" }];
  const answer = await answered(now);
  expect(await apac.take({ ...answer, kind: "preferences", channel: "web" })).toEqual(stored);
  expect(await apac.take(answer)).toEqual(refused);
  const preferences = await preferred(now + minute);
  expect(await apac.take({ ...preferences, kind: "answer" })).toEqual(stored);
  expect(await apac.take(preferences)).toEqual(refused);
});

test("a file from before there were answers in mails goes on", async () => {
  const path = join(temporaryFolder(), "seen.db");
  const old = new DatabaseSync(path);
  old.exec(`
    CREATE TABLE seen (
      reader BLOB NOT NULL, submission_id TEXT NOT NULL, content BLOB NOT NULL, receipt TEXT NOT NULL,
      admitted_at INTEGER NOT NULL, pending TEXT,
      PRIMARY KEY (reader, submission_id)) WITHOUT ROWID;
    CREATE TABLE withdrawn (
      reader BLOB PRIMARY KEY, withdrawn_at INTEGER NOT NULL, submission_id TEXT NOT NULL) WITHOUT ROWID;
  `);
  old.close();
  const table = new SeenTable(path);
  const record = await readerOf().tapped(0, now);
  const { body } = parseInvitation(record.invitation);
  const [decision] = await table.admit([{ record, receipt: "r", invitation: body }]);
  expect(decision?.kind).toBe("new");
  table.close();
});
