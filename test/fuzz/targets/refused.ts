// How an answer of the edge is judged: a problem of the table, or taken.
import { describeProblem, isProblemCode } from "../../../sdk/problem.ts";
import type { Verdict } from "../fuzz.ts";

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
