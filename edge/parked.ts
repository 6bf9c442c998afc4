// What the region's server will not take: kept for its operator, who may put it back.
import { base64url } from "../sdk/bytes.ts";
import { parseInvitation } from "../sdk/invitation.ts";
import type { EdgeRecord, IntakeBatch } from "../sdk/schema/record.ts";

/** Rows looked at in one turn, of whichever tenant, so that no turn is long. */
export const parkedPageRows = 128;

interface ParkedRow extends Record<string, SqlStorageValue> {
  id: number;
  parked_at: number;
  code: string;
  entry: string;
}

/** What an operator is told of a row: never the reader, nor what was sealed. */
export interface ParkedEntry {
  readonly id: number;
  /** Unix milliseconds. */
  readonly parkedAt: number;
  /** Why the region's server refused it. */
  readonly code: string;
  readonly kind: EdgeRecord["kind"];
  readonly campaign: string;
  readonly submissionId: string;
}

/** `next` is the id to go on after; absent at the end. */
export interface ParkedPage {
  readonly rows: readonly ParkedEntry[];
  readonly next?: number;
}

/**
 * Which rows are put back: those named, or all after an id that were parked before an instant, in Unix milliseconds: what is
 * parked again meanwhile is not put back again.
 */
export type Replayed =
  | { readonly ids: readonly number[] }
  | { readonly after: number; readonly before: number };

export class Parked {
  readonly #sql: SqlStorage;
  #rows: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Counted again only after a change, for it is asked before every commit. */
  get rows(): number {
    this.#rows ??= this.#sql
      .exec<{ rows: number }>("SELECT count(*) AS rows FROM parked")
      .one().rows;
    return this.#rows;
  }

  /** Inside a transaction. `entry` is JSON; `now` in Unix milliseconds. */
  add(code: string, entry: string, now: number): void {
    this.#rows = undefined;
    this.#sql.exec(
      "INSERT INTO parked (parked_at, code, entry) VALUES (?, ?, ?)",
      now,
      code,
      entry,
    );
  }

  /** What a tenant has among the next rows after an id. */
  page(tenant: number, after: number): ParkedPage {
    const { rows, next } = this.#look(after);
    const own = rows.filter((each) => each.tenant === tenant);
    return { rows: own.map(({ row }) => row), ...(next !== undefined && { next }) };
  }

  /** Inside a transaction: takes out what a tenant has, and returns the entries' JSON. */
  take(tenant: number, which: Replayed): { readonly entries: string[]; readonly next?: number } {
    const { rows, next } = "ids" in which ? this.#named(which.ids) : this.#look(which.after);
    const own = rows.filter(
      (each) => each.tenant === tenant && ("ids" in which || each.row.parkedAt < which.before),
    );
    for (const { row } of own) this.#sql.exec("DELETE FROM parked WHERE id = ?", row.id);
    this.#rows = undefined;
    return { entries: own.map(({ entry }) => entry), ...(next !== undefined && { next }) };
  }

  #look(after: number) {
    const rows = [
      ...this.#sql.exec<ParkedRow>(
        "SELECT id, parked_at, code, entry FROM parked WHERE id > ? ORDER BY id LIMIT ?",
        after,
        parkedPageRows,
      ),
    ];
    const next = rows.length < parkedPageRows ? undefined : rows.at(-1)?.id;
    return { rows: rows.map(told), next };
  }

  #named(ids: readonly number[]) {
    const rows = [...new Set(ids)].flatMap((id) => [
      ...this.#sql.exec<ParkedRow>(
        "SELECT id, parked_at, code, entry FROM parked WHERE id = ?",
        id,
      ),
    ]);
    return { rows: rows.map(told), next: undefined };
  }
}

function told({ id, parked_at: parkedAt, code, entry }: ParkedRow) {
  const { record } = JSON.parse(entry) as IntakeBatch["entries"][number]; // This edge wrote it.
  const { body } = parseInvitation(record.invitation);
  const row: ParkedEntry = {
    id,
    parkedAt,
    code,
    kind: record.kind,
    campaign: base64url(body.campaign),
    submissionId: record.submissionId,
  };
  return { tenant: body.tenant, row, entry };
}
