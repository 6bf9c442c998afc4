import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { Problem } from "../../../sdk/problem.ts";
import { SegmentChange, SegmentState } from "../../../sdk/schema/segment.ts";
import { engineLimits } from "../../../server/segments/limits.ts";
import { Members } from "../../../server/segments/engine/members.ts";
import { Telling } from "../../../server/segments/telling.ts";
import type { Row, SubmissionRow, WithdrawalRow } from "../../../server/warehouse/rows.ts";
import { temporaryFolder } from "../region.ts";
import { submissionRow } from "../warehouse/row.ts";
import { segmentOf, Settled } from "./settled.ts";
import { campaign, otherCampaign, publishedCampaign, readerOf, tenant } from "./world.ts";

const root = temporaryFolder();
let folders = 0;
const folder = (): string => {
  const path = join(root, String(folders++));
  mkdirSync(path);
  return path;
};

const dark = "SELECT reader FROM current_answers WHERE question = 'roast' AND option_id = 'dark'";

let offset = 0n;
const answer = (
  number: number,
  option: string,
  rest: Partial<SubmissionRow> = {},
): SubmissionRow => {
  offset++;
  return {
    ...submissionRow(offset, [{ question: "roast", position: 0, option }]),
    tenant,
    campaign,
    reader: readerOf(number),
    purposes: ["results", "offers"],
    givenAt: Number(offset) * 60_000,
    admittedAt: Number(offset) * 60_000,
    ...rest,
  };
};
const withdrawal = (number: number): WithdrawalRow => {
  const { source, receiptId, submissionId, admittedAt } = answer(number, "dark");
  const reader = readerOf(number);
  return {
    kind: "withdrawal",
    source,
    tenant,
    campaign,
    reader,
    submissionId,
    receiptId,
    test: false,
    admittedAt,
  };
};
const many = (count: number, option: string, from = 0): Row[] =>
  Array.from({ length: count }, (_, index) => answer(from + index, option));

