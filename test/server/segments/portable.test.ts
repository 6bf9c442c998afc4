// One SQL, three answers: the engine's, DuckDB's and PostgreSQL's (PGlite). Queries and readers are random.
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textCell } from "../../../server/warehouse/cells.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { CampaignEngine } from "../../../server/segments/engine/campaign.ts";
import { engineLimits } from "../../../server/segments/limits.ts";
import { membersSql } from "../../../server/segments/sql/around.ts";
import { compileQuery } from "../../../server/segments/sql/compile.ts";
import { parseSegmentSql } from "../../../server/segments/sql/parse.ts";
import { Loading } from "../../../server/segments/engine/load.ts";
import { temporaryFolder } from "../region.ts";
import { copyViews, type Postgres } from "./postgres.ts";
import { RandomSql } from "./random-sql.ts";
import { answerAt, beganAt, campaign, oneOf, readerOf, seeded, tenant } from "./world.ts";

const folder = temporaryFolder();
const readers = 150;
const queries = 100;
const seed = Number(process.env["MAILY_SEED"] ?? 20_261_121);

let warehouse: Warehouse;
let postgres: PGlite;

beforeAll(async () => {
  warehouse = await Warehouse.open(join(folder, "warehouse.duckdb"));
  const random = seeded(seed);
  const rows = Array.from({ length: readers }, (_, number) =>
    answerAt(random, { number, offset: BigInt(number), at: number * 60_000 }),
  );
  await warehouse.write({ rows, nextOffsets: new Map(), replay: false });
  await warehouse.change(async (connection) => {
    for (let number = 0; number < readers; number++)
      for (let activity = random(4); activity > 0; activity--)
        await connection.run(
          `INSERT INTO activities SELECT uuid(), r.key, r.tenant, r.campaign, r.reader, $1, $2, $3, $4, $5, ['results'],
             make_timestamp($6::BIGINT), make_timestamp($6::BIGINT) FROM readers r WHERE r.reader = $7`,
          [
            `${number}-${activity}`,
            oneOf(random, ["click", "purchase"]),
            oneOf(random, ["eco", "sale", null]),
            oneOf(random, [null, 100n, 250n]),
            oneOf(random, ["EUR", "USD", null]),
            BigInt(beganAt + random(1_000_000)) * 1_000n,
            readerOf(number),
          ],
        );
  });
  postgres = new PGlite();
  const to: Postgres = {
    exec: (sql) => postgres.exec(sql),
    rows: async (sql) => (await postgres.query<Record<string, unknown>>(sql)).rows,
  };
  await warehouse.read((connection) => copyViews(connection, to, "maily"));
});
afterAll(async () => {
  await warehouse.close();
  await postgres.close();
});

const within = { tenant, campaign, purpose: "offers" };

test(`the engine, DuckDB and PostgreSQL agree on ${queries} queries (MAILY_SEED repeats them)`, async () => {
  const random = new RandomSql(seeded(seed + 1), true);
  const asked = Array.from({ length: queries }, (_, index) => ({
    id: `s${index}`,
    purpose: "offers",
    sql: random.query(),
  }));
  const engine = new CampaignEngine(
    { tenant, campaign },
    asked.map(({ id, purpose, sql }) => ({
      id,
      purpose,
      belongs: compileQuery(parseSegmentSql(sql)),
    })),
    engineLimits,
  );
  expect(await new Loading(engine, warehouse).run()).toBe(true);
  let members = 0;
  for (const { id, sql } of asked) {
    const held = new Set<string>();
    for (let number = 0; number < readers; number++)
      if (engine.has(id, readerOf(number))) held.add(readerOf(number));
    const inDuckdb = await warehouse.read(async (connection) => {
      const found = await connection.runAndReadAll(membersSql(sql, { ...within, schema: "main" }));
      return found.getRowsJS().map(([reader]) => textCell(reader));
    });
    const inPostgres = await postgres.query<{ reader: string }>(
      membersSql(sql, { ...within, schema: "maily" }),
    );
    expect(new Set(inDuckdb), sql).toEqual(held);
    expect(new Set(inPostgres.rows.map(({ reader }) => reader)), sql).toEqual(held);
    members += held.size;
  }
  // Queries that find nobody, or everybody, would agree on little.
  expect(members).toBeGreaterThan(queries * 10);
  expect(members).toBeLessThan(queries * readers * 0.9);
});
