// A seeded generator (xoshiro128**, Blackman and Vigna 2018): the same seed gives the same cases on every machine.

export class Random {
  readonly #state = new Uint32Array(4);

  /** `seed` is any text; a number written out will do. */
  constructor(seed: string) {
    // FNV-1a, once a word: a state of zeros alone would stay so.
    for (let word = 0; word < 4; word++) {
      let hash = 0x811c9dc5 ^ word;
      for (const character of `${seed}|${word}`)
        hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
      this.#state[word] = hash | 1;
    }
    for (let warming = 0; warming < 16; warming++) this.uint32();
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const turned = Math.imul(b, 5);
    const result = Math.imul((turned << 7) | (turned >>> 25), 9) >>> 0;
    const mixed = d ^ b;
    this.#state[0] = a ^ mixed;
    this.#state[1] = b ^ c ^ a;
    this.#state[2] = c ^ a ^ (b << 9);
    this.#state[3] = (mixed << 11) | (mixed >>> 21);
    return result;
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return this.uint32() % Math.max(1, count);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Throws RangeError for an empty list. */
  pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError("nothing to pick from");
    return values[this.below(values.length)] as Value; // The index is within.
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }
}
