import { Problem } from "../sdk/problem.ts";

/** More readers than one file may have: their pseudonyms alone would take 600 MB. */
export const readersMax = 16_000_000;

/** Four words of a pseudonym and the row it came in. */
const slotWords = 5;
/** Tables by the first byte. They begin at different sizes, so that they grow at different times, not all at once. */
const tablesCount = 256;
const slotsFirst = 16;
const growth = 1.5;

interface Table {
  /** At most three quarters are taken. */
  slots: number;
  taken: number;
  words: Uint32Array;
}

function emptyTable(_: unknown, index: number): Table {
  const slots = slotsFirst + (index % slotsFirst);
  return { slots, taken: 0, words: new Uint32Array(slots * slotWords) };
}

/** The offset of the pseudonym's slot, or of the free one where it belongs. */
function find({ slots, words }: Table, pseudonym: Uint32Array): number {
  // A pseudonym is an HMAC: its second word is as good as any hash. Some slots are always free, so this ends.
  for (let slot = (pseudonym[1] ?? 0) % slots; ; slot = (slot + 1) % slots) {
    const at = slot * slotWords;
    if (
      words[at + 4] === 0 ||
      (words[at] === pseudonym[0] &&
        words[at + 1] === pseudonym[1] &&
        words[at + 2] === pseudonym[2] &&
        words[at + 3] === pseudonym[3])
    )
      return at;
  }
}

function grow(table: Table): void {
  const old = table.words;
  table.slots = Math.ceil(table.slots * growth);
  table.words = new Uint32Array(table.slots * slotWords);
  for (let at = 0; at < old.length; at += slotWords) {
    if (old[at + 4] === 0) continue;
    const entry = old.subarray(at, at + slotWords);
    table.words.set(entry, find(table, entry));
  }
}

/**
 * The readers seen so far, 20 bytes each and some room to grow: a million take 33 MB, where a Set of their ids takes ten
 * times that.
 */
export class PseudonymSet {
  readonly #tables = Array.from({ length: tablesCount }, emptyTable);
  readonly #words = new Uint32Array(4);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a 16-byte pseudonym that came in `row`, from 1, and returns undefined; or, where it is there already, the row it
   * came in before. Problem: configuration-invalid beyond `readersMax`.
   */
  add(pseudonym: Uint8Array, row: number): number | undefined {
    const view = new DataView(pseudonym.buffer, pseudonym.byteOffset, 16);
    for (let word = 0; word < 4; word++) this.#words[word] = view.getUint32(word * 4);
    const table = this.#tables[view.getUint8(0)];
    if (table === undefined) throw new RangeError("no table for a byte");
    const at = find(table, this.#words);
    const before = table.words[at + 4] ?? 0;
    if (before !== 0) return before;
    if (this.#size >= readersMax)
      throw new Problem("configuration-invalid", {
        detail: `A readers file may have ${readersMax.toLocaleString("en")} readers; split it.`,
      });
    table.words.set(this.#words, at);
    table.words[at + 4] = row;
    table.taken += 1;
    this.#size += 1;
    if (table.taken * 4 > table.slots * 3) grow(table);
    return undefined;
  }
}
