// Results by campaign: counted at most once a commit, kept until the next, and pushed to whoever follows (SSE).
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../sdk/problem.ts";
import type { Results } from "../sdk/schema/results.ts";
import { utf8 } from "../sdk/bytes.ts";
import { faultOf, log } from "./log.ts";

/** Pushes of one campaign are this far apart at least; the last state is always pushed. */
const pushEveryMs = 250;
/** Counting that takes longer than this takes at most this part of the time, however large a campaign grows. */
const slowMs = 50;
const busyShareMax = 1 / 5;
const heartbeatMsDefault = 15_000;
/** What a client waits before it connects again. */
const reconnectMs = 2_000;
const followersMax = 500;
const keptMax = 256;
const retryAfterSeconds = 5;

/** One campaign: what was counted last, and what has changed since. */
interface Kept {
  /** Raised with every commit and publication that touches the campaign. */
  version: number;
  counted: { readonly version: number; readonly results: Results } | undefined;
  counting: Counting | undefined;
  /** `performance.now()` at which counting again is within `busyShareMax`. */
  freeAt: number;
  pushedAt: number;
  timer: NodeJS.Timeout | undefined;
  readonly followers: Set<Follower>;
}

interface Counting {
  /** Which version is counted; undefined while its turn has not come. */
  version: number | undefined;
  results: Promise<Results>;
}

interface Follower {
  /** Wakes a follower that has nothing to send. */
  wake: () => void;
  /** The newest event not yet sent; an older one that a slow client has not taken is replaced. */
  event: string | undefined;
  ended: boolean;
}

/** Counts one campaign's current answers. Problem: `region-unavailable`. */
export type CountCampaign = (id: string) => Promise<Results>;

export class LiveResults {
  readonly #count: CountCampaign;
  readonly #heartbeatMs: number;
  readonly #kept = new Map<string, Kept>();
  #followers = 0;
  #closed = false;

  constructor(count: CountCampaign, heartbeatMs = heartbeatMsDefault) {
    this.#count = count;
    this.#heartbeatMs = heartbeatMs;
  }

  get followers(): number {
    return this.#followers;
  }

  /** The results as of the last commit, after a wait where counting is slow. Problem: `region-unavailable`. */
  async current(id: string): Promise<Results> {
    const kept = this.#keep(id);
    const { counted } = kept;
    if (counted?.version === kept.version) return counted.results;
    return this.#recount(id, kept);
  }

  /** These campaigns' results may have changed. */
  changed(ids: Iterable<string>): void {
    for (const id of ids) {
      const kept = this.#kept.get(id);
      if (kept === undefined) continue;
      kept.version++;
      this.#schedule(id, kept);
    }
  }

  /**
   * An event stream (HTML Living Standard §9.2): the results now and after each change. Throws Problem `rate-limited`
   * when too many follow already.
   */
  follow(id: string): ReadableStream<Uint8Array> {
    if (this.#closed || this.#followers >= followersMax)
      throw new Problem("rate-limited", { retryAfterSeconds });
    const kept = this.#keep(id);
    const follower: Follower = { wake: () => undefined, event: undefined, ended: this.#closed };
    kept.followers.add(follower);
    this.#followers++;
    const leave = (): void => {
      if (kept.followers.delete(follower)) this.#followers--;
    };
    return new ReadableStream<Uint8Array>({
      start: async (controller) => {
        controller.enqueue(utf8(`retry: ${reconnectMs}\n\n`));
        try {
          const results = await this.current(id);
          follower.event ??= eventOf(results);
        } catch (error) {
          leave();
          throw error;
        }
      },
      pull: async (controller) => {
        if (follower.event === undefined && !follower.ended) await this.#wait(follower);
        const { event } = follower;
        follower.event = undefined;
        if (event !== undefined) controller.enqueue(utf8(event));
        else if (follower.ended) {
          leave();
          controller.close();
        } else controller.enqueue(utf8(": still here\n\n"));
      },
      cancel: () => {
        leave();
        follower.ended = true;
        follower.wake();
      },
    });
  }

  /** Ends every stream. */
  close(): void {
    this.#closed = true;
    for (const kept of this.#kept.values()) {
      clearTimeout(kept.timer);
      for (const follower of kept.followers) {
        follower.ended = true;
        follower.wake();
      }
    }
  }

  #keep(id: string): Kept {
    const known = this.#kept.get(id);
    this.#kept.delete(id);
    const kept: Kept = known ?? {
      version: 0,
      counted: undefined,
      counting: undefined,
      freeAt: 0,
      pushedAt: -pushEveryMs,
      timer: undefined,
      followers: new Set(),
    };
    this.#kept.set(id, kept);
    for (const [other, { followers }] of this.#kept) {
      if (this.#kept.size <= keptMax) break;
      if (followers.size === 0 && other !== id) this.#kept.delete(other);
    }
    return kept;
  }

  /** One count at a time a campaign; one that began before the last change does not do for who asks after it. */
  async #recount(id: string, kept: Kept): Promise<Results> {
    const wanted = kept.version;
    for (;;) {
      const counting = (kept.counting ??= {
        version: undefined,
        results: this.#countInTurn(id, kept),
      });
      const results = await counting.results;
      if (counting.version !== undefined && counting.version >= wanted) return results;
    }
  }

  async #countInTurn(id: string, kept: Kept): Promise<Results> {
    await sleep(Math.max(0, kept.freeAt - performance.now()));
    const { version, counting } = kept;
    if (counting !== undefined) counting.version = version;
    const begun = performance.now();
    try {
      const results = await this.#count(id);
      kept.counted = { version, results };
      return results;
    } finally {
      const ended = performance.now();
      const took = ended - begun;
      kept.freeAt = took > slowMs ? ended + took * (1 / busyShareMax - 1) : ended;
      kept.counting = undefined;
    }
  }

  #schedule(id: string, kept: Kept): void {
    if (kept.followers.size === 0 || kept.timer !== undefined || this.#closed) return;
    const due = kept.pushedAt + pushEveryMs - performance.now();
    kept.timer = setTimeout(() => void this.#push(id, kept), Math.max(0, due));
  }

  async #push(id: string, kept: Kept): Promise<void> {
    kept.pushedAt = performance.now();
    let version: number | undefined;
    try {
      const event = eventOf(await this.#recount(id, kept));
      version = kept.counted?.version;
      for (const follower of kept.followers) {
        follower.event = event;
        follower.wake();
      }
    } catch (error) {
      log("results-postponed", { campaign: id, fault: faultOf(error) });
    }
    kept.timer = undefined;
    // What was committed meanwhile, or could not be counted, comes with the next push.
    if (version !== kept.version) this.#schedule(id, kept);
  }

  #wait(follower: Follower): Promise<void> {
    return new Promise((resolve) => {
      const heartbeat = setTimeout(resolve, this.#heartbeatMs);
      follower.wake = () => {
        clearTimeout(heartbeat);
        resolve();
      };
    });
  }
}

const eventOf = (results: Results): string =>
  `event: results\nid: ${results.asOf}\ndata: ${JSON.stringify(results)}\n\n`;
