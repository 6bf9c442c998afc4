// The warehouse of one region: a DuckDB file that this process alone has open. Rows and stream offsets are written in
// one transaction, so that each record counts exactly once whenever the process dies.
import { dirname } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { log } from "../log.ts";
import { Turn } from "../turn.ts";
import { bigintCell, numberCell } from "./cells.ts";
import { closeFile, openFile, reopenFile, type Opened } from "./file.ts";
import { storeEvents } from "./events.ts";
import { commitNumber, forgetNumbers, storeOutgoing } from "./outgoing.ts";
import { eventRecordsOf } from "./published.ts";
import { hasRoom } from "./room.ts";
import type { Batch, EventsRow, Written } from "./rows.ts";
import { execute, WrongGuess } from "./statements.ts";
import { TakenBackFile } from "./taken-back.ts";
import { forgetTallies } from "./tallies.ts";
import { storeOffsets, writeBatch } from "./write.ts";

/** A query that takes longer is interrupted. */
const queryMsMax = 10_000;
const retryAfterSeconds = 2;
/** Exports and copies at one time, and how long one may take. */
const asidesMax = 2;
const asideMsMax = 600_000;
/** What asks again when those are taken. */
const asideRetryAfterSeconds = 30;

/** DuckDB's names for what may pass by itself: no room, no memory, the device, and what they make of the instance. */
const awayKinds =
  /^(IO|Out of Memory|FATAL|INTERRUPT|Interrupt|TransactionContext|Connection) Error/;

/** The kind of a DuckDB error. The rest of its message may quote a row. */
const kindOf = (error: unknown): string =>
  error instanceof Error ? (/^[A-Za-z ]{1,40} Error/.exec(error.message)?.[0] ?? error.name) : "";

/** A commit fails for a full disk and for a row that breaks a constraint; only the first passes by itself. */
const isAway = (error: unknown): boolean =>
  awayKinds.test(kindOf(error)) &&
  !(error instanceof Error && /constraint violat/i.test(error.message));

export class Warehouse {
  readonly #path: string;
  readonly #writes = new Turn();
  readonly #reads = new Turn();
  #opened: Opened | undefined;
  /** Whether nothing was written since the file was opened anew. */
  #isFresh = false;
  #writable = true;
  #asides = 0;
  #closed = false;

  /** What readers took back, for whoever restores a copy. */
  readonly takenBack: TakenBackFile;

  private constructor(path: string, opened: Opened, takenBack: TakenBackFile) {
    this.#path = path;
    this.#opened = opened;
    this.takenBack = takenBack;
  }

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  static async open(path: string): Promise<Warehouse> {
    let opened: TakenBackFile | undefined;
    try {
      // First: it tells whether another process has them open.
      const takenBack = new TakenBackFile(path);
      opened = takenBack;
      return new Warehouse(path, await openFile(path), takenBack);
    } catch (error) {
      opened?.close();
      if (error instanceof Problem) throw error;
      throw new Problem("configuration-invalid", {
        errors: [
          `MAILY_DATA_DIR: ${path} cannot be opened (${kindOf(error)}); another process has it open, or it is no warehouse, or the disk refuses`,
        ],
      });
    }
  }

  /**
   * Stores the whole batch and its offsets, durably, or nothing. Throws Problem `region-unavailable` for what may
   * pass, such as a full disk: write the same batch again. Any other error is the batch's own: a file that was opened anew
   * refused it too.
   */
  write(batch: Batch): Promise<Written> {
    const write = (guess: boolean) => (writer: DuckDBConnection) => {
      this.takenBack.keep(batch.rows);
      return writeBatch(writer, batch, guess);
    };
    // In the same turn: no later batch may come before this one. A guess is wrong once, and a file that is fresh is not doubted.
    return this.#writes.run(async () => {
      for (let guess = true; ; guess = false)
        try {
          return await this.#commit(write(guess));
        } catch (error) {
          if (!(error instanceof WrongGuess) && !(await this.#doubts(error))) throw error;
        }
    });
  }

  /** Opens the file anew where what refused a batch may have been DuckDB's memory of it; false where that was just done. */
  async #doubts(error: unknown): Promise<boolean> {
    if (error instanceof Problem || this.#isFresh) return false;
    await this.#openAnew();
    return true;
  }

  /** The same of what readers did; how many events were new. */
  writeEvents(
    rows: readonly EventsRow[],
    nextOffsets: Batch["nextOffsets"],
    publish?: Region,
  ): Promise<number> {
    return this.change(async (writer) => {
      const stored = await storeEvents(writer, rows);
      await storeOffsets(writer, nextOffsets, "event_offsets");
      const commit = await commitNumber(writer);
      await storeOutgoing(writer, eventRecordsOf(publish, stored), commit);
      return stored.length;
    });
  }

  /** One transaction of its own, as durable as `write`. Throws what `write` throws. */
  change<Result>(change: (writer: DuckDBConnection) => Promise<Result>): Promise<Result> {
    return this.#writes.run(() => this.#commit(change));
  }

