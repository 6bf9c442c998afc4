// Chance from a seed. Each part of a run draws from a stream of its own, named after what it decides: where one part draws
// more or less than before, the others draw the same.

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** One stream: sfc32, seeded by a text. */
export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(name: string) {
    this.#name = name;
    this.#a = hashOf(`${name} a`);
    this.#b = hashOf(`${name} b`);
    this.#c = hashOf(`${name} c`);
    for (let warm = 0; warm < 12; warm++) this.#draw();
  }

  /** The stream of a part: the same whatever was drawn here. */
  of(part: string): Random {
    return new Random(`${this.#name}/${part}`);
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 to below 1. */
  fraction(): number {
    return this.#draw() / 0x1_0000_0000;
  }

  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  /** From 0 to `count` − 1. */
  whole(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  one<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(items.length)];
    if (item === undefined) throw new RangeError("nothing to draw from");
    return item;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return this.draw(new Uint8Array(length));
  }

  /** Overwrites every byte: no secret of anybody, they only have to differ. */
  draw<Bytes extends ArrayBufferView>(view: Bytes): Bytes {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.#draw() & 0xff;
    return view;
  }
}
