// Chance that a seed repeats: the same seed draws the same faults and the same mix of answers, on every machine.

/** Mulberry32 (public domain, T. Ettinger): 32 bits of state are plenty for a schedule, and nothing secret comes from it. */
export class Random {
  #state: number;

  /** `part` separates what must not shift when another part draws more. */
  constructor(seed: number, part = 0) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(part + 1, 0x85ebca6b)) >>> 0;
  }

  /** From 0 up to but not 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer, both ends among them. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<const Item>(items: readonly [Item, ...Item[]]): Item {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    // Keys first: a comparison that draws would make the order depend on the sorting algorithm.
    return items
      .map((item) => ({ item, key: this.next() }))
      .sort((left, right) => left.key - right.key)
      .map(({ item }) => item);
  }
}
