// A check that cannot find a fault proves nothing: each kind of fault is planted once and must be named.
import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import type { Submission } from "../../sdk/schema/submission.ts";
import type { SubmissionRow, WithdrawalRow } from "../../server/warehouse/rows.ts";
import { keyOf, rowKey, type Ending, type Sealed } from "./ending.ts";
import { checkEnding } from "./invariants.ts";
import { receiptSaid, type Acknowledged, type Told } from "./ledger.ts";
import type { ReaderStep, SealedStep, WithdrawalStep } from "./plan.ts";
import { WarehouseTables } from "./warehouse-tables.ts";
import { begins, makeWorld, submissionIdOf, submissionOf, type World } from "./world.ts";

const second = 1_000;
let world: World;
let steps: readonly [SealedStep, SealedStep];
let withdrawal: WithdrawalStep;
let sealed: Map<ReaderStep, Submission>;

beforeAll(async () => {
  world = await makeWorld();
  const [reader] = world.readers;
  const other = world.readers.find(({ region }) => region === "apac");
  if (reader === undefined || other === undefined) throw new Error("a world without readers");
  const sent = (at: number) => ({ at, reader, isolate: 0, hangUpAfter: undefined });
  const answer = (number: number, at: number): SealedStep => ({
    ...sent(at),
    kind: "answer",
    number,
    cups: number,
    givenAt: begins + at,
    spoilt: false,
  });
  steps = [answer(1, second), answer(2, 60 * second)];
  withdrawal = { ...sent(0), reader: other, kind: "withdrawal" };
  sealed = new Map();
  for (const step of steps) sealed.set(step, await submissionOf(world, step));
});

const receiptOf = (at: number, text = ""): string => {
  const payload = { "dct:created": new Date(begins + at).toISOString(), text };
  return `header.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.signature`;
};

const acknowledged = <Step extends ReaderStep>(step: Step, text = "") => ({
  step,
  sentAt: step.at,
  heardAt: step.at + 100,
  outcome: { kind: "acknowledged", receipt: receiptOf(step.at, text), confirm: false } as const,
});

const sourceOf = (offset: bigint): SubmissionRow["source"] => ({
  topic: "answers",
  partition: 0,
  offset,
  appendedAt: begins,
  key: "",
  value: new Uint8Array(),
  headers: {},
});

const readerOf = ({ reader }: ReaderStep) => ({
  tenant: world.campaign.tenant,
  campaign: world.campaign.id,
  reader: reader.pseudonym,
});

function rowFor(told: Sealed, offset: bigint): SubmissionRow {
  const { id, admittedAt } = receiptSaid(told);
  const envelope = Buffer.from(sealed.get(told.step)?.envelope ?? "", "base64url");
  return {
    ...readerOf(told.step),
    kind: "submission",
    source: sourceOf(offset),
    submissionId: submissionIdOf(told.step),
    envelopeSha256: createHash("sha256").update(envelope).digest(),
    receiptId: id,
    revision: 1,
    test: false,
    channel: "web",
    language: "en",
    notice: 1,
    purposes: ["results"],
    givenAt: told.step.givenAt,
    admittedAt,
    outcome: undefined,
    refusesEvents: false,
    answers: [],
  };
}

interface Planted {
  readonly told: Told[];
  readonly first: Sealed;
  readonly eu: WarehouseTables;
  readonly apac: WarehouseTables;
  readonly keys: readonly [string, string];
  readonly rows: readonly [SubmissionRow, SubmissionRow];
}

