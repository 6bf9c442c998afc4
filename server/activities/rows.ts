// What is kept of readers' conduct beyond the page, before any engine's types.
import type { ReaderOf } from "../warehouse/rows.ts";

/** Times in Unix milliseconds, amounts in minor units. */
export interface ActivityRow {
  readonly id: string;
  readonly kind: string;
  readonly label?: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly happenedAt: number;
}

/** What changed of one reader's activities. */
export interface ActivityChange extends ReaderOf {
  /** All earlier ones are gone: no longer agreed to. Comes before `stored`. */
  readonly cleared: boolean;
  readonly stored: readonly ActivityRow[];
}
