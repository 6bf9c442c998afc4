// Whose records were read and are not committed: of a reader with one under way, nobody can say what a further one will do.
import type { ReaderOf, Row, SubmissionRow } from "../warehouse/rows.ts";

type Known = Exclude<Row, { kind: "dead-letter" }>;

const isKnown = (row: Row): row is Known => row.kind !== "dead-letter";
const nameOf = ({ tenant, campaign, reader }: ReaderOf): string =>
  `${tenant}|${campaign}|${reader}`;

export class UnderWay {
  /** By reader, how many. */
  readonly #records = new Map<string, number>();

  /** Answers among them that are the only record under way of their readers. */
  add(rows: readonly Row[]): SubmissionRow[] {
    const alone: SubmissionRow[] = [];
    for (const row of rows.filter(isKnown)) {
      const name = nameOf(row);
      const records = this.#records.get(name) ?? 0;
      this.#records.set(name, records + 1);
      if (records === 0 && row.kind === "submission" && !row.test) alone.push(row);
    }
    return alone;
  }

  /** Readers of whom none is left. */
  remove(rows: readonly Row[]): ReaderOf[] {
    const settled: ReaderOf[] = [];
    for (const row of rows.filter(isKnown)) {
      const name = nameOf(row);
      const records = (this.#records.get(name) ?? 1) - 1;
      if (records > 0) this.#records.set(name, records);
      else {
        this.#records.delete(name);
        settled.push(row);
      }
    }
    return settled;
  }
}
