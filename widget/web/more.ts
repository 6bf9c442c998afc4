// What asks beyond the twelve kinds that every page can ask: a chunk of its own, fetched only where a campaign needs it.
type More = typeof import("./kinds/more.ts");

/** Undefined where nothing of it is needed; here before the first question is drawn where anything is. */
export let more: More | undefined;

export const equip = (chunk: More): void => {
  more = chunk;
};
