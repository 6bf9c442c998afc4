// The segments of one campaign, kept up with each change of a reader: what a change costs depends on that reader alone. Most
// answers are counted before they are committed: where nothing else is known of their reader, a commit can only count them. And
// who takes consent back is no member from the moment that is read.
import { pairMilliseconds, severalMilliseconds } from "../../../sdk/haste.ts";
import type { ActivityChange, ActivityRow } from "../../activities/rows.ts";
import { currentOf } from "../../warehouse/reader-changes.ts";
import type { ReaderChange, SubmissionRow } from "../../warehouse/rows.ts";
import type { EngineLimits } from "../limits.ts";
import type { Belongs } from "../sql/compile.ts";
import type { ActivityCell, AnswerCell } from "../sql/rows.ts";
import { Members } from "./members.ts";
import { Readers, type HeldAnswer } from "./readers.ts";

export interface CampaignOf {
  readonly tenant: number;
  readonly campaign: string;
}

export interface CompiledSegment {
  readonly id: string;
  readonly purpose: string;
  readonly belongs: Belongs;
}

const cellOf = ({ kind, label, amount, currency, happenedAt }: ActivityRow): ActivityCell => ({
  kind,
  label: label ?? null,
  amount: amount ?? null,
  currency: currency ?? null,
  happenedAt,
});

/** An answer that comes later than this after its reader's last is weighed against none. */
const apartMs = Math.max(pairMilliseconds, severalMilliseconds);

/** A withdrawal, or the wish to be erased; `admittedAt` in Unix milliseconds. */
export interface Leaving extends CampaignOf {
  readonly kind: "withdrawal" | "request";
  readonly reader: string;
  readonly admittedAt: number;
}

/** What holds here already, and in the tables with its commit. */
export type Ahead = SubmissionRow | Leaving;

interface Expected {
  readonly row: Ahead;
  /** What was held of the reader until then; undefined: nothing. */
  readonly before: HeldAnswer | undefined;
}

const nothing = { current: undefined, purposes: [] } as const;

/** Whether this answer was given before the consent to it was taken back, so that it stays out until the commit of that. */
const isTakenBack = (row: Ahead, current: ReaderChange["current"]): row is Leaving =>
  row.kind !== "submission" && current !== undefined && current.admittedAt <= row.admittedAt;

export class CampaignEngine {
  readonly of: CampaignOf;
  readonly readers = new Readers();
  readonly #members: ReadonlyMap<string, Members>;
  readonly #limits: EngineLimits;
  /** Readers changed since somebody began to compare; undefined while nobody does. */
  #disturbed: Set<string> | undefined;
  /** Readers with more than the answer that counts to weigh: of them only the tables can tell. Undefined: of nobody can be told. */
  #weighed: Set<string> | undefined = new Set();
  /** By reader. */
  readonly #expected = new Map<string, Expected>();

