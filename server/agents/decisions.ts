// The log of what the policy decided: who asked for what, when and why it was given or not. Never what was answered.
import { randomBytes } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { Problem } from "../../sdk/problem.ts";
import { LoggedDecision } from "../../sdk/schema/agents.ts";
import { faultOf, log } from "../log.ts";
import { openSqlite, transaction } from "../sqlite.ts";

/** Decisions are written together, this long after the first of them: a call does not wait for the disk. */
const gatherMs = 25;
/** With so many not yet written nothing more is decided: what cannot be logged is not given. */
const waitingMax = 10_000;
const retryMs = 1_000;
const retryAfterSeconds = 2;
const keptMsDefault = 30 * 24 * 60 * 60 * 1000;
const rowsMaxDefault = 1_000_000;
/** One tenant's agents never push another tenant's decisions out before this share is theirs. */
const tenantShare = 1 / 4;
const pruneEveryMsDefault = 60_000;
/** Deleted in one transaction, so that none takes long; the next follows soon, faster than agents can add to it. */
const pruneRowsMax = 1_000;
const pruneAgainMs = 200;
const maxSeq = Number.MAX_SAFE_INTEGER;

// Of this log alone a power cut may take the last moments; the process's own end does not.
const schema = `
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS decisions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    issuer TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    tool TEXT, segment TEXT, campaign TEXT, purpose TEXT,
    allowed INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    columns TEXT NOT NULL,
    withheld INTEGER NOT NULL,
    policy TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS decisions_of_tenant ON decisions (tenant, seq);
  CREATE INDEX IF NOT EXISTS refusals_of_tenant ON decisions (tenant, seq) WHERE allowed = 0;
  CREATE INDEX IF NOT EXISTS decisions_by_time ON decisions (at);`;

// Two issuers may each have a subject of one name: those are two.
const addIssuer = `
  ALTER TABLE decisions ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
  DROP INDEX IF EXISTS decisions_of_subject;
  DROP INDEX IF EXISTS refusals_of_subject;`;
const subjectIndexes = `
  CREATE INDEX IF NOT EXISTS decisions_of_issued ON decisions (tenant, issuer, subject, seq);
  CREATE INDEX IF NOT EXISTS refusals_of_issued ON decisions (tenant, issuer, subject, seq) WHERE allowed = 0;`;

/** A subject, as one issuer's tokens name it. */
export interface Issued {
  readonly issuer: string;
  readonly subject: string;
}

export type NewDecision = Omit<LoggedDecision, "decision" | "at"> &
  Issued & { readonly tenant: number };

interface Waiting extends NewDecision {
  readonly id: string;
  readonly at: number;
}

/** Whose decisions are asked for: of one subject, or all of the tenant. */
export interface DecisionsOf {
  readonly tenant: number;
  readonly issued?: Issued;
}

const read = (row: Record<string, SQLOutputValue>): LoggedDecision => {
  const named = (name: string): { [name: string]: SQLOutputValue } =>
    row[name] === null ? {} : { [name]: row[name] ?? "" };
  return LoggedDecision.parse({
    decision: row["id"],
    at: new Date(Number(row["at"])).toISOString(),
    subject: row["subject"],
    role: row["role"],
    action: row["action"],
    ...named("tool"),
    ...named("segment"),
    ...named("campaign"),
    ...named("purpose"),
    allowed: row["allowed"] === 1,
    reasons: JSON.parse(String(row["reasons"])),
    columns: JSON.parse(String(row["columns"])),
    withheld: row["withheld"],
    policy: row["policy"],
  });
};

export interface DecisionLimits {
  readonly keptMs?: number;
  readonly rowsMax?: number;
  readonly pruneEveryMs?: number;
}

export class Decisions {
  readonly #database: DatabaseSync;
  readonly #keptMs: number;
  readonly #rowsMax: number;
  readonly #pruneEveryMs: number;
  #pruning: NodeJS.Timeout | undefined;
  /** Rows of each tenant, as they are in the file. */
  readonly #rows = new Map<number, number>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Throws Problem `configuration-invalid`. */
  constructor(path: string, { keptMs, rowsMax, pruneEveryMs }: DecisionLimits = {}) {
    this.#database = openSqlite(path, schema);
    this.#bringUp();
    this.#keptMs = keptMs ?? keptMsDefault;
    this.#rowsMax = rowsMax ?? rowsMaxDefault;
    this.#pruneEveryMs = pruneEveryMs ?? pruneEveryMsDefault;
    for (const row of this.#database
      .prepare("SELECT tenant, count(*) AS rows FROM decisions GROUP BY tenant")
      .all())
      this.#rows.set(Number(row["tenant"]), Number(row["rows"]));
    this.#pruneIn(this.#pruneEveryMs);
  }

  /** What an earlier version wrote says of no issuer: it stays the tenant's to read, and no subject's. */
  #bringUp(): void {
    const [known] = this.#database
      .prepare("SELECT 1 FROM pragma_table_info('decisions') WHERE name = 'issuer'")
      .all();
    if (known === undefined) transaction(this.#database, () => this.#database.exec(addIssuer));
    this.#database.exec(subjectIndexes);
  }