const refusal = (work: () => unknown): Problem => {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

test("a segment follows answers, changes of mind and withdrawals, and tells of them once", async () => {
  const settled = await Settled.open(folder());
  const { segments } = settled;
  await settled.write(many(10, "dark"));
  segments.start();
  await settled.put(segmentOf("dark-roast", dark));
  expect(SegmentState.parse(segments.get(tenant, "dark-roast"))).toMatchObject({
    size: 10,
    belowFloor: false,
    region: "eu",
  });
  await sleep(60);
  settled.told.length = 0;
  await settled.write([...many(2, "dark", 10), answer(0, "light")]);
  // Told before `apply` returned: nothing has waited.
  expect(settled.told.map((change) => SegmentChange.parse(change))).toMatchObject([
    { kind: "segment", segment: "dark-roast", size: 11, entered: 2, left: 1 },
  ]);
  expect(segments.has(tenant, "dark-roast", readerOf(11))).toBe(true);
  expect(segments.has(tenant, "dark-roast", readerOf(0))).toBe(false);
  await settled.write([withdrawal(11)]);
  expect(segments.has(tenant, "dark-roast", readerOf(11))).toBe(false);
  expect(segments.get(tenant, "dark-roast")?.size).toBe(10);
  const { sequence } = segments.get(tenant, "dark-roast")!;
  expect(sequence).toBeGreaterThan(settled.told[0]!.sequence);
  await vi.waitFor(() => expect(settled.told).toHaveLength(2));
  expect(settled.told[1]).toMatchObject({ size: 10, entered: 0, left: 1 });
  await settled.close();
});

test("members agree to the segment's purpose now", async () => {
  const settled = await Settled.open(folder());
  settled.segments.start();
  await settled.put(segmentOf("dark-roast", dark));
  await settled.write([...many(6, "dark"), answer(6, "dark", { purposes: ["results"] })]);
  expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(6);
  await settled.write([answer(0, "dark", { purposes: ["results"] })]);
  expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(5);
  expect(settled.segments.has(tenant, "dark-roast", readerOf(0))).toBe(false);
  await settled.close();
});

test("below the floor neither size nor movement is told", async () => {
  const settled = await Settled.open(folder());
  settled.segments.start();
  await settled.put(segmentOf("dark-roast", dark));
  await sleep(60);
  settled.told.length = 0;
  await settled.write(many(4, "dark"));
  expect(settled.told).toMatchObject([{ belowFloor: true, entered: 0, left: 0 }]);
  expect(settled.told[0]).not.toHaveProperty("size");
  expect(settled.segments.list(tenant)[0]).not.toHaveProperty("size");
  await settled.close();
});

const ordered = (number: number, option: string, first: string): SubmissionRow =>
  answer(number, option, {
    answers: [
      { question: "roast", position: 0, option },
      { question: "order", position: 0, option: first },
      { question: "order", position: 1, option: first === "taste" ? "price" : "taste" },
    ],
  });

test("choices are those of members alone", async () => {
  const settled = await Settled.open(folder());
  settled.segments.start();
  await settled.put(segmentOf("dark-roast", dark));
  await settled.write([
    ordered(1, "dark", "taste"),
    ordered(2, "dark", "price"),
    ordered(3, "light", "price"),
  ]);
  await settled.write([ordered(1, "dark", "price")]);
  expect(settled.segments.choices(tenant, "dark-roast")).toEqual([
    { question: "roast", answered: 2, options: new Map([["dark", 2]]) },
    { question: "order", answered: 2, options: new Map([["price", 2]]) },
  ]);
  await settled.close();
});

test("nobody sees another tenant's, or another campaign's readers", async () => {
  const settled = await Settled.open(folder());
  settled.segments.start();
  await settled.put(segmentOf("everybody", "SELECT reader FROM current_readers"));
  await settled.write([
    ...many(6, "dark"),
    ...many(5, "dark", 100).map((row) => ({ ...row, campaign: otherCampaign })),
    ...many(5, "dark", 200).map((row) => ({ ...row, tenant: 8 })),
  ]);
  expect(settled.segments.get(tenant, "everybody")?.size).toBe(6);
  expect(settled.segments.list(8)).toEqual([]);
  expect(settled.segments.get(8, "everybody")).toBeUndefined();
  expect(settled.segments.has(8, "everybody", readerOf(1))).toBe(false);
  expect(refusal(() => settled.segments.delete(8, "everybody")).code).toBe("segment-unknown");
  expect(
    refusal(() => settled.segments.put(8, segmentOf("mine", "SELECT reader FROM current_readers")))
      .code,
  ).toBe("segment-invalid");
  await settled.close();
});

test("is read again at the start, with what was committed meanwhile", async () => {
  const path = folder();
  const before = await Settled.open(path);
  before.segments.start();
  await before.put(segmentOf("dark-roast", dark));
  await before.write(many(8, "dark"));
  const { sequence } = before.segments.get(tenant, "dark-roast")!;
  await before.close();
  const after = await Settled.open(path);
  after.segments.start();
  expect(after.segments.get(tenant, "dark-roast")).toMatchObject({
    paused: "loading",
    belowFloor: true,
  });
  // While its readers are read: of some before, of some anew.
  await after.write([...many(3, "dark", 100), answer(0, "light"), withdrawal(1)]);
  await after.loaded("dark-roast");
  expect(after.segments.get(tenant, "dark-roast")?.size).toBe(9);
  expect(after.segments.get(tenant, "dark-roast")!.sequence).toBeGreaterThan(sequence);
  expect(await after.segments.check(tenant, "dark-roast")).toMatchObject({
    missing: 0,
    extra: 0,
    members: 9,
  });
  await after.close();
});

test("a planted fault is found, told as an incident, and mended from the tables", async () => {
  const divergences: number[] = [];
  const settled = await Settled.open(folder(), { onDivergence: () => divergences.push(1) });
  await settled.put(segmentOf("dark-roast", dark));
  await settled.write(many(9, "dark"));
  expect(await settled.segments.check(tenant, "dark-roast")).toMatchObject({
    missing: 0,
    extra: 0,
  });
  // The engine forgets what it is told of: as if a change had been lost.
  const set = vi.spyOn(Members.prototype, "set").mockReturnValue(false);
  await settled.write(many(3, "dark", 50));
  set.mockRestore();
  expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(9);
  const logged = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await settled.segments.check(tenant, "dark-roast")).toMatchObject({
    missing: 3,
    extra: 0,
  });
  const lines = logged.mock.calls.map(([line]) => String(line)).join("");
  logged.mockRestore();
  expect(lines).toContain('"event":"segment-diverged"');
  expect(lines).not.toContain(readerOf(50));
  expect(divergences).toHaveLength(1);
  expect(settled.segments.health).toMatchObject({ suspect: 1, paused: 1 });
  await settled.loaded("dark-roast");
  expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(12);
  expect(settled.segments.keepingOf(tenant, "dark-roast")).toMatchObject({
    divergences: 1,
    rebuiltAt: expect.any(Number),
  });
  expect(await settled.segments.check(tenant, "dark-roast")).toMatchObject({
    missing: 0,
    extra: 0,
  });
  expect(settled.segments.health).toMatchObject({ suspect: 0, paused: 0 });
  await settled.close();
});

