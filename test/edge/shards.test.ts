// A region's shards change, and whatever was promised to a reader holds: by the new configuration, by the old one that some
// isolates still have, and where an object stopped half-way.
import {
  createExecutionContext,
  evictDurableObject,
  listDurableObjectIds,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { Homes } from "../../edge/homes.ts";
import { base64url } from "../../sdk/bytes.ts";
import { readerHourlyMax } from "../../sdk/schema/submission.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import {
  bytesOf,
  consentOf,
  instant,
  invite,
  randomBytes,
  submissionOf,
} from "../edge-process/fixture.ts";
import {
  bindings,
  deployment,
  eventually,
  expectProblem,
  origin,
  publish,
  receiptOf,
  setMood,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});
afterEach(() => setMood("eu"));

/** Numbers of shards: the one that holds, then those before it, newest first. */
type Layout = readonly [number, ...number[]];

const regionsBy = ([shards, ...before]: Layout): string => {
  const links = JSON.parse(bindings.REGIONS) as Record<string, object>;
  const eu = { ...links["eu"], shards, before: before.map((earlier) => ({ shards: earlier })) };
  return JSON.stringify({ ...links, eu });
};

/** As an isolate asks that has this configuration. */
async function ask(layout: Layout, path: string, body?: unknown): Promise<Response> {
  const context = createExecutionContext();
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const request = new Request(origin + path, body === undefined ? {} : init);
  const response = await app.fetch(request, { ...bindings, REGIONS: regionsBy(layout) }, context);
  await waitOnExecutionContext(context);
  return response;
}

const answer = (layout: Layout, sent: Submission) => ask(layout, "/v1/answers", sent);

/** A new reader whose shards, of two, three and more, are those of this number. */
const readerOf = (number: number) => {
  const reader = randomBytes(16);
  reader.set([number >> 8, number & 255]);
  return reader;
};

const inviteOf = (number: number) => invite(tenant, campaign, "eu", { reader: readerOf(number) });

const submissionBy = async (number: number) => submissionOf(deployment, await inviteOf(number));

const objectAt = (shard: number) => bindings.OUTBOX.getByName(`eu-${shard}`);

const homesAt = (shard: number) =>
  runInDurableObject(objectAt(shard), (_, { storage }) => [
    ...storage.sql.exec<{ reader: string; shard: number }>("SELECT reader, shard FROM homes"),
  ]);

const nameOf = ({ invitation }: Pick<Submission, "invitation">): string => {
  const bytes = bytesOf(invitation);
  return `${tenant.tenant}|${campaign.id}|${base64url(bytes.slice(16, 32))}`;
};

test("where the shards never changed nobody is looked for, and no other object is asked", async () => {
  await receiptOf(await answer([1], await submissionBy(1)));
  expect(await homesAt(0)).toEqual([]);
  expect(await listDurableObjectIds(bindings.OUTBOX)).toHaveLength(1);
});

describe.each([
  { what: "more shards", before: [1], now: [2, 1], number: 1 },
  { what: "fewer shards", before: [3], now: [2, 3], number: 5 },
  { what: "a layout that was there before", before: [2, 1], now: [1, 2, 1], number: 1 },
] as const)("with $what", ({ before, now, number }) => {
  test("a repeat gets the first receipt", async () => {
    const sent = await submissionBy(number);
    const receipt = await receiptOf(await answer(before, sent));
    expect(await receiptOf(await answer(now, sent))).toBe(receipt);
    expect(await receiptOf(await answer(now, sent))).toBe(receipt);
  });

  test("a withdrawal holds, and is the same withdrawal", async () => {
    const invitation = await inviteOf(number);
    const late = await submissionOf(deployment, invitation);
    const receipt = await receiptOf(await ask(before, "/v1/withdrawals", { invitation }));
    await expectProblem(await answer(now, late), "consent-withdrawn");
    expect(await receiptOf(await ask(now, "/v1/withdrawals", { invitation }))).toBe(receipt);
  });

  test("a used id is refused with other content, and another reader's use of it is not", async () => {
    const sent = await submissionBy(number);
    await receiptOf(await answer(before, sent));
    const { invitation, submissionId } = sent;
    const other = await submissionOf(deployment, invitation, { submissionId, drink: "coffee" });
    await expectProblem(await answer(now, other), "submission-reused");
    const stranger = await submissionOf(deployment, await inviteOf(number), { submissionId });
    await receiptOf(await answer(now, stranger));
  });

  test("haste is seen across the move", async () => {
    const invitation = await inviteOf(number);
    await receiptOf(await answer(before, await submissionOf(deployment, invitation)));
    const hasty = await answer(now, await submissionOf(deployment, invitation));
    expect(await hasty.json()).toMatchObject({ confirm: true });
  });

  test("an isolate that still has the old configuration gives the same receipts, back and forth", async () => {
    const invitation = await inviteOf(number);
    const first = await submissionOf(deployment, invitation, {
      consent: consentOf({ givenAt: instant(-60_000) }),
    });
    const receipts = [await receiptOf(await answer(before, first))];
    const second = await submissionOf(deployment, invitation);
    const secondReceipt = await receiptOf(await answer(now, second));
    for (const layout of [before, now, before, now] as const) {
      receipts.push(await receiptOf(await answer(layout, first)));
      expect(await receiptOf(await answer(layout, second))).toBe(secondReceipt);
    }
    expect(new Set(receipts).size).toBe(1);
    await receiptOf(await ask(before, "/v1/withdrawals", { invitation }));
    const late = await submissionOf(deployment, invitation, {
      consent: consentOf({ givenAt: instant(-30_000) }),
    });
    await expectProblem(await answer(now, late), "consent-withdrawn");
  });
});

