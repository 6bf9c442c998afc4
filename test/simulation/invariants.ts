// What must hold at the end of every run, whatever happened: SPEC §4.2, §5 and the promises of README.
import { createHash } from "node:crypto";
import type { ReaderOf } from "../../server/warehouse/rows.ts";
import { isSealed, keyOf, rowKey, rowOf, type Ending, type Sealed } from "./ending.ts";
import { checkCurrent, checkOrder, checkWithdrawals } from "./invariants-in-time.ts";
import { describeStep, isAcknowledged, receiptSaid } from "./ledger.ts";
import type { SealedStep } from "./plan.ts";
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

/** Every acknowledged answer is in its own region's warehouse, as it was acknowledged. */
function checkStored(ending: Ending, told: Sealed): string[] {
  const { step } = told;
  const name = describeStep(step);
  const elsewhere = worldRegions.filter(
    (region) =>
      region !== step.reader.region &&
      ending.tables[region].submissions.has(rowKey(ending.world, step)),
  );
  const wrong = elsewhere.map((region) => `wrong region: ${name} is in ${region}`);
  const row = rowOf(ending, step);
  if (row === undefined) {
    const isExcused = step.spoilt ? isDeadLetter(ending, step) : isErased(ending, told);
    return [...wrong, ...(isExcused || isErased(ending, told) ? [] : [`lost: ${name}`])];
  }
  const problems = [...wrong];
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
  for (const region of worldRegions)
    for (const [key] of tables[region].submissions)
      if (!sent.has(key)) problems.push(`invented: ${region} has an answer that nobody sent`);
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

/** What is broken, in plain words; empty where all held. */
export function checkEnding(ending: Ending): string[] {
  const acknowledged = ending.told
    .filter(isSealed)
    .filter((told): told is Sealed => isAcknowledged(told));
  return [
    ...acknowledged.flatMap((told) => checkStored(ending, told)),
    ...checkReceipts(acknowledged, ending.world),
    ...checkRows(ending),
    // What waits in a reader's old object may be overtaken by what the new one has: times of admission decide what counts.
    ...(ending.shardsStay ? checkOrder(ending, acknowledged) : []),
    // What is decided by times of admission is certain only where all clocks agree.
    ...(ending.clocksAgree ? [...checkWithdrawals(ending), ...checkCurrent(ending)] : []),
  ];
}
