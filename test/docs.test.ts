// The documents say what is so: lengths, commands, folders, links, limits, and the README's own examples run.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parseWidget } from "../cli/widget-file.ts";
import { problemCodes } from "../sdk/problem.ts";

const run = promisify(execFile);
const documents = [
  "README.md",
  "SPEC.md",
  "DECISIONS.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs/deploying.md",
  "docs/embedding.md",
  "docs/operating.md",
  "docs/agents.md",
  "docs/hand-overs.md",
  "docs/policy.md",
  "docs/segments.md",
  "docs/snowflake.md",
  "docs/edge-performance.md",
  "docs/sealing-performance.md",
];
const read = (file: string): Promise<string> => readFile(file, "utf8");
const tracked = async (): Promise<string[]> =>
  (await run("git", ["ls-files", "-co", "--exclude-standard"], { maxBuffer: 16_777_216 })).stdout
    .trim()
    .split("\n");

/** Fenced blocks of one language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );

test("the README has at most 150 lines", async () => {
  expect((await read("README.md")).split("\n").length).toBeLessThanOrEqual(150);
});

test("every npm script that a document names exists", async () => {
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
  for (const file of documents)
    for (const [, name = ""] of (await read(file)).matchAll(/npm run ([a-z:0-9-]+)/g))
      expect(`${file}: ${name} ${name in scripts}`).toBe(`${file}: ${name} true`);
});

test("every command of `maily` and every benchmark that a document names exists", async () => {
  const { stdout: help } = await run(process.execPath, ["cli/main.ts", "--help"]);
  const commands = new Set(
    [...help.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*) /gm)].map(([, name = ""]) => name),
  );
  const benchmarks = await read("test/bench/main.ts");
  expect(commands.size).toBeGreaterThan(10);
  for (const file of documents) {
    const text = await read(file);
    // `maily key config v1` is the context of a signature.
    for (const [, name = ""] of text.matchAll(
      /(?:npx |`)maily ([a-z]+(?:-[a-z]+)*)(?![\w ]* v1`)/g,
    ))
      expect(`${file}: maily ${name} ${commands.has(name)}`).toBe(`${file}: maily ${name} true`);
    for (const [, name = ""] of text.matchAll(/npm run bench ([a-z-]+)/g)) {
      const there = new RegExp(`^ {2}"?${name}"?: `, "m").test(benchmarks);
      expect(`${file}: bench ${name} ${there}`).toBe(`${file}: bench ${name} true`);
    }
  }
});

test("every path that a document names in backquotes exists", async () => {
  for (const file of documents)
    for (const [, path = ""] of (await read(file)).matchAll(
      /`((?:sdk|widget|edge|server|cli|demo|test|docs)\/[\w./-]*)`/g,
    ))
      expect(`${file}: ${path} ${existsSync(path)}`).toBe(`${file}: ${path} true`);
});

test("every relative link and picture of a document leads somewhere", async () => {
  for (const file of documents)
    for (const [, target = ""] of (await read(file)).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const there = existsSync(join(dirname(file), target));
      expect(`${file}: ${target} ${there}`).toBe(`${file}: ${target} true`);
    }
});

test("every problem code that SPEC names is in the one table", async () => {
  const named = [
    ...(await read("SPEC.md")).matchAll(
      /`((?:invitation|campaign|consent|envelope|region|submission|signature|notice|purpose|key|suite|body)-[a-z]+(?:-[a-z]+)*)`/g,
    ),
  ].map(([, code = ""]) => code);
  expect(named.length).toBeGreaterThan(10);
  for (const code of named) expect(problemCodes).toContain(code);
});

test("a decision has at most 12 lines", async () => {
  const [, ...decisions] = (await read("DECISIONS.md")).split(/^## /m);
  expect(decisions.length).toBeGreaterThan(5);
  for (const decision of decisions)
    expect(decision.trim().split("\n").length - 1).toBeLessThanOrEqual(12);
});

test("the README's widget is valid", async () => {
  const [widget = ""] = blocks(await read("README.md"), "yaml");
  expect(parseWidget(widget).questions).toHaveLength(1);
});

test("the README's sealing runs, with its placeholders filled", async () => {
  const [example = ""] = blocks(await read("README.md"), "ts");
  const script = `
    const { openerOf } = await import("./sdk/node/open.ts");
    const { regionPublicKey } = await import("./sdk/node/region-key.ts");
    const seed = new Uint8Array(32).fill(9);
    const publicKey = regionPublicKey(seed);
    const [keyId, region, tenant] = [1, "eu", 1];
    const [campaign, reader, submissionId, invitation] = [8, 16, 16, 102].map((length) => new Uint8Array(length));
    ${example.replace(/^import .*$/m, 'const { seal } = await import("./sdk/seal.ts");')}
    const consent = { notice: 1, purposes: ["results"], givenAt: "2026-11-20T20:15:00Z", language: "en" };
    console.log(openerOf(seed)({ keyId, region, tenant, campaign, reader, submissionId, consent, invitation }, envelope));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
  expect(stdout.trim()).toBe('{"answers":{"dish":"soup"},"language":"en"}');
});

test("nothing tracked names a machine's own paths or a registry's host", async () => {
  const forbidden = [
    /\/work\/(main|shared|\.library)/,
    /registry\.npmjs\.org/,
    /proxy\.golang\.org/,
    /repo1?\.maven/,
    /files\.pythonhosted/,
  ];
  for (const file of await tracked()) {
    if (/\.(png|wasm|woff2)$/.test(file) || file === "test/docs.test.ts" || !existsSync(file))
      continue;
    const text = await read(file);
    for (const pattern of forbidden)
      expect(`${file} ${pattern.exec(text)?.[0] ?? ""}`).toBe(`${file} `);
  }
});
