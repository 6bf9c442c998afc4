// Behaviour events at the edge: only with the consent of an answer that allows them, and never in an answer's way.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import { EventsAccepted, type EventsSubmission } from "../../sdk/schema/submission.ts";
import {
  consentOf,
  instant,
  invite,
  randomBytes,
  siteOf,
  submissionOf,
} from "../edge-process/fixture.ts";
import {
  asking,
  corsOf,
  deployment,
  eventually,
  expectProblem,
  logged,
  outboxOf,
  post,
  publish,
  receiptOf,
  rowsOf,
  setMood,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

const notice: Campaign["notice"] = {
  version: 3,
  controller: { name: "Test Tea", contact: "privacy@tea.example" },
  retentionDays: 30,
  text: "We count.",
  purposes: [
    { id: "results", text: "Count", required: true, lawfulBasis: "consent", sharing: false },
    {
      id: "use",
      text: "Watch",
      required: false,
      lawfulBasis: "consent",
      sharing: false,
      events: true,
    },
    {
      id: "resale",
      text: "Share",
      required: false,
      lawfulBasis: "consent",
      sharing: true,
      events: true,
    },
  ],
};

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish({ notice });
});
afterEach(() => setMood("eu"));

const allowing = (changes: Partial<Consent> = {}): Consent =>
  consentOf({ purposes: ["results", "use"], ...changes });

/** The edge opens no envelope: what is sealed in it is the region's to refuse. */
const eventsOf = async (
  invitation: string,
  changes: Parameters<typeof submissionOf>[2] = {},
): Promise<EventsSubmission> =>
  submissionOf(deployment, invitation, { consent: allowing(), ...changes });

const mine = (of = campaign, region: "eu" | "us" | "apac" = "eu") => invite(tenant, of, region);

async function taken(response: Response): Promise<void> {
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(202);
  expect(response.headers.get("cache-control")).toBe("no-store");
  EventsAccepted.parse(body);
}

test("events reach their region sealed, as they came, and leave no memory at the edge", async () => {
  const sent = await eventsOf(await mine());
  const before = await rowsOf("eu");
  await taken(await post("/v1/events", sent));
  const [entry] = await eventually(
    () => takenBy("eu", campaign.id),
    (entries) => entries.length > 0,
  );
  expect(entry?.record).toEqual({
    kind: "events",
    ...sent,
    admittedAt: entry?.record.admittedAt,
    channel: "web",
  });
  expect((await rowsOf("eu"))["seen"]).toBe(before["seen"]);
  expect(await takenBy("us", campaign.id)).toEqual([]);
});

test("a region that acknowledges from its stream has them before the edge answers", async () => {
  const sent = await eventsOf(await mine(campaign, "apac"));
  await taken(await post("/v1/events", sent));
  expect((await takenBy("apac", campaign.id)).at(-1)?.record).toMatchObject({
    kind: "events",
    submissionId: sent.submissionId,
  });
});

type Refused = [name: string, code: ProblemCode, ask: () => Promise<Response>];

const send = async (
  changes: Parameters<typeof submissionOf>[2] = {},
  headers: Record<string, string> = {},
): Promise<Response> => post("/v1/events", await eventsOf(await mine(), changes), headers);

