// What was set last, within a number of entries and of bytes: what an isolate may keep of what its callers choose.

interface Kept<Value> {
  readonly value: Value;
  readonly bytes: number;
}

export class Recent<Value> {
  readonly #entries = new Map<string, Kept<Value>>();
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(entriesMax: number, bytesMax: number) {
    this.#entriesMax = entriesMax;
    this.#bytesMax = bytesMax;
  }

  /** Of all values together, as they were set. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): Value | undefined {
    return this.#entries.get(name)?.value;
  }

  /** Puts a value of about so many bytes in front, and forgets what was set longest ago; one that alone is too large at once. */
  set(name: string, value: Value, bytes: number): void {
    this.delete(name);
    this.#entries.set(name, { value, bytes });
    this.#bytes += bytes;
    // A Map keeps insertion order: what was set longest ago is in front.
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax && this.#entries.size <= this.#entriesMax) return;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
  }
}
