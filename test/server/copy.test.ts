// A reader's own copy: all that the region holds of one reader, for that reader's eyes alone.
import { expect, test } from "vitest";
import { base64url, concat, textOf, utf8, type Bytes } from "../../sdk/bytes.ts";
import { openBase } from "../../sdk/hpke/open-base.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { SealedCopy } from "../../sdk/schema/submission.ts";
import {
  choicesOf,
  codesOf,
  inMailOf,
  mailDefinition,
  preferencesOf,
  requestOf,
} from "./in-mail.ts";
import { codeOf, TestRegion } from "./region.ts";
import { answerOf, bytesOf, invite, randomId, withdrawalOf } from "./sealed.ts";

const eu = await TestRegion.start();
const minute = 60_000;
const now = Date.now();
const info = utf8("application/vnd.maily.copy v1\0");

const asked = (invitation: string, publicKey: string): Promise<Response> =>
  eu.signed("POST", "/v1/intake/my-data", { invitation, publicKey });

const open = (envelope: string, seed: Bytes, invitation: string): Promise<Bytes | undefined> => {
  const bytes = bytesOf(envelope);
  const aad = parseInvitation(invitation).bytes;
  return openBase(bytes.slice(0, 1120), seed, info, aad, bytes.slice(1120));
};

async function copyOf(invitation: string): Promise<Record<string, unknown>> {
  const seed = generateSeed();
  const response = await asked(invitation, base64url(regionPublicKey(seed)));
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const { envelope } = SealedCopy.parse(await response.json());
  const plaintext = await open(envelope, seed, invitation);
  if (plaintext === undefined) throw new Error("the copy cannot be opened");
  return JSON.parse(textOf(plaintext)) as Record<string, unknown>;
}

const reader = randomId(16);
const id = randomId(8);
const { mail, root } = await choicesOf(eu.keys, { id, tenant: 7 });
const campaign = await eu.published({ id, definition: mailDefinition, mail });
const secret = "a sentence of this reader's own";

const sent = {
  page: await answerOf(eu.keys, campaign, {
    reader,
    admittedAt: now,
    payload: JSON.stringify({
      answers: { roast: "dark", extras: ["oat", "milk"], stars: 4, why: secret },
      language: "de",
    }),
  }),
  mail: await inMailOf(eu.keys, campaign, {
    reader,
    admittedAt: now + minute,
    choices: codesOf(root, reader, { roast: [0, 0], stars: [2, 1] }),
  }),
  preferences: await preferencesOf(eu.keys, campaign, { reader, admittedAt: now + 2 * minute }),
  request: await requestOf(eu.keys, campaign, "unsubscribe", {
    reader,
    admittedAt: now + 3 * minute,
  }),
  unreadable: await answerOf(eu.keys, campaign, { reader, answers: { roast: "burnt" } }),
  withdrawal: await withdrawalOf(eu.keys, campaign, { reader, admittedAt: now - minute }),
};
const others = await answerOf(eu.keys, campaign, {
  answers: { roast: "dark", stars: 1, why: "somebody else's sentence" },
});
await eu.take(...Object.values(sent), others);
await eu.ingested();

const at = (offset: number): string => new Date(now + offset).toISOString();

test("holds all of one reader, in words, and nothing of others", async () => {
  const copy = await copyOf(await invite(eu.keys, campaign, { reader }));
  expect(copy).toMatchObject({
    region: "eu",
    tenant: 7,
    controller: { name: "Roastery", contact: "privacy@roastery.example" },
    campaign: id,
    reader,
    answers: [
      {
        submissionId: sent.mail.submissionId,
        receiptId: sent.mail.receiptId,
        channel: "amp",
        current: true,
        test: false,
        outcome: "filter",
        receivedAt: at(minute),
        consent: { notice: 3, purposes: ["results"], givenAt: at(minute) },
        answers: [
          { question: "roast", asked: "Which roast?", answer: "Light" },
          { question: "stars", asked: "How was it?", answer: 2 },
        ],
      },
      {
        channel: "web",
        current: false,
        language: "de",
        answers: [
          { question: "extras", answer: ["Oat milk", "Milk"] },
          { question: "roast", asked: "Welche Röstung?", answer: "Dunkel" },
          { question: "stars", answer: 4 },
          { question: "why", answer: secret },
        ],
      },
    ],
    preferences: [{ topics: ["news"], frequency: "weekly", consent: { purposes: ["results"] } }],
    requests: [{ request: "unsubscribe", via: "page", receivedAt: at(3 * minute) }],
    withdrawals: [{ submissionId: sent.withdrawal.submissionId, receivedAt: at(-minute) }],
    unreadable: [{ reason: "answer-invalid" }],
  });
  expect(JSON.stringify(copy)).not.toContain("somebody else");
});

