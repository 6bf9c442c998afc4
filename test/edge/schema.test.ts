// The tables of Durable Objects go up and down by version, and no row is lost on the way.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { campaignSchema } from "../../edge/campaign-store.ts";
import { Outbox } from "../../edge/outbox.ts";
import { outboxSchema } from "../../edge/outbox-schema.ts";
import { migrate, SchemaRefusal, type Migration, type Schema } from "../../edge/schema.ts";
import { base64url, utf8 } from "../../sdk/bytes.ts";
import { sha256 } from "../../sdk/canonical.ts";
import {
  bindings,
  expectProblem,
  logged,
  outboxOf,
  post,
  publish,
  receiptOf,
  submission,
  takenBy,
} from "./edge-under-test.ts";

/**
 * What is released is frozen: objects that it raised would differ from those that its replacement raises. A new migration adds
 * a line.
 */
const released: Readonly<Record<Schema["name"], readonly string[]>> = {
  outbox: ["XrbNDaSXi2sa", "pUtcE-KpXHkq", "Yj3rlzUFirss"],
  campaigns: ["b9WyagRzafAi", "Vn6f8cKzygWt"],
};

const own = (schema: Schema): number => schema.migrations.length;
const targeting = ({ name }: Schema, version: number): string =>
  JSON.stringify({ [name]: version });
const upTo = (schema: Schema, version: number): Schema => ({
  ...schema,
  migrations: schema.migrations.slice(0, version),
  runsFrom: version,
});

/** A schema that runs on whatever it is brought to, so that a test may stop anywhere. */
const anywhere = (schema: Schema): Schema => ({ ...schema, runsFrom: 1 });

let objects = 0;

/** On the storage of a new object, as a platform gives it, without a table. */
const onStorage = <Result>(use: (storage: DurableObjectStorage) => Result): Promise<Result> =>
  runInDurableObject(bindings.CAMPAIGNS.getByName(`schema-${objects++}`), (_, { storage }) => {
    empty(storage);
    return use(storage);
  });

const tablesOf = ({ sql }: DurableObjectStorage): string[] =>
  Array.from(
    sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
    ),
    ({ name }) => name,
  ).toSorted();

function empty(storage: DurableObjectStorage): void {
  for (const table of tablesOf(storage)) storage.sql.exec(`DROP TABLE ${table}`);
}

const isOurs = (table: string): boolean => !/^(schema|undone)_/.test(table);

/** Every row of every table, but the bookkeeping. */
const rowsIn = (storage: DurableObjectStorage): Record<string, unknown[]> =>
  Object.fromEntries(
    tablesOf(storage)
      .filter(isOurs)
      .map((table) => [
        table,
        Array.from(storage.sql.exec(`SELECT * FROM ${table}`), (row) =>
          JSON.stringify(row),
        ).toSorted(),
      ]),
  );

/** Writes a row into every table, of whatever columns it has at this version. */
function writeRow(storage: DurableObjectStorage, numbers: readonly number[]): void {
  for (const table of tablesOf(storage).filter(isOurs)) {
    const columns = [
      ...storage.sql.exec<{ name: string; type: string }>(`PRAGMA table_info(${table})`),
    ];
    const values = columns.map(({ type }, index) => {
      const number = numbers[index % numbers.length] ?? 0;
      return type === "INTEGER" ? number : `text ${number}`;
    });
    const marks = columns.map(() => "?").join(", ");
    storage.sql.exec(`INSERT OR IGNORE INTO ${table} VALUES (${marks})`, ...values);
  }
}

describe.each([
  ["outbox", outboxSchema],
  ["campaigns", campaignSchema],
] as const)("the migrations of the %s", (name, schema) => {
  test("are the released ones", async () => {
    const sums = await Promise.all(
      schema.migrations.map(async ({ up, down = "", again = "", readableFrom }) => {
        const text = [up, down, again, readableFrom].join("; ").replaceAll(/\s+/g, " ");
        return base64url(await sha256(utf8(text))).slice(0, 12);
      }),
    );
    expect(sums).toEqual(released[name]);
  });

  test("can be undone from the second on, and none is readable by an edge that is newer than it", () => {
    for (const [index, { down, readableFrom }] of schema.migrations.entries()) {
      if (index > 0) expect(down, `version ${index + 1}`).toBeDefined();
      expect(readableFrom).toBeLessThanOrEqual(index + 1);
    }
  });

  test("keep what was written at any version through any way up and down", async () => {
    const versions = fc.integer({ min: 1, max: own(schema) });
    await fc.assert(
      fc.asyncProperty(
        versions,
        fc.array(versions, { maxLength: 6 }),
        fc.array(fc.array(fc.nat(1_000_000), { minLength: 9, maxLength: 9 }), { maxLength: 8 }),
        (written, way, rows) =>
          onStorage((storage) => {
            const to = (version: number) =>
              migrate(storage, anywhere(schema), targeting(schema, version));
            to(written);
            for (const numbers of rows) writeRow(storage, numbers);
            const before = rowsIn(storage);
            for (const version of [...way, written]) to(version);
            expect(rowsIn(storage)).toEqual(before);
          }),
      ),
      { numRuns: 60 },
    );
  });

  test("are undone by an edge that is older and never knew them, once it is told to", () =>
    onStorage((storage) => {
      migrate(storage, schema, undefined);
      writeRow(storage, [1, 2, 3, 4, 5, 6, 7]);
      const newest = rowsIn(storage);
      for (let version = own(schema) - 1; version >= 1; version--) {
        const older = upTo(schema, version);
        migrate(storage, older, targeting(schema, version));
        // From now on it needs not to be told: the tables are its own.
        migrate(storage, older, undefined);
        writeRow(storage, [20 + version, 30 + version]);
      }
      migrate(storage, schema, undefined);
      const after = rowsIn(storage);
      for (const [table, rows] of Object.entries(newest))
        expect(after[table]).toEqual(expect.arrayContaining(rows));
    }));
});

