// Answers are counted before they are committed where a commit can only count them, and who takes consent back is gone before;
// whatever else becomes of a record is taken back.
import { expect, test } from "vitest";
import type { Warehouse } from "../../../server/warehouse/duckdb.ts";
import type { Row, SubmissionRow, Written } from "../../../server/warehouse/rows.ts";
import { temporaryFolder } from "../region.ts";
import { Events } from "./events.ts";
import { longSegments } from "./long.ts";
import { segmentOf, Settled } from "./settled.ts";
import { answerAt, campaign, readerOf, seeded, tenant } from "./world.ts";

const dark = "SELECT reader FROM current_answers WHERE question = 'roast' AND option_id = 'dark'";
const readers = 400;
const batches = 40;

let offset = 0n;
function answer(number: number, option: string, rest: Partial<SubmissionRow> = {}): SubmissionRow {
  offset++;
  return {
    ...answerAt(seeded(1), { number, offset, at: Number(offset) * 60_000 }),
    campaign,
    purposes: ["results", "offers"],
    answers: [{ question: "roast", position: 0, option }],
    ...rest,
  };
}

function leave(number: number, kind: "withdrawal" | "request", at = Number(offset)): Row {
  const { source, receiptId, submissionId } = answer(number, "dark");
  const of = { source, tenant, campaign, reader: readerOf(number), submissionId, test: false };
  const named = {
    ...of,
    admittedAt: answerAt(seeded(1), { number, offset, at: at * 60_000 }).admittedAt,
  };
  return kind === "withdrawal"
    ? { kind, ...named, receiptId }
    : { kind, ...named, request: "erase", via: "page" };
}

/** Preferences that agree to all that answers here agree to. */
const preferring = (number: number): Row => ({
  ...answer(number, "light"),
  kind: "preferences",
  consented: true,
  topics: [],
  frequency: undefined,
});

async function opened(): Promise<Settled & { has: (number: number) => boolean }> {
  const settled = await Settled.open(temporaryFolder());
  settled.segments.start();
  await settled.put(segmentOf("dark", dark));
  const has = (number: number): boolean => settled.segments.has(tenant, "dark", readerOf(number));
  return Object.assign(settled, { has });
}

/** In which of the segments each is. */
const membershipOf = ({ segments }: Settled, names: readonly string[]): Map<string, string> =>
  new Map(
    names.map((name) => [
      name,
      longSegments.map(({ id }) => Number(segments.has(tenant, id, name))).join(""),
    ]),
  );

test("of random events, whatever is told ahead of its commit is what the commit says", async () => {
  const settled = await Settled.open(temporaryFolder());
  settled.segments.start();
  for (const segment of longSegments) await settled.put(segment);
  const source = new Events(seeded(11), readers);
  let [ahead, moved, wrong] = [0, 0, 0];
  for (let batch = 0; batch < batches; batch++) {
    const rows = source.batch(120);
    // Of a reader with several records in one commit each is right until the next.
    const times = Map.groupBy(rows as { reader: string }[], ({ reader }) => reader);
    const names = [...times].flatMap(([name, of]) => (of.length === 1 ? [name] : []));
    const before = membershipOf(settled, names);
    settled.segments.expect(rows);
    const told = membershipOf(settled, names);
    await settled.commit(rows);
    for (const [name, now] of membershipOf(settled, names)) {
      if (now !== before.get(name)) moved++;
      if (told.get(name) === before.get(name)) continue;
      ahead++;
      if (told.get(name) !== now) wrong++;
    }
  }
  expect(wrong).toBe(0);
  expect(ahead).toBeGreaterThan(500);
  // Late ones, and whoever withdrew or set preferences, wait.
  expect(ahead).toBeLessThan(moved);
  await settled.close();
});

test("a new reader's answer and a later change of mind are counted at once", async () => {
  const settled = await opened();
  const rows = Array.from({ length: 9 }, (_, number) => answer(number, "dark"));
  settled.segments.expect(rows);
  expect(settled.segments.get(tenant, "dark")?.size).toBe(9);
  await settled.commit(rows);
  expect(settled.segments.get(tenant, "dark")?.size).toBe(9);
  settled.segments.expect([answer(3, "light")]);
  expect(settled.segments.get(tenant, "dark")?.size).toBe(8);
  await settled.close();
});

