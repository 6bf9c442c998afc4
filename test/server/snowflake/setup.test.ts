// The setup as text: what an emulator cannot run is checked for what must be in it.
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Problem } from "../../../sdk/problem.ts";
import { applySetup } from "../../../server/snowflake/apply.ts";
import { isInRegion } from "../../../server/snowflake/check.ts";
import { snowflakeOf, type SnowflakeVariables } from "../../../server/snowflake/environment.ts";
import { fingerprintOf, keyPairJwt, publicKeyText } from "../../../server/snowflake/key-pair.ts";
import { landings } from "../../../server/snowflake/settings.ts";
import { setupFiles, setupStatements, type SetupOptions } from "../../../server/snowflake/setup.ts";
import { openedEventsTopic, openedTopic } from "../../../server/stream/topics.ts";
import { views } from "../../../server/warehouse/schema/views.ts";
import { account, privateKey, user } from "../../peers/snowflake/sinking.ts";
import { names } from "../../peers/snowflake/setting-up.ts";

const enterprise: SetupOptions = { edition: "enterprise", cortex: true };
const standard: SetupOptions = { edition: "standard", cortex: false };
const all = setupStatements(names, enterprise);
const one = (start: string): string => {
  const found = all.filter(({ sql }) => sql.startsWith(start));
  expect(
    found.map(({ sql }) => sql.slice(0, 80)),
    start,
  ).toHaveLength(1);
  return found[0]?.sql ?? "";
};

const grantedTo = (role: string): string[] =>
  all.flatMap(
    ({ sql }) =>
      new RegExp(`^GRANT SELECT ON VIEW ([A-Z_]+) TO ROLE ${role}$`).exec(sql)?.[1] ?? [],
  );

test("every file is part of the setup, in its order, and nothing is left to fill in", () => {
  const files = readdirSync("server/snowflake/setup").toSorted();
  expect(files).toEqual(setupFiles.map((file) => `${file}.sql`));
  for (const { sql } of all) {
    expect(sql).not.toMatch(/\{\{|\}\}/);
    // Text in quotes, parentheses in pairs.
    const bare = sql.replaceAll(/'(?:[^']|'')*'/g, "''").replaceAll(/"[^"]*"/g, '""');
    expect(bare.split("(").length, sql).toBe(bare.split(")").length);
    expect(bare.includes("'") ? bare.split("'").length % 2 : 1, sql).toBe(1);
  }
});

test("nothing is dropped or replaced that holds rows", () => {
  for (const { sql } of all) {
    expect(sql).not.toMatch(/^DROP|^TRUNCATE|OR REPLACE (TRANSIENT )?TABLE|OR REPLACE PIPE/);
  }
});

test("whatever holds rows is transient, without Time Travel", () => {
  for (const { sql } of all.filter(({ sql: each }) => /^CREATE .*TABLE IF/.test(each)))
    expect(sql).toMatch(/^CREATE TRANSIENT TABLE/);
  for (const table of Object.values(landings))
    expect(one(`CREATE TRANSIENT TABLE IF NOT EXISTS ${table} (`)).toContain(
      "DATA_RETENTION_TIME_IN_DAYS = 0",
    );
});

test("a pipe fills each column of its table, by name", () => {
  for (const table of Object.values(landings)) {
    const columns = [
      ...one(`CREATE TRANSIENT TABLE IF NOT EXISTS ${table} (`).matchAll(/^ {2}([A-Z_]+) /gm),
    ].map(([, name]) => name);
    const pipe = one(`CREATE PIPE IF NOT EXISTS ${table} `);
    const [, into = ""] = /COPY INTO [A-Z_]+ \(([^)]+)\)/.exec(pipe) ?? [];
    expect(into.split(", ")).toEqual(columns);
    const [, selected = ""] = /SELECT ([\s\S]+?)\n {2}FROM TABLE/.exec(pipe) ?? [];
    expect(selected.replaceAll(/\(\d+(,\d+)?\)/g, "").split(",")).toHaveLength(columns.length);
    expect(pipe).toContain("DATA_SOURCE(TYPE => 'STREAMING')");
  }
});

