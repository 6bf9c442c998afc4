// What regions' servers refused of a tenant's readers, seen and put back at the edge.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { utf8 } from "../sdk/bytes.ts";
import { signRequest } from "../sdk/http-signature.ts";
import { Problem } from "../sdk/problem.ts";
import { isRegion, type Region } from "../sdk/region.ts";
import type { TenantSecrets } from "../sdk/schema/deployment.ts";
import {
  ParkedList,
  parkedIdsMax,
  Replayed,
  type ParkedQuery,
  type ParkedReplay,
  type ParkedRow,
} from "../sdk/schema/parked.ts";
import { ask, askFor } from "./ask.ts";
import { bytesOf } from "./key-bytes.ts";

/** Pages of one region: each of its outboxes parks at most a hundred thousand. */
const pagesMax = 1_000_000;
/** Waits for one page, and the longest of them. */
const pausesMax = 10;
const pauseSecondsMax = 60;

/** What of /healthz says where an outbox is. */
const Health = z.looseObject({
  regions: z.record(z.string(), z.looseObject({ durability: z.string().optional() })),
});

export interface ParkedAt extends ParkedRow {
  readonly region: Region;
}

interface Operator {
  readonly edge: string;
  readonly secrets: Pick<TenantSecrets, "operatorKey">;
}

/** Asks as the tenant's operator. Throws the edge's Problem. */
async function askSigned(
  { edge, secrets: { operatorKey } }: Operator,
  path: string,
  question: ParkedQuery | ParkedReplay,
): Promise<unknown> {
  const seed = bytesOf(operatorKey.seed);
  const body = utf8(JSON.stringify(question));
  const key = { alg: "ed25519", seed } as const;
  for (let pauses = 0; ; pauses++) {
    // Signed for each try: the edge takes a signature once.
    const signature = await signRequest({ method: "POST", path, body }, operatorKey.keyId, key);
    const headers = { "content-type": "application/json", ...signature };
    try {
      return await ask(edge + path, { method: "POST", headers, body });
    } catch (error) {
      const seconds = error instanceof Problem && pauseOf(error);
      if (seconds === false || pauses === pausesMax) throw error;
      await sleep(seconds * 1_000);
    }
  }
}

/** Many pages are more than one address may ask for at once: seconds to wait, false where waiting is no use. */
const pauseOf = ({ code, members: { retryAfterSeconds } }: Problem): number | false =>
  code === "rate-limited" &&
  typeof retryAfterSeconds === "number" &&
  retryAfterSeconds <= pauseSecondsMax &&
  retryAfterSeconds;

/** The regions of the edge that have an outbox: only there is anything parked. Throws the edge's Problem. */
export async function outboxRegions(edge: string): Promise<Region[]> {
  const health = await askFor(`${edge}/healthz`, Health);
  return Object.entries(health.regions)
    .filter(([, { durability }]) => durability === "outbox")
    .map(([region]) => region)
    .filter(isRegion);
}

/** Every row of a region, oldest first of each outbox. Throws the edge's Problem. */
export async function* parkedIn(operator: Operator, region: Region): AsyncGenerator<ParkedAt> {
  let after: string | undefined = "0-0";
  for (let page = 0; after !== undefined && page < pagesMax; page++) {
    const answer = await askSigned(operator, "/admin/parked", { region, after });
    const { rows, next } = ParkedList.parse(answer);
    for (const row of rows) yield { region, ...row };
    after = next;
  }
}

/**
 * Puts back all that is parked in a region now; what is refused again stays parked. How many were put back. Throws the edge's
 * Problem.
 */
export async function replayAll(operator: Operator, region: Region, now: number): Promise<number> {
  const parkedBefore = new Date(now).toISOString();
  let replayed = 0;
  let after: string | undefined = "0-0";
  for (let page = 0; after !== undefined && page < pagesMax; page++) {
    const question = { region, parkedBefore, after };
    const answer = Replayed.parse(await askSigned(operator, "/admin/parked/replay", question));
    replayed += answer.replayed;
    after = answer.next;
  }
  return replayed;
}

/** The same of the rows that are named, by their ids in the region. */
export async function replayNamed(
  operator: Operator,
  region: Region,
  ids: readonly string[],
): Promise<number> {
  let replayed = 0;
  for (let first = 0; first < ids.length; first += parkedIdsMax) {
    const question = { region, ids: ids.slice(first, first + parkedIdsMax) };
    const answer = await askSigned(operator, "/admin/parked/replay", question);
    replayed += Replayed.parse(answer).replayed;
  }
  return replayed;
}

/** One line a row, for a terminal. */
export const parkedLine = ({
  region,
  id,
  parkedAt,
  code,
  kind,
  campaign,
  submissionId,
}: ParkedAt) =>
  `${region}  ${id.padEnd(8)}  ${parkedAt}  ${code.padEnd(20)}  ${kind.padEnd(11)}  ${campaign}  ${submissionId}`;