test("the comparison goes on by itself", async () => {
  const settled = await Settled.open(folder());
  await settled.put(segmentOf("dark-roast", dark));
  const set = vi.spyOn(Members.prototype, "set").mockReturnValue(false);
  await settled.write(many(6, "dark"));
  set.mockRestore();
  settled.segments.start();
  await vi.waitFor(() => expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(6), 10_000);
  await settled.close();
});

test("a campaign that is too large pauses its segments, and none is wrong", async () => {
  const settled = await Settled.open(folder(), { limits: { ...engineLimits, readers: 10 } });
  await settled.put(segmentOf("dark-roast", dark));
  await settled.write(many(10, "dark"));
  expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(10);
  await settled.write(many(1, "dark", 10));
  expect(settled.segments.get(tenant, "dark-roast")).toMatchObject({
    paused: "too-large",
    belowFloor: true,
  });
  expect(settled.segments.get(tenant, "dark-roast")).not.toHaveProperty("size");
  expect(settled.segments.has(tenant, "dark-roast", readerOf(1))).toBe(false);
  expect(settled.segments.choices(tenant, "dark-roast")).toBeUndefined();
  // Declared again it is read again, and is as large as before.
  settled.segments.put(tenant, segmentOf("dark-roast", dark));
  await vi.waitFor(() =>
    expect(settled.segments.get(tenant, "dark-roast")?.paused).toBe("too-large"),
  );
  await settled.close();
});

test("says what does not fit the campaign, when it is declared and when the campaign is published again", async () => {
  let published = publishedCampaign();
  const settled = await Settled.open(folder(), {
    campaigns: { ofTenant: () => published },
  });
  const put = (sql: string, rest = {}) =>
    refusal(() => settled.segments.put(tenant, segmentOf("s", sql, rest)));
  expect(put("SELECT reader FROM current_answers WHERE question = 'roats'").toJSON()).toMatchObject(
    {
      code: "segment-sql",
      status: 422,
      errors: [
        { line: 1, column: 53, message: "there is no question 'roats'; did you mean 'roast'?" },
      ],
    },
  );
  expect(put(dark, { purpose: "training" }).toJSON()).toMatchObject({
    code: "segment-invalid",
    errors: ["purpose: the notice has no training; it has results, offers"],
  });
  await settled.put(segmentOf("dark-roast", dark));
  published = {
    ...published,
    notice: { ...published.notice, purposes: published.notice.purposes.slice(0, 1) },
  };
  settled.segments.published({ tenant, campaign });
  expect(settled.segments.get(tenant, "dark-roast")?.paused).toBe("invalid");
  expect(settled.segments.keepingOf(tenant, "dark-roast")?.faults).toEqual([
    "purpose: the notice has no offers; it has results",
  ]);
  published = publishedCampaign();
  settled.segments.published({ tenant, campaign });
  await settled.loaded("dark-roast");
  await settled.close();
});

