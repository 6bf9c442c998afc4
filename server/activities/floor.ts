// Which figures may be told: none of fewer readers than the floor, and none from which such a one follows by subtraction.

/** A figure of one cell of a table; `readers` are those behind it. */
export interface Cell {
  readonly id: string;
  readonly readers: number;
}

/**
 * The cells to withhold: those under the floor, and then the smallest others until what the table's total gives away, the sum
 * of all that is withheld, is of at least two cells and `floor` readers. What is in no cell counts as one withheld, so
 * that nobody can subtract it either.
 */
export function withheld(
  cells: readonly Cell[],
  { total, floor }: { readonly total: number; readonly floor: number },
): ReadonlySet<string> {
  const hidden = new Set(cells.filter(({ readers }) => readers < floor).map(({ id }) => id));
  const rest = total - cells.reduce((sum, { readers }) => sum + readers, 0);
  const shown = cells
    .filter(({ id }) => !hidden.has(id))
    .toSorted((a, b) => a.readers - b.readers || (a.id < b.id ? -1 : 1));
  let sum = Math.max(0, rest);
  let count = rest > 0 ? 1 : 0;
  for (const { id, readers } of cells)
    if (hidden.has(id)) {
      sum += readers;
      count += 1;
    }
  for (const { id, readers } of shown) {
    // Nothing withheld at all, or enough of it together.
    if (count === 0 || (sum >= floor && count >= 2) || (hidden.size === 0 && sum >= floor)) break;
    hidden.add(id);
    sum += readers;
    count += 1;
  }
  return hidden;
}
