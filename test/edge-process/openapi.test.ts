import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openApiFile, openApiText } from "../../demo/openapi.ts";
import { routes } from "../../edge/app.ts";
import { isProblemCode } from "../../sdk/problem.ts";

test("edge/openapi.json is what the routes say: npm run openapi", async () => {
  expect(await readFile(openApiFile, "utf8")).toBe(openApiText());
});

test("every reference of the document leads somewhere", () => {
  const text = openApiText();
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
  const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !Object.hasOwn(components.schemas, name))).toEqual([]);
});

test("every route refuses with codes of the problem table", () => {
  for (const route of routes) expect(route.problems.every(isProblemCode), route.path).toBe(true);
});
