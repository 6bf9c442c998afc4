// What the protocol peer keeps: channels with their sequencers and offset tokens, and the rows that were committed. Written
// from Snowflake's reference of the REST API, apart from the client: neither imports the other.

export interface PeerRow {
  readonly channel: string;
  readonly record: Readonly<Record<string, unknown>>;
}

interface Pending {
  readonly last: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

interface PeerChannel {
  /** Rises when the channel is opened: what an older holder sends is stale. */
  sequencer: number;
  rowSequencer: number;
  committed: string | null;
  appended: bigint;
  pending: Pending[];
  errors: number;
  errorsUpTo: string | null;
  lastError: string | null;
  active: boolean;
}

/** Answers the peer's own account of a refusal, as Snowflake would. */
export class PeerRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const stale = (): PeerRefusal => new PeerRefusal(400, "STALE_CONTINUATION_TOKEN_SEQUENCER");

/** What a landing pipe's casts would say of a row; undefined: it lands. */
export function refusalOfRow(record: Readonly<Record<string, unknown>>): string | undefined {
  if (record["id"] === null || record["id"] === undefined)
    return "NULL result in a non-nullable column";
  if (typeof record["tenant"] !== "number") return "Numeric value is not recognized";
  if (JSON.stringify(record).length > 300_000) return "String is too long and would be truncated";
  const at = record["admittedAt"];
  if (at !== undefined && (typeof at !== "string" || Number.isNaN(Date.parse(at))))
    return "Timestamp is not recognized: type conflict";
  return undefined;
}

export class StreamingTable {
  readonly rows: PeerRow[] = [];
  /** Rows that came out of order or beside each other: a sink that is right leaves none. */
  readonly violations: string[] = [];
  /** As after a column was made wider. */
  acceptsAll = false;
  readonly #channels = new Map<string, PeerChannel>();

  open(name: string): { continuation: string; status: object } {
    const channel: PeerChannel = this.#channels.get(name) ?? {
      sequencer: 0,
      rowSequencer: 0,
      committed: null,
      appended: -1n,
      pending: [],
      errors: 0,
      errorsUpTo: null,
      lastError: null,
      active: true,
    };
    channel.sequencer++;
    channel.rowSequencer = 0;
    // "In-flight data is silently discarded" (Open Channel, fail_on_uncommitted_rows).
    channel.pending = [];
    channel.appended = BigInt(channel.committed ?? -1);
    channel.active = true;
    this.#channels.set(name, channel);
    return { continuation: this.#token(channel), status: this.#status(name, channel) };
  }

  append(
    name: string,
    { continuation, first, last }: { continuation: string; first: string; last: string },
    rows: readonly Readonly<Record<string, unknown>>[],
  ): string {
    const channel = this.#channels.get(name);
    if (channel === undefined || !channel.active || continuation !== this.#token(channel))
      throw stale();
    if (BigInt(first) <= channel.appended || BigInt(last) < BigInt(first))
      this.violations.push(`${name}: ${first} to ${last} after ${channel.appended}`);
    channel.rowSequencer++;
    channel.appended = BigInt(last);
    channel.pending.push({ last, rows });
    return this.#token(channel);
  }

  statuses(names: readonly string[]): Record<string, object> {
    return Object.fromEntries(
      names.flatMap((name) => {
        const channel = this.#channels.get(name);
        return channel === undefined ? [] : [[name, this.#status(name, channel)]];
      }),
    );
  }

  names(): string[] {
    return [...this.#channels.keys()];
  }

  /** The oldest appended batch of a channel becomes part of the table, all of it at once. */
  commit(name: string): void {
    const channel = this.#channels.get(name);
    const batch = channel?.pending.shift();
    if (channel === undefined || batch === undefined) return;
    for (const record of batch.rows) {
      const refusal = this.acceptsAll ? undefined : refusalOfRow(record);
      if (refusal === undefined) this.rows.push({ channel: name, record });
      else {
        channel.errors++;
        channel.errorsUpTo = batch.last;
        channel.lastError = refusal;
      }
    }
    channel.committed = batch.last;
  }

  /** Whoever holds the channel has to open it again; what is not committed is gone. */
  invalidate(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.active = false;
    channel.pending = [];
  }

  /** A crash of the service: nothing that was not committed is left, and nobody holds a channel. */
  crash(): void {
    for (const name of this.#channels.keys()) this.invalidate(name);
  }

  /** As after CREATE OR REPLACE TABLE. */
  forget(): void {
    this.#channels.clear();
    this.rows.length = 0;
  }

  #token(channel: PeerChannel): string {
    return `${channel.sequencer}_${channel.rowSequencer}`;
  }

  #status(name: string, channel: PeerChannel): object {
    return {
      channel_name: name,
      channel_status_code: channel.active ? "ACTIVE" : "ERR_CHANNEL_MUST_BE_REOPENED",
      last_committed_offset_token: channel.committed,
      rows_inserted: this.rows.length,
      rows_error_count: channel.errors,
      last_error_offset_upper_bound: channel.errorsUpTo,
      last_error_message: channel.lastError,
    };
  }
}
