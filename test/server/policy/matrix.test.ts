// Role × tool × tenant × region × consent, through the committed WebAssembly.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openPolicy } from "../../../server/policy/policy.ts";
import { cells, expectedOf, grants, nameOf, roles, tools, type Tool } from "../../agents/matrix.ts";
import { questionOf, wordsOf } from "./questions.ts";

const policy = await openPolicy({ region: "eu", folder: "." });

for (const cell of cells)
  test(nameOf(cell), async () => {
    const { against, columns } = expectedOf(cell);
    const decision = await policy.decide(questionOf(cell));
    expect(decision.allow).toBe(against.length === 0);
    expect(decision.columns).toEqual(columns);
    expect(decision.floor).toBe(20);
    if (against.length > 0) expect(wordsOf(decision.reasons)).toEqual(against);
    else expect(wordsOf(decision.reasons)).toContain("granted");
  });

/** What docs/policy.md says for columns. */
const words: Readonly<Record<string, string>> = {
  sizes: "size",
  movement: "movement",
  options: "options.count",
  lift: "lift",
  texts: "text",
  amounts: "amount",
  orders: "orders",
  "one reader's choices": "reader preferences",
  "its own": "decision",
  "all of the tenant": "decision decision.others",
  "–": "",
};

test("docs/policy.md tells the grants as they are", async () => {
  const page = await readFile(new URL("../../../docs/policy.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
  expect(new Set(rows.map(([, tool]) => tool))).toEqual(new Set(tools));
  for (const [, tool, row = ""] of rows)
    for (const [index, cell] of row.split(" | ").entries()) {
      const said = cell
        .replaceAll("**", "")
        .split(", ")
        .flatMap((word) => words[word]?.split(" "));
      const granted = grants[tool as Tool][roles[index] ?? "intern"].split(" "); // One of them, as was just seen.
      expect(`${tool} ${said.join(" ")}`).toBe(
        `${tool} ${granted.filter((column) => column !== "segment").join(" ")}`,
      );
    }
});

test("no cell is skipped", () => {
  expect(cells).toHaveLength(432);
  // 8 granted pairs of a role and a tool that needs a purpose, 6 of one that needs none and so is granted three times.
  expect(cells.filter((cell) => expectedOf(cell).against.length === 0)).toHaveLength(8 + 3 * 6);
});
