// A segment's members from Materialize, over the PostgreSQL protocol: SUBSCRIBE gives differences with times, and a word that all
// of a time has been told (https://materialize.com/docs/sql/subscribe/). The one door to `pg`.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { Problem } from "../../sdk/problem.ts";
import { faultOf, log } from "../log.ts";

/** A FETCH waits so long for differences. */
const fetchMs = 1_000;
const fetchRowsMax = 10_000;
/** Materialize's. */
const defaultPort = 6875;
const connectMsMax = 10_000;
/** A FETCH that says nothing for longer belongs to a connection that is gone. */
const answerMsMax = 20_000;
const againMs = { least: 250, most: 15_000 } as const;
/** Differences of one time that are held until it is complete. */
const pendingMax = 5_000_000;
const viewForm = /^[a-z]\w{0,62}(?:\.\w{1,62}){0,2}$/i;

export interface SubscriptionParts {
  /** postgres://user@host:port/database */
  readonly url: string;
  readonly password?: string;
  /** TLS with the system's authorities, or with this one; false: none. */
  readonly tls: boolean | { readonly ca: string };
  /** A view with one column, `reader`. */
  readonly view: string;
  /** Told once all of a time is known. `reset`: these are all members, and whoever is not among them is none. */
  readonly onMembers: (
    changes: ReadonlyMap<string, number>,
    told: { readonly reset: boolean; readonly asOf: bigint },
  ) => void;
}

interface Told {
  readonly mz_timestamp: string;
  readonly mz_progressed: boolean | string;
  readonly mz_diff: string | null;
  readonly reader: string | null;
}

/** Errors of PostgreSQL that another try does not mend: wrong password, no such database or view, no right to it. */
const lastingCodes = /^(28|3D|3F|42)/;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #stopping = new AbortController();
  #client: Client | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Everything before this time is told; undefined before the first. */
  #progress: bigint | undefined;
  /** Why nothing comes, as far as another try will not mend it. */
  refused: string | undefined;

  /** Throws Problem `configuration-invalid` for a view that is no name. */
  constructor(parts: SubscriptionParts) {
    if (!viewForm.test(parts.view))
      throw new Problem("configuration-invalid", { errors: ["view: is no name of a view"] });
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    // What waits for the other side waits no longer.
    await this.#client?.end().catch(() => undefined);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let wait: number = againMs.least; !signal.aborted;) {
      const before = this.#progress;
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        const code = codeOf(error);
        this.refused = lastingCodes.test(code) ? code : undefined;
        // Its time is no longer kept there: all of it is read anew.
        if (/timestamp|as of/i.test(error instanceof Error ? error.message : ""))
          this.#progress = undefined;
        log("segments-source-lost", { view: this.#parts.view, code, fault: faultOf(error) });
      }
      wait = this.#progress === before ? Math.min(againMs.most, wait * 2) : againMs.least;
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #follow(): Promise<void> {
    const { url, password, tls, view } = this.#parts;
    // Taken apart here: a password beside a connection string would be lost.
    const { hostname, port, username, pathname } = new URL(url);
    const client = new Client({
      host: hostname,
      port: Number(port === "" ? defaultPort : port),
      user: decodeURIComponent(username),
      database: decodeURIComponent(pathname.slice(1)),
      ...(password !== undefined && { password }),
      ssl:
        tls === false ? false : { rejectUnauthorized: true, ...(tls !== true && { ca: tls.ca }) },
      connectionTimeoutMillis: connectMsMax,
      query_timeout: answerMsMax,
    });
    this.#client = client;
    // A connection that breaks between two queries says so here alone; the next query fails.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("BEGIN");
      const since = this.#progress;
      await client.query(
        `DECLARE members CURSOR FOR SUBSCRIBE (SELECT reader FROM ${view}) WITH (PROGRESS${
          // What is after a time: everything before the next is known already.
          since === undefined ? ")" : `, SNAPSHOT = false) AS OF ${since - 1n}`
        }`,
      );
      await this.#fetch(client, since === undefined);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #fetch(client: Client, fresh: boolean): Promise<void> {
    let [reset, begun] = [fresh, false];
    const pending = new Map<string, number>();
    while (!this.#stopping.signal.aborted) {
      const { rows } = await client.query<Told>(
        `FETCH ${fetchRowsMax} members WITH (timeout = '${fetchMs}ms')`,
      );
      this.refused = undefined;
      for (const { mz_timestamp, mz_progressed, mz_diff, reader } of rows) {
        if (mz_progressed !== true && mz_progressed !== "t") {
          const name = reader ?? "";
          pending.set(name, (pending.get(name) ?? 0) + Number(mz_diff));
          if (pending.size > pendingMax) throw new RangeError("more differences than are held");
          continue;
        }
        // No more comes of any time before this one. The first such word comes before the members themselves.
        if (reset && !begun && pending.size === 0) {
          begun = true;
          continue;
        }
        const asOf = BigInt(mz_timestamp);
        if (pending.size > 0 || reset) this.#parts.onMembers(pending, { reset, asOf });
        this.#progress = asOf;
        reset = false;
        pending.clear();
      }
    }
  }
}
