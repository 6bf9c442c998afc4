// Changes of segments on the topic `segments.<region>`: the newest of each, as soon as the stream takes them.
import { utf8 } from "../../sdk/bytes.ts";
import type { Region } from "../../sdk/region.ts";
import type { SegmentChange } from "../../sdk/schema/segment.ts";
import { faultOf, log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Stream } from "../stream/stream.ts";
import { regionHeader, schemaHeader, segmentsTopic } from "../stream/topics.ts";

export const segmentSchema = "maily.segment.v1";
const waitingMax = 10_000;
const batchMax = 500;
const retryMs = 1_000;
/** Between two appends: what changes all the time is told newest first, and costs a broker's acknowledgement each time. */
const restMs = 40;

/** Best effort: what a crash or a long outage takes is in the segment's next change, and in its state at any time. */
export class SegmentPublisher {
  readonly #stream: Pick<Stream, "append">;
  readonly #region: Region;
  readonly #metrics: Pick<Metrics, "agentShed">;
  readonly #waiting = new Map<string, SegmentChange>();
  #publishing: Promise<void> | undefined;
  /** Until then nothing is appended: after an append, and for longer after one that failed. */
  #resting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(stream: Pick<Stream, "append">, region: Region, metrics: Pick<Metrics, "agentShed">) {
    [this.#stream, this.#region, this.#metrics] = [stream, region, metrics];
  }

  /** Takes them at once; nobody waits for the stream. */
  add(changes: readonly SegmentChange[]): void {
    for (const change of changes) {
      const key = `${change.tenant}|${change.segment}`;
      const older = this.#waiting.get(key);
      if (older === undefined && this.#waiting.size >= waitingMax) {
        this.#metrics.agentShed.add();
        continue;
      }
      this.#waiting.set(key, {
        ...change,
        entered: change.entered + (older?.entered ?? 0),
        left: change.left + (older?.left ?? 0),
      });
    }
    this.#begin();
  }

  #begin(): void {
    if (this.#closed || this.#resting !== undefined || this.#waiting.size === 0) return;
    this.#publishing ??= this.#publish().finally(() => {
      this.#publishing = undefined;
    });
  }

  async #publish(): Promise<void> {
    const batch = [...this.#waiting].slice(0, batchMax);
    for (const [key] of batch) this.#waiting.delete(key);
    try {
      await this.#stream.append(
        segmentsTopic(this.#region),
        batch.map(([key, change]) => ({
          key,
          value: utf8(JSON.stringify(published(change))),
          headers: { [regionHeader]: this.#region, [schemaHeader]: segmentSchema },
        })),
      );
      this.#rest(restMs);
    } catch (error) {
      log("segments-unpublished", { changes: batch.length, fault: faultOf(error) });
      // What came meanwhile is newer.
      for (const [key, change] of batch)
        if (!this.#waiting.has(key)) this.#waiting.set(key, change);
      this.#rest(retryMs);
    }
  }

  #rest(milliseconds: number): void {
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#begin();
    }, milliseconds).unref();
  }

  /** Waits for the append under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#resting);
    await this.#publishing;
  }
}

/** Below the floor neither the size nor how it moved is told. */
function published(change: SegmentChange): SegmentChange {
  const { size, ...rest } = change;
  return size === undefined || size < change.floor || change.belowFloor
    ? { ...rest, belowFloor: true, entered: 0, left: 0 }
    : change;
}
