// The four verbs of Snowpipe Streaming's REST API that a sink needs. Rows appended are Snowflake's once the channel's
// committed offset has reached them, and not before.
// docs.snowflake.com/user-guide/snowpipe-streaming/snowpipe-streaming-high-performance-rest-api
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { z } from "zod";
import { IngestSession, refusalOf, type Answer } from "./session.ts";
import type { SnowflakeSettings } from "./settings.ts";

/** NDJSON of one request before it is compressed; Snowflake takes 4 MB of rows in at most 16 MB of request. */
export const rowsBytesMax = 4_000_000;
// Node before 22.15 has no zstd.
const encoding = "zstdCompress" in zlib ? "zstd" : "gzip";
const compress: (rows: Buffer<ArrayBuffer>) => Promise<Buffer<ArrayBuffer>> =
  encoding === "zstd" ? promisify(zlib.zstdCompress) : promisify(zlib.gzip);

const Count = z.coerce.number().int().min(0);
/** Open calls it `rows_error_count`, bulk status `rows_errors`. */
const Status = z.looseObject({
  channel_status_code: z.string().max(200).default(""),
  last_committed_offset_token: z.string().max(200).nullish(),
  rows_error_count: Count.nullish(),
  rows_errors: Count.nullish(),
  last_error_offset_upper_bound: z.string().max(200).nullish(),
  last_error_message: z.string().max(20_000).nullish(),
});
const Opened = z.looseObject({ next_continuation_token: z.string(), channel_status: Status });
const Appended = z.looseObject({ next_continuation_token: z.string() });
const Statuses = z.looseObject({ channel_statuses: z.record(z.string(), Status) });

export interface ChannelStatus {
  /** The last offset whose row, and all before it, are in the table; undefined before the first. */
  readonly committed: bigint | undefined;
  /** Rows refused in the channel's life. */
  readonly errors: number;
  /** The last refused row lies at this offset or before. */
  readonly errorsUpTo: bigint | undefined;
  readonly reason: RowRefusal;
  /** Whether it takes rows as it is. */
  readonly active: boolean;
}

/** Why rows were refused. Snowflake's own words may quote a row, so they are sorted here and kept nowhere. */
export type RowRefusal = "type-conflict" | "null" | "too-long" | "malformed" | "other";

export interface OpenChannel extends ChannelStatus {
  readonly continuation: string;
}

export interface Rows {
  readonly channel: string;
  readonly continuation: string;
  readonly first: bigint;
  readonly last: bigint;
  /** One JSON text a line. */
  readonly ndjson: string;
}

/** `lost`: what became of the rows is not known, or the channel is another's now. Open it again and begin after what is committed. */
export type Appending = { readonly continuation: string } | "lost";

const offsetOf = (token: string | null | undefined): bigint | undefined =>
  token !== null && token !== undefined && /^\d{1,19}$/.test(token) ? BigInt(token) : undefined;

function refusalKind(message: string): RowRefusal {
  if (/null/i.test(message)) return "null";
  if (/too long|exceeds|truncat/i.test(message)) return "too-long";
  if (/parse|json|malformed/i.test(message)) return "malformed";
  return /type|numeric|cast|convert|not recognized|invalid value/i.test(message)
    ? "type-conflict"
    : "other";
}

const statusOf = (status: z.infer<typeof Status>): ChannelStatus => ({
  committed: offsetOf(status.last_committed_offset_token),
  errors: status.rows_error_count ?? status.rows_errors ?? 0,
  errorsUpTo: offsetOf(status.last_error_offset_upper_bound),
  reason: refusalKind(status.last_error_message ?? ""),
  active: /^(ACTIVE|SUCCESS)?$/i.test(status.channel_status_code),
});

/** A client of one pipe. */
export class StreamingPipe {
  readonly #session: IngestSession;
  readonly #place: string;
  readonly #pipe: string;

  constructor(settings: SnowflakeSettings, pipe: string, stopping?: AbortSignal) {
    this.#session = new IngestSession(settings, stopping);
    this.#place = `databases/${settings.database}/schemas/${settings.schema}`;
    this.#pipe = pipe;
  }

  /** Makes the channel or takes it over: rows that are not committed by then never will be. */
  async open(channel: string): Promise<OpenChannel> {
    const answer = await this.#session.send(`/v2/streaming/${this.#channel(channel)}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    if (answer.status !== 200) throw refusalOf(answer, "open channel");
    const opened = Opened.safeParse(answer.body);
    if (!opened.success) throw refusalOf({ ...answer, code: "" }, "open channel");
    const { next_continuation_token: continuation, channel_status: status } = opened.data;
    return { continuation, ...statusOf(status) };
  }

  /** Throws Problem `snowflake-away` only where nothing was taken: the same rows may be sent again. */
  async append({ channel, continuation, first, last, ndjson }: Rows): Promise<Appending> {
    const query = new URLSearchParams({
      continuationToken: continuation,
      startOffsetToken: String(first),
      endOffsetToken: String(last),
    });
    const path = `/v2/streaming/data/${this.#channel(channel)}/rows?${query.toString()}`;
    const body = Buffer.from(ndjson);
    let answer: Answer;
    try {
      answer = await this.#session.send(path, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", "content-encoding": encoding },
        body: await compress(body),
      });
    } catch {
      // No answer came: the rows may be there or not. Whether Snowflake is away is found out by opening the channel.
      return "lost";
    }
    if (answer.status === 200) {
      const appended = Appended.safeParse(answer.body);
      return appended.success ? { continuation: appended.data.next_continuation_token } : "lost";
    }
    const { status, code } = answer;
    const anothers = status === 409 || status === 410 || /CONTINUATION_TOKEN|CHANNEL/.test(code);
    if (anothers || status >= 500) return "lost";
    throw refusalOf(answer, "append rows");
  }

  /** Channels that were never opened are missing. */
  async statuses(channels: readonly string[]): Promise<ReadonlyMap<string, ChannelStatus>> {
    const path = `/v2/streaming/${this.#place}/pipes/${this.#pipe}:bulk-channel-status`;
    const answer = await this.#session.send(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ channel_names: channels }),
    });
    if (answer.status !== 200) throw refusalOf(answer, "ask for channels' status");
    const statuses = Statuses.safeParse(answer.body);
    if (!statuses.success) throw refusalOf({ ...answer, code: "" }, "ask for channels' status");
    return new Map(
      Object.entries(statuses.data.channel_statuses).map(([name, status]) => [
        name.toLowerCase(),
        statusOf(status),
      ]),
    );
  }

  #channel(channel: string): string {
    return `${this.#place}/pipes/${this.#pipe}/channels/${channel}`;
  }
}
