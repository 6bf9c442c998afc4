import { utf8 } from "../../../sdk/bytes.ts";
import type { StoredRecord, StreamRecord } from "../../../server/stream/stream.ts";

export const record = (key: string, text: string): StreamRecord => ({
  key,
  value: utf8(text),
  headers: { region: "eu", schema: "test-1" },
});

export const textOf = (stored: StoredRecord): string => new TextDecoder().decode(stored.value);

/** Resolves once `check` holds; the test's own time-out bounds it. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10));
}