/** Two versions, the second as a test has it. */
const twoVersions = (second: Migration): Schema => ({
  name: "outbox",
  migrations: [{ up: "CREATE TABLE kept (text TEXT NOT NULL)", readableFrom: 1 }, second],
  runsFrom: 2,
});
const addColumn = "ALTER TABLE kept ADD COLUMN more INTEGER NOT NULL DEFAULT 0";
const dropColumn = "ALTER TABLE kept DROP COLUMN more";

const refusedBy = (act: () => void): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SchemaRefusal);
    return (error as SchemaRefusal).message; // The line above has looked.
  }
  return "nothing";
};

describe("an edge that is older than an object's tables", () => {
  test("runs on them where their migration says that it can", () =>
    onStorage((storage) => {
      const newer = twoVersions({ up: addColumn, down: dropColumn, readableFrom: 1 });
      migrate(storage, newer, undefined);
      migrate(storage, upTo(newer, 1), undefined);
      storage.sql.exec("INSERT INTO kept (text) VALUES ('by the older one')");
      migrate(storage, newer, undefined);
      expect(rowsIn(storage)["kept"]).toEqual(['{"text":"by the older one","more":0}']);
    }));

  test("refuses them elsewhere, says what to do, and keeps every row", () =>
    onStorage((storage) => {
      const newer = twoVersions({ up: addColumn, down: dropColumn, readableFrom: 2 });
      migrate(storage, newer, undefined);
      storage.sql.exec("INSERT INTO kept VALUES ('acknowledged', 7)");
      const older = upTo(newer, 1);
      expect(refusedBy(() => migrate(storage, older, undefined))).toBe(
        'the outbox has version 2 and this edge runs on 1: deploy the newer edge, or set SCHEMA_TARGET to {"outbox":1}',
      );
      expect(rowsIn(storage)["kept"]).toEqual(['{"text":"acknowledged","more":7}']);
      migrate(storage, older, '{"outbox":1}');
      expect(rowsIn(storage)["kept"]).toEqual(['{"text":"acknowledged"}']);
    }));

  test("refuses what cannot be undone, in one piece", () =>
    onStorage((storage) => {
      const newer = twoVersions({ up: addColumn, readableFrom: 2 });
      migrate(storage, newer, undefined);
      expect(refusedBy(() => migrate(storage, upTo(newer, 1), '{"outbox":1}'))).toContain(
        "cannot be undone",
      );
      migrate(storage, newer, undefined);
    }));
});

test("a target that is older than an edge's code brings the tables there, and the edge then refuses", () =>
  onStorage((storage) => {
    const schema = twoVersions({ up: addColumn, down: dropColumn, readableFrom: 2 });
    migrate(storage, schema, undefined);
    expect(refusedBy(() => migrate(storage, schema, '{"outbox":1}'))).toContain(
      "deploy the older edge now",
    );
    migrate(storage, upTo(schema, 1), undefined);
    expect(refusedBy(() => migrate(storage, schema, '{"outbox":3}'))).toContain("version 3");
    expect(refusedBy(() => migrate(storage, schema, "two"))).toContain("not JSON");
    expect(refusedBy(() => migrate(storage, schema, '{"outbox":"two"}'))).toContain("such as");
  }));

/** As a newer edge leaves an object: a version more, and how it is undone. */
function pretendNewer({ sql }: DurableObjectStorage): void {
  const version = own(outboxSchema) + 1;
  sql.exec("CREATE TABLE newer (id INTEGER PRIMARY KEY)");
  sql.exec("UPDATE schema_version SET version = ?", version);
  sql.exec(
    "INSERT INTO schema_history (version, readable_from, down) VALUES (?1, ?1, 'DROP TABLE newer')",
    version,
  );
}

test("an outbox that a newer edge wrote is taken over by an edge that is told to, with what waits in it", () =>
  runInDurableObject(bindings.OUTBOX.getByName("eu-scratch"), async (_, state) => {
    state.storage.sql.exec(
      "INSERT INTO outbox (first, entries, admitted_at, text) VALUES (1, 1, 1, '{}')",
    );
    pretendNewer(state.storage);
    expect(refusedBy(() => void new Outbox(state, bindings))).toContain("deploy the newer edge");
    await state.storage.deleteAlarm();
    const target = targeting(outboxSchema, own(outboxSchema));
    const outbox = new Outbox(state, { ...bindings, SCHEMA_TARGET: target });
    expect(outbox.backlog()).toMatchObject({ waiting: 1 });
    expect(await state.storage.getAlarm()).not.toBeNull();
    expect(new Outbox(state, bindings).backlog()).toMatchObject({ waiting: 1 });
    state.storage.sql.exec("DELETE FROM outbox");
  }));

test("an outbox that this edge cannot run on answers 503, and acknowledges nothing", async () => {
  const campaign = await publish();
  await receiptOf(await post("/v1/answers", await submission(campaign, "us")));
  await runInDurableObject(outboxOf("us"), (_, { storage }) => pretendNewer(storage));
  await evictDurableObject(outboxOf("us"));
  const late = await submission(campaign, "us");
  const lines = await logged(async () => {
    const problem = await expectProblem(await post("/v1/answers", late), "region-unavailable");
    expect(problem["retryAfterSeconds"]).toBeGreaterThan(0);
  });
  expect(lines.some((line) => line.includes("outbox-away"))).toBe(true);
  expect(await takenBy("us", campaign.id)).toHaveLength(1);
});
