/** What the engine keeps in memory (SPEC §2). A campaign that would need more has its segments paused, never wrong. */
export const engineLimits = {
  /** Readers of all campaigns with segments; a reader takes some 200 bytes. */
  readers: 2_000_000,
  /** Different values of one campaign's answers: options are few, numbers and dates may be many. */
  cells: 500_000,
  /** Values of one campaign's readers together. */
  values: 40_000_000,
  /** Activities of one campaign's readers together. */
  activities: 4_000_000,
  /** Read from the tables at a time, as one state of them. */
  pageReaders: 10_000,
} as const;

export type EngineLimits = { readonly [Name in keyof typeof engineLimits]: number };

/** Changes of a segment are told this far apart at least, and telling takes this share of time at most; the last is always told. */
export const telling = { settleMs: 10, shareMax: 1 / 10 } as const;
/** Comparing with the tables: between two segments at least, and the share of time it may take. */
export const checkMs = { between: 1_000, shareMax: 1 / 20 } as const;
