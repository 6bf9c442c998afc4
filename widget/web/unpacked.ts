/** A language's words: an object where they stand in the sources, its texts as lines in English's order once built. */
export type Packed<Words> = Words | string;

/** Another language's words by English's keys, which are at hand: fetched again they were a quarter of its bytes. */
export const unpacked = <Words extends object>(english: Words, packed: Packed<Words>): Words => {
  if (typeof packed !== "string") return packed;
  const lines = packed.split("\n");
  return JSON.parse(
    JSON.stringify(english, (_, value: unknown) =>
      typeof value === "string" ? lines.shift() : value,
    ),
  ) as Words;
};
