import { expect, test } from "vitest";
import { Problem } from "../../sdk/problem.ts";
import { parseSegments } from "../../cli/segments/file.ts";
import type { PlacedFault } from "../../cli/widget-file.ts";

const refusalOf = (text: string): readonly PlacedFault[] => {
  try {
    parseSegments(text);
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith("segment-")) throw error;
    // parseSegments says so.
    return error.members["errors"] as PlacedFault[];
  }
  throw new Error("taken");
};

const file = (sql: string, rest = ""): string => `campaign: Q2FtcGFpZ24
owner: ask@roastery.example
segments:
  - id: dark-roast
    name: Likes dark roast
    purpose: offers
${rest}    sql: ${sql}
`;

test("a fault of SQL in a block stands at its own line and column", () => {
  const [fault] = refusalOf(
    file("|\n      SELECT reader\n      FROM current_answers\n      ORDER BY reader"),
  );
  expect(fault).toMatchObject({ line: 10, column: 7, place: "segments.0.sql" });
  expect(fault?.message).toMatch(/leave order and limit out/);
});

test("of SQL in one line the place within it is said", () => {
  const [fault] = refusalOf(file("SELECT * FROM current_answers"));
  expect(fault).toMatchObject({ line: 7, place: "segments.0.sql" });
  expect(fault?.message).toMatch(/character 8 of line 1/);
});

test("keys that are wrong, twice or missing are named by line", () => {
  const sql = "SELECT reader FROM current_readers";
  expect(refusalOf(file(sql, "    flor: 5\n"))).toMatchObject([
    { line: 7, place: "segments.0.flor" },
  ]);
  expect(refusalOf(file(sql, "    floor: 2\n"))).toMatchObject([
    { line: 7, place: "segments.0.floor" },
  ]);
  expect(refusalOf(file(sql).replace("campaign: Q2FtcGFpZ24\n", ""))).toMatchObject([
    { message: "is missing; write `campaign` here or at the top" },
  ]);
  const twice = file(sql) + file(sql).split("segments:\n")[1]!;
  expect(refusalOf(twice)).toMatchObject([
    { line: 8, place: "segments.1.id", message: "there is a segment dark-roast already" },
  ]);
});

test("what segments have in common is said once", () => {
  const [segment] = parseSegments(file("SELECT reader FROM current_readers")).segments;
  expect(segment).toMatchObject({
    campaign: "Q2FtcGFpZ24",
    owner: "ask@roastery.example",
    floor: 20,
  });
});
