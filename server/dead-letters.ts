// Dead letters for the region's operator: where they lie and why, never what is in them.
import { Problem } from "../sdk/problem.ts";
import type { Ingest, Replay } from "./ingest.ts";
import { listDeadLetters, type LetterFilter } from "./warehouse/dead-letters.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";
import type { DeadLetterId } from "./warehouse/rows.ts";

const listedMax = 200;
const idForm = /^(\d{1,9})-(\d{1,18})$/;
const beforeAll: DeadLetterId = { partition: -1, offset: 0n };

const idOf = ({ partition, offset }: DeadLetterId): string => `${partition}-${offset}`;

function parseId(text: string): DeadLetterId | undefined {
  const [, partition, offset] = idForm.exec(text) ?? [];
  return partition === undefined || offset === undefined
    ? undefined
    : { partition: Number(partition), offset: BigInt(offset) };
}

export interface DeadLetterPage {
  readonly deadLetters: readonly {
    readonly id: string;
    readonly code: string;
    readonly campaign: string | undefined;
    readonly appendedAt: string;
    readonly failedAt: string;
    readonly attempts: number;
  }[];
  /** Where the next page begins: the query parameter `after`. Absent on the last. */
  readonly next?: string;
}

/** A page of at most 200, after the id `after`. Problem: `malformed-request`. */
export async function deadLetterPage(
  warehouse: Warehouse,
  after: string | undefined,
  filter: LetterFilter = {},
): Promise<DeadLetterPage> {
  const from = after === undefined ? beforeAll : parseId(after);
  if (from === undefined)
    throw new Problem("malformed-request", { errors: ["after: is not a dead letter's id"] });
  const letters = await warehouse.read((connection) =>
    listDeadLetters(connection, from, listedMax, filter),
  );
  const last = letters.at(-1);
  return {
    deadLetters: letters.map((letter) => ({
      id: idOf(letter),
      code: letter.code,
      campaign: letter.campaign,
      appendedAt: new Date(letter.appendedAt).toISOString(),
      failedAt: new Date(letter.failedAt).toISOString(),
      attempts: letter.attempts,
    })),
    ...(letters.length === listedMax && last !== undefined && { next: idOf(last) }),
  };
}

/**
 * Replays one, or with the id `all` every one of the filter. Problem: `not-found` for one that is no dead letter (any more).
 */
export async function replayLetters(
  ingest: Ingest,
  id: string,
  filter: LetterFilter = {},
): Promise<Replay> {
  if (id === "all") return ingest.replay({ after: beforeAll, ...filter });
  const selected = parseId(id);
  if (selected === undefined) throw new Problem("not-found");
  const replay = await ingest.replay(selected);
  if (replay.replayed === 0 && Object.keys(replay.failed).length === 0)
    throw new Problem("not-found");
  return replay;
}
