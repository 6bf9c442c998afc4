// Who belongs to one segment, how many they are, and how often they chose what.
import type { Belongs } from "../sql/compile.ts";

const flagsAtFirst = 1_024;

export class Members {
  readonly purpose: string;
  readonly belongs: Belongs;
  /** By the reader's index: whether a member. */
  #flags = new Uint8Array(flagsAtFirst);
  /** By the cell's number: how many members hold it. */
  readonly #counts: number[] = [];
  size = 0;
  /** Since they were asked last. */
  entered = 0;
  left = 0;

  constructor(purpose: string, belongs: Belongs) {
    this.purpose = purpose;
    this.belongs = belongs;
  }

  has(index: number): boolean {
    return this.#flags[index] === 1;
  }

  /** Sets whether a reader belongs, whose values were `before` and are `now`; whether anything changed. */
  set(index: number, belongs: boolean, before: readonly number[], now: readonly number[]): boolean {
    const belonged = this.has(index);
    if (belonged) this.#count(before, -1);
    if (belongs) this.#count(now, 1);
    if (belonged === belongs) return false;
    if (index >= this.#flags.length) this.#grow(index);
    this.#flags[index] = belongs ? 1 : 0;
    this.size += belongs ? 1 : -1;
    if (belongs) this.entered++;
    else this.left++;
    return true;
  }

  countOf(cell: number): number {
    return this.#counts[cell] ?? 0;
  }

  #count(cells: readonly number[], amount: number): void {
    for (const cell of cells) {
      // Without holes: the array stays one of numbers.
      while (this.#counts.length <= cell) this.#counts.push(0);
      this.#counts[cell] = (this.#counts[cell] ?? 0) + amount;
    }
  }

  #grow(index: number): void {
    const flags = new Uint8Array(Math.max(this.#flags.length * 2, index + 1));
    flags.set(this.#flags);
    this.#flags = flags;
  }
}
