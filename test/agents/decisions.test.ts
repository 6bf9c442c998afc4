import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Decisions, type NewDecision } from "../../server/agents/decisions.ts";
import { temporaryFolder } from "../server/region.ts";

const folder = temporaryFolder();
let files = 0;
const fileOf = (): string => join(folder, `decisions-${files++}.db`);
const opened: Decisions[] = [];
const open = (...given: ConstructorParameters<typeof Decisions>): Decisions => {
  const decisions = new Decisions(...given);
  opened.push(decisions);
  return decisions;
};
afterEach(() => {
  for (const decisions of opened.splice(0)) decisions.close();
});

const issuer = "https://one.example";
const made = (more: Partial<NewDecision> = {}): NewDecision => ({
  tenant: 1,
  issuer,
  subject: "a",
  role: "toolsmith",
  action: "call",
  tool: "get_segment",
  segment: "fans",
  allowed: true,
  reasons: ["granted: yes."],
  columns: ["size"],
  withheld: 0,
  policy: "p",
  ...more,
});

test("what was decided can be read at once, and after a restart", () => {
  const file = fileOf();
  const first = new Decisions(file);
  const id = first.add(made());
  expect(first.find({ tenant: 1 }, id)).toMatchObject({
    decision: id,
    segment: "fans",
    allowed: true,
  });
  const last = first.add(made({ allowed: false, reasons: ["not-granted: no."] }));
  first.close();
  const second = open(file);
  expect(second.find({ tenant: 1 }, last)).toMatchObject({ allowed: false });
  expect(second.size).toBe(2);
});

test("the latest of a tenant, of a subject, and refusals alone, from an index each", () => {
  const file = fileOf();
  const decisions = new Decisions(file);
  const added = Array.from({ length: 12 }, (_, index) =>
    decisions.add(made({ subject: index % 2 === 0 ? "a" : "b", allowed: index % 3 !== 0 })),
  );
  const latest = (subject: string | undefined, denied: boolean): number[] =>
    decisions
      .latest(
        { tenant: 1, ...(subject !== undefined && { issued: { issuer, subject } }) },
        3,
        denied,
      )
      .map(({ decision }) => added.indexOf(decision));
  expect(latest(undefined, false)).toEqual([11, 10, 9]);
  expect(latest(undefined, true)).toEqual([9, 6, 3]);
  expect(latest("b", false)).toEqual([11, 9, 7]);
  expect(latest("b", true)).toEqual([9, 3]);
  decisions.close();
  const database = new DatabaseSync(file);
  const plan = (where: string): unknown =>
    database
      .prepare(
        `EXPLAIN QUERY PLAN SELECT * FROM decisions WHERE ${where} ORDER BY seq DESC LIMIT 3`,
      )
      .all()
      .map(({ detail }) => detail);
  for (const [where, index] of [
    ["tenant = 1", "decisions_of_tenant"],
    ["tenant = 1 AND allowed = 0", "refusals_of_tenant"],
    ["tenant = 1 AND issuer = 'i' AND subject = 'b'", "decisions_of_issued"],
    ["tenant = 1 AND issuer = 'i' AND subject = 'b' AND allowed = 0", "refusals_of_issued"],
  ] as const)
    expect(plan(where)).toEqual([expect.stringContaining(`USING INDEX ${index}`)]);
  database.close();
});

test("nobody finds another tenant's, nor a subject another's", () => {
  const decisions = open(fileOf());
  const id = decisions.add(made());
  decisions.add(made({ tenant: 2, subject: "b" }));
  expect(decisions.find({ tenant: 2 }, id)).toBeUndefined();
  expect(decisions.find({ tenant: 1, issued: { issuer, subject: "a" } }, id)).toBeDefined();
  expect(decisions.find({ tenant: 1, issued: { issuer, subject: "b" } }, id)).toBeUndefined();
  // Another issuer's subject of the same name is another one.
  const namesake = { issuer: "https://two.example", subject: "a" };
  expect(decisions.find({ tenant: 1, issued: namesake }, id)).toBeUndefined();
  expect(decisions.latest({ tenant: 1, issued: namesake }, 10)).toEqual([]);
  const own = decisions.add(made({ ...namesake, tenant: 3 }));
  expect(decisions.find({ tenant: 3, issued: namesake }, own)).toBeDefined();
  expect(decisions.latest({ tenant: 1 }, 10)).toHaveLength(1);
  expect(decisions.page(2, undefined, 10).map(({ subject }) => subject)).toEqual(["b"]);
  // Another tenant's id is no place to go on from.
  expect(decisions.page(2, id, 10)).toHaveLength(1);
});

