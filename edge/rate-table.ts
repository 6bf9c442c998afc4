// How often each of many keys came lately, in memory of one size, however many keys somebody makes up.

/** A mean pace, and how many may come at once where nobody came before. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Each key is counted in one cell of every row; only where all of them say so is it refused. */
const rows = 4;
/** A power of two: 256 KB a table. */
const cellsInRow = 8_192;
const cellBits = Math.log2(cellsInRow);
/** Instants of two requests in an isolate may be so far apart the wrong way round. */
const clockMilliseconds = 10_000;
/** Characters of a key that are looked at: the longest key is an invitation. */
const keyCharactersMax = 160;

/**
 * Counts by the generic cell rate algorithm (ITU-T I.371): a cell holds the instant from which its next arrival would be on
 * time. Two keys may share a cell, seldom all four of theirs: with 100 keys above their pace, one in forty million other
 * keys is refused with them, and nobody forgets a key that is above its own.
 */
export class RateTable {
  readonly #intervalMilliseconds: number;
  readonly #toleranceMilliseconds: number;
  readonly #cells = new Float64Array(rows * cellsInRow);
  /** Dietzfelbinger's multilinear hash: strongly universal, so that without these nobody can name two keys that meet. */
  readonly #multipliers = crypto.getRandomValues(new Uint32Array(rows * (keyCharactersMax + 1)));

  constructor({ perSecond, burst }: Rate) {
    this.#intervalMilliseconds = 1_000 / perSecond;
    this.#toleranceMilliseconds = (burst - 1) * this.#intervalMilliseconds;
  }

  /** Whole seconds until `key` may come again; 0 is now, and counted. `now` in Unix milliseconds. */
  waitSeconds(key: string, now: number): number {
    const cells = this.#cellsOf(key);
    const latest =
      now + this.#toleranceMilliseconds + this.#intervalMilliseconds + clockMilliseconds;
    let due = Infinity;
    for (const cell of cells) {
      const at = this.#cells[cell] ?? 0;
      // Later than any arrival could have made it: the clock was set back.
      due = Math.min(due, at > latest ? now : Math.max(at, now));
    }
    const early = due - now - this.#toleranceMilliseconds;
    if (early > 0) return Math.ceil(early / 1_000);
    const next = due + this.#intervalMilliseconds;
    for (const cell of cells) {
      const at = this.#cells[cell] ?? 0;
      if (at < next || at > latest) this.#cells[cell] = next;
    }
    return 0;
  }

  #cellsOf(key: string): number[] {
    const characters = Math.min(key.length, keyCharactersMax);
    return Array.from({ length: rows }, (_, row) => {
      const first = row * (keyCharactersMax + 1);
      let sum = this.#multipliers[first] ?? 0;
      for (let index = 0; index < characters; index++)
        sum += Math.imul(this.#multipliers[first + index + 1] ?? 0, key.charCodeAt(index));
      return row * cellsInRow + ((sum >>> 0) >>> (32 - cellBits));
    });
  }
}