  constructor(of: CampaignOf, segments: readonly CompiledSegment[], limits: EngineLimits) {
    this.of = of;
    this.#limits = limits;
    this.#members = new Map(
      segments.map(({ id, purpose, belongs }) => [id, new Members(purpose, belongs)]),
    );
  }

  members(segment: string): Members | undefined {
    return this.#members.get(segment);
  }

  has(segment: string, reader: string): boolean {
    const index = this.readers.find(reader);
    return index !== undefined && (this.#members.get(segment)?.has(index) ?? false);
  }

  /** What one commit made of a reader; the segments whose members changed are added to `changed`. */
  change(change: ReaderChange, changed: Set<string>): void {
    if (change.isNew === undefined) this.weigh(change.reader);
    const expected = this.#expected.get(change.reader);
    if (expected !== undefined && isTakenBack(expected.row, change.current)) {
      this.#keepOut(expected.row, change);
      return;
    }
    this.#expected.delete(change.reader);
    this.#put(change, changed);
  }

  /** An earlier commit counts the answer of a reader who is out already: it is held for when that comes to nothing. */
  #keepOut(row: Leaving, change: ReaderChange): void {
    const { readers } = this;
    this.#disturbed?.add(change.reader);
    const index = readers.add(change.reader);
    readers.set(index, change);
    this.#expected.set(change.reader, { row, before: readers.answerOf(index) });
    readers.set(index, nothing);
    readers.dropIfEmpty(index);
  }

  /** From now on the reader's answers wait for their commit. */
  weigh(reader: string): void {
    this.#weighed?.add(reader);
    if (this.#weighed !== undefined && this.#weighed.size > this.#limits.readers)
      this.#weighed = undefined;
  }

  /** What is not committed yet, where it is known already what the commit will make of it. */
  expect(row: Ahead, changed: Set<string>): void {
    if (row.kind === "submission") this.#count(row, changed);
    else this.#leave(row, changed);
  }

  /**
   * Counts an answer that is not committed yet, of a reader of whom no other record waits for its commit: the only one of a
   * reader of whom nothing is known, or long after the one that counts. Any other waits.
   */
  #count(row: SubmissionRow, changed: Set<string>): void {
    const { readers } = this;
    if (this.#weighed === undefined || this.#weighed.has(row.reader)) return;
    const index = readers.find(row.reader);
    const last = index === undefined ? undefined : readers.admittedAt(index);
    if (last !== undefined && row.admittedAt - last <= apartMs) return;
    const before = index === undefined ? undefined : readers.answerOf(index);
    this.#expected.set(row.reader, { row, before });
    const { reader, purposes } = row;
    this.#put({ reader, current: currentOf(row), purposes }, changed);
  }

  /** Takes a reader out whose answer was given before the consent to it was taken back, one that is committed later too. */
  #leave(row: Leaving, changed: Set<string>): void {
    const { readers } = this;
    const { reader, admittedAt } = row;
    const index = readers.find(reader);
    const last = index === undefined ? undefined : readers.admittedAt(index);
    if (last !== undefined && last > admittedAt) return;
    const known = this.#expected.get(reader);
    const held = index === undefined ? undefined : readers.answerOf(index);
    const isLater = known !== undefined && known.row.admittedAt > admittedAt;
    this.#expected.set(reader, {
      row: isLater ? known.row : row,
      before: known === undefined ? held : known.before,
    });
    this.#put({ reader, ...nothing }, changed);
  }

  /** Nothing of the reader waits for a commit any more: what was expected and did not come is taken back. */
  settle(reader: string, changed: Set<string>): void {
    const expected = this.#expected.get(reader);
    if (expected === undefined) return;
    this.#expected.delete(reader);
    this.#disturbed?.add(reader);
    const { readers } = this;
    if (expected.before === undefined) {
      this.#put({ reader, ...nothing }, changed);
      return;
    }
    const index = readers.add(reader);
    const counted = readers.cellsOf(index);
    readers.putBack(index, expected.before);
    this.#evaluate(index, counted, readers.cellsOf(index), changed);
    readers.dropIfEmpty(index);
  }

  /** What holds here and is not committed. */
  *expected(): Generator<Ahead> {
    for (const { row } of this.#expected.values()) yield row;
  }

  #put(change: Pick<ReaderChange, "reader" | "current" | "purposes">, changed: Set<string>): void {
    const { readers } = this;
    this.#disturbed?.add(change.reader);
    if (change.current === undefined && readers.find(change.reader) === undefined) return;
    const index = readers.add(change.reader);
    const before = readers.cellsOf(index);
    const now = readers.set(index, change);
    this.#evaluate(index, before, now, changed);
    if (change.current === undefined) readers.dropIfEmpty(index);
  }

  /** What became of a reader's activities. */
  changeActivities({ reader, cleared, stored }: ActivityChange, changed: Set<string>): void {
    const { readers } = this;
    this.#disturbed?.add(reader);
    if (stored.length === 0 && readers.find(reader) === undefined) return;
    const index = readers.add(reader);
    readers.setActivities(index, cleared, stored.map(cellOf));
    const cells = readers.cellsOf(index);
    this.#evaluate(index, cells, cells, changed);
    readers.dropIfEmpty(index);
  }

  /** Whether more is held than may be. */
  get isTooLarge(): boolean {
    const { values, activities } = this.readers.held;
    return (
      this.readers.size > this.#limits.readers ||
      this.readers.cells.size > this.#limits.cells ||
      values > this.#limits.values ||
      activities > this.#limits.activities
    );
  }

  /** How many members of a segment hold each value that any reader holds. */
  *countsOf(segment: string): Generator<{ readonly cell: AnswerCell; readonly count: number }> {
    const members = this.#members.get(segment);
    const { cells } = this.readers;
    for (let id = 0; id < cells.size; id++) {
      const count = members?.countOf(id) ?? 0;
      if (count > 0) yield { cell: cells.at(id), count };
    }
  }

  /** From now on readers who change are remembered, with those who are ahead of their commit, until `compared`. */
  compare(): ReadonlySet<string> {
    return (this.#disturbed = new Set(this.#expected.keys()));
  }

  compared(): void {
    this.#disturbed = undefined;
  }

  #evaluate(
    index: number,
    before: readonly number[],
    now: readonly number[],
    changed: Set<string>,
  ): void {
    const { readers } = this;
    const rows = readers.rowsOf(index);
    for (const [id, members] of this.#members) {
      const belongs =
        rows.head !== undefined && readers.agrees(index, members.purpose) && members.belongs(rows);
      if (members.set(index, belongs, before, now)) changed.add(id);
    }
  }
}
