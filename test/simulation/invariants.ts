// What must hold at the end of every run, whatever happened: SPEC §4.2, §5 and the promises of README.
import { createHash } from "node:crypto";
import type { ReaderOf } from "../../server/warehouse/rows.ts";
import { isSealed, keyOf, rowKey, rowOf, type Ending, type Sealed } from "./ending.ts";
import { checkCurrent, checkOrder, checkWithdrawals } from "./invariants-in-time.ts";
import { describeStep, isAcknowledged, receiptSaid } from "./ledger.ts";
import type { ReaderStep, SealedStep } from "./plan.ts";
import { readerKeyOf } from "./warehouse-tables.ts";
import { submissionIdOf, worldRegions, type World } from "./world.ts";

/** Whether it lies among the dead letters, as what nobody could read. */
export const isDeadLetter = ({ tables }: Ending, step: SealedStep): boolean =>
  [...tables[step.reader.region].deadLetters.values()].some(({ source }) =>
    Buffer.from(source.value).includes(submissionIdOf(step)),
  );

/** An erasure takes away what was agreed to until then. */
function isErased({ world, tables }: Ending, { step, ...told }: Sealed): boolean {
  const decidedAt = Math.min(step.givenAt, receiptSaid({ step, ...told }).admittedAt);
  return [...tables[step.reader.region].requests.values()].some(
    (request) =>
      request.request === "erase" &&
      readerKeyOf(request) === keyOf(world, step) &&
      request.admittedAt >= decidedAt,
  );
}

const sha256 = (text: string): string =>
  createHash("sha256").update(Buffer.from(text, "base64url")).digest("base64url");

/** Nothing of any kind, acknowledged or not, lies in a region that is not its reader's. */
function checkRegions({ world, told, tables }: Ending): string[] {
  return worldRegions.flatMap((region) => {
    const strangers = new Map(
      told
        .filter(({ step }) => step.reader.region !== region)
        .map(({ step }) => [keyOf(world, step), step.reader.name]),
    );
    const { submissions, preferences, withdrawals, requests } = tables[region];
    const rows: ReaderOf[] = [submissions, preferences, withdrawals, requests].flatMap((table) => [
      ...table.values(),
    ]);
    const here = new Set(rows.flatMap((row) => strangers.get(readerKeyOf(row)) ?? []));
    return [...here].map((name) => `wrong region: something of ${name} is in ${region}`);
  });
}

/** Every acknowledged answer is in its own region's warehouse, as it was acknowledged. */
function checkStored(ending: Ending, told: Sealed): string[] {
  const { step } = told;
  const name = describeStep(step);
  const row = rowOf(ending, step);
  if (row === undefined) {
    const isExcused = step.spoilt ? isDeadLetter(ending, step) : isErased(ending, told);
    return isExcused || isErased(ending, told) ? [] : [`lost: ${name}`];
  }
  const problems: string[] = [];
  if (row.receiptId !== receiptSaid(told).id)
    problems.push(`another receipt: ${name} is stored under one that its reader does not have`);
  const envelope = ending.sealed.get(step)?.envelope ?? "";
  if (Buffer.from(row.envelopeSha256).toString("base64url") !== sha256(envelope))
    problems.push(`another content: ${name} is stored with one`);
  return problems;
}

/** The same submission, the same receipt; another content under its id, none. */
function checkReceipts(acknowledged: readonly Sealed[], world: World): string[] {
  const first = new Map<string, Sealed>();
  return acknowledged.flatMap((told) => {
    const key = `${told.step.kind} ${rowKey(world, told.step)}`;
    const known = first.get(key);
    first.set(key, known ?? told);
    if (known === undefined) return [];
    const name = describeStep(told.step);
    if (known.step.cups !== told.step.cups || known.step.givenAt !== told.step.givenAt)
      return [`stuffing: ${name} was acknowledged with two contents under one id`];
    return known.outcome.receipt === told.outcome.receipt ? [] : [`two receipts: ${name} has them`];
  });
}

/** Nothing is in a warehouse that no reader sent; what a reader took back and was told so is. */
function checkRows({ world, told, tables }: Ending): string[] {
  const sent = new Set(told.filter(isSealed).map(({ step }) => rowKey(world, step)));
  const problems: string[] = [];
  for (const region of worldRegions) {
    const { submissions, preferences } = tables[region];
    for (const key of [...submissions.keys(), ...preferences.keys()])
      if (!sent.has(key)) problems.push(`invented: ${region} has an answer that nobody sent`);
  }
  for (const { step, outcome } of told) {
    if (outcome.kind !== "acknowledged") continue;
    const { withdrawals, requests } = tables[step.reader.region];
    const isMine = (row: ReaderOf): boolean => readerKeyOf(row) === keyOf(world, step);
    const isThere =
      step.kind === "withdrawal"
        ? [...withdrawals.values()].some(isMine)
        : step.kind !== "request" ||
          [...requests.values()].some((row) => isMine(row) && row.request === step.request);
    if (!isThere) problems.push(`lost: ${describeStep(step)}`);
  }
  return problems;
}

/** What tells two submissions under one id apart. */
const contentOf = (step: ReaderStep): string => {
  switch (step.kind) {
    case "answer":
    case "preferences":
      return `${step.cups} ${step.givenAt} ${step.spoilt}`;
    case "request":
      return step.request;
    case "withdrawal":
      return "";
  }
};

const numberOf = (step: ReaderStep): number | undefined =>
  step.kind === "withdrawal" ? undefined : step.number;

/** All readers here are invited and agree: nobody is refused for good, but for stuffing, a withdrawal, or a clock that jumps. */
function checkRefusals({ told, clocksAgree }: Ending): string[] {
  return told.flatMap(({ step, outcome }) => {
    if (outcome.kind !== "refused") return [];
    const isStuffing = told.some(
      (other) =>
        other.step.reader === step.reader &&
        numberOf(other.step) === numberOf(step) &&
        contentOf(other.step) !== contentOf(step),
    );
    const isRight =
      (outcome.code === "submission-reused" && isStuffing) ||
      (outcome.code === "consent-time" && !clocksAgree) ||
      // Whether there was one, checkWithdrawals says.
      outcome.code === "consent-withdrawn";
    return isRight ? [] : [`refused: ${describeStep(step)}, with ${outcome.code}`];
  });
}

/** What is broken, in plain words; empty where all held. */
export function checkEnding(ending: Ending): string[] {
  const acknowledged = ending.told
    .filter(isSealed)
    .filter((told): told is Sealed => isAcknowledged(told));
  return [
    ...acknowledged.flatMap((told) => checkStored(ending, told)),
    ...checkReceipts(acknowledged, ending.world),
    ...checkRows(ending),
    ...checkRegions(ending),
    ...checkRefusals(ending),
    // What waits in a reader's old object may be overtaken by what the new one has: times of admission decide what counts.
    ...(ending.shardsStay ? checkOrder(ending, acknowledged) : []),
    // What is decided by times of admission is certain only where all clocks agree.
    ...(ending.clocksAgree ? [...checkWithdrawals(ending), ...checkCurrent(ending)] : []),
  ];
}
