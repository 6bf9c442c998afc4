import type { z } from "zod";
import { isProblemCode, Problem } from "../sdk/problem.ts";

const answerMilliseconds = 15_000;
const standardMembers = new Set(["type", "title", "status", "code"]);

/** The Problem that a response carries, with its members; a response of another form becomes `internal` with its status. */
export async function problemOf(response: Response): Promise<Problem> {
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
  return response.json().catch(() => {
    throw stranger(url);
  });
}

/** Another program than ours, or one of another version. */
const stranger = (url: string): Problem => {
  const { origin, pathname } = new URL(url);
  return new Problem("configuration-invalid", {
    detail: `${origin} answers, but at ${pathname} not what was expected. Check that it is the edge, or the server, that is meant, and of the same release.`,
  });
};

/** `ask`, for an answer of `schema`'s shape; another one is configuration-invalid. */
export async function askFor<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await ask(url));
  if (parsed.success) return parsed.data;
  throw stranger(url);
}
