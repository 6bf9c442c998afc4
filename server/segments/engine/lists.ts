// Short lists of numbers, a million of them in one array: an array each would take three times the memory.

const wordsAtFirst = 1_024;

export class Lists {
  #words = new Uint32Array(wordsAtFirst);
  #used = 0;
  #held = 0;
  /** Where each list begins, and how long it is. */
  #starts = new Uint32Array(wordsAtFirst);
  #lengths = new Uint16Array(wordsAtFirst);
  /** Places that were let go of, by length. */
  readonly #free: number[][] = [];

  /** Numbers in all lists together. */
  get held(): number {
    return this.#held;
  }

  lengthOf(list: number): number {
    return this.#lengths[list] ?? 0;
  }

  /** What stands at a place of a list. */
  at(list: number, place: number): number {
    return this.#words[(this.#starts[list] ?? 0) + place] ?? 0;
  }

  set(list: number, numbers: readonly number[]): void {
    if (list >= this.#starts.length) this.#growLists(list);
    const before = this.#lengths[list] ?? 0;
    if (before !== numbers.length) {
      if (before > 0) (this.#free[before] ??= []).push(this.#starts[list] ?? 0);
      this.#starts[list] = this.#place(numbers.length);
      this.#lengths[list] = numbers.length;
      this.#held += numbers.length - before;
    }
    this.#words.set(numbers, this.#starts[list]);
  }

  #place(length: number): number {
    if (length === 0) return 0;
    const free = this.#free[length]?.pop();
    if (free !== undefined) return free;
    if (this.#used + length > this.#words.length) {
      const words = new Uint32Array(Math.max(this.#words.length * 2, this.#used + length));
      words.set(this.#words);
      this.#words = words;
    }
    const start = this.#used;
    this.#used += length;
    return start;
  }

  #growLists(list: number): void {
    const length = Math.max(this.#starts.length * 2, list + 1);
    const [starts, lengths] = [new Uint32Array(length), new Uint16Array(length)];
    starts.set(this.#starts);
    lengths.set(this.#lengths);
    [this.#starts, this.#lengths] = [starts, lengths];
  }
}