test("a log from before issuers were kept goes on, its rows the tenant's alone to read", () => {
  const file = fileOf();
  const before = new Decisions(file);
  const id = before.add(made());
  before.close();
  const database = new DatabaseSync(file);
  database.exec(`DROP INDEX decisions_of_issued; DROP INDEX refusals_of_issued;
    ALTER TABLE decisions DROP COLUMN issuer;
    CREATE INDEX decisions_of_subject ON decisions (tenant, subject, seq)`);
  database.close();
  const decisions = open(file);
  expect(decisions.find({ tenant: 1 }, id)).toMatchObject({ subject: "a" });
  expect(decisions.find({ tenant: 1, issued: { issuer, subject: "a" } }, id)).toBeUndefined();
  const next = decisions.add(made());
  expect(decisions.find({ tenant: 1, issued: { issuer, subject: "a" } }, next)).toBeDefined();
});

test("pages go on after the last one, refusals can be asked for alone", () => {
  const decisions = open(fileOf());
  const ids = Array.from({ length: 5 }, (_, index) =>
    decisions.add(made({ allowed: index !== 3 })),
  );
  const first = decisions.page(1, undefined, 3).map(({ decision }) => decision);
  expect(first).toEqual(ids.slice(0, 3));
  expect(decisions.page(1, first[2], 3).map(({ decision }) => decision)).toEqual(ids.slice(3));
  expect(decisions.latest({ tenant: 1 }, 10, true).map(({ decision }) => decision)).toEqual([
    ids[3],
  ]);
});

test("calls do not wait for the disk, and many decisions are one write", async () => {
  const file = fileOf();
  const decisions = open(file);
  for (let calls = 0; calls < 500; calls++) decisions.add(made());
  await new Promise((resolve) => setTimeout(resolve, 100));
  decisions.close();
  opened.pop();
  const count = new DatabaseSync(file).prepare("SELECT count(*) AS n FROM decisions").get()?.["n"];
  expect(count).toBe(500);
});

test("nothing is decided that the log cannot take", () => {
  const decisions = open(fileOf());
  for (let calls = 0; calls < 10_000; calls++) decisions.add(made());
  expect(() => decisions.add(made())).toThrow("The region cannot take answers right now");
});

test("old ones go, and one tenant's many never push out another's few", () => {
  const decisions = open(fileOf(), { rowsMax: 40, keptMs: 60_000 });
  decisions.add(made({ tenant: 2 }));
  for (let calls = 0; calls < 100; calls++) decisions.add(made());
  decisions.flush();
  decisions.prune();
  expect(decisions.latest({ tenant: 1 }, 100)).toHaveLength(10);
  expect(decisions.latest({ tenant: 2 }, 100)).toHaveLength(1);
  decisions.prune(Date.now() + 61_000);
  expect(decisions.size).toBe(0);
});

test("agents that ask faster than the log is pruned now and then do not fill the disk", async () => {
  const decisions = open(fileOf(), { rowsMax: 40, pruneEveryMs: 50 });
  for (let calls = 0; calls < 4_500; calls++) decisions.add(made());
  decisions.flush();
  // A part at a time, and the next part soon.
  expect(decisions.prune()).toBe(true);
  expect(decisions.size).toBeGreaterThan(1_000);
  await expect.poll(() => decisions.size, { timeout: 10_000 }).toBe(10);
  expect(decisions.prune()).toBe(false);
});

test("many tenants together stay below the limit", () => {
  const decisions = open(fileOf(), { rowsMax: 40 });
  for (let tenant = 1; tenant <= 8; tenant++)
    for (let calls = 0; calls < 10; calls++) decisions.add(made({ tenant }));
  decisions.flush();
  // Each turn takes from who has most.
  for (let turns = 0; turns < 8; turns++) decisions.prune();
  expect(decisions.size).toBeLessThanOrEqual(40);
});