test("who may have more to weigh waits for the commit", async () => {
  const settled = await opened();
  const first = answer(1, "light");
  await settled.write([first, answer(2, "light"), answer(3, "light")]);
  const { source, receiptId } = first;
  const named = { source, tenant, campaign, receiptId, test: false } as const;
  await settled.write([
    {
      kind: "withdrawal",
      ...named,
      reader: readerOf(2),
      submissionId: "d2l0aGRyYXdu",
      admittedAt: answer(2, "light").admittedAt,
    },
  ]);
  // Two seconds after the last, a test send, another record of the reader's under way, consent that was taken back once.
  const soon = answer(1, "dark", { admittedAt: first.admittedAt + 2_000 });
  const again = [answer(3, "dark"), answer(3, "light")];
  const rows: Row[] = [soon, answer(4, "dark", { test: true }), answer(2, "dark")];
  settled.segments.expect([...rows, again[0]!]);
  expect([1, 2, 4].map(settled.has)).toEqual([false, false, false]);
  expect(settled.has(3)).toBe(true);
  settled.segments.expect([again[1]!]);
  expect(settled.has(3)).toBe(true);
  await settled.commit([...rows, ...again]);
  expect([1, 2, 3, 4].map(settled.has)).toEqual([false, true, false, false]);
  await settled.close();
});

test("who has more to weigh is known from the tables too", async () => {
  const settled = await Settled.open(temporaryFolder());
  settled.segments.start();
  const plain = answer(1, "light");
  const pair = [answer(2, "light"), answer(2, "light")];
  const held = pair.map((row) => ({ ...row, admittedAt: pair[1]!.admittedAt }));
  const gone = answer(3, "light");
  const { source, receiptId, submissionId } = gone;
  const erased = { source, tenant, campaign, submissionId, reader: readerOf(4), test: false };
  const refused = { ...answer(5, "light"), envelopeSha256: new Uint8Array(32) };
  await settled.write([plain, ...held, gone]);
  const { admittedAt } = answer(9, "light");
  await settled.write([
    { kind: "withdrawal", ...erased, reader: gone.reader, receiptId, admittedAt },
    { kind: "request", ...erased, request: "erase", via: "page", admittedAt },
    {
      ...refused,
      kind: "preferences",
      consented: false,
      purposes: [],
      topics: [],
      frequency: undefined,
    },
  ]);
  await settled.put(segmentOf("dark", dark));
  const rows = [1, 2, 3, 4, 5, 6].map((number) => answer(number, "dark"));
  settled.segments.expect(rows);
  const has = (number: number): boolean => settled.segments.has(tenant, "dark", readerOf(number));
  expect([1, 2, 3, 4, 5, 6].map(has)).toEqual([true, false, false, false, false, true]);
  await settled.commit(rows);
  expect([1, 2, 3, 4, 5, 6].map(has)).toEqual([true, true, true, true, true, true]);
  await settled.close();
});