test("with Enterprise Edition each view that is granted hides other tenants from its first moment", () => {
  const granted = new Set(
    all.flatMap(({ sql }) => /^GRANT SELECT ON VIEW ([A-Z_]+)/.exec(sql)?.[1] ?? []),
  );
  expect(granted.size).toBeGreaterThan(10);
  for (const view of granted) {
    const sql = one(`CREATE OR REPLACE SECURE VIEW ${view} (`);
    expect(sql).toContain('WITH ROW ACCESS POLICY TENANT_ROWS ON ("TENANT")');
    if (/^ {2}"READER"/m.test(sql))
      expect(sql).toContain('"READER" WITH MASKING POLICY READER_NAME');
  }
  expect(one("CREATE OR REPLACE SECURE VIEW ANSWERS (")).toContain(
    '"TEXT" WITH MASKING POLICY READER_WORDS USING ("TEXT", "CLEARED")',
  );
});

test("agents are granted the portable views alone, and nobody the landing tables but the loader", () => {
  const portable = views.filter((view) => view.portable).map(({ name }) => name.toUpperCase());
  expect(grantedTo("MAILY_AGENT").toSorted()).toEqual(portable.toSorted());
  for (const { sql } of all.filter(
    ({ sql: each }) => / ON (TABLE|PIPE|STAGE) /.test(each) && each.startsWith("GRANT"),
  ))
    expect(sql).toMatch(/TO ROLE MAILY_LOADER$/);
});

test("Standard Edition has no policies, and so no grants for marketers and agents", () => {
  const text = setupStatements(names, standard)
    .map(({ sql }) => sql)
    .join("\n");
  expect(text).not.toMatch(/MASKING|ROW ACCESS|SEARCH OPTIMIZATION|AI_SUMMARIZE/);
  expect(text).not.toMatch(/TO ROLE MAILY_(MARKETER|AGENT)$/m);
  expect(text).toMatch(/GRANT SELECT ON VIEW ANSWERS TO ROLE MAILY_READER/);
});

test("the Cortex example reads cleared words of readers who agree to its purpose, and sums up no few", () => {
  const words = one("CREATE OR REPLACE SECURE VIEW CLEARED_WORDS (");
  expect(words).toContain("V.VALUE:cleared::BOOLEAN");
  expect(words).toContain("ARRAY_CONTAINS('results'::VARIANT, C.PURPOSES)");
  expect(one("CREATE OR REPLACE SECURE VIEW WORDS_IN_SHORT")).toContain("HAVING COUNT(*) >= 20");
});

test("with a lag the facts are dynamic tables that keep nothing behind", () => {
  const statements = setupStatements(names, { ...enterprise, materialize: "1 minute" });
  const kept = statements.filter(({ sql }) =>
    sql.startsWith("CREATE OR REPLACE TRANSIENT DYNAMIC TABLE"),
  );
  expect(kept).toHaveLength(2);
  for (const { sql } of kept)
    expect(sql).toContain(
      "TARGET_LAG = '1 minute' WAREHOUSE = MAILY_LOADING DATA_RETENTION_TIME_IN_DAYS = 0 AS",
    );
});

