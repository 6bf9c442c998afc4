// Which counts may be told. A small one is left out, and with it whatever would tell it: the whole less what is shown.

/**
 * Of parts that make up one whole together (what nobody chose is a part too): true where the count may be told. None is below
 * the floor, and what is left out is nobody or at least the floor together, so that no subtraction tells a small one.
 */
export function shownParts(counts: readonly number[], whole: number, floor: number): boolean[] {
  const shown = counts.map((count) => count >= floor);
  const rest = (): number =>
    whole - counts.reduce((sum, count, index) => sum + (shown[index] === true ? count : 0), 0);
  // Each turn takes one away: at most as many as there are.
  for (let turns = counts.length; turns > 0; turns--) {
    const left = rest();
    if (left === 0 || left >= floor) break;
    const smallest = counts.reduce(
      (best, count, index) =>
        shown[index] === true && (best < 0 || count < (counts[best] ?? Infinity)) ? index : best,
      -1,
    );
    if (smallest < 0) break;
    shown[smallest] = false;
  }
  return shown;
}

/** Of a part beside which others may hold for the same readers: both it and those without it are nobody or enough. */
export const shownAlone = (count: number, whole: number, floor: number): boolean =>
  count >= floor && (whole - count === 0 || whole - count >= floor);
