// One JSON line an event. No line ever has a body, an invitation, a reader, a key, or an error's message, which may quote them.
import type { Problem } from "../sdk/problem.ts";

const stackLinesMax = 12;

const now = (): string => new Date().toISOString();

/** Beside them: `region`, `code`, and `trace`, the id of a request's trace where it is recorded. */
type Named = Readonly<Record<string, string | number | undefined>>;

/** What was refused and where: the route's pattern, not the address, which may hold an invitation. */
export function logRefusal({ code, status }: Problem, named: Named): void {
  console.log(JSON.stringify({ at: now(), event: "refused", code, status, ...named }));
}

/** A bug or a fault below us: the error's name, SQLite's code where it has one, and where it was thrown. */
export function logFault(event: string, error: unknown, named: Named = {}): void {
  const name = error instanceof Error ? error.name : typeof error;
  const [sqlite] = /SQLITE_[A-Z_]+/.exec(error instanceof Error ? error.message : "") ?? [];
  const frames = error instanceof Error ? (error.stack ?? "").split("\n") : [];
  const stack = frames.filter((line) => /^\s+at /.test(line)).slice(0, stackLinesMax);
  const fault = { name, sqlite, stack: stack.join("").trim() };
  console.error(JSON.stringify({ at: now(), event, ...fault, ...named }));
}

/** Something an operator may want to know. */
export function logEvent(event: string, named: Named): void {
  console.log(JSON.stringify({ at: now(), event, ...named }));
}
