// Values of answers, each different one once: a million readers who chose among ten options hold ten of them.
import type { AnswerRow } from "../../warehouse/rows.ts";
import type { AnswerCell } from "../sql/rows.ts";

/** Values of one question. */
interface OfQuestion {
  /** Options without points, by id and then by position. */
  readonly options: Map<string, (number | undefined)[]>;
  /** Everything else. */
  readonly others: Map<string, number>;
}

export class Cells {
  readonly #cells: AnswerCell[] = [];
  readonly #questions = new Map<string, OfQuestion>();

  get size(): number {
    return this.#cells.length;
  }

  at(id: number): AnswerCell {
    const cell = this.#cells[id];
    if (cell === undefined) throw new RangeError("a cell that was never kept");
    return cell;
  }

  /** The number of a value; what is written in texts is no part of it. */
  idOf(row: Omit<AnswerRow, "text">): number {
    const { question, position, option, number, date } = row;
    let known = this.#questions.get(question);
    if (known === undefined) {
      known = { options: new Map(), others: new Map() };
      this.#questions.set(question, known);
    }
    if (option !== undefined && number === undefined && date === undefined) {
      let places = known.options.get(option);
      if (places === undefined) known.options.set(option, (places = []));
      return (places[position] ??= this.#keep(row));
    }
    const key = `${position}|${option ?? ""}|${number ?? ""}|${date ?? ""}`;
    let id = known.others.get(key);
    if (id === undefined) known.others.set(key, (id = this.#keep(row)));
    return id;
  }

  #keep({ question, position, option, number, date }: AnswerRow): number {
    const given = { option: option ?? null, number: number ?? null, date: date ?? null };
    return this.#cells.push({ question, position, ...given }) - 1;
  }
}
