// A campaign's readers from the tables into its engine, page by page, while commits go on. A page is one state of the tables;
// what is committed while it is read is applied after it, and what concerns readers of later pages is in those.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { ActivityChange } from "../../activities/rows.ts";
import { numberCell, textCell } from "../../warehouse/cells.ts";
import type { Warehouse } from "../../warehouse/duckdb.ts";
import type { AnswerRow, CurrentAnswer, ReaderChange } from "../../warehouse/rows.ts";
import { engineLimits, type EngineLimits } from "../limits.ts";
import type { CampaignEngine, CampaignOf } from "./campaign.ts";

/** Readers put into the engine between two looks at the network. */
const readersPerTurn = 1_000;
/** Readers whose activities changed while their page was read, read again at a time. */
const againMax = 1_000;

/** Readers after `after` up to `last`, or those of a list. */
type Which =
  | { readonly kind: "range"; readonly after: string; readonly last: string }
  | { readonly kind: "list"; readonly readers: readonly string[] };

type Change =
  | { readonly kind: "reader"; readonly change: ReaderChange }
  | { readonly kind: "activities"; readonly change: ActivityChange };

interface LoadedReader {
  answer: CurrentAnswer;
  answers: AnswerRow[];
  purposes: string[];
  activities: ActivityChange["stored"][number][];
}

const pseudonymForm = /^[\w-]{1,64}$/;

/** The readers asked for as SQL; pseudonyms are put in as texts only once they have their form. */
function whichSql(which: Which): { sql: string; values: DuckDBValue[] } {
  if (which.kind === "range")
    return { sql: "reader > $3 AND reader <= $4", values: [which.after, which.last] };
  const quoted = which.readers.filter((reader) => pseudonymForm.test(reader));
  return { sql: `reader IN (${quoted.map((reader) => `'${reader}'`).join(", ")})`, values: [] };
}

/** Everything the views say of those readers. */
async function readersIn(
  connection: DuckDBConnection,
  { tenant, campaign }: CampaignOf,
  which: Which,
): Promise<Map<string, LoadedReader>> {
  const { sql, values } = whichSql(which);
  const rowsOf = async (columns: string, view: string) => {
    const reader = await connection.runAndReadAll(
      `SELECT reader, ${columns} FROM main.${view} WHERE tenant = $1 AND campaign = $2 AND ${sql}`,
      [tenant, campaign, ...values],
    );
    return reader.getRowsJS();
  };
  const readers = new Map<string, LoadedReader>();
  for (const [name, channel, language, outcome, revision, admittedAt] of await rowsOf(
    "channel, language, outcome, revision, epoch_ms(admitted_at)",
    "current_readers",
  )) {
    const answers: AnswerRow[] = [];
    const answer: CurrentAnswer = {
      submissionId: "",
      revision: numberCell(revision),
      channel: textCell(channel),
      language: textCell(language),
      outcome: outcome === null ? undefined : textCell(outcome),
      admittedAt: numberCell(admittedAt),
      answers,
    };
    readers.set(textCell(name), { answer, answers, purposes: [], activities: [] });
  }
  for (const [name, question, position, option, number, date] of await rowsOf(
    "question, position, option_id, number_value, date_value::VARCHAR",
    "current_answers",
  ))
    readers.get(textCell(name))?.answers.push({
      question: textCell(question),
      position: numberCell(position),
      ...(option !== null && { option: textCell(option) }),
      ...(number !== null && { number: numberCell(number) }),
      ...(date !== null && { date: textCell(date) }),
    });
  for (const [name, purpose] of await rowsOf("purpose", "current_purposes"))
    readers.get(textCell(name))?.purposes.push(textCell(purpose));
  for (const [name, kind, label, amount, currency, happenedAt] of await rowsOf(
    "kind, label, amount, currency, epoch_ms(happened_at)",
    "reader_activities",
  ))
    readers.get(textCell(name))?.activities.push({
      id: "",
      kind: textCell(kind),
      ...(label !== null && { label: textCell(label) }),
      ...(amount !== null && { amount: numberCell(amount) }),
      ...(currency !== null && { currency: textCell(currency) }),
      happenedAt: numberCell(happenedAt),
    });
  return readers;
}

/** The last reader of the next page; undefined where there are no more. */
async function pageEnd(
  connection: DuckDBConnection,
  { tenant, campaign }: CampaignOf,
  after: string,
  pageReaders: number,
): Promise<string | undefined> {
  const reader = await connection.runAndReadAll(
    `SELECT max(reader) FROM (
       SELECT reader FROM main.current_readers WHERE tenant = $1 AND campaign = $2 AND reader > $3
       ORDER BY reader LIMIT ${pageReaders})`,
    [tenant, campaign, after],
  );
  const last = reader.getRowsJS()[0]?.[0];
  return last === null || last === undefined ? undefined : textCell(last);
}

/** Readers of whom more than the answer that counts says whether a further one does; one more than `most` at most. */
async function weighedIn(
  connection: DuckDBConnection,
  { tenant, campaign }: CampaignOf,
  most: number,
): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    `SELECT reader FROM readers
     WHERE tenant = $1 AND campaign = $2
       AND (withdrawn_at IS NOT NULL OR consented IS NOT NULL OR held OR "current" IS NULL
            OR last_at IS DISTINCT FROM admitted_at)
     LIMIT ${most + 1}`,
    [tenant, campaign],
  );
  return reader.getRowsJS().map(([name]) => textCell(name));
}

