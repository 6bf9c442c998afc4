// How every route reads JSON and answers with it.
import type { z } from "zod";
import { textOf, utf8, type Bytes } from "../../sdk/bytes.ts";
import { Problem } from "../../sdk/problem.ts";

/** Places that a refusal names. */
const errorsMax = 50;

export const json = (body: unknown): Response =>
  Response.json(body, { headers: { "cache-control": "no-store" } });

function* linesIn(pages: Iterable<readonly string[]>): Generator<Uint8Array> {
  for (const lines of pages) yield utf8(lines.map((line) => `${line}\n`).join(""));
}

/** JSON lines, page by page as they are taken. */
export const linesResponse = (pages: Iterable<readonly string[]>): Response =>
  new Response(ReadableStream.from(linesIn(pages)), {
    headers: { "content-type": "application/jsonl; charset=utf-8", "cache-control": "no-store" },
  });

/** Problem: `malformed-request`. */
export function parseJson(body: Bytes): unknown {
  try {
    return JSON.parse(textOf(body));
  } catch {
    throw new Problem("malformed-request", { errors: ["the body is not JSON in UTF-8"] });
  }
}

/** Problem: `malformed-request`, naming places and no values. */
export function parseAs<Schema extends z.ZodType>(schema: Schema, body: Bytes): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Problem("malformed-request", { errors: errors.slice(0, errorsMax) });
}
