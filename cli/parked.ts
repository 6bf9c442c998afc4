// What regions' servers refused of a tenant's readers, seen and put back at the edge.
import { fromBase64url, utf8 } from "../sdk/bytes.ts";
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
import { ask } from "./ask.ts";

/** Pages of one region: each of its outboxes parks at most a hundred thousand. */
const pagesMax = 1_000_000;

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
  const seed = fromBase64url(operatorKey.seed);
  if (seed === undefined) throw new Problem("configuration-invalid");
  const body = utf8(JSON.stringify(question));
  const key = { alg: "ed25519", seed } as const;
  const signature = await signRequest({ method: "POST", path, body }, operatorKey.keyId, key);
  return ask(edge + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...signature },
    body,
  });
}

/** The regions of the edge that have an outbox: only there is anything parked. Throws the edge's Problem. */
export async function outboxRegions(edge: string): Promise<Region[]> {
  const health = (await ask(`${edge}/healthz`)) as {
    readonly regions?: Readonly<Record<string, { readonly durability?: string }>>;
  }; // Another program's answer has no regions, and then there is nothing to ask.
  return Object.entries(health.regions ?? {})
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
