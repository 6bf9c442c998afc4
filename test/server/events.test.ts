// Behaviour events in a region: from the edge's hand to the tables, and out of them with the consent they came with.
import { expect, test } from "vitest";
import { base64url, textOf } from "../../sdk/bytes.ts";
import { openBase } from "../../sdk/hpke/open-base.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { copyInfo } from "../../sdk/own-copy.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { EdgeRecord, EventsRecord } from "../../sdk/schema/record.ts";
import { SealedCopy } from "../../sdk/schema/submission.ts";
import { mailDefinition, preferencesOf, requestOf } from "./in-mail.ts";
import { TestRegion, until } from "./region.ts";
import {
  answerOf,
  bytesOf,
  dayMs,
  eventsOf as sealedEvents,
  happened as seen,
  invite,
  randomId,
  watchingNotice,
  withdrawalOf,
  type Answering,
} from "./sealed.ts";

const eu = await TestRegion.start();
const campaign = await eu.published({ definition: mailDefinition, notice: watchingNotice });
const now = Date.now();
const { at } = seen[0]!;
const allowing = { purposes: ["results", "use"] };

const eventsOf = (
  answering: Answering = {},
  events: readonly unknown[] = seen,
  of = campaign,
): Promise<EventsRecord> => sealedEvents(eu.keys, of, answering, events);

const dropped = () => counted("maily_event_batches_dropped_total");
const stored = () => eu.metric("maily_events_total");