test("from layout to layout to layout everything is remembered", async () => {
  const layouts: Layout[] = [[1], [2, 1], [3, 2, 1], [5, 3, 2, 1], [4, 5, 3, 2], [1, 4, 5, 3]];
  const kept: { sent: Submission; receipt: string }[] = [];
  for (const [index, layout] of layouts.entries()) {
    for (let number = 0; number < 12; number++) {
      const sent = await submissionBy(number * 7 + index);
      kept.push({ sent, receipt: await receiptOf(await answer(layout, sent)) });
    }
    // Not everybody comes again in every layout.
    for (const [each, { sent, receipt }] of kept.entries())
      if (each % 3 !== index % 3) expect(await receiptOf(await answer(layout, sent))).toBe(receipt);
  }
  const taken = await eventually(
    async () => (await takenBy("eu", campaign.id)).map(({ record }) => record.submissionId),
    (ids) => kept.every(({ sent }) => ids.includes(sent.submissionId)),
  );
  for (const { sent } of kept)
    expect(taken.filter((id) => id === sent.submissionId)).toHaveLength(1);
});

test("old and new configuration at the same time give one receipt for one submission", async () => {
  const layouts = [[1], [2, 1], [3, 2, 1]] as const;
  const sent = await Promise.all(Array.from({ length: 24 }, (_, number) => submissionBy(number)));
  const receipts = new Map(sent.map(({ submissionId }) => [submissionId, new Set<string>()]));
  for (let round = 0; round < 4; round++)
    await Promise.all(
      sent.flatMap((own, index) =>
        layouts.map(async (_, turn) => {
          const response = await answer(layouts[(index + turn + round) % 3]!, own);
          // Whoever is on the way to another object is told to come again.
          if (response.status === 503) expect(response.headers.get("retry-after")).toBe("1");
          else receipts.get(own.submissionId)!.add(await receiptOf(response));
        }),
      ),
    );
  for (const own of sent) await receiptOf(await answer([3, 2, 1], own));
  for (const [, given] of receipts) expect(given.size).toBe(1);
  const taken = (await takenBy("eu", campaign.id)).map(({ record }) => record.submissionId);
  for (const { submissionId } of sent)
    expect(taken.filter((id) => id === submissionId).length).toBeLessThanOrEqual(1);
});

describe("an object that stops half-way", () => {
  test("after it gave a reader away, whom the other never got: asked again, it gives the same", async () => {
    const sent = await submissionBy(1);
    const receipt = await receiptOf(await answer([1], sent));
    await objectAt(0).handOver("eu", [nameOf(sent)], 1);
    await evictDurableObject(objectAt(0));
    expect(await receiptOf(await answer([2, 1], sent))).toBe(receipt);
  });

  test("and the old configuration finds the reader again as well", async () => {
    const sent = await submissionBy(1);
    const receipt = await receiptOf(await answer([1], sent));
    await objectAt(0).handOver("eu", [nameOf(sent)], 1);
    expect(await receiptOf(await answer([1], sent))).toBe(receipt);
    expect(await homesAt(1)).toContainEqual({ reader: nameOf(sent), shard: 0 });
    expect(await receiptOf(await answer([2, 1], sent))).toBe(receipt);
  });

  test("having got a reader, and started again, it still has what it got", async () => {
    const sent = await submissionBy(1);
    const receipt = await receiptOf(await answer([1], sent));
    expect(await receiptOf(await answer([2, 1], sent))).toBe(receipt);
    await evictDurableObject(objectAt(1));
    await evictDurableObject(objectAt(0));
    expect(await receiptOf(await answer([2, 1], sent))).toBe(receipt);
    expect(await homesAt(1)).toContainEqual({ reader: nameOf(sent), shard: 1 });
  });
});

