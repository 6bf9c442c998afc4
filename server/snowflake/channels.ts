// The channels of one topic: one a partition, its offset token the record's offset on the stream. Rows of a channel are
// appended in order; what is on its way is bounded, and let go of when Snowflake says that it is committed.
import { Problem } from "../../sdk/problem.ts";
import { log } from "../log.ts";
import type { Rejections } from "./rejected.ts";
import { rowsBytesMax, type ChannelStatus, type StreamingPipe } from "./streaming.ts";

/** Appended and not yet committed, over all channels of a topic. */
export const inFlightBytesMax = 16 * 1024 * 1024;
/** A channel that commits nothing for so long, while rows are on their way, is opened again. */
const commitMsMax = 120_000;
/** Waits for room, one after the other. */
const roomPollMs = 20;

interface InFlight {
  readonly last: bigint;
  readonly bytes: number;
}

interface Channel {
  readonly name: string;
  readonly partition: number;
  continuation: string;
  /** All rows to this offset are in the table. */
  committed: bigint;
  /** The last that was appended. */
  appended: bigint;
  errors: number;
  progressAt: number;
  inFlight: InFlight[];
}

export interface Line {
  readonly offset: bigint;
  readonly ndjson: string;
}

/** Offsets begin at 0, so this is before all. */
const beforeFirst = -1n;

/** What happened to the channels makes their rows' fate unknown: begin again after what is committed. */
export type Broken = "lost" | "stuck" | "regressed";

/** One line a request would be slow; more than these bytes Snowflake does not take. */
function* chunksOf(lines: readonly Line[]): Generator<readonly Line[]> {
  let chunk: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line.ndjson);
    if (bytes + size > rowsBytesMax && chunk.length > 0) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(line);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

export interface ChannelsOf {
  readonly topic: string;
  readonly pipe: StreamingPipe;
  readonly prefix: string;
  readonly rejections: Rejections;
  /** Rows committed since the last call. */
  readonly onCommitted: (rows: bigint) => void;
}

/** Partitions that are asked for when a sink begins; topics of ours have 4. */
export const partitionsMax = 256;

export class Channels {
  readonly #of: ChannelsOf;
  readonly #channels = new Map<number, Channel>();
  /** What Snowflake had committed when reading began, of channels that are not open yet. */
  #committed: ReadonlyMap<number, bigint> = new Map();
  #inFlightBytes = 0;
  #broken: Broken | undefined;

