// The segments of one campaign, kept up with each change of a reader: what a change costs depends on that reader alone.
import type { ActivityChange, ActivityRow } from "../../activities/rows.ts";
import type { ReaderChange } from "../../warehouse/rows.ts";
import type { EngineLimits } from "../limits.ts";
import type { Belongs } from "../sql/compile.ts";
import type { ActivityCell, AnswerCell } from "../sql/rows.ts";
import { Members } from "./members.ts";
import { Readers } from "./readers.ts";

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

export class CampaignEngine {
  readonly of: CampaignOf;
  readonly readers = new Readers();
  readonly #members: ReadonlyMap<string, Members>;
  readonly #limits: EngineLimits;
  /** Readers changed since somebody began to compare; undefined while nobody does. */
  #disturbed: Set<string> | undefined;

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
    const { readers } = this;
    this.#disturbed?.add(change.reader);
    if (change.current === undefined && readers.find(change.reader) === undefined) return;
    const index = readers.add(change.reader);
    const before = this.#cellsOf(index);
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
    const cells = this.#cellsOf(index);
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

  /** From now on readers who change are remembered, until `compared`. */
  compare(): ReadonlySet<string> {
    return (this.#disturbed = new Set());
  }

  compared(): void {
    this.#disturbed = undefined;
  }

  #cellsOf(index: number): number[] {
    const { lists } = this.readers;
    const cells: number[] = [];
    for (let place = 0; place < lists.lengthOf(index); place++) cells.push(lists.at(index, place));
    return cells;
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