const bought = (number: number, id: string) => ({
  tenant,
  campaign,
  reader: readerOf(number),
  cleared: false,
  stored: [{ id, kind: "purchase", amount: 600, currency: "EUR", happenedAt: 1 }],
});

test("activities count where a segment asks for them", async () => {
  const settled = await Settled.open(folder());
  await settled.put(
    segmentOf(
      "buyers",
      "SELECT reader FROM reader_activities WHERE kind = 'purchase' GROUP BY reader HAVING SUM(amount) >= 1000",
    ),
  );
  await settled.write(many(6, "dark"));
  settled.segments.applyActivities([bought(1, "a"), bought(2, "b")]);
  expect(settled.segments.has(tenant, "buyers", readerOf(1))).toBe(false);
  settled.segments.applyActivities([bought(1, "c")]);
  expect(settled.segments.has(tenant, "buyers", readerOf(1))).toBe(true);
  expect(settled.segments.has(tenant, "buyers", readerOf(2))).toBe(false);
  settled.segments.applyActivities([{ ...bought(1, "d"), cleared: true, stored: [] }]);
  expect(settled.segments.has(tenant, "buyers", readerOf(1))).toBe(false);
  await settled.close();
});

test("one who listens and fails keeps nobody else from hearing", async () => {
  const settled = await Settled.open(folder());
  await settled.put(segmentOf("dark-roast", dark));
  const heard: number[] = [];
  settled.segments.onChange(() => {
    throw new Error("planted");
  });
  const stop = settled.segments.onChange((changes) => heard.push(changes.length));
  await sleep(60);
  await settled.write(many(5, "dark"));
  expect(heard).toEqual([1]);
  stop();
  await sleep(60);
  await settled.write(many(5, "dark", 20));
  expect(heard).toEqual([1]);
  await settled.close();
});

test("the first change is told at once, further ones together after 10 ms, and the last always", () => {
  vi.useFakeTimers();
  try {
    const told: string[][] = [];
    const telling = new Telling<{ id: string }>((things) => told.push(things.map(({ id }) => id)));
    const [one, other] = [{ id: "one" }, { id: "other" }];
    telling.changed([one]);
    expect(told).toEqual([["one"]]);
    for (let index = 0; index < 100; index++) telling.changed([one]);
    telling.changed([other]);
    expect(told).toEqual([["one"], ["other"]]);
    vi.advanceTimersByTime(9);
    expect(told).toHaveLength(2);
    vi.advanceTimersByTime(2);
    expect(told).toEqual([["one"], ["other"], ["one"]]);
    vi.advanceTimersByTime(1_000);
    expect(told).toHaveLength(3);
    telling.changed([one]);
    expect(told).toHaveLength(4);
    telling.close();
  } finally {
    vi.useRealTimers();
  }
});

test("telling takes a bounded share of time, however much changes", () => {
  vi.useFakeTimers();
  try {
    let told = 0;
    const telling = new Telling<object>(() => {
      told++;
      // Nothing else moves this clock.
      vi.advanceTimersByTime(20);
    });
    telling.changed([{}]);
    telling.changed([{}]);
    expect(told).toBe(1);
    vi.advanceTimersByTime(179);
    expect(told).toBe(1);
    vi.advanceTimersByTime(2);
    expect(told).toBe(2);
    telling.close();
  } finally {
    vi.useRealTimers();
  }
});

test("a tenant keeps 200 segments in a region", async () => {
  const settled = await Settled.open(folder());
  for (let index = 0; index < 200; index++)
    settled.segments.put(tenant, segmentOf(`s${index}`, "SELECT reader FROM current_readers"));
  const one = segmentOf("one-more", "SELECT reader FROM current_readers");
  expect(refusal(() => settled.segments.put(tenant, one)).code).toBe("segments-full");
  settled.segments.put(tenant, segmentOf("s7", dark));
  settled.segments.delete(tenant, "s8");
  settled.segments.put(tenant, one);
  expect(settled.segments.list(tenant)).toHaveLength(200);
  await settled.close();
});
