// Whom not to ask again: one number a campaign in the site's own storage, and nothing where that is denied.
const dayMilliseconds = 86_400_000;
/** Nobody is forgotten for longer. */
const daysMax = 400;

const nameOf = (campaign: string): string => `maily.${campaign}`;

/** Shows nothing by itself for so many days. */
export function restFor(campaign: string, days: number): void {
  const until = Date.now() + Math.min(days, daysMax) * dayMilliseconds;
  try {
    localStorage.setItem(nameOf(campaign), String(until));
  } catch {
    // Denied or full: it shows again on the next page.
  }
}

export function isResting(campaign: string): boolean {
  try {
    return Number(localStorage.getItem(nameOf(campaign))) > Date.now();
  } catch {
    return false;
  }
}
