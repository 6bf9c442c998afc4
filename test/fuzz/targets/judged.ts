// How an answer of the edge is judged: a problem of the table, or taken, and then by what it becomes at the region.
import { describeProblem, isProblemCode } from "../../../sdk/problem.ts";
import type { EdgeRecord } from "../../../sdk/schema/record.ts";
import type { Verdict } from "../fuzz.ts";
import type { World } from "../world.ts";

/** Undefined where it was no refusal; a fault where a refusal is not whole, or says the edge is at fault. */
export async function refusalOf(response: Response): Promise<Verdict | undefined> {
  if (response.status < 400) return undefined;
  const text = await response.text();
  if (response.status >= 500) return { is: "fault", why: `${response.status} ${text}` };
  const { code, status } = JSON.parse(text) as { code?: unknown; status?: unknown }; // A crash where it is no JSON.
  const isWhole =
    isProblemCode(code) &&
    describeProblem(code).status === response.status &&
    status === response.status &&
    response.headers.get("content-type") === "application/problem+json" &&
    response.headers.get("x-content-type-options") === "nosniff";
  if (!isWhole) return { is: "fault", why: `no problem of the table: ${response.status} ${text}` };
  return { is: "refused", code };
}

/** What the edge took becomes a row at the region, or is refused there; a row must be of somebody genuine. */
export async function takenOf(
  world: World,
  response: Response,
  isGenuine: (record: EdgeRecord) => boolean,
): Promise<Verdict> {
  const { receipt } = (await response.json()) as { receipt: string }; // 202 is an Accepted.
  const entry = world.kept.get(receipt);
  if (entry === undefined) return { is: "fault", why: "acknowledged, and not kept" };
  const row = await world.ingest(entry);
  if (row.kind === "dead-letter")
    return row.code === "internal"
      ? { is: "fault", why: "a dead letter without a reason" }
      : { is: "refused", code: `${row.code} at the region` };
  return isGenuine(JSON.parse(entry.record) as EdgeRecord) // Our edge wrote it.
    ? { is: "same" }
    : { is: "accepted", why: `${row.kind} ${entry.record}` };
}
