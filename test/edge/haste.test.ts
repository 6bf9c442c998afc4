// Answers too fast for a person (SPEC §3.13): the edge stores them, and asks the reader to confirm.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { ConsentedEntry, Outcome } from "../../edge/outbox-entry.ts";
import { migrate } from "../../edge/outbox-schema.ts";
import { Seen } from "../../edge/seen.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Accepted } from "../../sdk/schema/submission.ts";
import { consentOf, invite, randomCode, submissionOf } from "../edge-process/fixture.ts";
import {
  deployment,
  formOf,
  outboxOf,
  post,
  postForm,
  publishMail,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const acceptedOf = async (response: Response): Promise<Accepted> => {
  expect(response.status).toBe(202);
  return response.json<Accepted>();
};

/** Moves all that a region's outbox has seen into the past. */
const passTime = (milliseconds: number) =>
  runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("UPDATE seen SET admitted_at = admitted_at - ?", milliseconds);
  });

describe("over the wire", () => {
  test("one answer is not asked to be confirmed; another within two seconds is", async () => {
    const invitation = await invite(tenant, campaign, "eu");
    const send = async () =>
      acceptedOf(await post("/v1/answers", await submissionOf(deployment, invitation)));
    expect(await send()).not.toHaveProperty("confirm");
    expect(await send()).toMatchObject({ confirm: true });
    await passTime(2_500);
    expect(await send(), "the third within ten seconds").toMatchObject({ confirm: true });
    await passTime(11_000);
    expect(await send()).not.toHaveProperty("confirm");
  });

  test("so it is inside a mail, and whichever way each came", async () => {
    const invitation = await invite(tenant, campaign, "eu");
    const say = (code: string) => postForm(formOf(invitation, { "q.drink": code }));
    expect(await acceptedOf(await say(randomCode()))).not.toHaveProperty("confirm");
    expect(await acceptedOf(await say(randomCode()))).toMatchObject({ confirm: true });
    await passTime(11_000);
    await acceptedOf(await post("/v1/answers", await submissionOf(deployment, invitation)));
    const last = await say(randomCode());
    expect(await last.clone().text()).toHaveLength(4_096);
    expect(await acceptedOf(last)).toMatchObject({ confirm: true });
  });

  test("a scanner that opens ten options in a second has one that is not held, and nine to confirm", async () => {
    const invitation = await invite(tenant, campaign, "eu");
    const answers: Accepted[] = [];
    for (let option = 0; option < 10; option++)
      answers.push(
        await acceptedOf(await postForm(formOf(invitation, { "q.drink": randomCode() }))),
      );
    expect(answers.map(({ confirm }) => confirm === true)).toEqual([
      false,
      ...Array.from({ length: 9 }, () => true),
    ]);
  });

  test("a reader confirms inside the mail with the same choice, once the haste is over", async () => {
    const invitation = await invite(tenant, campaign, "eu");
    const [first, second] = [randomCode(), randomCode()];
    const say = async (code: string) =>
      acceptedOf(await postForm(formOf(invitation, { "q.drink": code })));
    await say(first);
    const held = await say(second);
    expect(held.confirm).toBe(true);
    // Still too soon: the same answer again is no new one, and is still to be confirmed.
    expect(await say(second)).toMatchObject({ receipt: held.receipt, confirm: true });
    await passTime(11_000);
    const confirmed = await say(second);
    expect(confirmed).not.toHaveProperty("confirm");
    expect(confirmed.receipt).not.toBe(held.receipt);
    expect(await say(second)).toMatchObject({ receipt: confirmed.receipt });
  });

  test("two readers at once do not make each other hasty, nor do a reader's preferences or requests", async () => {
    const [one, other] = [
      await invite(tenant, campaign, "eu"),
      await invite(tenant, campaign, "eu"),
    ];
    const answer = async (invitation: string) =>
      acceptedOf(await post("/v1/answers", await submissionOf(deployment, invitation)));
    await answer(one);
    expect(await answer(other)).not.toHaveProperty("confirm");
    const quiet = await invite(tenant, campaign, "eu");
    const set = await submissionOf(deployment, quiet, { consent: consentOf() });
    expect(await acceptedOf(await post("/v1/preferences", set))).not.toHaveProperty("confirm");
    const unsubscribe = { invitation: quiet, requestId: randomCode(), request: "unsubscribe" };
    expect((await post("/v1/requests", unsubscribe)).status).toBe(202);
    expect(await answer(quiet)).not.toHaveProperty("confirm");
  });

  test("test sends are never hasty: nothing counts them", async () => {
    const invitation = await invite(tenant, campaign, "eu", { test: true });
    for (let sent = 0; sent < 3; sent++) {
      const own = await submissionOf(deployment, invitation);
      expect(await acceptedOf(await post("/v1/answers", own))).not.toHaveProperty("confirm");
    }
  });
});

