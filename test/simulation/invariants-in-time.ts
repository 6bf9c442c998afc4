// What must hold of before and after: what was taken back, what came first, what counts now.
import { isSealed, keyOf, rowOf, takesBack, type Ending, type Sealed } from "./ending.ts";
import { describeStep, isAcknowledged, receiptSaid } from "./ledger.ts";
import { readerKeyOf } from "./warehouse-tables.ts";
import { submissionIdOf } from "./world.ts";

/** A consent from before an acknowledged withdrawal is not admitted after it; a later one is. */
export function checkWithdrawals({ told, unixOf }: Ending): string[] {
  const problems: string[] = [];
  for (const answer of told.filter(isSealed)) {
    const others = told.filter(
      ({ step }) => step.reader === answer.step.reader && step !== answer.step,
    );
    const back = others.filter(takesBack);
    const name = describeStep(answer.step);
    const { outcome } = answer;
    if (outcome.kind === "refused" && outcome.code === "consent-withdrawn") {
      const isPossible = back.some(({ heardAt }) => answer.step.givenAt <= unixOf(heardAt));
      if (!isPossible) problems.push(`refused: ${name}, for a withdrawal that was not`);
    }
    if (outcome.kind !== "acknowledged") continue;
    const isKnown = others.some(
      (other) =>
        isSealed(other) &&
        submissionIdOf(other.step) === submissionIdOf(answer.step) &&
        other.sentAt <= answer.heardAt,
    );
    for (const withdrawal of back.filter(isAcknowledged)) {
      if (isKnown || withdrawal.step.kind !== "withdrawal") continue;
      const { admittedAt } = receiptSaid(withdrawal);
      if (withdrawal.heardAt < answer.sentAt && answer.step.givenAt <= admittedAt)
        problems.push(`withdrawn: ${name} is admitted all the same`);
    }
  }
  return problems;
}

/** Of two answers the one that was sent after the other was acknowledged comes later on the stream. */
export function checkOrder(ending: Ending, acknowledged: readonly Sealed[]): string[] {
  const problems: string[] = [];
  const placed = acknowledged.flatMap((told) => {
    const row = rowOf(ending, told.step);
    return row === undefined ? [] : [{ told, row }];
  });
  const firstHeard = (sealed: Sealed): number =>
    Math.min(
      ...acknowledged
        .filter((other) => other.outcome.receipt === sealed.outcome.receipt)
        .map(({ heardAt }) => heardAt),
    );
  const firstSent = (sealed: Sealed): number =>
    Math.min(
      ...ending.told
        .filter(isSealed)
        .filter(
          ({ step }) =>
            step.reader === sealed.step.reader &&
            submissionIdOf(step) === submissionIdOf(sealed.step),
        )
        .map(({ sentAt }) => sentAt),
    );
  for (const { told: earlier, row: first } of placed)
    for (const { told: later, row: second } of placed)
      if (
        earlier.step.reader === later.step.reader &&
        firstHeard(earlier) < firstSent(later) &&
        first.source.offset >= second.source.offset
      )
        problems.push(
          `order: ${describeStep(later.step)} came before ${describeStep(earlier.step)}`,
        );
  return problems;
}

/** Answers further apart than this are not held for haste (SPEC §3.13). */
const calmMilliseconds = 10_000;

/** Every answer counts once, and the last one is current, where nothing makes that uncertain. */
export function checkCurrent(ending: Ending): string[] {
  const { world, told, tables } = ending;
  return world.readers.flatMap((reader) => {
    const mine = told.filter(({ step }) => step.reader === reader);
    const [some] = mine;
    if (some === undefined || mine.some((one) => one.outcome.kind === "unknown" || takesBack(one)))
      return [];
    const key = keyOf(world, some.step);
    const answers = mine
      .filter(isSealed)
      .filter((one): one is Sealed => isAcknowledged(one))
      .filter(({ step }) => step.kind === "answer" && !step.spoilt);
    const admitted = new Map<string, number>();
    for (const answer of answers)
      admitted.set(submissionIdOf(answer.step), receiptSaid(answer).admittedAt);
    const { submissions } = tables[reader.region];
    const rows = [...submissions.values()].filter((row) => readerKeyOf(row) === key).length;
    const problems =
      rows === admitted.size
        ? []
        : [`counted wrong: ${reader.name} has ${rows} answers and was told of ${admitted.size}`];
    const [last, before] = [...admitted].sort(([, left], [, right]) => right - left);
    const isCertain = last !== undefined && last[1] - (before?.[1] ?? -Infinity) > calmMilliseconds;
    if (isCertain && tables[reader.region].readerOf(key).current !== last[0])
      problems.push(`not current: ${reader.name}'s last answer does not count`);
    return problems;
  });
}
