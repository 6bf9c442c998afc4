/** Keys and indices from the document's root, such as ["questions", 2, "next"]. */
export type Path = readonly (string | number)[];

export interface WidgetFault {
  readonly path: Path;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

/** What several checks say in one shape. */
export const fault = (path: Path, message: string): WidgetFault => ({ path, message });

/** Every id that an earlier thing of the list has already. */
export function* repeatedIds(
  things: readonly { readonly id: string }[],
  path: Path,
): Generator<WidgetFault> {
  const seen = new Set<string>();
  for (const [index, { id }] of things.entries()) {
    if (seen.has(id))
      yield fault([...path, index, "id"], `the id "${id}" is used twice; give each its own`);
    seen.add(id);
  }
}
