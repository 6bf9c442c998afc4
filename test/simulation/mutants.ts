// Faults put into the source on purpose: a simulation that does not find them would find nothing. Where the code moves, the
// mutant's line moves with it: simulation.test.ts says which is gone. The chaos suite has its broken drain from here too.

/** One line of a file, and what it becomes. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string | RegExp;
  readonly replace: string;
  applied: boolean;
}

/** The source with the mutant's change. Throws Error where its line is not there exactly once. */
export function mutate(mutant: Mutant | undefined, file: string, source: string): string {
  if (mutant?.file !== file) return source;
  const pieces = source.split(mutant.find);
  if (pieces.length !== 2)
    throw new Error(
      `the mutant ${mutant.name} looks for one place in ${file} and found ${pieces.length - 1}: adapt test/simulation/mutants.ts`,
    );
  mutant.applied = true;
  return pieces.join(mutant.replace);
}

const all: readonly Omit<Mutant, "applied">[] = [
  {
    // Rows are deleted before the region's server has them.
    name: "broken-drain",
    file: "edge/outbox-drain.ts",
    find: "const delivery = await forwardBatch(settings, region, texts, entries);",
    replace: `this.#settle(region, segments, Array.from({ length: entries }, () => ({ status: "stored" })));
      const delivery = await forwardBatch(settings, region, texts, entries);`,
  },
  {
    // The queue's row is written in another turn than the memory of it.
    name: "row-apart",
    file: "edge/outbox.ts",
    find: "    this.#queue.append(kept, now);\n    return outcomes;",
    replace: "    setTimeout(() => this.#queue.append(kept, now), 1);\n    return outcomes;",
  },
  {
    // After a write no alarm is set.
    name: "alarm-not-set",
    file: "edge/outbox.ts",
    find: "this.#armAt(Math.max(Date.now() + alarmMilliseconds, this.#drain.restUntil));",
    replace: "",
  },
  {
    // An alarm that did not empty the queue sets no other.
    name: "alarm-not-set-again",
    file: "edge/outbox.ts",
    find: "  #arm(): void {",
    replace: "  #arm(): void {\n    return;",
  },
  {
    // A repeat gets a new receipt.
    name: "receipt-not-remembered",
    file: "edge/seen.ts",
    find: `return { status: "seen", receipt, ...(confirm && { confirm }) };`,
    replace: `return { status: "seen", receipt: entry.receipt, ...(confirm && { confirm }) };`,
  },
  {
    // A consent from before a withdrawal is admitted.
    name: "withdrawal-not-checked",
    file: "edge/seen.ts",
    find: "withdrawn_at >= ?7",
    replace: "withdrawn_at >= ?7 AND false",
  },
  {
    // The region's server acknowledges what its stream does not have yet.
    name: "acknowledged-before-appended",
    file: "server/intake.ts",
    find: "await stream.append(topic, records);",
    replace: "void stream.append(topic, records).catch(() => undefined);",
  },
  {
    // A region that acknowledges from its stream forgets that an append is not known to have succeeded.
    name: "marked-before-appended",
    file: "server/intake.ts",
    find: "  await toStream(appended, intake, arrived);\n  seen.markStored(appended);",
    replace: "  seen.markStored(appended);\n  await toStream(appended, intake, arrived);",
  },
  {
    // What a warehouse refuses once is not tried again, and what is committed after it moves the position past it.
    name: "refused-and-forgotten",
    file: "server/commits.ts",
    find: "this.#refused(error);\n",
    replace: "this.#refused(error);\n        this.#waiting.splice(0, group.length);\n",
  },
  {
    // The stream's position is stored before the rows are.
    name: "offsets-before-rows",
    file: "server/ingest.ts",
    find: "const nextOffsets = offsetsAfter(records);",
    replace: `const nextOffsets = offsetsAfter(records);
    await this.#parts.warehouse.write({ rows: [], nextOffsets, replay: false });`,
  },
];

export const mutants: readonly Mutant[] = all.map((mutant) => ({ ...mutant, applied: false }));

/** Throws Error for a name that is none. */
export function mutantOf(name: string): Mutant {
  const mutant = mutants.find((candidate) => candidate.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
  return mutant;
}
