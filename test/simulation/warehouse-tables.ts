// The warehouse's contract without DuckDB: what `writeBatch` makes of a batch, in memory and in one piece. Compared with the
// real one, batch by batch, in warehouse.test.ts.
import { isHeld } from "../../sdk/haste.ts";
import type {
  Batch,
  DeadLetterRow,
  PreferencesRow,
  ReaderOf,
  RequestRow,
  SubmissionRow,
  WithdrawalRow,
  Written,
} from "../../server/warehouse/rows.ts";

type Sealed = SubmissionRow | PreferencesRow;

interface Sorted<Row> {
  readonly fresh: readonly Row[];
  readonly duplicates: number;
  readonly reused: readonly Row[];
}

/** What counts of a reader. */
export interface ReaderState {
  readonly submissions: number;
  /** The submissionId of the answer that counts. */
  readonly current: string | undefined;
  readonly held: boolean;
  /** Undefined without preferences. */
  readonly consented: boolean | undefined;
  readonly withdrawnAt: number | undefined;
}

export const readerKeyOf = ({ tenant, campaign, reader }: ReaderOf): string =>
  `${tenant}|${campaign}|${reader}`;
const keyOf = (row: ReaderOf & { readonly submissionId: string }): string =>
  `${readerKeyOf(row)}|${row.submissionId}`;

/** No later than it arrived, however far ahead a device's clock was. */
const decidedAt = ({ givenAt, admittedAt }: Sealed): number => Math.min(givenAt, admittedAt);

const byPlace = (left: Sealed, right: Sealed): number =>
  left.admittedAt - right.admittedAt || Number(left.source.offset - right.source.offset);

const raise = (times: Map<string, number>, key: string, at: number): void => {
  times.set(key, Math.max(times.get(key) ?? -Infinity, at));
};

export class WarehouseTables {
  readonly submissions = new Map<string, SubmissionRow>();
  readonly preferences = new Map<string, PreferencesRow>();
  readonly withdrawals = new Map<string, WithdrawalRow>();
  readonly requests = new Map<string, RequestRow>();
  readonly deadLetters = new Map<string, DeadLetterRow>();
  readonly offsets = new Map<number, bigint>();
  readonly #erasedAt = new Map<string, number>();
  readonly #withdrawnAt = new Map<string, number>();

  /** All of the batch. */
  write(batch: Batch): Written {
    const of = <Kind extends Batch["rows"][number]["kind"]>(kind: Kind) =>
      batch.rows.filter(
        (row): row is Extract<Batch["rows"][number], { kind: Kind }> => row.kind === kind,
      );
    const requests = of("request");
    const asked = this.#storeRequests(requests);
    const submitted = this.#storeNew(of("submission"), this.submissions);
    const preferred = this.#storeNew(of("preferences"), this.preferences);
    const withdrawals = of("withdrawal");
    const withdrawn = this.#storeWithdrawals(withdrawals);
    const deadLetters = [
      ...of("dead-letter"),
      ...[...submitted.reused, ...preferred.reused].map(({ campaign, source }): DeadLetterRow => ({
        kind: "dead-letter",
        code: "submission-reused",
        campaign,
        source,
      })),
    ];
    if (batch.replay) for (const { source } of batch.rows) this.deadLetters.delete(placeOf(source));
    for (const letter of deadLetters) this.deadLetters.set(placeOf(letter.source), letter);
    this.#eraseLetters(requests);
    for (const [partition, next] of batch.nextOffsets) {
      const known = this.offsets.get(partition);
      if (known === undefined || next > known) this.offsets.set(partition, next);
    }
    const changed = [...submitted.fresh, ...preferred.fresh, ...withdrawals, ...requests];
    return {
      stored: submitted.fresh,
      duplicates:
        submitted.duplicates +
        preferred.duplicates +
        (withdrawals.length - withdrawn) +
        (requests.length - asked.length),
      withdrawals: withdrawn,
      preferences: preferred.fresh.length,
      requests: asked,
      deadLetters,
      campaigns: new Set(changed.map(({ campaign }) => campaign)),
      // Which answer counts is asked of the tables: nobody follows readers here.
      readers: [],
      activities: [],
    };
  }

