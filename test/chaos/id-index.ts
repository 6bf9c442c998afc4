// 16-byte ids to numbers, without an object for any: a million take 24 MB.

const idBytes = 16;

/** Open addressing with linear probing, at most half full. The ids are random, so that their first bytes spread them. */
export class IdIndex {
  readonly #ids: Buffer;
  /** Number + 1; 0 is free. */
  readonly #slots: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#ids = Buffer.alloc(capacity * idBytes);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(8, capacity * 2))));
  }

  /** The number of an id, -1 where it is not known. */
  find(id: Uint8Array): number {
    return (this.#slots[this.#slotOf(id)] ?? 0) - 1;
  }

  /** The number of an id, a new one where it was not known; numbers count from 0. */
  add(id: Uint8Array): number {
    const slot = this.#slotOf(id);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    if ((this.#size + 1) * idBytes > this.#ids.length) throw new RangeError("the index is full");
    this.#ids.set(id, this.#size * idBytes);
    this.#slots[slot] = ++this.#size;
    return this.#size - 1;
  }

  get size(): number {
    return this.#size;
  }

  idOf(number: number): Uint8Array {
    return this.#ids.subarray(number * idBytes, (number + 1) * idBytes);
  }

  #slotOf(id: Uint8Array): number {
    if (id.length !== idBytes) throw new RangeError("an id is 16 bytes");
    const mask = this.#slots.length - 1;
    const view = Buffer.from(id.buffer, id.byteOffset, idBytes);
    for (let slot = view.readUInt32BE(0) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? 0;
      if (number === 0) return slot;
      const start = (number - 1) * idBytes;
      if (view.compare(this.#ids, start, start + idBytes) === 0) return slot;
    }
  }
}