const entry = (
  name: string,
  admittedAt: number,
  changes: Partial<ConsentedEntry> = {},
): ConsentedEntry => ({
  kind: "answer",
  reader: name,
  submissionId: randomCode(),
  contentSha256: randomCode(),
  givenAt: admittedAt,
  admittedAt,
  test: false,
  record: "{}",
  receipt: randomCode(),
  ...changes,
});

describe("by the times of admission", () => {
  let count = 0;
  const reader = () => `1|campaign|reader-${++count}`;
  /** What an outbox says of answers at those times, in that order; `ageMilliseconds` is how long it has lived. */
  const told = (
    times: readonly number[],
    changes: Partial<ConsentedEntry> = {},
    ageMilliseconds = 0,
  ): Promise<boolean[]> =>
    runInDurableObject(outboxOf("eu"), (_, { storage }) => {
      const seen = new Seen(storage.sql);
      const now = Date.now() + ageMilliseconds;
      vi.spyOn(Date, "now").mockReturnValue(now);
      const name = reader();
      return times.map((time) => {
        const outcome = seen.addConsented(entry(name, now + time, changes));
        expect(outcome.status).toBe("stored");
        return "confirm" in outcome;
      });
    });

  const cases: readonly [name: string, times: number[], held: boolean[]][] = [
    ["two seconds apart are held", [0, 2_000], [false, true]],
    ["a little more than two seconds apart are not", [0, 2_001], [false, false]],
    ["three within ten seconds are held", [0, 5_000, 10_000], [false, false, true]],
    ["three within a little more are not", [0, 5_000, 10_001], [false, false, false]],
    ["what arrives out of order is held like what came in order", [2_000, 0], [false, true]],
    ["two at the very same time are held", [0, 0], [false, true]],
    ["one long after a burst is not", [0, 100, 200, 10_300], [false, true, true, false]],
  ];
  for (const [name, times, held] of cases) {
    test(name, async () => {
      expect(await told(times)).toEqual(held);
    });
    // The memory of who answered lately must say the same as asking the table each time.
    test(`${name}, also by an object that has lived long`, async () => {
      expect(await told(times, {}, 3_600_000)).toEqual(held);
    });
  }

  test("an object that starts anew between two answers still sees them", async () => {
    const name = reader();
    const now = Date.now();
    const say = (time: number): Promise<Outcome> =>
      runInDurableObject(outboxOf("eu"), (_, { storage }) =>
        new Seen(storage.sql).addConsented(entry(name, now + time)),
      );
    expect(await say(0)).toEqual({ status: "stored" });
    expect(await say(1_000)).toEqual({ status: "stored", confirm: true });
  });

  test("a repeat of what is held is told so, whatever its id came with", async () => {
    const name = reader();
    const now = Date.now();
    const [first, second] = [entry(name, now), entry(name, now + 500)];
    const outcomes = await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
      const seen = new Seen(storage.sql);
      const repeated = { ...second, admittedAt: now + 60_000, receipt: "another" };
      return [first, second, repeated].map((each) => seen.addConsented(each));
    });
    expect(outcomes).toEqual([
      { status: "stored" },
      { status: "stored", confirm: true },
      { status: "seen", receipt: second.receipt, confirm: true },
    ]);
  });
});

test("an object of the first version keeps what it has seen, and sees haste in it", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const own = await submissionOf(deployment, invitation);
  const { receipt } = await acceptedOf(await post("/v1/answers", own));
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("DROP INDEX parked_by_age; DROP TABLE homes");
    storage.sql.exec("ALTER TABLE seen DROP COLUMN kind");
    storage.sql.exec("UPDATE schema_version SET version = 1");
    migrate(storage);
    migrate(storage);
  });
  expect(await acceptedOf(await post("/v1/answers", own))).toEqual({ receipt });
  const another = await submissionOf(deployment, invitation);
  expect(await acceptedOf(await post("/v1/answers", another))).toMatchObject({ confirm: true });
});
