// Where OPA is: whatever line of the policy is taken out or turned round, one of its own tests fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const opa = process.env["OPA"] ?? "opa";
const hasOpa = spawnSync(opa, ["version"]).status === 0;
const folder = fileURLToPath(new URL("../../../server/policy/", import.meta.url));
const lines = readFileSync(join(folder, "maily.rego"), "utf8").split("\n");

/** What a line becomes; undefined: it is gone. */
function mutationsOf(line: string): (string | undefined)[] {
  const mutations: (string | undefined)[] = [];
  if (/^(denials|withheld|granted|floors|grounds) contains/.test(line))
    mutations.push(line.replace(/^\w+ contains/, "unused contains"));
  else if (/^\t[a-z]/.test(line)) mutations.push(undefined);
  else if (/^\w+ if (?!\{)/.test(line)) mutations.push(line.replace(/ if .*/, " if 1 == 2"));
  if (line.includes(" if not ")) mutations.push(line.replace(" if not ", " if "));
  return mutations;
}

const mutants = lines.flatMap((line, index) =>
  mutationsOf(line).map((mutation) => ({ line, index, mutation })),
);

describe.skipIf(!hasOpa)("with OPA", () => {
  const own = mkdtempSync(join(tmpdir(), "maily-mutants-"));
  afterAll(() => rmSync(own, { recursive: true }));
  const file = join(own, "maily.rego");
  const passes = (text: readonly string[]): boolean => {
    writeFileSync(file, text.join("\n"));
    const others = ["maily_test.rego", "data.json"].map((name) => join(folder, name));
    return spawnSync(opa, ["test", file, ...others]).status === 0;
  };

  test("the policy as it is passes its tests", () => expect(passes(lines)).toBe(true));

  for (const { line, index, mutation } of mutants)
    test(`line ${index + 1} cannot become “${mutation?.trim() ?? ""}”: ${line.trim()}`, () =>
      expect(passes(lines.toSpliced(index, 1, ...(mutation === undefined ? [] : [mutation])))).toBe(
        false,
      ));
});

test("there are mutants to be found", () => expect(mutants.length).toBeGreaterThan(80));
