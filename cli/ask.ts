import { isProblemCode, Problem } from "../sdk/problem.ts";

const answerMilliseconds = 15_000;
const standardMembers = new Set(["type", "title", "status", "code"]);

/** The Problem that a response carries, with its members; a response of another form becomes `internal` with its status. */
async function problemOf(response: Response): Promise<Problem> {
  const document: unknown = await response.json().catch(() => undefined);
  if (typeof document !== "object" || document === null)
    return new Problem("internal", {
      detail: `The server answered ${response.status} ${response.statusText}.`,
    });
  const members = Object.fromEntries(
    Object.entries(document).filter(([name]) => !standardMembers.has(name)),
  );
  const code = "code" in document ? document.code : undefined;
  return new Problem(isProblemCode(code) ? code : "internal", members);
}

/** A successful answer, as parsed JSON. Throws the Problem it refuses with; server-unreachable where nobody answers. */
export async function ask(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, {
    ...init,
    signal: AbortSignal.timeout(answerMilliseconds),
  }).catch(() => {
    throw new Problem("server-unreachable", {
      detail: `${new URL(url).origin} does not answer. Check the address, and that it is running.`,
    });
  });
  if (!response.ok) throw await problemOf(response);
  return response.json();
}