  constructor(of: ChannelsOf) {
    this.#of = of;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Records that were handled and are not in the table yet, gaps in their offsets included. */
  get inFlightRecords(): number {
    let records = 0n;
    for (const { appended, committed } of this.#channels.values())
      if (appended > committed) records += appended - committed;
    return Number(records);
  }

  get broken(): Broken | undefined {
    return this.#broken;
  }

  nameOf(partition: number): string {
    return `${this.#of.prefix}_${this.#of.topic.replaceAll(/[^a-z0-9]/g, "_")}_${partition}`;
  }

  /** Partition → the offset after the last committed: where reading begins. */
  async nextOffsets(): Promise<ReadonlyMap<number, bigint>> {
    const partitions = Array.from({ length: partitionsMax }, (_, partition) => partition);
    const statuses = await this.#of.pipe.statuses(partitions.map((each) => this.nameOf(each)));
    const committed = new Map<number, bigint>();
    for (const partition of partitions) {
      const status = statuses.get(this.nameOf(partition));
      if (status?.committed !== undefined) committed.set(partition, status.committed);
    }
    this.#committed = committed;
    return new Map(Array.from(committed, ([partition, offset]) => [partition, offset + 1n]));
  }

  /** Appends a partition's lines in order; those that are there already are left out. Returns false when broken. */
  async append(partition: number, lines: readonly Line[], signal: AbortSignal): Promise<boolean> {
    const channel = this.#channels.get(partition) ?? (await this.#open(partition));
    if (channel === undefined) return false;
    const fresh = lines.filter(({ offset }) => offset > channel.appended);
    for (const chunk of chunksOf(fresh)) {
      if (!(await this.#room(signal))) return false;
      const ndjson = chunk.map((line) => line.ndjson).join("");
      const [first, last] = [chunk[0]?.offset, chunk.at(-1)?.offset];
      if (first === undefined || last === undefined) continue;
      const { name, continuation } = channel;
      const appending = await this.#of.pipe.append({
        channel: name,
        continuation,
        first,
        last,
        ndjson,
      });
      if (appending === "lost") return this.#break("lost", name);
      channel.continuation = appending.continuation;
      if (channel.inFlight.length === 0) channel.progressAt = performance.now();
      channel.appended = last;
      const bytes = Buffer.byteLength(ndjson);
      channel.inFlight.push({ last, bytes });
      this.#inFlightBytes += bytes;
    }
    return true;
  }

  /** Asks what is committed by now, and keeps what was refused. Throws what Snowflake is refused with. */
  async refresh(): Promise<void> {
    const waiting = [...this.#channels.values()].filter(({ inFlight }) => inFlight.length > 0);
    if (waiting.length === 0 || this.#broken !== undefined) return;
    const statuses = await this.#of.pipe.statuses(waiting.map(({ name }) => name));
    for (const channel of waiting) {
      const status = statuses.get(channel.name);
      if (status === undefined || !status.active) this.#break("lost", channel.name);
      else this.#settle(channel, status);
    }
  }

  async #open(partition: number): Promise<Channel | undefined> {
    const name = this.nameOf(partition);
    const { continuation, ...status } = await this.#of.pipe.open(name);
    const committed = status.committed ?? beforeFirst;
    // Reading began after what was committed then. A channel that knows of less is a new one, or its table is.
    if (committed < (this.#committed.get(partition) ?? beforeFirst)) {
      this.#break("regressed", name);
      return undefined;
    }
    const known = this.#of.rejections.known(name);
    const channel: Channel = {
      name,
      partition,
      continuation,
      // What was committed while nobody looked is looked through for refused rows.
      committed: known !== undefined && known.committed < committed ? known.committed : committed,
      appended: committed,
      // Without a memory of its own the sink cannot tell which rows an older count is of.
      errors: known !== undefined && known.errors <= status.errors ? known.errors : status.errors,
      progressAt: performance.now(),
      inFlight: [],
    };
    this.#settle(channel, status);
    this.#channels.set(partition, channel);
    return channel;
  }

  #settle(channel: Channel, status: ChannelStatus): void {
    const committed = status.committed ?? beforeFirst;
    if (status.errors > channel.errors) this.#keepRefused(channel, status, committed);
    if (committed > channel.committed) {
      this.#of.onCommitted(committed - channel.committed);
      channel.committed = committed;
      channel.progressAt = performance.now();
      while (channel.inFlight[0] !== undefined && channel.inFlight[0].last <= committed)
        this.#inFlightBytes -= channel.inFlight.shift()?.bytes ?? 0;
      const { name, errors } = channel;
      this.#of.rejections.add([], { name, committed, errors });
    } else if (
      channel.inFlight.length > 0 &&
      performance.now() - channel.progressAt > commitMsMax
    ) {
      this.#break("stuck", channel.name);
    }
  }

  #keepRefused(channel: Channel, status: ChannelStatus, committed: bigint): void {
    const { topic, rejections } = this.#of;
    const { name, partition } = channel;
    const rows = status.errors - channel.errors;
    channel.errors = status.errors;
    const first = channel.committed + 1n;
    const upTo = status.errorsUpTo ?? committed;
    // Refused rows may be told of before the offset that they lie at or below is committed.
    const last = upTo >= first ? upTo : committed >= first ? committed : first;
    const known = { name, committed: channel.committed, errors: channel.errors };
    rejections.add([{ topic, partition, first, last, rows, reason: status.reason }], known);
    log("snowflake-rows-refused", {
      topic,
      partition,
      first: String(first),
      last: String(last),
      rows,
      reason: status.reason,
    });
  }

  async #room(signal: AbortSignal): Promise<boolean> {
    while (this.#inFlightBytes >= inFlightBytesMax) {
      if (signal.aborted || this.#broken !== undefined) return false;
      await new Promise((resolve) => setTimeout(resolve, roomPollMs));
    }
    return this.#broken === undefined;
  }

  #break(how: Broken, channel: string): false {
    this.#broken ??= how;
    log("snowflake-channel-broken", { how, channel });
    return false;
  }
}

/** What a session that broke is refused with, so that its batch comes again. */
export const brokenProblem = (): Problem => new Problem("snowflake-away", { retryAfterSeconds: 0 });
