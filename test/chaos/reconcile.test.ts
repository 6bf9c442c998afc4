// A reckoning that cannot find a fault proves nothing: each kind of fault is planted once and must be named.
import { expect, test } from "vitest";
import { reconcile, type LedgerEntry, type Stored } from "./reconcile.ts";

const ledger: readonly LedgerEntry[] = [
  { submissionId: "a", region: "eu", acknowledged: true },
  { submissionId: "b", region: "us", acknowledged: true },
  { submissionId: "c", region: "apac", acknowledged: false },
];
const stored: Stored = { eu: ["a"], us: ["b"], apac: [] };
const clean = { lost: [], doubled: [], misplaced: [], unknown: [] };

test("finds nothing where every acknowledgement is stored once at home", () => {
  expect(reconcile(ledger, stored)).toEqual(clean);
});

test("leaves open whether an unacknowledged submission is stored", () => {
  expect(reconcile(ledger, { ...stored, apac: ["c"] })).toEqual(clean);
});

test("names an acknowledged submission that was never sent as lost", () => {
  const never: LedgerEntry = { submissionId: "never", region: "eu", acknowledged: true };
  expect(reconcile([...ledger, never], stored)).toEqual({ ...clean, lost: ["never"] });
});

test("names a second row as doubled", () => {
  expect(reconcile(ledger, { ...stored, eu: ["a", "a"] })).toEqual({ ...clean, doubled: ["a"] });
});

test("names a row in another region as misplaced, and as lost to its own", () => {
  const moved = { eu: [], us: ["b", "a"], apac: [] };
  expect(reconcile(ledger, moved)).toEqual({ ...clean, lost: ["a"], misplaced: ["a"] });
});

test("names a row that nobody sent", () => {
  expect(reconcile(ledger, { ...stored, us: ["b", "x"] })).toEqual({ ...clean, unknown: ["x"] });
});