/** Fills one engine. Changes are handed to it from the moment it is made. */
export class Loading {
  readonly engine: CampaignEngine;
  readonly #warehouse: Pick<Warehouse, "read">;
  readonly #pageReaders: number;
  readonly #readersMax: number;
  /** Every reader up to this one is held, and changes of theirs are applied at once. */
  #loadedTo = "";
  #done = false;
  #stopped = false;
  /** What came while a page was read. */
  #meanwhile: Change[] = [];
  readonly #again = new Set<string>();

  constructor(
    engine: CampaignEngine,
    warehouse: Pick<Warehouse, "read">,
    { pageReaders, readers }: Pick<EngineLimits, "pageReaders" | "readers"> = engineLimits,
  ) {
    [this.engine, this.#warehouse] = [engine, warehouse];
    [this.#pageReaders, this.#readersMax] = [pageReaders, readers];
  }

  apply(kind: Change["kind"], change: ReaderChange | ActivityChange): void {
    // `kind` says which of the two it is.
    const one = { kind, change } as Change;
    if (one.kind === "reader" && one.change.isNew === undefined) this.engine.weigh(change.reader);
    if (this.#done || (change.reader <= this.#loadedTo && !this.#again.has(change.reader)))
      this.#put(one);
    else this.#meanwhile.push(one);
  }

  /** Nothing more is read. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when every reader is held; false where it was stopped, or the campaign is too large. */
  async run(): Promise<boolean> {
    // First: whoever is changed from here on is among them by `apply`.
    await this.#weigh();
    for (;;) {
      const last = await this.#page();
      if (this.#stopped || this.engine.isTooLarge) return false;
      if (last === undefined) break;
    }
    while (this.#again.size > 0) {
      await this.#readAgain([...this.#again].slice(0, againMax));
      if (this.#stopped) return false;
    }
    this.#done = true;
    return true;
  }

  async #weigh(): Promise<void> {
    const { of } = this.engine;
    for (const reader of await this.#warehouse.read((connection) =>
      weighedIn(connection, of, this.#readersMax),
    ))
      this.engine.weigh(reader);
  }

  async #page(): Promise<string | undefined> {
    const { of } = this.engine;
    const after = this.#loadedTo;
    // Older ones are in the state that is read now.
    this.#meanwhile = [];
    const { last, readers } = await this.#warehouse.read(async (connection) => {
      const end = await pageEnd(connection, of, after, this.#pageReaders);
      return {
        last: end,
        readers:
          end === undefined
            ? new Map<string, LoadedReader>()
            : await readersIn(connection, of, { kind: "range", after, last: end }),
      };
    });
    await this.#fill(readers);
    // A reader beyond the last, and no page after it, is whoever came meanwhile.
    this.#loadedTo = last ?? "\u{10ffff}";
    this.#catchUp((reader) => reader > after && reader <= this.#loadedTo);
    return last;
  }

  async #readAgain(names: readonly string[]): Promise<void> {
    this.#meanwhile = [];
    const readers = await this.#warehouse.read((connection) =>
      readersIn(connection, this.engine.of, { kind: "list", readers: names }),
    );
    await this.#fill(readers);
    for (const name of names) {
      if (!readers.has(name)) this.#drop(name);
      this.#again.delete(name);
    }
    const mine = new Set(names);
    this.#catchUp((reader) => mine.has(reader));
  }

  async #fill(readers: ReadonlyMap<string, LoadedReader>): Promise<void> {
    let put = 0;
    for (const [reader, { answer, purposes, activities }] of readers) {
      const named = { ...this.engine.of, reader };
      const change = { ...named, sequence: 0, current: answer, purposes, isNew: false };
      this.engine.change({ ...change, submissions: 1, held: false }, new Set());
      this.engine.changeActivities({ ...named, cleared: true, stored: activities }, new Set());
      put++;
      if (put % readersPerTurn === 0) await nextTurn();
      if (this.#stopped) return;
    }
  }

  #drop(reader: string): void {
    const named = { ...this.engine.of, reader };
    const nothing = { ...named, sequence: 0, current: undefined, purposes: [] };
    this.engine.changeActivities({ ...named, cleared: true, stored: [] }, new Set());
    this.engine.change({ ...nothing, submissions: 0, held: false }, new Set());
  }

  /** What came while a page was read, of its readers. */
  #catchUp(isOfPage: (reader: string) => boolean): void {
    const changes = this.#meanwhile.filter(({ change }) => isOfPage(change.reader));
    this.#meanwhile = [];
    for (const one of changes) {
      // Whether the page had these activities already nobody can tell: the reader is read again.
      if (one.kind === "activities") this.#again.add(one.change.reader);
      else this.#put(one);
    }
  }

  #put(one: Change): void {
    if (one.kind === "reader") this.engine.change(one.change, new Set());
    else this.engine.changeActivities(one.change, new Set());
  }
}
