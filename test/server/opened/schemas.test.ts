import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { schemaDocument, schemaNames } from "../../../server/opened/schemas.ts";
import { TestRegion } from "../region.ts";

for (const name of schemaNames)
  test(`docs/schemas/${name} is up to date: \`node demo/schemas.ts\` writes it`, async () => {
    const file = await readFile(new URL(`../../../docs/schemas/${name}`, import.meta.url), "utf8");
    expect(JSON.parse(file)).toEqual(schemaDocument(name));
  });

test("a server answers them to anybody, and no others", async () => {
  const eu = await TestRegion.start();
  for (const name of schemaNames) {
    const response = await eu.get(`/schemas/${name}`);
    expect(response.headers.get("content-type")).toContain("application/schema+json");
    expect(await response.json()).toEqual(schemaDocument(name));
  }
  expect((await eu.get("/schemas/other.v1.json")).status).toBe(404);
});
