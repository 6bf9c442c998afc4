import type { Region } from "../sdk/region.ts";

let ours: { readonly region?: Region } = {};

/** From now on every line names the one region of this process. */
export function logAs(region: Region): void {
  ours = { region };
}

/** One JSON object a line on stdout. Fields are names, codes, counts and ids of records: never what a reader, key or token says. */
export function log(
  event: string,
  fields: Readonly<Record<string, string | number | boolean>> = {},
): void {
  const line = { at: new Date().toISOString(), event, ...ours, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Names an error without its message, which may quote the row or request it refused; frames of the stack quote nothing. */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.map((frame) => frame.trim())].join(" | ");
}