  #storeRequests(rows: readonly RequestRow[]): RequestRow[] {
    const fresh = rows.filter((row) => {
      const isNew = !this.requests.has(keyOf(row));
      if (isNew) this.requests.set(keyOf(row), row);
      return isNew;
    });
    const erasures = rows.filter(({ request }) => request === "erase");
    for (const row of erasures) {
      raise(this.#erasedAt, readerKeyOf(row), row.admittedAt);
      raise(this.#withdrawnAt, readerKeyOf(row), row.admittedAt);
    }
    for (const table of [this.submissions, this.preferences])
      for (const [key, row] of table) if (this.#isErased(row)) table.delete(key);
    return fresh;
  }

  #isErased(row: Sealed): boolean {
    return decidedAt(row) <= (this.#erasedAt.get(readerKeyOf(row)) ?? -Infinity);
  }

  #storeNew<Row extends Sealed>(rows: readonly Row[], table: Map<string, Row>): Sorted<Row> {
    const fresh: Row[] = [];
    const repeats: Row[] = [];
    const staged = new Set<string>();
    for (const row of rows) {
      const key = keyOf(row);
      if (staged.has(key) || table.has(key) || this.#isErased(row)) repeats.push(row);
      else {
        fresh.push(row);
        table.set(key, row);
      }
      staged.add(key);
    }
    const reused = repeats.filter((row) => {
      const kept = table.get(keyOf(row));
      return kept !== undefined && Buffer.compare(kept.envelopeSha256, row.envelopeSha256) !== 0;
    });
    return { fresh, duplicates: repeats.length - reused.length, reused };
  }

  #storeWithdrawals(rows: readonly WithdrawalRow[]): number {
    const before = this.withdrawals.size;
    for (const row of rows) {
      if (!this.withdrawals.has(keyOf(row))) this.withdrawals.set(keyOf(row), row);
      raise(this.#withdrawnAt, readerKeyOf(row), row.admittedAt);
    }
    return this.withdrawals.size - before;
  }

  #eraseLetters(requests: readonly RequestRow[]): void {
    for (const { request, source } of requests)
      if (request === "erase")
        for (const [place, letter] of this.deadLetters)
          if (
            letter.source.key === source.key &&
            letter.source.partition === source.partition &&
            letter.source.offset < source.offset
          )
            this.deadLetters.delete(place);
  }

  /** By the whole history. Test sends are nobody's answers. */
  readerOf(key: string): ReaderState {
    const withdrawnAt = this.#withdrawnAt.get(key);
    const agreed = (row: Sealed): boolean => decidedAt(row) > (withdrawnAt ?? -Infinity);
    const mine = <Row extends Sealed>(table: ReadonlyMap<string, Row>): Row[] =>
      [...table.values()].filter((row) => readerKeyOf(row) === key && !row.test).sort(byPlace);
    const answers = mine(this.submissions);
    const times = answers.map(({ admittedAt }) => admittedAt);
    const counted = answers.filter(agreed);
    const heard = answers.filter((row, index) => agreed(row) && !isHeld(times, index));
    const latest = heard.at(-1);
    const said = mine(this.preferences).filter(agreed).at(-1);
    const heardAt = Math.max(...heard.map(decidedAt));
    return {
      submissions: counted.length,
      current: latest?.submissionId,
      held: counted.length > 0 && latest === undefined,
      consented: said && (said.consented || heardAt > decidedAt(said)),
      withdrawnAt,
    };
  }
}

const placeOf = ({ partition, offset }: { partition: number; offset: bigint }): string =>
  `${partition}/${offset}`;