test("who takes consent back is gone at once, and comes back where that was never stored", async () => {
  const settled = await opened();
  const rows = Array.from({ length: 8 }, (_, number) => answer(number, "dark"));
  await settled.write(rows);
  const leaving = [leave(0, "withdrawal"), leave(1, "request")];
  settled.segments.expect(leaving);
  expect([0, 1, 2].map(settled.has)).toEqual([false, false, true]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  await settled.commit(leaving);
  expect(settled.segments.get(tenant, "dark")?.size).toBe(6);
  // An answer under way, and then its withdrawal; a test; one from before the answer that counts; one that is read again.
  const fresh = [answer(9, "dark"), leave(9, "withdrawal")];
  settled.segments.expect(fresh);
  expect(settled.has(9)).toBe(false);
  await settled.commit(fresh);
  expect(settled.has(9)).toBe(false);
  const [trial, early, dropped] = [
    leave(2, "withdrawal"),
    leave(3, "request", 0),
    leave(4, "request"),
  ];
  settled.segments.expect([{ ...trial, test: true } as Row, early, dropped]);
  expect([2, 3, 4].map(settled.has)).toEqual([true, true, false]);
  settled.segments.settle([trial, early, dropped]);
  expect([2, 3, 4].map(settled.has)).toEqual([true, true, true]);
  expect(settled.segments.get(tenant, "dark")?.size).toBe(6);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  await settled.close();
});

test("who takes consent back stays out while answers from before are still committed", async () => {
  const settled = await opened();
  await settled.write([10, 11, 12, 13, 14, 15, 16].map((number) => answer(number, "dark")));
  const told = settled.told.length;
  // Counted ahead; known already; nobody can say what it will do, for the reader set preferences once.
  await settled.write([answer(2, "light"), preferring(3)]);
  const answers = [1, 2, 3].map((number) => answer(number, "dark"));
  const leaving = [1, 2, 3].map((number) => leave(number, "withdrawal"));
  settled.segments.expect(answers);
  settled.segments.expect(leaving);
  const has = (): boolean[] => [1, 2, 3].map(settled.has);
  expect(has()).toEqual([false, false, false]);
  await settled.commit(answers);
  expect(has()).toEqual([false, false, false]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  // Read anew meanwhile, it is no other.
  await settled.put(segmentOf("dark", dark, { name: "Read anew" }));
  expect(has()).toEqual([false, false, false]);
  const [first, ...others] = leaving;
  await settled.commit([first!]);
  expect(has()).toEqual([false, false, false]);
  // The others are read again: until then the answers count.
  settled.segments.settle(others);
  expect(has()).toEqual([false, true, true]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  settled.segments.expect(others);
  // And whoever agrees again meanwhile is in with that commit.
  const again = answer(2, "dark");
  settled.segments.expect([again]);
  expect(has()).toEqual([false, false, false]);
  await settled.commit([...others, again]);
  expect(has()).toEqual([false, true, false]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  expect(settled.told.slice(told).some(({ paused }) => paused === "diverged")).toBe(false);
  await settled.close();
});

test("who takes consent back is in no segment that is declared before that is committed", async () => {
  const settled = await Settled.open(temporaryFolder());
  settled.segments.start();
  const rows = Array.from({ length: 7 }, (_, number) => answer(number, "dark"));
  await settled.write(rows);
  const leaving = [leave(1, "request"), leave(2, "withdrawal")];
  settled.segments.expect(leaving);
  await settled.put(segmentOf("dark", dark));
  const has = (number: number): boolean => settled.segments.has(tenant, "dark", readerOf(number));
  expect([1, 2, 3].map(has)).toEqual([false, false, true]);
  expect(settled.told.at(-1)).toMatchObject({ size: 5 });
  await settled.commit(leaving);
  expect([1, 2, 3].map(has)).toEqual([false, false, true]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  await settled.close();
});

test("what is committed as something else is taken back", async () => {
  const settled = await opened();
  const used = answer(1, "light", { test: true });
  const [kept, fresh] = [answer(2, "light"), answer(3, "dark")];
  await settled.write([used, kept]);
  // The same id for another answer: it becomes a dead letter.
  const reused = answer(1, "dark", {
    submissionId: used.submissionId,
    envelopeSha256: new Uint8Array(32).fill(9),
  });
  const changed = answer(2, "dark");
  settled.segments.expect([reused, changed, fresh]);
  expect([1, 2, 3].map(settled.has)).toEqual([true, true, true]);
  const written = await settled.commit([reused, changed]);
  expect(written.deadLetters).toMatchObject([{ code: "submission-reused" }]);
  expect([1, 2, 3].map(settled.has)).toEqual([false, true, true]);
  // Never committed: it will be read again.
  const back = answer(2, "light");
  settled.segments.expect([back]);
  settled.segments.settle([back, fresh]);
  expect([1, 2, 3].map(settled.has)).toEqual([false, true, false]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  await settled.close();
});

test("what is ahead of its commit is no difference, and a segment that is read anew has it too", async () => {
  const settled = await opened();
  await settled.write(Array.from({ length: 6 }, (_, number) => answer(number, "dark")));
  const row = answer(7, "dark");
  settled.segments.expect([row]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  await settled.put(segmentOf("dark", dark, { name: "Read anew" }));
  expect(settled.has(7)).toBe(true);
  await settled.commit([row]);
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  expect(settled.segments.get(tenant, "dark")?.size).toBe(7);
  await settled.close();
});

test("commits that the engine has not heard of yet are no difference, one in each look", async () => {
  let [looks, isBehind] = [0, false];
  const read: Warehouse["read"] = async (query) => {
    if (isBehind) await commitUnheard(looks++);
    return settled.warehouse.read(query);
  };
  const settled = await Settled.open(temporaryFolder(), { warehouse: { read } });
  settled.segments.start();
  await settled.put(segmentOf("dark", dark));
  await settled.write(Array.from({ length: 6 }, (_, number) => answer(number, "dark")));
  let unheard: Written | undefined;
  /** It hears of each with the next. */
  const commitUnheard = async (number: number): Promise<void> => {
    if (unheard !== undefined) settled.segments.apply(unheard);
    const rows = [answer(10 + number, "dark"), answer(number, "light")];
    unheard = await settled.warehouse.write({ rows, nextOffsets: new Map(), replay: false });
  };
  isBehind = true;
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 0, extra: 0 });
  expect(looks).toBe(2);
  // What it never hears of is one.
  isBehind = false;
  expect(await settled.segments.check(tenant, "dark")).toMatchObject({ missing: 1, extra: 1 });
  await settled.close();
});
