// Visitors' answers at a region: verified again, by the edge's keys, and told apart from invited readers'.
import { expect, test } from "vitest";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { base64url } from "../../sdk/bytes.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { EdgeRecord, SealedRecord } from "../../sdk/schema/record.ts";
import type { Site } from "../../sdk/schema/site.ts";
import { resultLines } from "../../cli/campaign-results.ts";
import { resultsPage } from "../../demo/results-page.ts";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import { TestRegion } from "./region.ts";
import {
  answerOf,
  bytesOf,
  campaignOf,
  dayMs,
  randomId,
  withdrawalOf,
  type Answering,
} from "./sealed.ts";

const now = Date.now();
const retiredSeed = bytesOf(randomId(32));

/** With a key beside the one in use that was over an hour ago. */
async function keysWithRetired(): Promise<Keys> {
  const keys = await generateKeys(7, now - 45 * dayMs);
  const { deployment } = keys;
  const retired = {
    keyId: 2,
    publicKey: base64url(await publicKeyOfSeed(retiredSeed)),
    notAfter: new Date(now - 3_600_000).toISOString(),
  };
  const visitKeys = [...deployment.directory.visitKeys, retired];
  return {
    ...keys,
    deployment: { ...deployment, directory: { ...deployment.directory, visitKeys } },
  };
}

const eu = await TestRegion.start({ keys: await keysWithRetired() });
const seed = bytesOf(eu.keys.edge.visitKey!.seed);
const site: Site = {
  embedKey: randomId(16),
  origins: ["https://shop.example"],
  region: { byCountry: { DE: "eu", US: "us" } },
  visitHours: 24,
};

async function published(changes: Partial<Campaign> = {}): Promise<Campaign> {
  const campaign = await campaignOf(eu.keys, changes);
  await eu.publish(campaign);
  return campaign;
}
const embedded = await published({ site });
const forNoSite = await published();
const elsewhere = await published({ site: { ...site, region: { is: "us" } } });

const byEdge = (answering: Answering): Answering => ({
  ...answering,
  invitation: { visit: true, keyId: 1, ...answering.invitation },
  invitationSeed: answering.invitationSeed ?? seed,
});

async function visited(campaign: Campaign, answering: Answering = {}): Promise<SealedRecord> {
  const record = await answerOf(eu.keys, campaign, byEdge(answering));
  return { ...record, channel: "site" };
}

async function deadCodeOf(record: EdgeRecord): Promise<string | undefined> {
  const known = new Set((await eu.deadLetters()).map(({ id }) => id));
  await eu.take(record);
  await eu.ingested();
  return (await eu.deadLetters()).find(({ id }) => !known.has(id))?.code;
}

test("a visitor's answer counts, and the warehouse keeps that it was one of a site", async () => {
  const { answers, visitors } = await eu.results(embedded);
  expect(await deadCodeOf(await visited(embedded))).toBeUndefined();
  expect(await deadCodeOf(await answerOf(eu.keys, embedded))).toBeUndefined();
  const after = await eu.results(embedded);
  expect(after.answers).toBe(answers + 2);
  expect(after.visitors).toBe((visitors ?? 0) + 1);
  expect([...resultLines(after)][0]).toContain(`${after.visitors} of them visitors of sites`);
  expect(resultsPage("eu", [after]).text).toMatch(/data-value="visitors"\s*>\s*1\s*</);
  expect(await eu.results(forNoSite)).not.toHaveProperty("visitors");
});

test("who was a visitor once more is counted once", async () => {
  const reader = randomId(16);
  const before = (await eu.results(embedded)).answers;
  for (const roast of ["light", "dark"])
    expect(
      await deadCodeOf(
        await visited(embedded, {
          reader,
          answers: { roast },
          admittedAt: roast === "light" ? now - 60_000 : now,
        }),
      ),
    ).toBeUndefined();
  expect((await eu.results(embedded)).answers).toBe(before + 1);
});

const forged: [name: string, code: string, record: () => Promise<EdgeRecord>][] = [
  [
    "a visit that a tenant's key signed",
    "invitation-forged",
    () => visited(embedded, { invitationSeed: bytesOf(eu.keys.tenant.invitationKey.seed) }),
  ],
  [
    "a mail's invitation that the edge's key signed",
    "invitation-forged",
    async () => ({
      ...(await visited(embedded, { invitation: { visit: false } })),
      channel: "web",
    }),
  ],
  [
    "a visit by a key that is not listed",
    "invitation-forged",
    () => visited(embedded, { invitation: { keyId: 9 } }),
  ],
  [
    "a visit of another tenant",
    "invitation-forged",
    () => visited(embedded, { invitation: { tenant: 8 } }),
  ],
  [
    "a visit by a key that was over when it was admitted",
    "invitation-forged",
    () => visited(embedded, { invitation: { keyId: 2 }, invitationSeed: retiredSeed }),
  ],
  [
    "a visit that had expired when it was admitted",
    "invitation-expired",
    () => visited(embedded, { invitation: { expiresAt: Math.floor(now / 1000) - 1 } }),
  ],
  ["a visit to a campaign that is for no site", "embed-unknown", () => visited(forNoSite)],
  [
    "a visit of a region that the site's rule gives nobody",
    "region-mismatch",
    () => visited(elsewhere),
  ],
  [
    "a visit that says it was invited",
    "record-malformed",
    async () => ({ ...(await visited(embedded)), channel: "web" }),
  ],
  [
    "an invited reader's answer that says it was a visit",
    "record-malformed",
    async () => ({ ...(await answerOf(eu.keys, embedded)), channel: "site" }),
  ],
];

test.for(forged)("keeps as a dead letter %s: %s", async ([, code, record]) => {
  expect(await deadCodeOf(await record())).toBe(code);
});

test("what a key signed while it was in force is taken, however late it comes", async () => {
  const admittedAt = now - 2 * 3_600_000;
  const record = await visited(embedded, {
    invitation: { keyId: 2 },
    invitationSeed: retiredSeed,
    admittedAt,
  });
  expect(await deadCodeOf(record)).toBeUndefined();
});

test("an answer that was admitted before the site was taken away is taken under the revision that had it", async () => {
  const campaign = await published({ site });
  const record = await visited(campaign);
  const { site: _site, ...without } = campaign;
  await eu.publish({ ...without, revision: 2 });
  expect(await deadCodeOf(record)).toBeUndefined();
  expect((await eu.results(campaign)).answers).toBe(1);
});

test("a visitor takes back what was given, by a key that is over too", async () => {
  const reader = randomId(16);
  const by = byEdge({ reader, invitation: { keyId: 2 }, invitationSeed: retiredSeed });
  await deadCodeOf(await visited(embedded, { ...by, admittedAt: now - 2 * 3_600_000 }));
  const before = (await eu.results(embedded)).answers;
  expect(await deadCodeOf(await withdrawalOf(eu.keys, embedded, by))).toBeUndefined();
  expect((await eu.results(embedded)).answers).toBe(before - 1);
});

test("nobody renders a mail for a visitor, and with it a visitor's sealed choices", async () => {
  const { invitation } = await visited(embedded);
  const response = await eu.get(`/v1/render?invitation=${invitation}`);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: "invitation-forged" });
});
