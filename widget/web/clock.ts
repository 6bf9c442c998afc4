// What time it is. A device's clock may be wrong by days: then the edge's own, as its answers say it, decides which days a
// campaign is open, which key is in force and when consent was given.

/** Less than this is the network's slowness, and what the edge tolerates anyway (SPEC §2). */
const toleranceMilliseconds = 60_000;

let ahead = 0;

/** `date` as an answer's header has it (RFC 9110 §6.6.1); without one, what was heard before holds. */
export function hearDate(date: string | null): void {
  if (!date) return;
  const difference = Date.now() - Date.parse(date);
  // A date that cannot be read is no number, and greater than nothing.
  ahead = Math.abs(difference) > toleranceMilliseconds ? difference : 0;
}

/** Unix milliseconds. */
export const now = (): number => Date.now() - ahead;
