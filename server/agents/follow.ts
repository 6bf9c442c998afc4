// Segments as server-sent events (HTML Living Standard §9.2): the state now, and each change as it settles.
import type { AgentClaims } from "../../sdk/schema/agents.ts";
import type { FollowedSegment } from "../../sdk/schema/agent-tools.ts";
import type { SegmentChange, SegmentState } from "../../sdk/schema/segment.ts";
import { utf8 } from "../../sdk/bytes.ts";
import { Problem } from "../../sdk/problem.ts";
import { changeFor, Follower, permitFollowing, type Feed } from "./feed.ts";
import type { Asked } from "./tools/asked.ts";

const heartbeatMsDefault = 15_000;
const reconnectMs = 2_000;
const streamsMax = 500;
const streamsOfSubjectMax = 10;
const retryAfterSeconds = 5;

interface Stream {
  readonly follower: Follower;
  ended: string | undefined;
  wake: () => void;
}

const asChange = (state: SegmentState): SegmentChange => ({
  ...state,
  kind: "segment",
  entered: 0,
  left: 0,
});

const eventOf = (data: FollowedSegment): string =>
  `event: segment\nid: ${data.sequence}\ndata: ${JSON.stringify(data)}\n\n`;

/** All streams of one server. */
export class SegmentStreams {
  readonly #feed: Feed;
  readonly #heartbeatMs: number;
  readonly #streams = new Set<Stream>();

  constructor(feed: Feed, heartbeatMs = heartbeatMsDefault) {
    [this.#feed, this.#heartbeatMs] = [feed, heartbeatMs];
  }

  /**
   * One segment, or all that the token may see. Problems: `segment-unknown`, `policy-denied`, `rate-limited`. `lastEventId` is the
   * sequence that the client has of the one segment: the same state is not said again. History is not kept.
   */
  async open(
    asked: Asked,
    segment: string | undefined,
    lastEventId: string | undefined,
  ): Promise<ReadableStream<Uint8Array>> {
    const { claims, segments } = asked;
    this.#requireRoom(claims);
    const stream: Stream = {
      follower: new Follower(
        claims,
        (id) => segment === undefined || id === segment,
        () => stream.wake(),
      ),
      ended: undefined,
      wake: () => undefined,
    };
    // Refused before the stream begins, so that the client gets a problem.
    if (segment !== undefined) await permitFollowing(asked, stream.follower, segment);
    // Others may have begun while the policy was asked.
    this.#requireRoom(claims);
    const states = segments
      .list(claims.tenant)
      .filter((state) => segment === undefined || state.segment === segment)
      .filter(({ sequence }) => segment === undefined || String(sequence) !== lastEventId);
    for (const state of states)
      stream.follower.offer({ change: asChange(state), appendedAt: undefined });
    return this.#begin(asked, stream);
  }

  /** Throws Problem `rate-limited`. */
  #requireRoom({ sub, tenant }: AgentClaims): void {
    const mine = [...this.#streams].filter(
      ({ follower: { claims } }) => claims.sub === sub && claims.tenant === tenant,
    );
    if (this.#streams.size >= streamsMax || mine.length >= streamsOfSubjectMax)
      throw new Problem("rate-limited", { retryAfterSeconds });
  }

  #begin(asked: Asked, stream: Stream): ReadableStream<Uint8Array> {
    this.#streams.add(stream);
    this.#feed.add(stream.follower);
    return new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(utf8(`retry: ${reconnectMs}\n\n`)),
      pull: async (controller) => {
        const text = await this.#text(asked, stream);
        controller.enqueue(utf8(text));
        if (stream.ended === undefined) return;
        this.#leave(stream);
        controller.close();
      },
      cancel: () => {
        this.#leave(stream);
        stream.ended = "cancelled";
        stream.wake();
      },
    });
  }

  /** What is sent next, after a wait where there is nothing to send. */
  async #text(asked: Asked, stream: Stream): Promise<string> {
    const heartbeatAt = performance.now() + this.#heartbeatMs;
    for (;;) {
      if (stream.ended !== undefined)
        return `event: end\ndata: ${JSON.stringify({ reason: stream.ended })}\n\n`;
      const events = await this.#next(asked, stream);
      if (events !== "") return events;
      // Ended while the policy was asked: nobody wakes it any more.
      if (stream.ended !== undefined) continue;
      // What the follower may not see does not show as a sign of life either.
      if (!stream.follower.waits && !(await this.#wait(stream, heartbeatAt)))
        return ": still here\n\n";
    }
  }

  /** Everything that waits and may be told; nothing of a segment that is gone or denied. */
  async #next(asked: Asked, { follower }: Stream): Promise<string> {
    let events = "";
    for (let waiting = follower.take(); waiting !== undefined; waiting = follower.take()) {
      const { change } = waiting;
      const now = { ...asked, claims: follower.claims };
      const decided = await permitFollowing(now, follower, change.segment).catch(onlyProblems);
      if (decided === undefined) continue;
      const skipped = follower.skipped > 0 ? { skipped: follower.skipped } : {};
      follower.skipped = 0;
      events += eventOf({ ...changeFor(change, decided), ...skipped });
      this.#feed.told(waiting);
    }
    return events;
  }

  /** False where the time for a heartbeat has come. */
  #wait(stream: Stream, heartbeatAt: number): Promise<boolean> {
    return new Promise((resolve) => {
      const heartbeat = setTimeout(() => resolve(false), heartbeatAt - performance.now());
      stream.wake = () => {
        clearTimeout(heartbeat);
        resolve(true);
      };
    });
  }

  #leave(stream: Stream): void {
    this.#streams.delete(stream);
    this.#feed.remove(stream.follower);
  }

  /** Ends those whose token is not taken any more; `faultOf` says why. */
  end(faultOf: (claims: AgentClaims) => string | undefined): void {
    for (const stream of this.#streams) {
      stream.ended ??= faultOf(stream.follower.claims);
      if (stream.ended === undefined) continue;
      // At once, and not with the last event: a client that takes nothing would keep its place for as long as it likes.
      this.#leave(stream);
      stream.wake();
    }
  }

  close(): void {
    this.end(() => "closing");
  }
}

/** A refusal ends one segment's place in the stream, not the stream. */
function onlyProblems(error: unknown): undefined {
  if (!(error instanceof Problem)) throw error;
}
