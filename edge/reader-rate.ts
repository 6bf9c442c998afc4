// How often one reader may do something in an hour. In memory alone: a flood is short, and a restarted object may count anew.

const hourMilliseconds = 3_600_000;
/** Beyond it the reader counted longest ago is forgotten. */
const readersMax = 50_000;

interface Hour {
  readonly startedAt: number;
  times: number;
}

/** Either way round: a clock that was set back must not hold a reader for longer than the hour. */
const isCurrent = ({ startedAt }: Hour, now: number): boolean =>
  Math.abs(now - startedAt) < hourMilliseconds;

export class ReaderRate {
  readonly #hours = new Map<string, Hour>();

  /** In how many seconds the reader may do it again, at most `timesMax` an hour; 0 is now. `now` in Unix milliseconds. */
  waitSeconds(reader: string, timesMax: number, now: number): number {
    const hour = this.#hours.get(reader);
    if (hour === undefined || !isCurrent(hour, now) || hour.times < timesMax) return 0;
    return Math.ceil((hour.startedAt + hourMilliseconds - now) / 1000);
  }

  /** Whether the reader was counted before: of the last `readersMax` readers and this object's life, that is certain. */
  count(reader: string, now: number): boolean {
    const known = this.#hours.get(reader);
    const hour =
      known !== undefined && isCurrent(known, now) ? known : { startedAt: now, times: 0 };
    hour.times += 1;
    // A Map keeps insertion order: who was counted longest ago is in front.
    if (known !== undefined) this.#hours.delete(reader);
    this.#hours.set(reader, hour);
    if (this.#hours.size > readersMax) {
      const oldest = this.#hours.keys().next().value;
      if (oldest !== undefined) this.#hours.delete(oldest);
    }
    return known !== undefined;
  }

  /** Uncounts the last time. */
  takeBack(reader: string): void {
    const hour = this.#hours.get(reader);
    if (hour !== undefined) hour.times -= 1;
  }
}
