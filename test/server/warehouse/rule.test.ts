// Which answers count, by a rule written plainly, against what the tables say however records are delivered.
import { join } from "node:path";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  nat,
  record,
  uniqueArray,
} from "fast-check";
import { expect, test } from "vitest";
import { isHeld } from "../../../sdk/haste.ts";
import { numberCell } from "../../../server/warehouse/cells.ts";
import { countCampaign } from "../../../server/warehouse/counts.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { retally, tallyFaults } from "../../../server/warehouse/retally.ts";
import type {
  PreferencesRow,
  ReaderChange,
  RequestRow,
  SubmissionRow,
  WithdrawalRow,
} from "../../../server/warehouse/rows.ts";
import { temporaryFolder } from "../region.ts";
import { submissionRow } from "./row.ts";

const folder = temporaryFolder();

type RuledRow = SubmissionRow | WithdrawalRow | PreferencesRow | RequestRow;

/** What happens to one reader; `milliseconds` lie about the limits of haste; below 0, `givenBefore` is a clock that is ahead. */
const happening = record({
  reader: integer({ min: 0, max: 2 }),
  id: integer({ min: 0, max: 6 }),
  seconds: integer({ min: 1, max: 24 }),
  milliseconds: constantFrom(0, 0, 1, 999),
  givenBefore: integer({ min: -3, max: 6 }),
  what: constantFrom(
    "answer",
    "answer",
    "answer",
    "answer",
    "answer",
    "test",
    "withdrawal",
    "preferences",
    "unsubscribe",
    "erase",
  ),
  consented: boolean(),
});
type Happening = typeof happening extends Arbitrary<infer Value> ? Value : never;

function rowOf(event: Happening, offset: number, campaign: string): RuledRow {
  const base = submissionRow(BigInt(offset));
  const { source, tenant, receiptId } = base;
  const { what, id } = event;
  const admittedAt = event.seconds * 1000 + event.milliseconds;
  const named = { source, tenant, campaign, reader: `reader ${event.reader}`, admittedAt };
  const submissionId = `${what} ${id}`;
  const givenAt = admittedAt - event.givenBefore * 1000;
  switch (what) {
    case "withdrawal":
      return { kind: "withdrawal", ...named, submissionId, receiptId, test: false };
    case "unsubscribe":
    case "erase":
      return { kind: "request", ...named, submissionId, request: what, via: "page", test: false };
    case "preferences":
      return {
        kind: "preferences",
        ...named,
        submissionId,
        receiptId,
        envelopeSha256: Uint8Array.of(id),
        revision: 1,
        test: false,
        language: "en",
        notice: 1,
        purposes: event.consented ? ["results", `preferred ${id}`] : [],
        consented: event.consented,
        refusesEvents: false,
        givenAt,
        topics: ["news"],
        frequency: undefined,
      };
    default:
      return {
        ...base,
        ...named,
        submissionId,
        envelopeSha256: Uint8Array.of(id),
        test: what === "test",
        givenAt,
        outcome: `outcome ${id}`,
        purposes: ["results", `answered ${id}`],
        answers: [{ question: "roast", position: 0, option: "dark" }],
      };
  }
}

const latestOf = (rows: readonly RuledRow[], kind: "withdrawal" | "erase"): number =>
  Math.max(
    -Infinity,
    ...rows
      .filter((row) =>
        row.kind === "request"
          ? row.request === "erase"
          : kind === "withdrawal" && row.kind === "withdrawal",
      )
      .map(({ admittedAt }) => admittedAt),
  );

/** By time, then by place on the stream. */
const inOrder = <Row extends RuledRow>(rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (left, right) =>
      left.admittedAt - right.admittedAt || Number(left.source.offset - right.source.offset),
  );

/** A reader decides no later than the edge is told. */
const decidedAt = (row: SubmissionRow | PreferencesRow): number =>
  Math.min(row.givenAt, row.admittedAt);