  get size(): number {
    let rows = this.#waiting.length;
    for (const count of this.#rows.values()) rows += count;
    return rows;
  }

  /** The decision's id. Throws Problem `region-unavailable` where too much waits for the disk. */
  add(decision: NewDecision): string {
    if (this.#waiting.length >= waitingMax)
      throw new Problem("region-unavailable", { retryAfterSeconds });
    const id = randomBytes(12).toString("base64url");
    this.#waiting.push({ ...decision, id, at: Date.now() });
    this.#timer ??= setTimeout(() => this.#flushSafely(), gatherMs).unref();
    return id;
  }

  /** The decision of that id, if it is one of those. */
  find({ tenant, issued }: DecisionsOf, id: string): LoggedDecision | undefined {
    this.flush();
    const row = this.#database
      .prepare(
        `SELECT * FROM decisions WHERE id = ?1 AND tenant = ?2
           AND (?3 IS NULL OR (issuer = ?3 AND subject = ?4))`,
      )
      .get(id, tenant, issued?.issuer ?? null, issued?.subject ?? null);
    return row && read(row);
  }

  /** The latest, newest first. */
  latest({ tenant, issued }: DecisionsOf, limit: number, deniedOnly = false): LoggedDecision[] {
    this.flush();
    // Each of the four is read from an index of its own: a log full of others' decisions is not looked through.
    const of = issued === undefined ? "" : "AND issuer = ? AND subject = ?";
    return this.#database
      .prepare(
        `SELECT * FROM decisions WHERE tenant = ? ${of} ${deniedOnly ? "AND allowed = 0" : ""}
         ORDER BY seq DESC LIMIT ?`,
      )
      .all(tenant, ...(issued === undefined ? [] : [issued.issuer, issued.subject]), limit)
      .map(read);
  }

  /** A page of the tenant's decisions in order, after the one that `after` names; from the oldest without it. */
  page(tenant: number, after: string | undefined, limit: number): LoggedDecision[] {
    this.flush();
    return this.#database
      .prepare(
        `SELECT * FROM decisions WHERE tenant = ?1 AND seq >
           coalesce((SELECT seq FROM decisions WHERE id = ?2 AND tenant = ?1), 0) ORDER BY seq LIMIT ?3`,
      )
      .all(tenant, after ?? "", limit)
      .map(read);
  }

  /** Writes what waits. Throws Problem `region-unavailable`; then it waits on. */
  flush(): void {
    const batch = this.#waiting;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (batch.length === 0) return;
    try {
      transaction(this.#database, () => this.#insert(batch));
    } catch (error) {
      this.#timer = setTimeout(() => this.#flushSafely(), retryMs).unref();
      throw error;
    }
    this.#waiting = this.#waiting.slice(batch.length);
    for (const { tenant } of batch) this.#rows.set(tenant, (this.#rows.get(tenant) ?? 0) + 1);
  }

  #insert(batch: readonly Waiting[]): void {
    const insert = this.#database.prepare(
      `INSERT INTO decisions (id, at, tenant, issuer, subject, role, action, tool, segment, campaign, purpose, allowed, reasons,
         columns, withheld, policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const row of batch)
      insert.run(
        row.id,
        row.at,
        row.tenant,
        row.issuer,
        row.subject,
        row.role,
        row.action,
        row.tool ?? null,
        row.segment ?? null,
        row.campaign ?? null,
        row.purpose ?? null,
        row.allowed ? 1 : 0,
        JSON.stringify(row.reasons),
        JSON.stringify(row.columns),
        row.withheld,
        row.policy,
      );
  }

  /** Deletes some of what is too old or too much, the oldest first; whether there is more. */
  prune(now = Date.now()): boolean {
    const expired = this.#database
      .prepare("SELECT max(seq) AS seq FROM decisions WHERE at < ?")
      .get(now - this.#keptMs)?.["seq"];
    let more = false;
    const drop = (tenant: number, upTo: number, rows: number): void => {
      if (this.#drop(tenant, upTo, Math.min(rows, pruneRowsMax)) === pruneRowsMax) more = true;
    };
    for (const tenant of this.#rows.keys()) {
      drop(tenant, Number(expired ?? 0), pruneRowsMax);
      drop(tenant, maxSeq, (this.#rows.get(tenant) ?? 0) - this.#rowsMax * tenantShare);
    }
    // Many tenants together may still be too many: then who has most gives.
    const over = this.size - this.#rowsMax;
    const [most] = [...this.#rows].sort(([, one], [, next]) => next - one);
    if (most !== undefined) drop(most[0], maxSeq, over);
    return more;
  }

  /** How many were. */
  #drop(tenant: number, upTo: number, rowsMax: number): number {
    if (rowsMax < 1 || upTo < 1) return 0;
    const { changes } = transaction(this.#database, () =>
      this.#database
        .prepare(
          `DELETE FROM decisions WHERE seq IN
             (SELECT seq FROM decisions WHERE tenant = ? AND seq <= ? ORDER BY seq LIMIT ?)`,
        )
        .run(tenant, upTo, Math.floor(rowsMax)),
    );
    this.#rows.set(tenant, (this.#rows.get(tenant) ?? 0) - Number(changes));
    return Number(changes);
  }

  #flushSafely(): void {
    try {
      this.flush();
    } catch (error) {
      log("decisions-postponed", { waiting: this.#waiting.length, fault: faultOf(error) });
    }
  }

  #pruneIn(milliseconds: number): void {
    this.#pruning = setTimeout(
      () => this.#pruneIn(this.#pruneSafely() ? pruneAgainMs : this.#pruneEveryMs),
      milliseconds,
    ).unref();
  }

  #pruneSafely(): boolean {
    try {
      return this.prune();
    } catch (error) {
      log("decisions-postponed", { waiting: this.#waiting.length, fault: faultOf(error) });
      return false;
    }
  }

  close(): void {
    clearTimeout(this.#pruning);
    this.#flushSafely();
    clearTimeout(this.#timer);
    this.#database.close();
  }
}