/** Two answers and another reader's withdrawal, all of them where they belong, and then what `plant` does to them. */
function problemsAfter(plant: (planted: Planted) => void): string[] {
  const [first, later] = steps;
  const told = [acknowledged(first), acknowledged(later)] as const;
  const back: Acknowledged = acknowledged(withdrawal);
  const [eu, apac] = [new WarehouseTables(), new WarehouseTables()];
  const keys = [rowKey(world, first), rowKey(world, later)] as const;
  const rows = [rowFor(told[0], 1n), rowFor(told[1], 2n)] as const;
  eu.submissions.set(keys[0], rows[0]).set(keys[1], rows[1]);
  const taken: WithdrawalRow = {
    ...readerOf(withdrawal),
    kind: "withdrawal",
    test: false,
    source: sourceOf(1n),
    submissionId: "w",
    receiptId: receiptSaid(back).id,
    admittedAt: begins,
  };
  apac.withdrawals.set(keyOf(world, steps[0]), taken);
  const planted = { told: [...told, back], first: told[0], eu, apac, keys, rows };
  plant(planted);
  const ending: Ending = {
    world,
    told: planted.told,
    sealed,
    tables: { eu, apac },
    unixOf: (virtual) => begins + virtual,
    clocksAgree: true,
    shardsStay: true,
  };
  return checkEnding(ending);
}

test("finds nothing where all is as it was promised", () => {
  expect(problemsAfter(() => undefined)).toEqual([]);
});

const faults: readonly (readonly [string, (planted: Planted) => void])[] = [
  ["lost: eu reader 0's answer 1", ({ eu, keys }) => eu.submissions.delete(keys[0])],
  ["lost: apac reader 0's withdrawal", ({ apac }) => apac.withdrawals.clear()],
  [
    "wrong region: something of eu reader 0 is in apac",
    ({ apac, keys, rows }) => apac.submissions.set(keys[0], rows[0]),
  ],
  [
    "wrong region: something of apac reader 0 is in eu",
    ({ eu, apac }) => {
      for (const [key, row] of apac.withdrawals) eu.withdrawals.set(key, row);
    },
  ],
  [
    "another receipt: eu reader 0's answer 1",
    ({ eu, keys, rows }) => eu.submissions.set(keys[0], { ...rows[0], receiptId: "another" }),
  ],
  [
    "another content: eu reader 0's answer 1",
    ({ eu, keys, rows }) =>
      eu.submissions.set(keys[0], { ...rows[0], envelopeSha256: new Uint8Array(32) }),
  ],
  [
    "two receipts: eu reader 0's answer 1",
    ({ told, first }) => told.push(acknowledged(first.step, "again")),
  ],
  [
    "stuffing: eu reader 0's answer 1",
    ({ told, first }) => told.push({ ...acknowledged({ ...first.step, cups: 9 }) }),
  ],
  [
    "refused: eu reader 0's answer 1 (1), with submission-reused",
    ({ told, first }) => {
      told[0] = { ...first, outcome: { kind: "refused", code: "submission-reused" } };
    },
  ],
  ["invented: eu has an answer", ({ eu, rows }) => eu.submissions.set("nobody's", rows[0])],
  [
    "order: eu reader 0's answer 2",
    ({ eu, keys, rows }) => eu.submissions.set(keys[0], { ...rows[0], source: sourceOf(3n) }),
  ],
  [
    "counted wrong: eu reader 0 has 3 answers",
    ({ eu, rows }) => eu.submissions.set("twice", rows[0]),
  ],
  [
    "not current: eu reader 0's last answer",
    ({ eu, keys, rows }) =>
      eu.submissions.set(keys[0], { ...rows[0], admittedAt: rows[1].admittedAt + second }),
  ],
  [
    "withdrawn: eu reader 0's answer 2",
    ({ told, first, eu, keys, rows }) => {
      // Taken back at the beginning, and admitted a minute later with a consent from before.
      const taken = { ...withdrawal, reader: first.step.reader };
      told.push(acknowledged(taken));
      eu.withdrawals.set("taken", { ...readerOf(taken), ...takenRow });
      const late = { ...steps[1], givenAt: begins - second };
      sealed.set(late, sealed.get(steps[1])!);
      told.splice(1, 1, acknowledged(late));
      eu.submissions.set(keys[1], rows[1]);
    },
  ],
];

const takenRow = {
  kind: "withdrawal",
  test: false,
  submissionId: "w",
  receiptId: "",
  admittedAt: begins,
  source: sourceOf(4n),
} as const;

test.each(faults)("names what is %s", (problem, plant) => {
  expect(problemsAfter(plant).join("\n")).toContain(problem);
});
