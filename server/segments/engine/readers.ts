// What is held of each reader of one campaign: the answer that counts, in numbers, and what the reader agrees to.
import type { ReaderChange } from "../../warehouse/rows.ts";
import type { ActivityCell, AnswerCell, AnswerHead, ReaderRows } from "../sql/rows.ts";
import { Cells } from "./cells.ts";
import { Lists } from "./lists.ts";

type Head = Omit<AnswerHead, "admittedAt">;

/** What is held of a reader's answer, in the numbers of this engine. */
export interface HeldAnswer {
  readonly head: number;
  readonly agreed: number;
  readonly admittedAt: number;
  readonly cells: readonly number[];
}

type Part = string | number | null;

/** A place in a tree of parts: joining them into one key would cost more than all the looks. */
interface Branch {
  readonly further: Map<Part, Branch>;
  id: number | undefined;
}
const branch = (): Branch => ({ further: new Map(), id: undefined });

/** Small things that many readers share, each once. */
class Shared<Thing> {
  readonly #root = branch();
  readonly things: Thing[] = [];

  idOf(parts: readonly Part[], make: () => Thing): number {
    let at = this.#root;
    for (const part of parts) {
      let next = at.further.get(part);
      if (next === undefined) at.further.set(part, (next = branch()));
      at = next;
    }
    return (at.id ??= this.things.push(make()) - 1);
  }
}

const noActivities: readonly ActivityCell[] = [];
const nobody: ReaderRows = { head: undefined, answers: [], activities: noActivities };

export class Readers {
  readonly cells = new Cells();
  readonly lists = new Lists();
  readonly #indexes = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #heads = new Shared<Head>();
  readonly #agreed = new Shared<ReadonlySet<string>>();
  /** By reader: number of the head, from 1; 0 where no answer counts. */
  readonly #headOf: number[] = [];
  readonly #agreedOf: number[] = [];
  readonly #admittedAt: number[] = [];
  readonly #activities = new Map<number, ActivityCell[]>();
  #activitiesHeld = 0;

  /** Readers held. */
  get size(): number {
    return this.#indexes.size;
  }

  /** Values and activities of all readers. */
  get held(): { readonly values: number; readonly activities: number } {
    return { values: this.lists.held, activities: this.#activitiesHeld };
  }

  find(reader: string): number | undefined {
    return this.#indexes.get(reader);
  }

  nameOf(index: number): string | undefined {
    return this.#names[index];
  }

  /** Indexes run from 0 to below this; some of them may be nobody's. */
  get indexesEnd(): number {
    return this.#names.length;
  }

  /** The index of a reader, who is added where nothing is held yet. */
  add(reader: string): number {
    const known = this.#indexes.get(reader);
    if (known !== undefined) return known;
    const index = this.#free.pop() ?? this.#names.length;
    this.#indexes.set(reader, index);
    this.#names[index] = reader;
    this.#headOf[index] = 0;
    this.#agreedOf[index] = this.#agreed.idOf([], () => new Set());
    this.#admittedAt[index] = 0;
    return index;
  }

  /** Takes a reader out of whom nothing is left. */
  dropIfEmpty(index: number): void {
    const name = this.#names[index];
    if (name === undefined || this.#headOf[index] !== 0 || this.#activities.has(index)) return;
    this.lists.set(index, []);
    this.#indexes.delete(name);
    this.#names[index] = undefined;
    this.#free.push(index);
  }

  /** What a change says of the reader's answer, which becomes what is held; `cells` are the numbers of its values. */
  set(index: number, { current, purposes }: Pick<ReaderChange, "current" | "purposes">): number[] {
    const agreed = current === undefined ? [] : purposes;
    this.#agreedOf[index] = this.#agreed.idOf(agreed, () => new Set(agreed));
    if (current === undefined) {
      this.#headOf[index] = 0;
      this.lists.set(index, []);
      return [];
    }
    const { channel, language, outcome = null, revision, admittedAt, answers } = current;
    this.#headOf[index] =
      this.#heads.idOf([channel, language, outcome, revision], () => ({
        channel,
        language,
        outcome,
        revision,
      })) + 1;
    this.#admittedAt[index] = admittedAt;
    const ids = answers.map((row) => this.cells.idOf(row));
    this.lists.set(index, ids);
    return ids;
  }

  /** When the answer that counts was admitted, Unix milliseconds; undefined where none does. */
  admittedAt(index: number): number | undefined {
    return this.#headOf[index] === 0 ? undefined : this.#admittedAt[index];
  }

  /** The numbers of the values of the reader's answer. */
  cellsOf(index: number): number[] {
    const cells: number[] = [];
    for (let place = 0; place < this.lists.lengthOf(index); place++)
      cells.push(this.lists.at(index, place));
    return cells;
  }

  answerOf(index: number): HeldAnswer {
    return {
      head: this.#headOf[index] ?? 0,
      agreed: this.#agreedOf[index] ?? 0,
      admittedAt: this.#admittedAt[index] ?? 0,
      cells: this.cellsOf(index),
    };
  }

  /** What `answerOf` gave is held again. */
  putBack(index: number, { head, agreed, admittedAt, cells }: HeldAnswer): void {
    this.#headOf[index] = head;
    this.#agreedOf[index] = agreed;
    this.#admittedAt[index] = admittedAt;
    this.lists.set(index, cells);
  }

  /** `cleared`: all earlier ones are gone. */
  setActivities(index: number, cleared: boolean, stored: readonly ActivityCell[]): void {
    const before = this.#activities.get(index) ?? [];
    const now = cleared ? [...stored] : [...before, ...stored];
    this.#activitiesHeld += now.length - before.length;
    if (now.length === 0) this.#activities.delete(index);
    else this.#activities.set(index, now);
  }

  agrees(index: number, purpose: string): boolean {
    return this.#agreed.things[this.#agreedOf[index] ?? 0]?.has(purpose) ?? false;
  }

  /** The reader's rows as the views show them: none where no answer counts. */
  rowsOf(index: number): ReaderRows {
    const head = this.#heads.things[(this.#headOf[index] ?? 0) - 1];
    if (head === undefined) return nobody;
    const answers: AnswerCell[] = [];
    for (let place = 0; place < this.lists.lengthOf(index); place++)
      answers.push(this.cells.at(this.lists.at(index, place)));
    const { channel, language, outcome, revision } = head;
    const admittedAt = this.#admittedAt[index] ?? 0;
    return {
      head: { channel, language, outcome, revision, admittedAt },
      answers,
      activities: this.#activities.get(index) ?? noActivities,
    };
  }
}