test("a refusal stops the setup, and names the statement and the grant", async () => {
  const done: string[] = [];
  const refusing = {
    run: (sql: string) =>
      sql.startsWith("CREATE PIPE")
        ? Promise.reject(
            new Problem("snowflake-refused", {
              said: "Insufficient privileges to operate on schema 'EU'",
            }),
          )
        : Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  const outcome: unknown = await applySetup(refusing, names, enterprise, (line) =>
    done.push(line),
  ).catch((error: unknown) => error);
  expect(outcome).toMatchObject({ code: "snowflake-refused" });
  const errors = (outcome as Problem).members["errors"] as string[];
  expect(errors.join("\n")).toMatch(
    /refused: CREATE PIPE IF NOT EXISTS RECORDS[\s\S]*Insufficient privileges[\s\S]*it takes CREATE PIPE on the schema/,
  );
  expect(done.at(-1)).toMatch(/^30-tables/);
});

test("the connector's file is in step with topics, tables, roles and pipes", () => {
  const { config } = JSON.parse(readFileSync("docs/snowflake-connector.json", "utf8")) as {
    config: Record<string, string>;
  };
  const topics = [openedTopic("eu"), openedEventsTopic("eu")];
  expect(config["topics"]).toBe(topics.join(","));
  expect(config["snowflake.topic2table.map"]).toBe(
    `${topics[0]}:${landings.records},${topics[1]}:${landings.events}`,
  );
  expect(config["snowflake.role.name"]).toBe(names.loader);
  expect(config["snowflake.database.name"]).toBe(names.database);
  expect(config["snowflake.warehouse.name"]).toBe(names.warehouse);
  // Pipes of one's own need the server's validation; what it refuses is logged by the tables.
  expect(config["snowflake.validation"]).toBe("server_side");
  expect(one("ALTER TABLE RECORDS SET")).toContain("ERROR_LOGGING = TRUE");
  expect(config["snowflake.private.key"]).toMatch(/^\$\{file:/);
  expect(config["errors.log.include.messages"]).toBe("false");
});

test("the key-pair token is what Snowflake asks for", () => {
  const now = Date.UTC(2026, 10, 21);
  const [head = "", claims = "", signature = ""] = keyPairJwt(
    { account: "acme.eu1", user, privateKey },
    now,
  ).split(".");
  const parsed = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
  expect(parsed).toEqual({
    iss: `ACME-EU1.${user}.${fingerprintOf(privateKey)}`,
    sub: `ACME-EU1.${user}`,
    iat: now / 1000,
    exp: now / 1000 + 3540,
  });
  const publicKey = createPublicKey({
    key: Buffer.from(publicKeyText(privateKey), "base64"),
    format: "der",
    type: "spki",
  });
  expect(
    verify(
      "RSA-SHA256",
      Buffer.from(`${head}.${claims}`),
      publicKey,
      Buffer.from(signature, "base64url"),
    ),
  ).toBe(true);
});

const variables: SnowflakeVariables = {
  MAILY_SNOWFLAKE_ACCOUNT: account,
  MAILY_SNOWFLAKE_USER: user,
  MAILY_SNOWFLAKE_KEY_FILE: "key",
  MAILY_SNOWFLAKE_ROLE: "MAILY_LOADER",
  MAILY_SNOWFLAKE_WAREHOUSE: "W",
  MAILY_SNOWFLAKE_DATABASE: "MAILY",
  MAILY_SNOWFLAKE_CHANNEL_PREFIX: "maily",
};
const pem = (key = privateKey): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const environmentOf = (changes: Partial<SnowflakeVariables>, key = pem()): Promise<unknown> =>
  snowflakeOf({ ...variables, ...changes }, "eu", () => Promise.resolve(key)).catch(
    (error: unknown) => (error as Problem).members["errors"],
  );

test("the environment is taken whole, or what is missing is named, and never the key", async () => {
  expect(await environmentOf({})).toMatchObject({
    schema: "EU",
    origin: "https://acme-eu1.snowflakecomputing.com",
  });
  expect(await environmentOf({ MAILY_SNOWFLAKE_ACCOUNT: undefined })).toBeUndefined();
  expect(
    await environmentOf({ MAILY_SNOWFLAKE_USER: undefined, MAILY_SNOWFLAKE_KEY_FILE: undefined }),
  ).toHaveLength(2);
  expect(await environmentOf({ MAILY_SNOWFLAKE_HOST: "http://elsewhere.example" })).toEqual([
    "MAILY_SNOWFLAKE_HOST: set it to an address that begins with https",
  ]);
  expect(await environmentOf({}, "-----BEGIN secret")).toEqual([
    expect.not.stringContaining("secret"),
  ]);
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  expect(await environmentOf({}, pem(elliptic))).toEqual([expect.stringContaining("must be RSA")]);
});

test("an account's region is told from others", () => {
  for (const [name, region] of [
    ["AWS_EU_CENTRAL_1", "eu"],
    ["AZURE_WESTEUROPE", "eu"],
    ["PUBLIC.AWS_US_WEST_2", "us"],
    ["AZURE_EASTUS2", "us"],
    ["AWS_AP_SOUTHEAST_2", "apac"],
  ] as const)
    for (const each of ["eu", "us", "apac"] as const)
      expect(isInRegion(name, each), `${name} ${each}`).toBe(each === region);
});
