// Sends refused rows again, from the stream, through a channel of their own: halves of what is refused are tried until the
// rows at fault stand alone. A row that is in the table already comes there twice so, under one id, which counts once.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Consumer, Stream } from "../stream/stream.ts";
import type { Line } from "./channels.ts";
import { isPoison, landingRow, type Poison } from "./landing.ts";
import type { KeptRejection, Rejection } from "./rejected.ts";
import { rowsBytesMax, type RowRefusal, type StreamingPipe } from "./streaming.ts";

/** Reading a range from the stream, and one commit. */
const readMsMax = 30_000;
const commitMsMax = 60_000;
const pollMs = 100;
/** A range has at most what was on its way at once. */
const linesMax = 100_000;

export interface ReplayOf {
  readonly region: Region;
  readonly stream: Stream;
  readonly pipe: StreamingPipe;
  readonly prefix: string;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
  /** Where the other partitions need not be read. */
  readonly nextOffsets: () => Promise<ReadonlyMap<number, bigint>>;
}

interface ReadRange {
  readonly lines: readonly Line[];
  readonly poison: readonly { readonly offset: bigint; readonly reason: Poison }[];
  /** False where the stream was too slow, or a stop ended it. */
  readonly whole: boolean;
}

/** The records of a range that the stream still has. */
async function readRange(of: ReplayOf, range: KeptRejection): Promise<ReadRange> {
  const { region, stream, nextOffsets, signal } = of;
  const lines: Line[] = [];
  const poison: { offset: bigint; reason: Poison }[] = [];
  const { promise: passed, resolve: pass } = Promise.withResolvers<void>();
  let whole = false;
  let consumer: Consumer | undefined;
  const late = setTimeout(pass, readMsMax);
  const stop = (): void => pass();
  signal.addEventListener("abort", stop);
  try {
    consumer = await stream.consume(
      {
        topic: range.topic,
        group: `maily.snowflake.replay.${region}`,
        nextOffsets: async () =>
          new Map([...(await nextOffsets()), [range.partition, range.first]]),
      },
      (batch) => {
        for (const stored of batch) {
          if (stored.partition !== range.partition || stored.offset < range.first) continue;
          if (stored.offset >= range.last || lines.length >= linesMax) {
            whole = true;
            pass();
          }
          if (stored.offset > range.last || lines.length >= linesMax) continue;
          const row = landingRow(stored, region);
          if (isPoison(row)) poison.push({ offset: stored.offset, reason: row });
          else lines.push({ offset: stored.offset, ndjson: row });
        }
        return Promise.resolve();
      },
    );
    await passed;
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
    await consumer?.stop();
  }
  return { lines, poison, whole };
}

class ReplayChannel {
  readonly #pipe: StreamingPipe;
  readonly #name: string;
  #continuation: string;
  #sent: bigint;
  #errors: number;

  private constructor(
    pipe: StreamingPipe,
    name: string,
    opened: { continuation: string; sent: bigint; errors: number },
  ) {
    [this.#pipe, this.#name, this.#continuation, this.#sent, this.#errors] = [
      pipe,
      name,
      opened.continuation,
      opened.sent,
      opened.errors,
    ];
  }

  static async open(pipe: StreamingPipe, name: string): Promise<ReplayChannel> {
    const { continuation, committed, errors } = await pipe.open(name);
    return new ReplayChannel(pipe, name, { continuation, sent: committed ?? 0n, errors });
  }

  /** How many of the lines were refused, and why. Throws Problem `snowflake-away` where nobody can say. */
  async send(lines: readonly Line[]): Promise<{ refused: number; reason: RowRefusal }> {
    // Its offsets only number the requests: where the rows lie on the stream says RECORD_METADATA.
    const offset = this.#sent + 1n;
    const appending = await this.#pipe.append({
      channel: this.#name,
      continuation: this.#continuation,
      first: offset,
      last: offset,
      ndjson: lines.map(({ ndjson }) => ndjson).join(""),
    });
    if (appending === "lost") throw new Problem("snowflake-away", { retryAfterSeconds: 5 });
    this.#continuation = appending.continuation;
    this.#sent = offset;
    const deadline = performance.now() + commitMsMax;
    while (performance.now() < deadline) {
      const status = (await this.#pipe.statuses([this.#name])).get(this.#name);
      if (status?.committed !== undefined && status.committed >= offset) {
        const refused = status.errors - this.#errors;
        this.#errors = status.errors;
        return { refused, reason: status.reason };
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new Problem("snowflake-away", { retryAfterSeconds: 5 });
  }
}

const bytesOf = (lines: readonly Line[]): number =>
  lines.reduce((bytes, { ndjson }) => bytes + Buffer.byteLength(ndjson), 0);

/** The lines that are refused each by itself; the others are in the table. */
async function faultsIn(
  channel: ReplayChannel,
  lines: readonly Line[],
): Promise<{ line: Line; reason: RowRefusal }[]> {
  if (lines.length === 0) return [];
  const [line] = lines;
  if (lines.length === 1 || bytesOf(lines) <= rowsBytesMax) {
    const { refused, reason } = await channel.send(lines);
    if (refused === 0) return [];
    if (lines.length === 1 && line !== undefined) return [{ line, reason }];
  }
  const half = Math.ceil(lines.length / 2);
  return [
    ...(await faultsIn(channel, lines.slice(0, half))),
    ...(await faultsIn(channel, lines.slice(half))),
  ];
}

/**
 * What of the range is still not in the table. Throws Problem `not-found` when the stream has nothing of it any more,
 * `region-unavailable` when it did not give all of it.
 */
export async function replayRange(of: ReplayOf, range: KeptRejection): Promise<Rejection[]> {
  const { lines, poison, whole } = await readRange(of, range);
  const { topic, partition } = range;
  if (lines.length === 0 && poison.length === 0) throw new Problem("not-found");
  // Nothing is known of the rest: it must not be taken for what landed.
  if (!whole) throw new Problem("region-unavailable", { retryAfterSeconds: 5 });
  const channel = await ReplayChannel.open(of.pipe, `${of.prefix}_replay`);
  const faults = await faultsIn(channel, lines);
  const one = (offset: bigint, reason: Rejection["reason"]): Rejection => ({
    topic,
    partition,
    first: offset,
    last: offset,
    rows: 1,
    reason,
  });
  return [
    ...faults.map(({ line, reason }) => one(line.offset, reason)),
    ...poison.map(({ offset, reason }) => one(offset, reason)),
  ];
}
