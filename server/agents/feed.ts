// Changes of segments on their way to whoever follows them: the newest state of each, never a queue that grows.
import type { AgentClaims } from "../../sdk/schema/agents.ts";
import type { FollowedSegment } from "../../sdk/schema/agent-tools.ts";
import type { SegmentChange } from "../../sdk/schema/segment.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Metrics } from "../metrics.ts";
import type { Segments } from "../segments/segments.ts";
import type { SubmissionRow } from "../warehouse/rows.ts";
import type { PolicyDecision } from "../policy/policy.ts";
import type { Asking, Authority } from "./authority.ts";
import { segmentAsking, type Asked } from "./tools/asked.ts";

/** A permission to follow is asked for again after so long, and whenever policy or role change. */
const permitMsMax = 1_000;
export const followColumns = ["segment", "size", "movement"] as const;
const campaignsMax = 4_096;

/** A change that waits for its follower. Times in Unix milliseconds. */
export interface Waiting {
  readonly change: SegmentChange;
  /** When the oldest of the records counted before it was appended; undefined where it is not known. */
  readonly appendedAt: number | undefined;
}

interface Kept {
  readonly decided: PolicyDecision;
  readonly for: string;
  readonly until: number;
}

/** Who follows some segments of one tenant. */
export class Follower {
  claims: AgentClaims;
  readonly #wants: (segment: string) => boolean;
  readonly #wake: () => void;
  readonly #waiting = new Map<string, Waiting>();
  readonly permits = new Map<string, Kept>();
  /** Changes that a newer one took the place of before the follower had them. */
  skipped = 0;

  constructor(claims: AgentClaims, wants: (segment: string) => boolean, wake: () => void) {
    [this.claims, this.#wants, this.#wake] = [claims, wants, wake];
  }

  get waits(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether it took the place of one that still waited. */
  offer({ change, appendedAt }: Waiting): boolean {
    if (change.tenant !== this.claims.tenant || !this.#wants(change.segment)) return false;
    const older = this.#waiting.get(change.segment);
    if (older !== undefined) this.skipped++;
    this.#waiting.set(change.segment, {
      // What the newer one takes the place of has moved too.
      change:
        older === undefined
          ? change
          : {
              ...change,
              entered: older.change.entered + change.entered,
              left: older.change.left + change.left,
            },
      appendedAt: older?.appendedAt ?? appendedAt,
    });
    this.#wake();
    return older !== undefined;
  }

  /** The next change, oldest first; it is the follower's from here on. */
  take(): Waiting | undefined {
    for (const [segment, waiting] of this.#waiting) {
      this.#waiting.delete(segment);
      return waiting;
    }
    return undefined;
  }
}

export class Feed {
  readonly #metrics: Metrics;
  readonly #followers = new Set<Follower>();
  readonly #stop: () => void;
  /** `tenant|campaign` → when the oldest of its records that are counted now was appended. */
  readonly #appended = new Map<string, number>();

  constructor(
    segments: Pick<Segments, "onChange">,
    metrics: Metrics,
    publish: (changes: readonly SegmentChange[]) => void,
  ) {
    this.#metrics = metrics;
    this.#stop = segments.onChange((changes) => {
      publish(changes);
      for (const change of changes) this.#tell(change);
    });
  }

  /** To be called before segments count those answers. */
  counting(answers: readonly Pick<SubmissionRow, "tenant" | "campaign" | "source">[]): void {
    this.#appended.clear();
    for (const { tenant, campaign, source } of answers) {
      const key = `${tenant}|${campaign}`;
      const oldest = Math.min(this.#appended.get(key) ?? Infinity, source.appendedAt);
      if (this.#appended.size < campaignsMax) this.#appended.set(key, oldest);
    }
  }

  #tell(change: SegmentChange): void {
    const appendedAt = this.#appended.get(`${change.tenant}|${change.campaign}`);
    for (const follower of this.#followers)
      if (follower.offer({ change, appendedAt })) this.#metrics.agentShed.add();
  }

  /** A notification left for its follower. */
  told({ appendedAt }: Waiting): void {
    if (appendedAt !== undefined)
      this.#metrics.agentNotified.observe((Date.now() - appendedAt) / 1000);
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
    this.#metrics.agentFollowers = this.#followers.size;
  }

  remove(follower: Follower): void {
    this.#followers.delete(follower);
    this.#metrics.agentFollowers = this.#followers.size;
  }

  close(): void {
    this.#stop();
    this.#followers.clear();
  }
}

const following = (asked: Asked, segment: string): Asking => {
  const asking = segmentAsking(asked, segment, { action: "subscribe", columns: followColumns });
  // Kept for a while, so without a size: the floor is applied to each change.
  const { size: _, ...resource } = asking.resource ?? {};
  return { ...asking, resource };
};

/**
 * What the follower may have of the segment now. Logged when it is first asked for and when the answer changes. Problems:
 * `segment-unknown`, `policy-denied`, `region-unavailable`.
 */
export async function permitFollowing(
  asked: Asked,
  follower: Pick<Follower, "permits">,
  segment: string,
): Promise<PolicyDecision> {
  const { authority, claims } = asked;
  const asking = following(asked, segment);
  const key = permitKey(authority, claims, asking);
  const known = follower.permits.get(segment);
  if (known?.for === key && performance.now() < known.until) return allowed(known.decided);
  const decided = await authority.weigh(claims, asking);
  const same = known?.for === key && JSON.stringify(known.decided) === JSON.stringify(decided);
  const decision = same ? undefined : authority.log(claims, asking, decided);
  follower.permits.set(segment, { decided, for: key, until: performance.now() + permitMsMax });
  return allowed(decided, decision);
}

const permitKey = (
  { digest }: Authority,
  { role, purposes, regions }: AgentClaims,
  { resource }: Asking,
): string => JSON.stringify([digest, role, purposes, regions, resource]);

function allowed(decided: PolicyDecision, decision?: string): PolicyDecision {
  if (decided.allow) return decided;
  throw new Problem("policy-denied", {
    reasons: decided.reasons,
    ...(decision !== undefined && { decision }),
  });
}

/** Of a change what the policy gives; a size below the floor is nowhere, nor how it moved there. */
export function changeFor(
  change: SegmentChange,
  { columns, floor }: PolicyDecision,
): FollowedSegment {
  const { tenant, region, segment, sequence, asOf, kind } = change;
  const told = change.size !== undefined && change.size >= floor;
  return {
    kind,
    tenant,
    region,
    segment,
    sequence,
    asOf,
    ...(columns.includes("segment") && {
      campaign: change.campaign,
      name: change.name,
      purpose: change.purpose,
      floor,
      belowFloor: !told,
      ...(change.paused !== undefined && { paused: change.paused }),
    }),
    ...(told && columns.includes("size") && { size: change.size }),
    ...(told && columns.includes("movement") && { entered: change.entered, left: change.left }),
  };
}