async function counted(name: string): Promise<number> {
  const text = await (await eu.get("/metrics")).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** Hands records over and waits until those of events are stored or dropped. */
async function takeEvents(events: number, ...records: EdgeRecord[]): Promise<void> {
  const before = (await stored()) + (await dropped());
  await eu.take(...records);
  await until(async () => (await stored()) + (await dropped()) >= before + events);
}

const funnelOf = async (of: Campaign) => (await eu.results(of)).funnel;

test("events are counted by reader, once however often they come, beside answers that they never touch", async () => {
  const own = await eu.published({ definition: mailDefinition, notice: watchingNotice });
  const reader = randomId(16);
  const batch = await eventsOf({ reader }, seen, own);
  await eu.take(
    await answerOf(eu.keys, own, {
      reader,
      consent: allowing,
      answers: { roast: "dark", stars: 3, why: "x" },
    }),
  );
  await eu.ingested();
  await takeEvents(seen.length, batch, batch);
  await takeEvents(1, await eventsOf({ reader }, [{ kind: "view", at }], own));
  await takeEvents(2, await eventsOf({}, seen.slice(0, 2), own));
  const results = await eu.results(own);
  expect(results.answers).toBe(1);
  expect(results.funnel).toMatchObject({ viewed: 2, started: 2, sent: 1, abandoned: 0 });
  expect(results.funnel?.questions[0]).toEqual({ id: "roast", seen: 1, seconds: null });
});

test("the time before a question is said once five readers gave theirs", async () => {
  const own = await eu.published({ definition: mailDefinition, notice: watchingNotice });
  for (const seconds of [1, 2, 3, 4, 50])
    await takeEvents(
      1,
      await eventsOf(
        {},
        [{ kind: "time", at, question: "roast", milliseconds: seconds * 1000 }],
        own,
      ),
    );
  expect((await funnelOf(own))?.questions[0]?.seconds).toBe(3);
});

test("a campaign that asks for no events has no funnel", async () => {
  expect(await funnelOf(await eu.published())).toBeUndefined();
});

const drops: [name: string, record: () => Promise<EventsRecord>][] = [
  ["consent that allows none", () => eventsOf({ consent: { purposes: ["results"] } })],
  ["consent without what is required", () => eventsOf({ consent: { purposes: ["use"] } })],
  ["another notice", () => eventsOf({ consent: { notice: 2 } })],
  [
    "an answer in an envelope of events",
    () => eventsOf({ payload: JSON.stringify({ answers: { roast: "dark" }, language: "en" }) }),
  ],
  ["a payload that is no JSON", () => eventsOf({ payload: "{" })],
  ["a question that nobody asks", () => eventsOf({}, [{ kind: "question", at, question: "age" }])],
  [
    "an option that there is not",
    () => eventsOf({}, [{ kind: "click", at, question: "roast", option: 2 }]),
  ],
  [
    "an option of what is typed",
    () => eventsOf({}, [{ kind: "click", at, question: "why", option: 0 }]),
  ],
  ["a text", () => eventsOf({}, [{ kind: "view", at, text: "hello" }])],
  ["no events", () => eventsOf({}, [])],
  [
    "too many events",
    () =>
      eventsOf(
        {},
        Array.from({ length: 33 }, () => ({ kind: "view", at })),
      ),
  ],
  [
    "an invitation that another key signed",
    () => eventsOf({ invitationSeed: bytesOf(randomId(32)) }),
  ],
  ["another region's key", () => eventsOf({ sealedTo: "us" })],
  ["a visit that is none", async () => ({ ...(await eventsOf()), channel: "site" })],
  [
    "consent of two months ago",
    () => eventsOf({ consent: { givenAt: new Date(now - 60 * dayMs).toISOString() } }),
  ],
  [
    "a consent they were not sealed with",
    async () => {
      const record = await eventsOf();
      return { ...record, consent: { ...record.consent, language: "de" } };
    },
  ],
];

test.for(drops)("counts and keeps nothing of %s", async ([, record]) => {
  const [before, events] = [await dropped(), await stored()];
  await takeEvents(1, await record());
  expect([await dropped(), await stored()]).toEqual([before + 1, events]);
});

test("events that come as an answer become a dead letter", async () => {
  const letters = (await eu.deadLetters()).length;
  await eu.take({ ...(await eventsOf()), kind: "answer", receiptId: randomId(32) });
  await eu.ingested();
  expect(await eu.deadLetters()).toHaveLength(letters + 1);
});

const takingBack: [name: string, record: (reader: string, of: Campaign) => Promise<EdgeRecord>][] =
  [
    ["a withdrawal", (reader, of) => withdrawalOf(eu.keys, of, { reader, admittedAt: now + 1 })],
    [
      "an erasure",
      (reader, of) => requestOf(eu.keys, of, "erase", { reader, admittedAt: now + 1 }),
    ],
    [
      "preferences without the purpose",
      (reader, of) =>
        preferencesOf(eu.keys, of, {
          reader,
          admittedAt: now + 1,
          consent: { purposes: ["results"] },
        }),
    ],
    [
      "an answer without the purpose",
      (reader, of) =>
        answerOf(eu.keys, of, {
          reader,
          admittedAt: now + 1,
          answers: { roast: "dark", stars: 3, why: "x" },
        }),
    ],
  ];

test.for(takingBack)(
  "%s takes the events away, those that come late too, and none that are agreed to later",
  async ([, record]) => {
    const own = await eu.published({ definition: mailDefinition, notice: watchingNotice });
    const reader = randomId(16);
    await takeEvents(seen.length, await eventsOf({ reader, admittedAt: now }, seen, own));
    expect(await funnelOf(own)).toMatchObject({ viewed: 1 });
    await eu.take(await record(reader, own));
    await eu.ingested();
    expect(await funnelOf(own)).toMatchObject({ viewed: 0 });
    const late = await eventsOf(
      { reader, admittedAt: now + 5, consent: { givenAt: new Date(now).toISOString() } },
      seen,
      own,
    );
    await eu.take(late);
    await takeEvents(
      1,
      await eventsOf({ reader, admittedAt: now + 10 }, [{ kind: "start", at }], own),
    );
    expect(await funnelOf(own)).toMatchObject({ viewed: 0, started: 1 });
  },
);

test("a reader's own copy has them", async () => {
  const own = await eu.published({ definition: mailDefinition, notice: watchingNotice });
  const reader = randomId(16);
  await takeEvents(seen.length, await eventsOf({ reader }, seen, own));
  const seed = generateSeed();
  const invitation = await invite(eu.keys, own, { reader });
  const response = await eu.signed("POST", "/v1/intake/my-data", {
    invitation,
    publicKey: base64url(regionPublicKey(seed)),
  });
  const bytes = bytesOf(SealedCopy.parse(await response.json()).envelope);
  const aad = parseInvitation(invitation).bytes;
  const plain = await openBase(bytes.slice(0, 1120), seed, copyInfo, aad, bytes.slice(1120));
  const copy = JSON.parse(textOf(plain ?? new Uint8Array(0))) as { events: unknown[] };
  expect(copy.events).toHaveLength(seen.length);
  expect(copy.events).toContainEqual({ kind: "time", question: "roast", milliseconds: 4200, at });
});

test("where a region acknowledges from its stream, a reader's hour and withdrawal bound them", async () => {
  const us = await TestRegion.start({ keys: eu.keys, region: "us", durability: "stream" });
  await us.publish(campaign);
  const reader = randomId(16);
  const batch = (admittedAt: number) => eventsOf({ region: "us", reader, admittedAt });
  const full = await Promise.all(Array.from({ length: 60 }, (_, index) => batch(now + index)));
  const taken = await us.take(...full);
  expect(taken.every(({ status }) => status === "stored")).toBe(true);
  expect(await us.take(await batch(now + 100))).toEqual([
    { status: "refused", code: "rate-limited" },
  ]);
  // An answer has its own count.
  const answer = await answerOf(eu.keys, campaign, { region: "us", reader, consent: allowing });
  expect(await us.take(answer)).toMatchObject([{ status: "stored" }]);
  await us.take(
    await withdrawalOf(eu.keys, campaign, { region: "us", reader, admittedAt: now + 200 }),
  );
  expect(await us.take(await batch(now + 150))).toEqual([
    { status: "refused", code: "consent-withdrawn" },
  ]);
});