test("is given for an expired invitation, and for a reader of whom nothing is held", async () => {
  const expired = await invite(eu.keys, campaign, { reader, invitation: { expiresAt: 5 } });
  expect((await copyOf(expired))["answers"]).toHaveLength(2);
  const nobody = await invite(eu.keys, campaign, {});
  expect(await copyOf(nobody)).toMatchObject({ answers: [], preferences: [], requests: [] });
});

test("opens with the reader's key and for that invitation alone", async () => {
  const invitation = await invite(eu.keys, campaign, { reader });
  const seed = generateSeed();
  const response = await asked(invitation, base64url(regionPublicKey(seed)));
  const { envelope } = SealedCopy.parse(await response.json());
  expect(await open(envelope, seed, invitation)).toBeDefined();
  expect(await open(envelope, generateSeed(), invitation)).toBeUndefined();
  const other = await invite(eu.keys, campaign, { reader, invitation: { expiresAt: 9 } });
  expect(await open(envelope, seed, other)).toBeUndefined();
});

const publicKey = base64url(regionPublicKey(generateSeed()));
const refusals: [string, string, () => Promise<[invitation: string, publicKey: string]>][] = [
  [
    "an invitation that another key signed",
    "invitation-forged",
    async () => [
      await invite(eu.keys, campaign, { reader, invitationSeed: bytesOf(randomId(32)) }),
      publicKey,
    ],
  ],
  [
    "another tenant's invitation",
    "invitation-forged",
    async () => [await invite(eu.keys, campaign, { reader, invitation: { tenant: 8 } }), publicKey],
  ],
  [
    "another region's invitation",
    "region-mismatch",
    async () => [await invite(eu.keys, campaign, { reader, region: "us" }), publicKey],
  ],
  [
    "a campaign that is not known here",
    "campaign-unknown",
    async () => [await invite(eu.keys, { ...campaign, id: randomId(8) }, { reader }), publicKey],
  ],
  ["no invitation", "invitation-malformed", async () => ["A".repeat(136), publicKey]],
  [
    "a key that is too short",
    "malformed-request",
    async () => [await invite(eu.keys, campaign, { reader }), publicKey.slice(4)],
  ],
  [
    "a key that is not base64url",
    "malformed-request",
    async () => [await invite(eu.keys, campaign, { reader }), publicKey.replace(/^./, "!")],
  ],
  [
    "a key whose coefficients no ML-KEM key has",
    "malformed-request",
    async () => [
      await invite(eu.keys, campaign, { reader }),
      base64url(concat(new Uint8Array(1184).fill(0xff), bytesOf(publicKey).slice(1184))),
    ],
  ],
];

test.for(refusals)("refuses %s: %s", async ([, code, request]) => {
  expect(await codeOf(await asked(...(await request())))).toBe(code);
});

test("is for the edge alone to fetch", async () => {
  const body = JSON.stringify({ invitation: await invite(eu.keys, campaign, {}), publicKey });
  const bare = await fetch(`${eu.origin}/v1/intake/my-data`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(await codeOf(bare)).toBe("signature-missing");
  const large = await eu.signed("POST", "/v1/intake/my-data", { padding: "x".repeat(5_000) });
  expect(await codeOf(large)).toBe("body-too-large");
});

test(
  "leaves out the oldest answers where there is more than 4 MB, and says how many",
  { timeout: 60_000 },
  async () => {
    const many = randomId(16);
    const definition = {
      ...mailDefinition,
      questions: Array.from({ length: 3 }, (_, index) => ({
        id: `why-${index}`,
        kind: "long-text",
        // What was asked comes with each answer.
        text: "Why? ".repeat(400).trim(),
        required: false,
        charactersMax: 1000,
      })),
    } as unknown as Campaign["definition"]; // As an author may well write it.
    const wordy = await eu.published({ definition });
    const why = "é".repeat(600);
    for (let batch = 0; batch < 4; batch++)
      await eu.take(
        ...(await Promise.all(
          Array.from({ length: 150 }, (_, index) =>
            answerOf(eu.keys, wordy, {
              reader: many,
              admittedAt: now - (batch * 150 + index) * minute,
              answers: { "why-0": why, "why-1": why, "why-2": why },
            }),
          ),
        )),
      );
    await eu.ingested();
    const copy = await copyOf(await invite(eu.keys, wordy, { reader: many }));
    const answers = copy["answers"] as { receivedAt: string }[];
    expect(answers.length + Number(copy["answersLeftOut"])).toBe(600);
    expect(answers[0]?.receivedAt).toBe(at(0));
    expect(answers.length).toBeLessThan(600);
    const { length } = utf8(JSON.stringify(copy, null, 2));
    expect(length).toBeGreaterThan(1_000_000);
    expect(length).toBeLessThanOrEqual(4_000_000);
  },
);