test("a reader who is asked for while being fetched is not at home, and neither of two who fetch at once is both", async () => {
  await receiptOf(await answer([1], await submissionBy(1)));
  const reader = nameOf(await submissionBy(1));
  const toAsk = await runInDurableObject(objectAt(0), (_, { storage }) => {
    const homes = new Homes(storage.sql);
    const coming = homes.expect([reader]);
    const memory = homes.handOver(reader, 1, Date.now());
    homes.arrived({ coming, asked: new Map([[reader, [1]]]), own: 0 }, [memory], Date.now());
    homes.gaveUp(coming);
    return homes.toAsk(reader, [1, 2]);
  });
  expect(toAsk).toEqual([1]);
});

test("a reader whom an object gave to one that nobody named is looked for there the next time", async () => {
  const sent = await submissionBy(5); // Of 1: 0; of 2: 1; of 3: 2.
  const receipt = await receiptOf(await answer([1], sent));
  expect(await receiptOf(await answer([2, 1], sent))).toBe(receipt);
  const lost = await answer([3, 1], sent);
  expect(await expectProblem(lost, "region-unavailable")).toMatchObject({ retryAfterSeconds: 1 });
  expect(await receiptOf(await answer([3, 1], sent))).toBe(receipt);
});

test("what two objects remember of a reader is in the order of its admission where the reader comes next", async () => {
  const sent = await submissionBy(5); // Of 1: 0; of 2: 1; of 3: 2.
  await receiptOf(await answer([1], sent));
  await receiptOf(await answer([2, 1], sent));
  const now = Date.now();
  for (const [shard, ages] of [
    [0, [9_000, 8_000]],
    [1, [8_000, 7_000]],
  ] as const)
    await runInDurableObject(objectAt(shard), (_, { storage }) => {
      storage.sql.exec("DELETE FROM seen WHERE reader = ?", nameOf(sent));
      for (const age of ages)
        storage.sql.exec(
          "INSERT INTO seen (reader, submission_id, content_sha256, admitted_at, receipt, kind) VALUES (?, ?, '', ?, '', 'answer')",
          nameOf(sent),
          `${age}`,
          now - age,
        );
    });
  await receiptOf(await answer([3, 2, 1], sent));
  const order = await runInDurableObject(objectAt(2), (_, { storage }) => [
    ...storage.sql.exec(
      "SELECT submission_id FROM seen WHERE reader = ? ORDER BY id",
      nameOf(sent),
    ),
  ]);
  expect(order.map((row) => row["submission_id"])).toEqual([
    "9000",
    "8000",
    "7000",
    sent.submissionId,
  ]);
});

/** What /healthz counts in eu for one shard that was three. */
async function waitingBy13(): Promise<number> {
  const response = await ask([1, 3], "/healthz");
  const { regions } = await response.json<{ regions: { eu: { waiting: number } } }>();
  return regions.eu.waiting;
}

test("what waits stays where it is, is counted, and leaves from there", async () => {
  await setMood("eu", { away: true });
  const early = await submissionBy(1);
  await receiptOf(await answer([3], early));
  const late = await submissionOf(deployment, early.invitation);
  await receiptOf(await answer([1, 3], late));
  expect((await objectAt(1).backlog()).waiting).toBeGreaterThan(0);
  await eventually(waitingBy13, (waiting) => waiting >= 2);
  await setMood("eu");
  await eventually(waitingBy13, (waiting) => waiting === 0);
  const taken = (await takenBy("eu", campaign.id)).map(({ record }) => record.submissionId);
  for (const { submissionId } of [early, late])
    expect(taken.filter((id) => id === submissionId)).toHaveLength(1);
});

test("a reader's rate goes on in the new object", async () => {
  const invitation = await inviteOf(1);
  const sent = await submissionOf(deployment, invitation);
  await receiptOf(await answer([1], sent));
  await runInDurableObject(objectAt(0), (_, { storage }) => {
    const name = nameOf({ invitation });
    for (let index = 0; index < readerHourlyMax; index++)
      storage.sql.exec(
        `INSERT INTO seen (reader, submission_id, content_sha256, admitted_at, receipt, kind)
         VALUES (?, ?, '', ?, '', 'request')`,
        name,
        `made-${index}`,
        Date.now() - 60_000,
      );
  });
  const more = await answer([2, 1], await submissionOf(deployment, invitation));
  await expectProblem(more, "rate-limited");
});

test("where readers went is forgotten with what they sent", async () => {
  const sent = await submissionBy(1);
  await receiptOf(await answer([1], sent));
  await receiptOf(await answer([2, 1], sent));
  for (const shard of [0, 1]) {
    expect((await homesAt(shard)).length).toBeGreaterThan(0);
    await runInDurableObject(objectAt(shard), async (outbox, { storage }) => {
      storage.sql.exec("UPDATE homes SET since = since - ?", 32 * 86_400_000);
      await outbox.alarm();
    });
    expect(await homesAt(shard)).toEqual([]);
  }
});
