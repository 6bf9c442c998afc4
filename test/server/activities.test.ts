// What a tenant's systems tell of readers' conduct: taken only with consent, once, whole, and gone with the consent.
import { expect, test } from "vitest";
import { base64url, textOf } from "../../sdk/bytes.ts";
import { openBase } from "../../sdk/hpke/open-base.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { copyInfo } from "../../sdk/own-copy.ts";
import { ActivityAnswer, type Activity } from "../../sdk/schema/activity.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Lifts, Revenue } from "../../sdk/schema/insight.ts";
import type { EdgeRecord } from "../../sdk/schema/record.ts";
import { SealedCopy } from "../../sdk/schema/submission.ts";
import { generateKeys } from "../../cli/keygen.ts";
import { mailDefinition, preferencesOf, requestOf } from "./in-mail.ts";
import { codeOf, TestRegion } from "./region.ts";
import {
  answerOf,
  bytesOf,
  dayMs,
  invite,
  randomId,
  watchingNotice,
  withdrawalOf,
} from "./sealed.ts";

const eu = await TestRegion.start();
/** The same notice, with a purpose that allows to keep activities. */
const shoppingNotice = {
  ...watchingNotice,
  purposes: [...watchingNotice.purposes, { id: "shop", text: "Purchases too", activities: true }],
} as unknown as Campaign["notice"]; // Parsed, with its defaults, by campaignOf.
const shopping = { definition: mailDefinition, notice: shoppingNotice };
const campaign = await eu.published(shopping);
const allowing = { purposes: ["results", "shop"] };
const answers = { roast: "dark", stars: 3, why: "x" };
const now = Date.now();
const at = (milliseconds: number): string => new Date(milliseconds).toISOString();

async function answered(
  reader: string,
  admittedAt = now,
  of = campaign,
  consent: { purposes: string[] } = allowing,
): Promise<void> {
  await eu.take(await answerOf(eu.keys, of, { reader, admittedAt, answers, consent }));
  await eu.ingested();
}

const purchase = (reader: string, changes: Partial<Activity> = {}): Activity => ({
  id: randomId(16),
  reader,
  kind: "purchase",
  amount: 1_250,
  currency: "EUR",
  happenedAt: at(now + 1),
  ...changes,
});

