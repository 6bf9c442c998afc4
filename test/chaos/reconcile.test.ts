// A reckoning that cannot find a fault proves nothing: each kind of fault is planted once and must be named.
import { expect, test } from "vitest";
import type { Region } from "../../sdk/region.ts";
import { unnamedChoices, type LedgerEntry, type Outcome } from "./ledger.ts";
import { Reconciliation, type Place, type Reckoned, type RegionCounts } from "./reconcile.ts";
import type { StepKind } from "./visits.ts";

const idOf = (name: string): Uint8Array => Buffer.from(name.padEnd(16, "-"));

const entry = (
  name: string,
  region: Region,
  outcome: Outcome = "acknowledged",
  kind: StepKind = "answer",
): LedgerEntry => ({
  outcome,
  region,
  kind,
  id: idOf(name),
  reader: idOf(`reader of ${name}`.slice(0, 16)),
});

const ledger: readonly LedgerEntry[] = [
  entry("a", "eu"),
  entry("b", "us"),
  entry("c", "apac", "open"),
  entry("d", "eu", "refused"),
];

type Stored = readonly (readonly [Place, Region, string])[];
const everywhere = (region: Region, name: string): Stored => [
  ["topic", region, name],
  ["warehouse", region, name],
  ["opened", region, name],
  ["snowflake", region, name],
];
const clean: Stored = [...everywhere("eu", "a"), ...everywhere("us", "b")];

function reckon(entries: readonly LedgerEntry[], stored: Stored): Reckoned {
  const reconciliation = new Reconciliation(entries, entries.length);
  for (const [place, region, name] of stored)
    reconciliation.found(place, region, { id: idOf(name), reader: idOf(`by ${name}`) });
  return reconciliation.result();
}

const wrong: readonly (keyof RegionCounts)[] = [
  "lost",
  "missingInTopic",
  "missingInOpened",
  "missingInSnowflake",
  "landedTwice",
  "doubled",
  "misplaced",
  "unknown",
  "otherReceipts",
];
/** What is wrong, such as `eu lost 1`. */
const faults = ({ counts }: Reckoned): string[] =>
  (["eu", "us", "apac"] as const).flatMap((region) =>
    wrong
      .filter((key) => counts[region][key] > 0)
      .map((key) => `${region} ${key} ${counts[region][key]}`),
  );

test("finds nothing where every acknowledgement is stored once at home", () => {
  const reckoned = reckon(ledger, clean);
  expect(faults(reckoned)).toEqual([]);
  expect(reckoned.counts.eu).toMatchObject({
    sent: 2,
    acknowledged: 1,
    refused: 1,
    inTopic: 1,
    inWarehouse: 1,
    inOpened: 1,
    inSnowflake: 1,
  });
});

test("leaves open whether an unacknowledged submission is stored", () => {
  expect(faults(reckon(ledger, [...clean, ...everywhere("apac", "c")]))).toEqual([]);
});

test("names an acknowledged submission that was never sent as lost", () => {
  const { counts, samples } = reckon([...ledger, entry("never", "eu")], clean);
  expect(counts.eu).toMatchObject({
    lost: 1,
    missingInTopic: 1,
    missingInOpened: 1,
    missingInSnowflake: 1,
  });
  expect(Object.keys(samples)).toContain("acknowledged, and not in the warehouse of eu");
});

test.each([
  ["topic", "us missingInTopic 1"],
  ["warehouse", "us lost 1"],
  ["opened", "us missingInOpened 1"],
  ["snowflake", "us missingInSnowflake 1"],
])("names what is everywhere but in the %s", (missing, named) => {
  const stored = clean.filter(([place, , name]) => place !== missing || name !== "b");
  expect(faults(reckon(ledger, stored))).toEqual([named]);
});

test("names a second opened record under another id, and a row of an offset that has one", () => {
  expect(faults(reckon(ledger, [...clean, ["opened", "eu", "a"]]))).toEqual(["eu doubled 1"]);
  expect(faults(reckon(ledger, [...clean, ["snowflake", "us", "b"]]))).toEqual(["us doubled 1"]);
  const reconciliation = new Reconciliation([], 0);
  reconciliation.again("opened", "eu");
  reconciliation.again("snowflake", "apac");
  const reckoned = reconciliation.result();
  expect(faults(reckoned)).toEqual(["apac landedTwice 1"]);
  expect(reckoned.counts.eu.openedRepeats).toBe(1);
});

test("names a second row as doubled, and a second record as none", () => {
  expect(faults(reckon(ledger, [...clean, ["warehouse", "eu", "a"]]))).toEqual(["eu doubled 1"]);
  const twice = reckon(ledger, [...clean, ["topic", "eu", "a"]]);
  expect(faults(twice)).toEqual([]);
  expect(twice.counts.eu.topicDuplicates).toBe(1);
});

test("names what is in another region as misplaced, and as lost to its own", () => {
  const moved: Stored = [...everywhere("us", "a"), ...everywhere("us", "b")];
  expect(faults(reckon(ledger, moved))).toEqual([
    "eu lost 1",
    "eu missingInTopic 1",
    "eu missingInOpened 1",
    "eu missingInSnowflake 1",
    "eu misplaced 4",
  ]);
});

test("names a record that says it is of another region", () => {
  const reconciliation = new Reconciliation(ledger, ledger.length);
  const found = { id: idOf("a"), reader: idOf("by a"), region: "us" };
  reconciliation.found("topic", "eu", found);
  expect(faults(reconciliation.result())).toContain("eu misplaced 1");
});

test("names a row that nobody sent", () => {
  expect(faults(reckon(ledger, [...clean, ["warehouse", "us", "x"]]))).toEqual(["us unknown 1"]);
});

test("names choices that are stored again under an id that nobody was told", () => {
  const told = [entry("e", "eu", "acknowledged", "choices")];
  const again: Stored = [...everywhere("eu", "e"), ["warehouse", "eu", "e again"]];
  expect(faults(reckon(told, again))).toEqual(["eu unknown 1"]);
});

test("leaves open choices that nobody was told the id of, beside the same reader's withdrawal", () => {
  const reader = idOf("by f");
  const own: readonly LedgerEntry[] = [
    { outcome: "open", region: "eu", kind: "choices", id: unnamedChoices(reader), reader },
    { outcome: "acknowledged", region: "eu", kind: "withdrawal", id: reader, reader },
  ];
  const stored: Stored = [...everywhere("eu", "f"), ...everywhere("eu", "by f")];
  expect(faults(reckon(own, stored))).toEqual([]);
});

test("names choices that nobody was told the id of, in the wrong region or twice", () => {
  const reader = idOf("by f");
  const own: readonly LedgerEntry[] = [
    { outcome: "open", region: "eu", kind: "choices", id: unnamedChoices(reader), reader },
  ];
  expect(faults(reckon(own, [["warehouse", "us", "f"]]))).toEqual(["eu misplaced 1"]);
  const twice: Stored = [
    ["warehouse", "eu", "f"],
    ["warehouse", "eu", "f"],
  ];
  expect(faults(reckon(own, twice))).toEqual(["eu doubled 1"]);
});

test("names a receipt that differs", () => {
  expect(faults(reckon([...ledger, entry("a", "eu", "other-receipt")], clean))).toEqual([
    "eu otherReceipts 1",
  ]);
});
