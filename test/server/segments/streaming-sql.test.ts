// The views for engines that read the topic, over the records that ingest really publishes, in a PostgreSQL (PGlite): the same
// members as DuckDB. Materialize and RisingWave cannot run here; their statements around it are looked at as text.
import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "vitest";
import { OpenedRecord } from "../../../sdk/schema/opened.ts";
import { bytesCell, textCell } from "../../../server/warehouse/cells.ts";
import { membersSql } from "../../../server/segments/sql/around.ts";
import { viewsFromRecords } from "../../../server/segments/streaming-sql/from-records.ts";
import { statementsFor, withheldFrom } from "../../../server/segments/streaming-sql/statements.ts";
import { temporaryFolder } from "../region.ts";
import { Events } from "./events.ts";
import { longSegments } from "./long.ts";
import { segmentOf, Settled } from "./settled.ts";
import { campaign, seeded, tenant } from "./world.ts";

const events = 2_000;
const readers = 150;

/** Everything that was put down to be published, as the topic gets it. */
async function publishedOf(settled: Settled): Promise<string[]> {
  return settled.warehouse.read(async (connection) => {
    const found = await connection.runAndReadAll(
      "SELECT value FROM outgoing WHERE topic = 'answers.eu' ORDER BY seq",
    );
    return found.getRowsJS().map(([value]) => Buffer.from(bytesCell(value)).toString("utf8"));
  });
}

test("views over the topic's records have the members that DuckDB has", async () => {
  const settled = await Settled.open(temporaryFolder());
  const source = new Events(seeded(3), readers);
  for (let fed = 0; fed < events; fed += 200)
    await settled.warehouse.write({
      rows: source.batch(200),
      nextOffsets: new Map(),
      replay: false,
      publish: "eu",
    });
  const records = await publishedOf(settled);
  expect(records.length).toBeGreaterThan(events);
  for (const record of records.slice(0, 100)) OpenedRecord.parse(JSON.parse(record));
  const postgres = new PGlite();
  await postgres.exec("CREATE SCHEMA maily; CREATE TABLE maily.opened (data jsonb)");
  // At least once, and in an order of their own: each record a second time, backwards.
  for (const some of [records, records.toReversed()])
    for (let start = 0; start < some.length; start += 500) {
      const values = some.slice(start, start + 500);
      const places = values.map((_, index) => `($${index + 1}::jsonb)`).join(",");
      await postgres.query(`INSERT INTO maily.opened VALUES ${places}`, values);
    }
  for (const statement of viewsFromRecords("maily")) await postgres.exec(statement);
  // Worked out once: the checks below would do it again and again.
  for (const view of [
    "current_answers",
    "current_readers",
    "current_purposes",
    "reader_activities",
  ])
    await postgres.exec(
      `CREATE SCHEMA IF NOT EXISTS held; CREATE TABLE held.${view} AS SELECT * FROM maily.${view}`,
    );
  let members = 0;
  for (const { sql, purpose } of longSegments) {
    const within = { tenant, campaign, purpose };
    const inTables = await settled.warehouse.read(async (connection) => {
      const found = await connection.runAndReadAll(membersSql(sql, { ...within, schema: "main" }));
      return found.getRowsJS().map(([reader]) => textCell(reader));
    });
    const found = await postgres.query<{ reader: string }>(
      membersSql(sql, { ...within, schema: "held" }),
    );
    expect(new Set(found.rows.map(({ reader }) => reader)), sql).toEqual(new Set(inTables));
    members += inTables.length;
  }
  expect(members).toBeGreaterThan(100);
  await postgres.close();
  await settled.close();
});

const to = { tenant, region: "eu", schema: "maily", brokers: "kafka:9092,other:9092" } as const;
const buyers = segmentOf("buyers", "SELECT reader FROM reader_activities WHERE kind = 'purchase'");
const loyal = segmentOf("dark-roast", longSegments[0]!.sql);

test("Materialize reads the region's topic, and each segment keeps its own SQL", () => {
  const statements = statementsFor({ ...to, engine: "materialize" }, [loyal, buyers]);
  expect(statements[1]).toContain("BROKERS ('kafka:9092', 'other:9092')");
  expect(statements[2]).toMatch(
    /CREATE SOURCE maily\.opened FROM KAFKA CONNECTION maily\.kafka \(TOPIC 'answers\.eu'\)\s+FORMAT JSON ENVELOPE NONE/,
  );
  expect(statements.at(-1)).toMatch(/^CREATE MATERIALIZED VIEW maily\.segment_7_dark_roast AS/);
  expect(statements.at(-1)).toContain(loyal.sql);
});

test("RisingWave reads bytes, for it knows no bare JSON document", () => {
  const statements = statementsFor({ ...to, engine: "risingwave" }, [loyal]);
  expect(statements.join("\n")).toMatch(/topic = 'answers\.eu'[^]*FORMAT PLAIN ENCODE BYTES/);
  expect(statements.join("\n")).toContain("convert_from(raw, 'UTF8')::jsonb AS data");
  expect(statements.at(-1)).toContain(loyal.sql);
});

test("who reads the topic does not see activities; a warehouse does", () => {
  expect(withheldFrom("materialize", [loyal, buyers])).toEqual(["buyers"]);
  expect(
    withheldFrom("risingwave", [{ ...loyal, sql: `${loyal.sql} AND reader IN (${buyers.sql})` }]),
  ).toEqual(["dark-roast"]);
  expect(withheldFrom("snowflake", [loyal, buyers])).toEqual([]);
  const [view] = statementsFor({ ...to, engine: "snowflake", schema: "MAILY.PUBLIC" }, [buyers]);
  expect(view).toMatch(/^CREATE OR REPLACE VIEW MAILY\.PUBLIC\.segment_7_buyers AS/);
  expect(statementsFor({ ...to, engine: "postgres" }, [buyers])).toHaveLength(1);
});

test("a broker is an address and nothing else", () => {
  expect(() => statementsFor({ ...to, engine: "materialize", brokers: "x'); DROP" }, [])).toThrow(
    TypeError,
  );
});
