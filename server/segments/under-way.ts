// Whose records were read and are not committed: of a reader with one under way, nobody can say what a further answer will do.
import type { ReaderOf, RequestRow, Row } from "../warehouse/rows.ts";
import type { Ahead, CampaignOf, Leaving } from "./engine/campaign.ts";

type Known = Exclude<Row, { kind: "dead-letter" }>;

const isKnown = (row: Row): row is Known => row.kind !== "dead-letter";
const isErasure = ({ request }: RequestRow): boolean => request === "erase";
const nameOf = ({ tenant, campaign, reader }: ReaderOf): string =>
  `${tenant}|${campaign}|${reader}`;

export class UnderWay {
  /** By reader, how many. */
  readonly #records = new Map<string, number>();
  /** By reader, what takes consent back. */
  readonly #leaving = new Map<string, Leaving>();

  /** Of them answers that are the only record under way of their readers, and what takes consent back. */
  add(rows: readonly Row[]): Ahead[] {
    const ahead: Ahead[] = [];
    for (const row of rows.filter(isKnown)) {
      const name = nameOf(row);
      const records = this.#records.get(name) ?? 0;
      this.#records.set(name, records + 1);
      if (row.test) continue;
      const leaves = row.kind === "withdrawal" || (row.kind === "request" && isErasure(row));
      if (leaves) this.#leaving.set(name, row);
      if (leaves || (row.kind === "submission" && records === 0)) ahead.push(row);
    }
    return ahead;
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
        this.#leaving.delete(name);
        settled.push(row);
      }
    }
    return settled;
  }

  /** Who takes back consent to a campaign. */
  leaving({ tenant, campaign }: CampaignOf): Leaving[] {
    return Array.from(this.#leaving.values()).filter(
      (row) => row.tenant === tenant && row.campaign === campaign,
    );
  }
}
