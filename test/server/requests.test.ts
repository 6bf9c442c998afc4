// What readers ask of the sender: to be left alone, to be erased.
import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import {
  choicesOf,
  codesOf,
  inMailOf,
  mailDefinition,
  preferencesOf,
  readerIn,
  requestOf,
} from "./in-mail.ts";
import { codeOf, TestRegion } from "./region.ts";
import { answerOf, bytesOf, randomId, withdrawalOf } from "./sealed.ts";

const eu = await TestRegion.start();
const minute = 60_000;
const now = Date.now();
const answers = { roast: "dark", stars: 3, why: "a sentence to be forgotten" };

interface Page {
  readonly readers: { reader: string; at: string }[];
  readonly next?: string;
}

async function unsubscribed(campaign: Campaign, after = ""): Promise<Page> {
  const path = `/v1/campaigns/${campaign.id}/unsubscribed?after=${after}`;
  const response = await eu.get(path, eu.keys.tenant.token);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

test("a reader who unsubscribes is listed until the reader comes back, in whichever order it arrives", async () => {
  const campaign = await eu.published();
  const reader = randomId(16);
  const asked = (request: "unsubscribe" | "resubscribe", admittedAt: number) =>
    requestOf(eu.keys, campaign, request, { reader, admittedAt });
  await eu.take(await asked("unsubscribe", now));
  await eu.ingested();
  const at = new Date(now).toISOString();
  expect(await unsubscribed(campaign)).toEqual({ readers: [{ reader, at }] });
  await eu.take(await asked("resubscribe", now + minute));
  await eu.take(await asked("unsubscribe", now + 1));
  await eu.ingested();
  expect(await unsubscribed(campaign)).toEqual({ readers: [] });
  await eu.take(await asked("unsubscribe", now + 2 * minute));
  await eu.ingested();
  expect((await unsubscribed(campaign)).readers).toHaveLength(1);
});

test("requests serve with an expired invitation, after the close, and once however often they come", async () => {
  const campaign = await eu.published({ closesAt: new Date(now - minute).toISOString() });
  const request = await requestOf(eu.keys, campaign, "unsubscribe", {
    invitation: { expiresAt: 5 },
  });
  const before = (await eu.health()).deadLetters;
  await eu.take(request, request);
  await eu.take(request);
  await eu.ingested();
  expect((await unsubscribed(campaign)).readers).toHaveLength(1);
  expect((await eu.health()).deadLetters).toBe(before);
  const forged = await requestOf(eu.keys, campaign, "unsubscribe", {
    invitationSeed: bytesOf(randomId(32)),
  });
  await eu.take(forged);
  await eu.ingested();
  expect((await eu.deadLetters()).at(-1)?.code).toBe("invitation-forged");
  expect((await unsubscribed(campaign)).readers).toHaveLength(1);
});

test("those who unsubscribed come page by page, each once", { timeout: 60_000 }, async () => {
  const campaign = await eu.published();
  const readers = Array.from({ length: 1_003 }, () => randomId(16));
  for (let start = 0; start < readers.length; start += 250)
    await eu.take(
      ...(await Promise.all(
        readers
          .slice(start, start + 250)
          .map((reader) => requestOf(eu.keys, campaign, "unsubscribe", { reader })),
      )),
    );
  await eu.ingested();
  const first = await unsubscribed(campaign);
  expect(first.readers).toHaveLength(1_000);
  const second = await unsubscribed(campaign, first.next);
  expect(second).not.toHaveProperty("next");
  const listed = [...first.readers, ...second.readers].map(({ reader }) => reader);
  expect(listed.toSorted()).toEqual(readers.toSorted());
});

test("the list is the tenant's alone, and another tenant's looks like no campaign", async () => {
  const campaign = await eu.published();
  const path = `/v1/campaigns/${campaign.id}/unsubscribed`;
  expect(await codeOf(await eu.get(path))).toBe("token-invalid");
  const ours = await generateKeys(7, Date.now());
  const theirs = await generateKeys(8, Date.now());
  const tokens = [...ours.regions.eu.tokens, ...theirs.regions.eu.tokens];
  const region = await TestRegion.start({
    keys: { ...ours, regions: { ...ours.regions, eu: { ...ours.regions.eu, tokens } } },
  });
  const own = await region.published();
  await region.take(await requestOf(ours, own, "unsubscribe"));
  await region.ingested();
  const foreign = await region.get(`/v1/campaigns/${own.id}/unsubscribed`, theirs.tenant.token);
  const unknown = await region.get(
    `/v1/campaigns/${randomId(8)}/unsubscribed`,
    theirs.tenant.token,
  );
  expect(await foreign.text()).toBe(await unknown.text());
  expect(foreign.status).toBe(404);
  const bad = await eu.get(`${path}?after=%27--`, eu.keys.tenant.token);
  expect(await codeOf(bad)).toBe("malformed-request");
});

/** A campaign in which one reader did all that a reader can do, and another answered. */
async function busyCampaign() {
  const id = randomId(8);
  const { mail, root } = await choicesOf(eu.keys, { id, tenant: 7 });
  const campaign = await eu.published({ id, definition: mailDefinition, mail });
  const reader = randomId(16);
  const choices = codesOf(root, reader, { roast: [0, 1], stars: [2, 0] });
  const records = [
    await answerOf(eu.keys, campaign, { reader, answers, admittedAt: now }),
    await inMailOf(eu.keys, campaign, { reader, choices, admittedAt: now + minute }),
    await preferencesOf(eu.keys, campaign, { reader, admittedAt: now + 2 * minute }),
  ];
  const unreadable = await answerOf(eu.keys, campaign, {
    reader,
    answers: { roast: "burnt" },
    admittedAt: now + 3 * minute,
  });
  await eu.take(await answerOf(eu.keys, campaign, { answers }), ...records, unreadable);
  await eu.ingested();
  return { campaign, reader, records };
}

test("erasure takes everything of the reader away, and what is delivered again stays away", async () => {
  const { campaign, reader, records } = await busyCampaign();
  expect(await eu.results(campaign)).toMatchObject({ answers: 2, submissions: 3 });
  const letters = (await eu.health()).deadLetters;
  const erase = await requestOf(eu.keys, campaign, "erase", {
    reader,
    admittedAt: now + 4 * minute,
  });
  await eu.take(erase);
  await eu.ingested();
  const after = { answers: 1, submissions: 1 };
  expect(await eu.results(campaign)).toMatchObject(after);
  // The reader's dead letter held an answer too.
  expect((await eu.health()).deadLetters).toBe(letters - 1);
  const duplicates = await eu.metric("maily_duplicates_total");
  await eu.take(...records);
  await eu.take(records[0] ?? erase, erase, ...records.slice(1));
  await eu.ingested();
  expect(await eu.results(campaign)).toMatchObject(after);
  expect(await eu.metric("maily_duplicates_total")).toBe(duplicates + 7);
  expect((await eu.health()).deadLetters).toBe(letters - 1);
});

test("erasure in the same batch as what it erases, and before it, erases it", async () => {
  const campaign = await eu.published({ definition: mailDefinition });
  const [first, second] = [randomId(16), randomId(16)];
  const answered = (reader: string) =>
    answerOf(eu.keys, campaign, { reader, answers, admittedAt: now });
  const erase = (reader: string) =>
    requestOf(eu.keys, campaign, "erase", { reader, admittedAt: now + minute });
  await eu.take(await answered(first), await erase(first), await erase(second));
  await eu.take(await answered(second));
  await eu.ingested();
  expect(await eu.results(campaign)).toMatchObject({ answers: 0, submissions: 0 });
});

test("a device whose clock is minutes ahead puts nothing out of an erasure's reach, nor of a withdrawal's", async () => {
  const campaign = await eu.published({ definition: mailDefinition });
  const [erased, erasedFirst, withdrew] = [randomId(16), randomId(16), randomId(16)];
  const consent = { givenAt: new Date(now + 4 * minute).toISOString() };
  const answered = (reader: string) =>
    answerOf(eu.keys, campaign, { reader, answers, admittedAt: now, consent });
  const preferred = (reader: string) =>
    preferencesOf(eu.keys, campaign, { reader, admittedAt: now + 1, consent });
  const asked = (reader: string) =>
    requestOf(eu.keys, campaign, "erase", { reader, admittedAt: now + minute });
  await eu.take(await answered(erased), await preferred(erased), await answered(withdrew));
  await eu.ingested();
  expect(await eu.results(campaign)).toMatchObject({ answers: 2 });
  await eu.take(
    await asked(erased),
    await asked(erasedFirst),
    await withdrawalOf(eu.keys, campaign, { reader: withdrew, admittedAt: now + minute }),
  );
  const duplicates = await eu.metric("maily_duplicates_total");
  await eu.take(await answered(erasedFirst), await preferred(erasedFirst));
  await eu.ingested();
  expect(await eu.results(campaign)).toMatchObject({ answers: 0, submissions: 0 });
  expect(await eu.metric("maily_duplicates_total"), "not stored").toBe(duplicates + 2);
  await eu.take(await preferred(erased));
  await eu.ingested();
  expect(await eu.metric("maily_duplicates_total")).toBe(duplicates + 3);
});

test("an erased reader who agrees anew and answers counts again, without what was erased", async () => {
  const { campaign, reader } = await busyCampaign();
  await eu.take(
    await requestOf(eu.keys, campaign, "erase", { reader, admittedAt: now + 4 * minute }),
    await withdrawalOf(eu.keys, campaign, { reader, admittedAt: now + 4 * minute }),
  );
  await eu.take(
    await answerOf(eu.keys, campaign, {
      reader,
      answers: { ...answers, roast: "light" },
      admittedAt: now + 5 * minute,
    }),
  );
  await eu.ingested();
  const results = await eu.results(campaign);
  expect(results).toMatchObject({ answers: 2, submissions: 2 });
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([1, 1]);
});

test("each request is counted by what it asks, and none names a reader", async () => {
  const campaign = await eu.published();
  const request = await requestOf(eu.keys, campaign, "resubscribe");
  await eu.take(request);
  await eu.ingested();
  const text = await (await eu.get("/metrics")).text();
  for (const kind of ["unsubscribe", "resubscribe", "erase"])
    expect(text).toMatch(
      new RegExp(`^maily_requests_total\\{region="eu",request="${kind}"\\} [1-9]`, "m"),
    );
  expect(text).not.toContain(campaign.id);
  expect(text).not.toContain(readerIn(request.invitation));
});
