// How many answers one reader may send. In memory alone: a flood is short, and a restarted object may count anew.
import { readerHourlyMax } from "../sdk/schema/submission.ts";

const hourMilliseconds = 3_600_000;
/** Beyond it the reader counted longest ago is forgotten. */
const readersMax = 50_000;

interface Hour {
  readonly startedAt: number;
  answers: number;
}

export class ReaderRate {
  readonly #hours = new Map<string, Hour>();

  /** In how many seconds the reader may send the next answer; 0 is now. `now` in Unix milliseconds. */
  waitSeconds(reader: string, now: number): number {
    const hour = this.#hours.get(reader);
    if (hour === undefined || hour.answers < readerHourlyMax) return 0;
    return Math.max(0, Math.ceil((hour.startedAt + hourMilliseconds - now) / 1000));
  }

  count(reader: string, now: number): void {
    const hour = this.#hours.get(reader);
    if (hour !== undefined && now < hour.startedAt + hourMilliseconds) {
      hour.answers += 1;
      return;
    }
    this.#hours.delete(reader);
    this.#hours.set(reader, { startedAt: now, answers: 1 });
    // A Map keeps insertion order: whose hour began first is in front.
    const oldest = this.#hours.keys().next().value;
    if (this.#hours.size > readersMax && oldest !== undefined) this.#hours.delete(oldest);
  }
}