const refusals: Refused[] = [
  ["no JSON", "malformed-request", () => post("/v1/events", "?")],
  [
    "a member that nobody knows",
    "malformed-request",
    async () => post("/v1/events", { ...(await eventsOf(await mine())), events: [] }),
  ],
  [
    "plain text, as a beacon of a string would be",
    "unsupported-media-type",
    async () => post("/v1/events", await eventsOf(await mine()), { "content-type": "text/plain" }),
  ],
  [
    "an invitation that is none",
    "invitation-malformed",
    async () =>
      post("/v1/events", { ...(await eventsOf(await mine())), invitation: "A".repeat(136) }),
  ],
  [
    "an expired invitation",
    "invitation-expired",
    async () =>
      post(
        "/v1/events",
        await eventsOf(await invite(tenant, campaign, "eu", { expiresAt: 1_000_000 })),
      ),
  ],
  [
    "a campaign that asks for no events",
    "events-unwanted",
    async () =>
      post("/v1/events", await eventsOf(await mine(await publish()), { consent: consentOf() })),
  ],
  [
    "a reader outside the sample",
    "events-unwanted",
    async () => {
      const { definition } = campaign;
      const sampled = await publish({
        notice,
        definition: { ...definition, events: { sample: 0.5 } },
      });
      const reader = randomBytes(16).fill(0xff, 12);
      return post("/v1/events", await eventsOf(await invite(tenant, sampled, "eu", { reader })));
    },
  ],
  [
    "consent that allows none",
    "consent-missing",
    () => send({ consent: allowing({ purposes: ["results"] }) }),
  ],
  [
    "consent that leaves out what is required",
    "consent-missing",
    () => send({ consent: allowing({ purposes: ["use"] }) }),
  ],
  [
    "consent to an earlier notice",
    "notice-stale",
    () => send({ consent: allowing({ notice: 2 }) }),
  ],
  [
    "a purpose that nobody asked for",
    "purpose-unknown",
    () => send({ consent: allowing({ purposes: ["results", "use", "profiling"] }) }),
  ],
  [
    "consent of two months ago",
    "consent-time",
    () => send({ consent: allowing({ givenAt: instant(-60 * 86_400_000) }) }),
  ],
  [
    "a browser that opted out, for a purpose that shares",
    "gpc-opt-out",
    () => send({ consent: allowing({ purposes: ["results", "resale"] }) }, { "sec-gpc": "1" }),
  ],
  ["an envelope for another region", "region-mismatch", () => send({ sealedFor: "us" })],
  [
    "an envelope that is none",
    "envelope-malformed",
    async () => post("/v1/events", { ...(await eventsOf(await mine())), envelope: "AAAA" }),
  ],
  [
    "a closed campaign",
    "campaign-closed",
    async () => {
      const closed = await publish({ notice, closesAt: instant(-60_000) });
      return post("/v1/events", await eventsOf(await mine(closed)));
    },
  ],
];

for (const [name, code, ask] of refusals)
  test(`refuses ${name}: ${code}`, async () => {
    const lines = await logged(async () => expectProblem(await ask(), code));
    for (const line of lines) expect(line).not.toMatch(/[A-Za-z0-9_-]{64}/);
  });

test("a reader in the sample is taken, wherever the share lies", async () => {
  const { definition } = campaign;
  const sampled = await publish({ notice, definition: { ...definition, events: { sample: 0.5 } } });
  const reader = randomBytes(16).fill(0, 12);
  await taken(
    await post("/v1/events", await eventsOf(await invite(tenant, sampled, "eu", { reader }))),
  );
});

test("who shares nothing may be watched though the browser opted out of sharing", async () => {
  await taken(await send({}, { "sec-gpc": "1" }));
});

for (const [name, takesBack] of [
  ["a withdrawal", (invitation: string) => post("/v1/withdrawals", { invitation })],
  ["an erasure", (invitation: string) => post("/v1/requests", asking(invitation, "erase"))],
] as const)
  test(`after ${name} nothing is taken on the earlier consent, and on a later one it is`, async () => {
    const invitation = await mine();
    await taken(await post("/v1/events", await eventsOf(invitation)));
    await (await takesBack(invitation)).arrayBuffer();
    await expectProblem(await post("/v1/events", await eventsOf(invitation)), "consent-withdrawn");
    const later = allowing({ givenAt: instant(1_000) });
    await taken(await post("/v1/events", await eventsOf(invitation, { consent: later })));
  });

test("one reader's events are counted apart from the answers", async () => {
  const invitation = await mine();
  const sent = await eventsOf(invitation);
  for (let batch = 0; batch < 60; batch++) await taken(await post("/v1/events", sent));
  const response = await post("/v1/events", sent);
  await expectProblem(response, "rate-limited");
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  await receiptOf(
    await post("/v1/answers", await submissionOf(deployment, invitation, { consent: allowing() })),
  );
});

test("where a region is behind, answers have the room and events have none", async () => {
  await setMood("eu", { away: true });
  await receiptOf(await post("/v1/answers", await eventsOf(await mine())));
  // As if the oldest had waited for ten minutes.
  await runInDurableObject(outboxOf("eu"), (_, state) => {
    state.storage.sql.exec("UPDATE outbox SET admitted_at = admitted_at - 600000");
  });
  await expectProblem(await send(), "region-unavailable");
  await receiptOf(await post("/v1/answers", await eventsOf(await mine())));
  await setMood("eu");
  await eventually(
    async () => (await outboxOf("eu").backlog()).waiting,
    (waiting) => waiting === 0,
  );
  await taken(await send());
});

test("no other origin may read what is answered", async () => {
  const embedded = await publish({ notice, site: siteOf() });
  const invitation = await mine(embedded);
  const response = await post("/v1/events", await eventsOf(invitation), {
    origin: "https://elsewhere.example",
  });
  expect(corsOf(response)).toEqual({});
  await taken(response);
});