const post = (
  body: unknown,
  of: Campaign = campaign,
  token: string | undefined = eu.keys.tenant.token,
): Promise<Response> =>
  fetch(`${eu.origin}/v1/campaigns/${of.id}/activities`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function told(activities: readonly Activity[], of = campaign): Promise<string[]> {
  const response = await post({ activities }, of);
  if (!response.ok) throw new Error(await response.text());
  return ActivityAnswer.parse(await response.json()).results.map(({ status }) => status);
}

/** What the reader's own copy says of it. */
async function copyOf(
  reader: string,
  of = campaign,
): Promise<{ activities: { id: string }[]; deliveries: unknown[] }> {
  const seed = generateSeed();
  const invitation = await invite(eu.keys, of, { reader });
  const response = await eu.signed("POST", "/v1/intake/my-data", {
    invitation,
    publicKey: base64url(regionPublicKey(seed)),
  });
  const bytes = bytesOf(SealedCopy.parse(await response.json()).envelope);
  const aad = parseInvitation(invitation).bytes;
  const plain = await openBase(bytes.slice(0, 1120), seed, copyInfo, aad, bytes.slice(1120));
  return JSON.parse(textOf(plain ?? new Uint8Array(0))) as Awaited<ReturnType<typeof copyOf>>;
}

test("each is stored once, a repeat adds nothing, and other content under its id is refused", async () => {
  const reader = randomId(16);
  await answered(reader);
  const one = purchase(reader, { id: "order | 1" });
  const click = purchase(reader, {
    kind: "click",
    label: "eco",
    amount: undefined,
    currency: undefined,
  });
  expect(await told([one, click, one, { ...one, amount: 1 }])).toEqual([
    "stored",
    "stored",
    "repeated",
    "activity-conflict",
  ]);
  expect(await told([{ ...one, amount: 2 }])).toEqual(["activity-conflict"]);
  expect(await told([one])).toEqual(["repeated"]);
  // An id is one thing's, delivery or not.
  const delivered = { id: one.id, reader, kind: "delivered", happenedAt: at(now) };
  expect(await told([delivered])).toEqual(["activity-conflict"]);
  const { activities } = await copyOf(reader);
  expect(activities).toContainEqual({
    id: "order | 1",
    kind: "purchase",
    amount: 1250,
    currency: "EUR",
    at: at(now + 1),
  });
  expect(activities).toHaveLength(2);
});

test("who did not agree, never answered or answered another campaign is refused one by one, the others stored", async () => {
  const [agrees, refuses, elsewhere] = [randomId(16), randomId(16), randomId(16)];
  const other = await eu.published(shopping);
  await answered(agrees);
  await answered(refuses, now, campaign, { purposes: ["results"] });
  await answered(elsewhere, now, other);
  expect(
    await told([
      purchase(refuses),
      purchase(agrees),
      purchase(elsewhere),
      purchase(randomId(16)),
      // Before the reader agreed.
      purchase(agrees, { happenedAt: at(now - 1) }),
    ]),
  ).toEqual(["consent-missing", "stored", "consent-missing", "consent-missing", "consent-missing"]);
  expect((await copyOf(agrees)).activities).toHaveLength(1);
});

test("the sender's own deliveries need no purpose, and none is taken for later than it came", async () => {
  const own = await eu.published({ definition: mailDefinition });
  const reader = randomId(16);
  const delivered = { id: "mail 1", reader, kind: "delivered", happenedAt: at(now + 90 * dayMs) };
  expect(await told([delivered, { ...delivered, id: "mail 2", kind: "bounced" }], own)).toEqual([
    "stored",
    "stored",
  ]);
  expect(await told([delivered], own)).toEqual(["repeated"]);
  const { deliveries } = await copyOf(reader, own);
  expect(deliveries).toHaveLength(2);
  expect(Date.parse((deliveries[0] as { at: string }).at)).toBeLessThanOrEqual(Date.now());
  expect(await codeOf(await post({ activities: [purchase(reader)] }, own))).toBe(
    "activities-unwanted",
  );
});

const takingBack: [name: string, record: (reader: string) => Promise<EdgeRecord>][] = [
  ["a withdrawal", (reader) => withdrawalOf(eu.keys, campaign, { reader, admittedAt: now + 10 })],
  [
    "an erasure",
    (reader) => requestOf(eu.keys, campaign, "erase", { reader, admittedAt: now + 10 }),
  ],
  [
    "preferences without the purpose",
    (reader) =>
      preferencesOf(eu.keys, campaign, {
        reader,
        admittedAt: now + 10,
        consent: { purposes: ["results"] },
      }),
  ],
  [
    "an answer without the purpose",
    (reader) => answerOf(eu.keys, campaign, { reader, admittedAt: now + 11_000, answers }),
  ],
];

test.for(takingBack)(
  "%s takes them away in its own commit; late ones stay out, later ones are taken once agreed to",
  async ([, record]) => {
    const reader = randomId(16);
    await answered(reader, now);
    const early = purchase(reader);
    const delivered = { id: randomId(16), reader, kind: "delivered", happenedAt: at(now + 1) };
    expect(await told([early, delivered])).toEqual(["stored", "stored"]);
    await eu.take(await record(reader));
    await eu.ingested();
    expect((await copyOf(reader)).activities).toEqual([]);
    expect(await told([early])).toEqual(["consent-missing"]);
    await answered(reader, now + 60_000);
    const between = purchase(reader, { happenedAt: at(now + 5) });
    expect(await told([early, between])).toEqual(["consent-missing", "consent-missing"]);
  },
);

test("an erasure takes deliveries too, and those from before it stay out", async () => {
  const reader = randomId(16);
  const delivered = { id: randomId(16), reader, kind: "delivered", happenedAt: at(now) };
  expect(await told([delivered])).toEqual(["stored"]);
  await eu.take(await requestOf(eu.keys, campaign, "erase", { reader, admittedAt: now + 1 }));
  await eu.ingested();
  expect((await copyOf(reader)).deliveries).toEqual([]);
  expect(await told([delivered])).toEqual(["consent-missing"]);
});

const wrong: [name: string, body: unknown, code: string][] = [
  ["no JSON", "{", "malformed-request"],
  ["no activities", { activities: [] }, "malformed-request"],
  [
    "too many",
    { activities: Array.from({ length: 1001 }, () => purchase(randomId(16))) },
    "malformed-request",
  ],
  ["a name for the reader", { activities: [purchase("ada@example.org")] }, "malformed-request"],
  [
    "a fraction of a cent",
    { activities: [purchase(randomId(16), { amount: 0.5 })] },
    "malformed-request",
  ],
  [
    "an amount of nothing",
    { activities: [{ ...purchase(randomId(16)), currency: undefined }] },
    "malformed-request",
  ],
  [
    "a currency that is none",
    { activities: [purchase(randomId(16), { currency: "euro" })] },
    "malformed-request",
  ],
  [
    "a delivery with a price",
    { activities: [purchase(randomId(16), { kind: "delivered" })] },
    "malformed-request",
  ],
  [
    "a time that is none",
    { activities: [purchase(randomId(16), { happenedAt: "today" })] },
    "malformed-request",
  ],
  [
    "a line break in the label",
    { activities: [purchase(randomId(16), { label: "a\nb" })] },
    "malformed-request",
  ],
  [
    "something more",
    { activities: [{ ...purchase(randomId(16)), email: "x" }] },
    "malformed-request",
  ],
  ["more than a megabyte", { activities: ["x".repeat(1_048_600)] }, "body-too-large"],
];

test.for(wrong)("refuses %s", async ([, body, code]) => {
  const response = await post(body);
  const problem = (await response.json()) as { code: string };
  expect(problem.code).toBe(code);
  expect(JSON.stringify(problem)).not.toContain("ada@example.org");
});

test("another tenant's campaign does not exist, and without a token there is nothing", async () => {
  const activities = [purchase(randomId(16))];
  expect(await codeOf(await post({ activities }, campaign, "x".repeat(43)))).toBe("token-invalid");
  const stranger = await generateKeys(8, Date.now() - 45 * dayMs);
  expect(await codeOf(await post({ activities }, campaign, stranger.tenant.token))).toBe(
    "token-invalid",
  );
  const unknown = { ...campaign, id: randomId(8) };
  expect(await codeOf(await post({ activities }, unknown))).toBe("campaign-unknown");
  for (const what of ["revenue", "lift"])
    expect((await eu.get(`/v1/campaigns/${campaign.id}/${what}`)).status).toBe(401);
});

test("revenue and lift of readers who agree, above the floor", async () => {
  const own = await eu.published(shopping);
  const readers = Array.from({ length: 24 }, () => randomId(16));
  await eu.take(
    ...(await Promise.all(
      readers.map((reader, index) =>
        answerOf(eu.keys, own, {
          reader,
          admittedAt: now - dayMs,
          consent: allowing,
          answers: { ...answers, roast: index % 2 === 0 ? "dark" : "light" },
        }),
      ),
    )),
  );
  await eu.ingested();
  const bought = readers.filter((_, index) => index < 12);
  await told(
    bought.map((reader) => purchase(reader, { happenedAt: at(now - 1000) })),
    own,
  );
  const ask = async (path: string): Promise<unknown> => {
    const response = await eu.get(`/v1/campaigns/${own.id}/${path}`, eu.keys.tenant.token);
    return response.json();
  };
  const revenue = Revenue.parse(await ask("revenue?floor=5&question=roast"));
  expect(revenue.total).toMatchObject({ readers: 24, buyers: 12, orders: 12 });
  expect(revenue.by?.options.map(({ buyers }) => buyers)).toEqual([6, 6]);
  expect(Revenue.parse(await ask("revenue")).total).toMatchObject({
    readers: 24,
    withheld: "too-few",
  });
  const one = Lifts.parse(await ask("lift?floor=5&question=roast&option=dark&kind=purchase"));
  expect(one.lifts[0]).toMatchObject({ chose: { readers: 12, acted: 6 }, others: { acted: 6 } });
  const all = Lifts.parse(await ask("lift?floor=5"));
  expect(all.tested).toBe(all.lifts.length);
  expect(all.lifts.find(({ option }) => option === "dark")).toMatchObject({
    kind: "purchase",
    label: null,
  });
  for (const query of [
    "floor=4",
    "floor=x",
    "question=A%20b",
    "kind=DROP",
    `label=${"x".repeat(121)}`,
  ])
    expect(await ask(`lift?${query}`)).toMatchObject({ code: "malformed-request" });
});
