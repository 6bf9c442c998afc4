// A reader's own copy of what the region holds (SPEC §3.11): relayed, recorded nowhere, and not too often.
import { Problem } from "../sdk/problem.ts";
import type { DataRequest, SealedCopy } from "../sdk/schema/submission.ts";
import { linkOf } from "./env.ts";
import { forwardDataRequest } from "./forward.ts";
import { claim, readerKey, requireRegion, verify, type Invited } from "./invited.ts";
import { reach } from "./reach.ts";
import { ReaderRate } from "./reader-rate.ts";
import type { Arrival } from "./route.ts";
import { outboxOf, shardOf } from "./shards.ts";

const copiesHourlyMax = 5;

/** Of regions that have no outbox, and so no object that sees all of a reader's requests: an isolate's own count. */
const copies = new ReaderRate();

/**
 * Sealed to the reader's key. Also for expired invitations and closed campaigns. Problems: those of `claim` and `verify`,
 * region-mismatch, rate-limited, region-unavailable.
 */
export async function copyOfData(arrival: Arrival<DataRequest>): Promise<SealedCopy> {
  const { settings, body } = arrival;
  const invited = verify(await claim(arrival, body.invitation), 0);
  requireRegion(invited);
  const retryAfterSeconds = await waitSeconds(arrival, invited);
  if (retryAfterSeconds > 0) throw new Problem("rate-limited", { retryAfterSeconds });
  return forwardDataRequest(settings, invited.invitation.body.region, body);
}

async function waitSeconds({ env, settings, now }: Arrival<DataRequest>, invited: Invited) {
  const { region, reader } = invited.invitation.body;
  const link = linkOf(settings, region);
  const key = readerKey(invited);
  if (link.durability === "outbox") {
    const outbox = outboxOf(env, region, link, shardOf(reader, link.shards));
    return reach("outbox-away", () => outbox.copyWaitSeconds(key, copiesHourlyMax), region);
  }
  const wait = copies.waitSeconds(key, copiesHourlyMax, now);
  if (wait === 0) copies.count(key, now);
  return wait;
}
