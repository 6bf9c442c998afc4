// Segments whose members another engine keeps, such as Materialize: each is followed in its view (streaming-sql/statements.ts).
import type { Kept } from "./kept.ts";
import { RemoteMembers } from "./remote.ts";
import { viewNameOf } from "./streaming-sql/statements.ts";
import type { Subscription, SubscriptionParts } from "./subscribe.ts";

/** Where the views are. */
export interface Source extends Pick<SubscriptionParts, "url" | "password" | "tls"> {
  readonly schema: string;
}

interface Following {
  readonly members: RemoteMembers;
  subscription: Subscription | undefined;
  /** Whether all members were told once. */
  known: boolean;
  stopped: boolean;
}

export class Followed {
  readonly #source: Source;
  readonly #told: (kept: Kept, known: boolean) => void;
  readonly #following = new Map<Kept, Following>();
  readonly #stopping = new Set<Promise<void>>();
  #asOf = 0;

  /** `told` after each change, and once all members are known. */
  constructor(source: Source, told: (kept: Kept, known: boolean) => void) {
    [this.#source, this.#told] = [source, told];
  }

  /** The latest moment that any view was told up to, Unix milliseconds: Materialize counts so. */
  get asOf(): number {
    return this.#asOf;
  }

  members(kept: Kept): RemoteMembers | undefined {
    const following = this.#following.get(kept);
    return following?.known === true ? following.members : undefined;
  }

  /** Follows a segment's view from now on, once. */
  follow(kept: Kept): void {
    if (this.#following.has(kept)) return;
    const following: Following = {
      members: new RemoteMembers(),
      subscription: undefined,
      known: false,
      stopped: false,
    };
    this.#following.set(kept, following);
    void this.#begin(kept, following);
  }

  forget(kept: Kept): void {
    const following = this.#following.get(kept);
    if (following === undefined) return;
    this.#following.delete(kept);
    following.stopped = true;
    const stopping = following.subscription?.stop() ?? Promise.resolve();
    this.#stopping.add(stopping);
    void stopping.finally(() => this.#stopping.delete(stopping));
  }

  async close(): Promise<void> {
    for (const kept of this.#following.keys()) this.forget(kept);
    await Promise.all(this.#stopping);
  }

  async #begin(kept: Kept, following: Following): Promise<void> {
    // The client comes with it only where there is such a source.
    const { Subscription: Client } = await import("./subscribe.ts");
    if (following.stopped) return;
    const { schema, ...source } = this.#source;
    following.subscription = new Client({
      ...source,
      view: `${schema}.${viewNameOf(kept.tenant, kept.segment.id)}`,
      onMembers: (changes, { reset, asOf }) => {
        this.#asOf = Math.max(this.#asOf, Number(asOf));
        const changed = following.members.apply(changes, reset);
        const begins = !following.known;
        following.known = true;
        if (changed || begins) this.#told(kept, true);
      },
    });
    following.subscription.start();
  }
}
