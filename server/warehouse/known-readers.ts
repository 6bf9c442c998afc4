// Who may have a row already, kept in memory so that a batch of new readers need not be looked for in the table. It errs one
// way alone: whoever has a row is always said to be known.
import type { DuckDBConnection, DuckDBUUIDValue } from "@duckdb/node-api";

/** Of one in 100,000 who are new it is said that they may be known. */
const bitsEach = 24;
const probes = 12;
const firstCapacity = 50_000;
/** Bits of one layer: 64 MB. */
const layerBitsMax = 2 ** 29;

const half = 0xffff_ffffn;

/** A Bloom filter of so many keys. Keys are digests: their bits serve as hashes. */
class Layer {
  readonly #bits: number;
  readonly #words: Uint32Array;
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#bits = Math.min(layerBitsMax, capacity * bitsEach);
    this.#capacity = Math.floor(this.#bits / bitsEach);
    this.#words = new Uint32Array(Math.ceil(this.#bits / 32));
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  get size(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#capacity;
  }

  has(first: number, second: number): boolean {
    for (let probe = 0; probe < probes; probe++) {
      const bit = (first + probe * second) % this.#bits;
      if (((this.#words[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  add(first: number, second: number): void {
    for (let probe = 0; probe < probes; probe++) {
      const bit = (first + probe * second) % this.#bits;
      this.#words[bit >>> 5] = (this.#words[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
    this.#size++;
  }
}

export class KnownReaders {
  readonly #layers = [new Layer(firstCapacity)];
  #complete = false;

  /** Whether the reader may have a row. Until all rows were read, everybody may. */
  has(key: DuckDBUUIDValue): boolean {
    if (!this.#complete) return true;
    const [first, second] = wordsOf(key);
    return this.#layers.some((layer) => layer.has(first, second));
  }

  /** Keys that take room. */
  get size(): number {
    return this.#layers.reduce((size, layer) => size + layer.size, 0);
  }

  /** Before the row is written. */
  add(key: DuckDBUUIDValue): void {
    const [first, second] = wordsOf(key);
    // Whoever comes again takes no more room.
    if (this.#layers.some((layer) => layer.has(first, second))) return;
    let last = this.#layers.at(-1);
    if (last === undefined || last.full) {
      last = new Layer((last?.capacity ?? firstCapacity) * 2);
      this.#layers.push(last);
    }
    last.add(first, second);
  }

  /** Reads who is there. What is written meanwhile is added by whoever writes it. */
  async load(connection: DuckDBConnection): Promise<void> {
    const result = await connection.stream(
      // A test send leaves no row of its reader, and its id is taken nevertheless.
      `SELECT key FROM readers UNION ALL SELECT key FROM erasures
       UNION ALL SELECT reader_key FROM submissions WHERE test`,
    );
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      chunk.visitColumnValues(0, (key) => this.add(key as DuckDBUUIDValue)); // The column's type.
    }
    this.#complete = true;
  }
}

const wordsOf = ({ hugeint }: DuckDBUUIDValue): readonly [number, number] => [
  Number(hugeint & half),
  // Odd, and unsigned: a place below zero is in no layer.
  (Number((hugeint >> 32n) & half) | 1) >>> 0,
];

const knownTo = new WeakMap<DuckDBConnection, KnownReaders>();

/** Those of the file that `writer` writes to; without any, everybody may be known. */
export const knownReadersOf = (writer: DuckDBConnection): KnownReaders | undefined =>
  knownTo.get(writer);

/** Begins to read who is there, on `connection`; it is done when the promise is fulfilled. */
export function learnReaders(
  writer: DuckDBConnection,
  connection: DuckDBConnection,
): Promise<void> {
  const known = new KnownReaders();
  knownTo.set(writer, known);
  return known.load(connection);
}