  async #commit<Result>(change: (writer: DuckDBConnection) => Promise<Result>): Promise<Result> {
    let isCommitting = false;
    try {
      const { writer } = await this.#open();
      await execute(writer, "BEGIN");
      const written = await change(writer);
      if (!hasRoom(dirname(this.#path)))
        throw new Problem("region-unavailable", { retryAfterSeconds });
      isCommitting = true;
      await execute(writer, "COMMIT");
      [this.#writable, this.#isFresh] = [true, false];
      return written;
    } catch (error) {
      // What a commit that failed leaves in memory is not to be believed: keys without rows, and rows without keys.
      await (isCommitting ? this.#openAnew() : this.#rollBack());
      throw this.#refusal(error);
    }
  }

  /** Runs queries that see one state of the tables. Throws Problem `region-unavailable`. */
  read<Result>(query: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    return this.#reads.run(async () => {
      if (this.#opened === undefined)
        throw new Problem("region-unavailable", { retryAfterSeconds });
      const { reader } = this.#opened;
      const late = setTimeout(() => reader.interrupt(), queryMsMax);
      try {
        await reader.run("BEGIN READ ONLY");
        return await query(reader);
      } catch (error) {
        throw isAway(error) ? new Problem("region-unavailable", { retryAfterSeconds }) : error;
      } finally {
        clearTimeout(late);
        // Nothing was written; a connection that cannot even roll back is replaced by the next failing write.
        await reader.run("ROLLBACK").catch(() => undefined);
      }
    });
  }

  /**
   * Long work on a connection of its own, beside ingest and results; interrupted when the file is closed or it takes too long.
   * Problems: `rate-limited` when as much is under way as may be, `region-unavailable`.
   */
  async aside<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const opened = this.#opened;
    if (opened === undefined) throw new Problem("region-unavailable", { retryAfterSeconds });
    const { instance, asides } = opened;
    if (this.#asides >= asidesMax)
      throw new Problem("rate-limited", { retryAfterSeconds: asideRetryAfterSeconds });
    this.#asides++;
    let connection: DuckDBConnection | undefined;
    let late: NodeJS.Timeout | undefined;
    try {
      connection = await instance.connect();
      asides.add(connection);
      late = setTimeout(() => connection?.interrupt(), asideMsMax);
      return await work(connection);
    } catch (error) {
      throw isAway(error) ? new Problem("region-unavailable", { retryAfterSeconds }) : error;
    } finally {
      clearTimeout(late);
      this.#asides--;
      // Closed already where the whole file was.
      if (connection !== undefined && asides.delete(connection)) connection.closeSync();
    }
  }

  /** Where the file is. */
  get path(): string {
    return this.#path;
  }

  /** Partition → offset of the first record that is not in the tables. */
  nextOffsets(
    table: "offsets" | "event_offsets" = "offsets",
  ): Promise<ReadonlyMap<number, bigint>> {
    return this.read(async (connection) => {
      const rows = await connection.runAndReadAll(`SELECT "partition", next_offset FROM ${table}`);
      return new Map(
        rows.getRowsJS().map(([partition, next]) => [numberCell(partition), bigintCell(next)]),
      );
    });
  }

  /** Whether the last write went through. */
  get writable(): boolean {
    return this.#writable && !this.#closed;
  }

  /** Waits for what is under way, folds the log into the file and lets go of it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writes.run(() =>
      this.#reads.run(async () => {
        this.takenBack.close();
        if (this.#opened === undefined) return;
        // Best effort: without it the next start replays the log.
        await this.#opened.writer.run("CHECKPOINT").catch(() => undefined);
        closeFile(this.#opened);
        this.#opened = undefined;
      }),
    );
  }

  async #open(): Promise<Opened> {
    if (this.#closed) throw new Problem("region-unavailable", { retryAfterSeconds });
    return (this.#opened ??= await reopenFile(this.#path));
  }

  /** After a fatal error, such as a checkpoint on a full disk, DuckDB refuses everything until the file is reopened. */
  async #rollBack(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    forgetNumbers(opened.writer);
    forgetTallies(opened.writer);
    try {
      await opened.writer.run("ROLLBACK");
      await opened.writer.run("FROM offsets");
    } catch {
      await this.#openAnew();
    }
  }

  async #openAnew(): Promise<void> {
    await this.#reads.run(async () => {
      if (this.#opened !== undefined) closeFile(this.#opened);
      // Readers need it before the next write; where even this fails, the next write tries again.
      this.#opened = await reopenFile(this.#path).catch(() => undefined);
      this.#isFresh = true;
    });
  }

  #refusal(error: unknown): unknown {
    if (error instanceof WrongGuess) return error;
    if (error instanceof Problem) {
      if (error.code === "region-unavailable") this.#writable = false;
      return error;
    }
    const kind = kindOf(error);
    log("warehouse-refused", { kind });
    if (!isAway(error)) return error;
    this.#writable = false;
    return new Problem("region-unavailable", { retryAfterSeconds });
  }
}
