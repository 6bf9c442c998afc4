// Answers given inside a mail: codes that the region alone can read.
import { expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import { choiceKey, sealChoices } from "../../sdk/node/choices.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { EdgeRecord } from "../../sdk/schema/record.ts";
import { choicesOf, codesOf, inMailOf, mailDefinition } from "./in-mail.ts";
import { TestRegion } from "./region.ts";
import { answerOf, bytesOf, campaignOf, dayMs, randomId, withdrawalOf } from "./sealed.ts";

const eu = await TestRegion.start();
const id = randomId(8);
const { mail, root } = await choicesOf(eu.keys, { id, tenant: 7 });
const campaign = await eu.published({ id, definition: mailDefinition, mail });
const minute = 60_000;
const now = Date.now();

async function deadCodeOf(record: EdgeRecord): Promise<string | undefined> {
  const known = new Set((await eu.deadLetters()).map((letter) => letter.id));
  await eu.take(record);
  await eu.ingested();
  return (await eu.deadLetters()).find((letter) => !known.has(letter.id))?.code;
}

/** A campaign of its own with the same root's region, for counting. */
async function ownCampaign(changes: Partial<Campaign> = {}) {
  const own = randomId(8);
  const made = await choicesOf(eu.keys, { id: own, tenant: 7 });
  const published = await eu.published({
    id: own,
    definition: mailDefinition,
    mail: made.mail,
    ...changes,
  });
  return { campaign: published, root: made.root, mail: made.mail };
}

test("counts like an answer sealed on the page, outcome and all", async () => {
  const own = await ownCampaign();
  const reader = randomId(16);
  const choices = codesOf(own.root, reader, {
    roast: [0, 1],
    extras: [1, 2, 0],
    stars: [2, 3],
  });
  await eu.take(await inMailOf(eu.keys, own.campaign, { reader, choices }));
  await eu.take(
    await answerOf(eu.keys, own.campaign, { answers: { roast: "light", stars: 2, why: "x" } }),
  );
  await eu.ingested();
  const results = await eu.results(own.campaign);
  expect(results).toMatchObject({ answers: 2, submissions: 2 });
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([1, 1]);
  expect(results.questions[1]?.options?.map(({ count }) => count)).toEqual([1, 0, 1]);
  expect(results.questions[2]?.numbers?.mean).toBe(3);
  // The text that no mail can take is missing there, and required on the page.
  expect(results.questions[3]).toMatchObject({ answered: 1 });
  expect(results.outcomes?.map(({ count }) => count)).toEqual([1, 1]);
  expect(await eu.metric("maily_dead_letters")).toBe(0);
});

test("leaves out what is not on the reader's way", async () => {
  const own = await ownCampaign();
  const reader = randomId(16);
  // Light skips the extras, which were tapped before.
  const choices = codesOf(own.root, reader, { roast: [0, 0], extras: [1, 0], stars: [2, 4] });
  await eu.take(await inMailOf(eu.keys, own.campaign, { reader, choices }));
  await eu.ingested();
  const results = await eu.results(own.campaign);
  expect(results.answers).toBe(1);
  expect(results.questions[1]).toMatchObject({ id: "extras", answered: 0 });
});

const reader = randomId(16);
const good = codesOf(root, reader, { roast: [0, 1], stars: [2, 0] });
const [dark = ""] = good["roast"] ?? [];

/** Every code with one bit of it turned. */
const flipped = (code: string, bit: number): string => {
  const bytes = bytesOf(code);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return base64url(bytes);
};

const otherCampaign = await choicesOf(eu.keys, { id: randomId(8), tenant: 7 });
const otherTenant = await choicesOf(eu.keys, { id, tenant: 8 });
const readerKey = choiceKey(root, bytesOf(reader));
/** The same block for a channel that is not AMP, made as `sealChoices` makes its own. */
async function ofChannel(channel: number): Promise<string> {
  const { createCipheriv } = await import("node:crypto");
  const cipher = createCipheriv("aes-256-ecb", readerKey, null).setAutoPadding(false);
  const block = Uint8Array.of(0, 0, 0, 1, channel, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  return base64url(Uint8Array.from(cipher.update(block)));
}

const refusals: [name: string, code: string, choices: Record<string, string[]>][] = [
  ["another reader's code", "choice-invalid", codesOf(root, randomId(16), { roast: [0, 1] })],
  [
    "another campaign's code",
    "choice-invalid",
    codesOf(otherCampaign.root, reader, { roast: [0, 1] }),
  ],
  ["another tenant's code", "choice-invalid", codesOf(otherTenant.root, reader, { roast: [0, 1] })],
  ["a code of another channel", "choice-invalid", { ...good, roast: [await ofChannel(2)] }],
  ["a code of no channel", "choice-invalid", { ...good, roast: [await ofChannel(0)] }],
  ["a code spliced to another question", "choice-invalid", { stars: [dark] }],
  [
    "codes of two questions exchanged",
    "choice-invalid",
    { roast: good["stars"] ?? [], stars: good["roast"] ?? [] },
  ],
  ["an option beyond the last", "choice-invalid", codesOf(root, reader, { roast: [0, 2] })],
  ["a question beyond the last", "choice-invalid", codesOf(root, reader, { roast: [9, 0] })],
  ["a question that has no codes", "choice-invalid", codesOf(root, reader, { why: [3, 0] })],
  ["a question that is not asked", "choice-invalid", { ...good, secret: [dark] }],
  [
    "two options where one may be chosen",
    "choice-invalid",
    codesOf(root, reader, { roast: [0, 0, 1] }),
  ],
  ["one good code and one that is none", "choice-invalid", { ...good, extras: ["A".repeat(22)] }],
  ["the same option twice", "answer-invalid", { ...good, extras: twice() }],
  [
    "more options than the question takes",
    "answer-invalid",
    { ...good, ...codesOf(root, reader, { extras: [1, 0, 1, 2] }) },
  ],
  ["no answer to a required question of the way", "answer-invalid", { roast: [dark] }],
];

function twice(): string[] {
  return sealChoices(readerKey, [
    { question: 1, option: 0, channel: "amp" },
    { question: 1, option: 0, channel: "amp" },
  ]);
}

test.for(refusals)("keeps as a dead letter %s: %s", async ([, code, choices]) => {
  expect(await deadCodeOf(await inMailOf(eu.keys, campaign, { reader, choices }))).toBe(code);
  expect((await eu.results(campaign)).answers).toBe(0);
});

test("refuses every code with any one bit turned", async () => {
  const records = await Promise.all(
    Array.from({ length: 128 }, (_, bit) =>
      inMailOf(eu.keys, campaign, { reader, choices: { ...good, roast: [flipped(dark, bit)] } }),
    ),
  );
  const before = (await eu.health()).deadLetters;
  await eu.take(...records);
  await eu.ingested();
  expect((await eu.health()).deadLetters).toBe(before + 128);
  expect((await eu.results(campaign)).answers).toBe(0);
});

test("refuses at the door a code that is too short, too long, or not canonical", async () => {
  for (const code of [dark.slice(1), `${dark}A`, `${dark.slice(0, -1)}_`, ""]) {
    const record = await inMailOf(eu.keys, campaign, { reader, choices: { roast: [code] } });
    const response = await eu.signed("POST", "/v1/intake", {
      region: "eu",
      entries: [{ record, receipt: "r" }],
    });
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).toContain("entries.0.record.choices.roast.0");
    if (code !== "") expect(text).not.toContain(code);
  }
});

test("holds consent, notice and dates of an answer in a mail to the same rules", async () => {
  const choices = good;
  const cases: [string, Partial<Parameters<typeof inMailOf>[2]>][] = [
    ["consent-missing", { consent: { purposes: [] } }],
    ["purpose-unknown", { consent: { purposes: ["results", "resale"] } }],
    ["notice-stale", { consent: { notice: 2 } }],
    ["campaign-closed", { admittedAt: now - 41 * dayMs }],
    ["invitation-expired", { invitation: { expiresAt: 5 } }],
    ["invitation-forged", { invitationSeed: bytesOf(randomId(32)) }],
  ];
  for (const [code, answering] of cases)
    expect(
      await deadCodeOf(await inMailOf(eu.keys, campaign, { reader, choices, ...answering })),
    ).toBe(code);
});

test("a campaign without choices takes none, and neither does one of another region alone", async () => {
  const plain = await eu.published({ definition: mailDefinition });
  expect(await deadCodeOf(await inMailOf(eu.keys, plain, { reader, choices: good }))).toBe(
    "choice-invalid",
  );
  const elsewhere = randomId(8);
  const us = await choicesOf(eu.keys, { id: elsewhere, tenant: 7 }, "us");
  const foreign = await eu.published({ id: elsewhere, definition: mailDefinition, mail: us.mail });
  const choices = codesOf(us.root, reader, { roast: [0, 1], stars: [2, 0] });
  expect(await deadCodeOf(await inMailOf(eu.keys, foreign, { reader, choices }))).toBe(
    "choice-invalid",
  );
});

test("an answer by page and one by mail are the same reader's: the later one counts", async () => {
  const own = await ownCampaign();
  const choices = codesOf(own.root, reader, { roast: [0, 1], stars: [2, 0] });
  await eu.take(
    await inMailOf(eu.keys, own.campaign, { reader, choices, admittedAt: now }),
    await answerOf(eu.keys, own.campaign, {
      reader,
      answers: { roast: "light", stars: 5, why: "x" },
      admittedAt: now + minute,
    }),
  );
  await eu.ingested();
  const results = await eu.results(own.campaign);
  expect(results).toMatchObject({ answers: 1, submissions: 2 });
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([1, 0]);
});

test("a repeat from the stream counts once, another content under its id is a dead letter", async () => {
  const own = await ownCampaign();
  const first = await inMailOf(eu.keys, own.campaign, {
    reader,
    choices: codesOf(own.root, reader, { roast: [0, 1], stars: [2, 0] }),
  });
  const other = {
    ...first,
    choices: codesOf(own.root, reader, { roast: [0, 0], stars: [2, 0] }),
  };
  await eu.take(first, first);
  expect(await deadCodeOf(other)).toBe("submission-reused");
  expect(await eu.results(own.campaign)).toMatchObject({ answers: 1, submissions: 1 });
});

test("codes of a mail that was sent before the campaign was published again still open", async () => {
  const own = await ownCampaign();
  const [asked, ...rest] = mailDefinition.questions;
  const second = await campaignOf(eu.keys, {
    ...own.campaign,
    revision: 2,
    definition: {
      ...mailDefinition,
      title: "Coffee, again",
      questions: [asked, ...rest].flatMap((question) => question ?? []),
    },
  });
  expect((await eu.publish(second)).status).toBe(200);
  const choices = codesOf(own.root, reader, { roast: [0, 1], stars: [2, 0] });
  await eu.take(await inMailOf(eu.keys, second, { reader, choices }));
  await eu.ingested();
  expect(await eu.results(own.campaign)).toMatchObject({ answers: 1, title: "Coffee, again" });
});

test("test sends and readers who withdrew do not count, in a mail as on the page", async () => {
  const own = await ownCampaign();
  const choices = codesOf(own.root, reader, { roast: [0, 1], stars: [2, 0] });
  await eu.take(
    await inMailOf(eu.keys, own.campaign, { reader, choices, invitation: { test: true } }),
  );
  const other = randomId(16);
  await eu.take(
    await inMailOf(eu.keys, own.campaign, {
      reader: other,
      choices: codesOf(own.root, other, { roast: [0, 1], stars: [2, 0] }),
      admittedAt: now,
    }),
    await withdrawalOf(eu.keys, own.campaign, { reader: other, admittedAt: now + minute }),
  );
  await eu.ingested();
  expect(await eu.results(own.campaign)).toMatchObject({ answers: 0, submissions: 0 });
});

test("several answers within seconds do not count until one comes that stands alone", async () => {
  const own = await ownCampaign();
  const tapped = (option: number, admittedAt: number) =>
    inMailOf(eu.keys, own.campaign, {
      reader,
      admittedAt,
      choices: codesOf(own.root, reader, { roast: [0, 1], stars: [2, option] }),
    });
  // A scanner follows every step of the scale.
  for (let option = 0; option < 5; option++)
    await eu.take(await tapped(option, now + option * 300));
  await eu.ingested();
  expect(await eu.results(own.campaign)).toMatchObject({ answers: 0, submissions: 0, held: 1 });
  await eu.take(await tapped(3, now + minute));
  await eu.ingested();
  const results = await eu.results(own.campaign);
  expect(results).toMatchObject({ answers: 1, submissions: 6 });
  expect(results).not.toHaveProperty("held");
  expect(results.questions[2]?.numbers?.mean).toBe(4);
});