/** One reader's rows, each once. */
function judge(rows: readonly RuledRow[]) {
  const erasedAt = latestOf(rows, "erase");
  const withdrawnAt = latestOf(rows, "withdrawal");
  const kept = rows.filter((row) => row.kind === "submission" && decidedAt(row) > erasedAt);
  const answers = inOrder(
    kept.filter((row) => row.kind === "submission").filter((row) => !row.test),
  );
  const times = answers.map(({ admittedAt }) => admittedAt);
  const agreed = answers.filter((row) => decidedAt(row) > withdrawnAt);
  const counting = answers.filter(
    (row, index) => decidedAt(row) > withdrawnAt && !isHeld(times, index),
  );
  const current = counting.at(-1);
  const settings = inOrder(
    rows.filter((row) => row.kind === "preferences").filter((row) => decidedAt(row) > withdrawnAt),
  );
  const setting = settings.at(-1);
  const consented =
    setting === undefined ||
    setting.consented ||
    counting.some((row) => decidedAt(row) > decidedAt(setting));
  const counted = consented ? current : undefined;
  const answeredLast =
    setting === undefined || (current !== undefined && decidedAt(current) > decidedAt(setting));
  return {
    stored: kept.length,
    purposes: counted === undefined ? [] : ((answeredLast ? counted : setting)?.purposes ?? []),
    current: counted,
    submissions: consented && current !== undefined ? agreed.length : 0,
    held: consented && current === undefined && agreed.length > 0,
  };
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

function expected(rows: readonly RuledRow[]) {
  const readers = [...Map.groupBy(rows, ({ reader }) => reader).values()].map(judge);
  const counted = readers.flatMap(({ current }) => current ?? []);
  const outcomes = new Map<string, number>();
  for (const { outcome = "" } of counted) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  return {
    readers: counted.length,
    submissions: sum(readers.map(({ submissions }) => submissions)),
    held: readers.filter(({ held }) => held).length,
    outcomes,
    dark: counted.length,
    stored: sum(readers.map(({ stored }) => stored)),
    agreed: readers.flatMap(({ current, purposes }) =>
      current === undefined ? [] : [[current.reader, current.submissionId, ...purposes].join()],
    ),
  };
}

/** What follows of all changes, taken in their order: of each reader with an answer that counts, that and the purposes. */
function followed(changes: readonly ReaderChange[], campaign: string): string[] {
  const last = new Map(
    changes
      .filter((change) => change.campaign === campaign)
      .toSorted((left, right) => left.sequence - right.sequence)
      .map((change) => [change.reader, change]),
  );
  return Array.from(last.values()).flatMap(({ reader, current, purposes }) =>
    current === undefined ? [] : [[reader, current.submissionId, ...purposes].join()],
  );
}

/** The same as the views that SQL is written over say it, values too. */
async function viewed(warehouse: Warehouse, changes: readonly ReaderChange[], campaign: string) {
  const rowsOf = (sql: string): Promise<string[]> =>
    warehouse.read(async (connection) => {
      const found = await connection.runAndReadAll(sql, [campaign]);
      return found.getRowsJS().map((cells) => cells.map(String).join());
    });
  const last = new Map(changes.map((change) => [`${change.campaign} ${change.reader}`, change]));
  const mine = [...last.values()].filter((change) => change.campaign === campaign);
  const readers = mine.flatMap(({ reader, current: answer }) =>
    answer === undefined ? [] : [{ reader, answer }],
  );
  expect(
    (await rowsOf("SELECT reader, outcome FROM current_readers WHERE campaign = ?")).sort(),
  ).toEqual(readers.map(({ reader, answer }) => [reader, answer.outcome].join()).sort());
  expect(
    (await rowsOf("SELECT reader, purpose FROM current_purposes WHERE campaign = ?")).sort(),
  ).toEqual(
    mine
      .flatMap(({ reader, purposes }) => purposes.map((purpose) => [reader, purpose].join()))
      .sort(),
  );
  expect(
    (
      await rowsOf("SELECT reader, question, option_id FROM current_answers WHERE campaign = ?")
    ).sort(),
  ).toEqual(
    readers
      .flatMap(({ reader, answer }) =>
        answer.answers.map(({ question, option }) => [reader, question, option].join()),
      )
      .sort(),
  );
}

async function countsOf(warehouse: Warehouse, campaign: string) {
  return warehouse.read(async (connection) => {
    const counts = await countCampaign(connection, { tenant: 1, campaign }, []);
    const { readers, submissions, held, outcomes, options } = counts;
    const stored = async (table: string): Promise<number> => {
      const reader = await connection.runAndReadAll(
        `SELECT count(*) FROM ${table} WHERE campaign = ?`,
        [campaign],
      );
      return numberCell(reader.getRowsJS()[0]?.[0]);
    };
    // Every submission here has one answer: none stays behind alone.
    expect(await stored("answers")).toBe(await stored("submissions"));
    const dark = options.get("roast")?.get("dark")?.count ?? 0;
    return { readers, submissions, held, outcomes, dark, stored: await stored("submissions") };
  });
}

test(
  "counts by the rule, in whatever order, batches and repeats the records are delivered",
  { timeout: 180_000 },
  async () => {
    const warehouse = await Warehouse.open(join(folder, "rule.duckdb"));
    await assert(
      asyncProperty(
        uniqueArray(happening, {
          minLength: 1,
          maxLength: 14,
          selector: ({ reader, what, id }) => `${reader} ${what} ${id}`,
        }),
        array(nat(), { minLength: 14, maxLength: 20 }),
        array(integer({ min: 1, max: 5 }), { minLength: 35, maxLength: 35 }),
        async (events, places, sizes) => {
          const campaign = crypto.randomUUID();
          const rows = events.map((event, offset) => rowOf(event, offset, campaign));
          // Each at a place of its own choosing; some of them twice.
          const delivered = rows
            .map((row, index) => ({ row, place: places[index] ?? 0 }))
            .concat(
              places.slice(rows.length).flatMap((place, index) => {
                const row = rows[index % rows.length];
                return row === undefined ? [] : [{ row, place }];
              }),
            )
            .toSorted((left, right) => left.place - right.place)
            .map(({ row }) => row);
          const changes: ReaderChange[] = [];
          let start = 0;
          for (const size of sizes) {
            const some = delivered.slice(start, start + size);
            if (some.length > 0) {
              const batch = { rows: some, nextOffsets: new Map(), replay: false };
              changes.push(...(await warehouse.write(batch)).readers);
            }
            start += size;
          }
          const { agreed, ...counts } = expected(rows);
          expect(await countsOf(warehouse, campaign)).toEqual(counts);
          expect(followed(changes, campaign).sort()).toEqual(agreed.sort());
          await viewed(warehouse, changes, campaign);
        },
      ),
      { numRuns: 60 },
    );
    // Counters that were kept with each commit are what a count of everything gives, and so they are when counted anew.
    expect(await warehouse.read(tallyFaults)).toBe(0);
    const said = async (): Promise<unknown> =>
      warehouse.read(async (connection) => {
        const tallies = await connection.runAndReadAll(
          `SELECT key::VARCHAR, count, firsts, places FROM tallies WHERE count <> 0 ORDER BY key`,
        );
        const tallied = await connection.runAndReadAll(
          `SELECT reader_key::VARCHAR FROM tallied ORDER BY ALL`,
        );
        return [tallies.getRowsJS(), tallied.getRowsJS()];
      });
    const kept = await said();
    await warehouse.change(retally);
    expect(await said()).toEqual(kept);
    // A control: a counter that is off is found.
    await warehouse.change((writer) =>
      writer.run("UPDATE tallies SET count = count + 1 WHERE measure = 'reader' AND count = 3"),
    );
    expect(await warehouse.read(tallyFaults)).toBeGreaterThan(0);
    await warehouse.close();
  },
);

test("nothing of one batch is left for the next", async () => {
  const warehouse = await Warehouse.open(join(folder, "staging.duckdb"));
  const events = (["answer", "withdrawal", "preferences", "erase"] as const).map((what, index) =>
    rowOf(
      { reader: index, id: 0, seconds: 9, milliseconds: 0, givenBefore: 1, what, consented: true },
      index,
      "AAAAAAAAAAA",
    ),
  );
  await warehouse.write({ rows: events, nextOffsets: new Map(), replay: false });
  const written = await warehouse.write({ rows: events, nextOffsets: new Map(), replay: false });
  expect(written).toMatchObject({
    stored: [],
    duplicates: 4,
    withdrawals: 0,
    preferences: 0,
    requests: [],
    deadLetters: [],
  });
  await warehouse.close();
});
