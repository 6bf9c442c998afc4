// Runs of digits in a text, and the numbers that may be written in them: whole groups, next to each other. Linear in the text.
import { standsAlone } from "./finding.ts";

/** A number as written: its digits, how they are grouped, and where. */
export interface Written {
  readonly digits: string;
  readonly groups: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface Group {
  readonly start: number;
  readonly end: number;
}

/** No number that is looked for has more. */
const groupsMax = 8;
const digitsMax = 19;

/** Groups with one blank, dash, dot or slash between them belong together. */
function runsOf(text: string): Group[][] {
  const runs: Group[][] = [];
  let last: Group | undefined;
  for (const match of text.matchAll(/\d+/g)) {
    const group = { start: match.index, end: match.index + match[0].length };
    const joined =
      last !== undefined && group.start - last.end === 1 && " -./".includes(text[last.end] ?? "");
    if (joined) runs.at(-1)?.push(group);
    else runs.push([group]);
    last = group;
  }
  return runs;
}

/** Every number of `least` to `most` digits that stands alone in the text: longest first, from each place on. */
export function* numbersIn(text: string, least: number, most = digitsMax): Generator<Written> {
  for (const run of runsOf(text))
    for (let first = 0; first < run.length; first++) {
      const found: Written[] = [];
      let digits = "";
      const groups: number[] = [];
      for (const { start, end } of run.slice(first, first + groupsMax)) {
        digits += text.slice(start, end);
        if (digits.length > most) break;
        groups.push(end - start);
        const from = run[first]?.start ?? start;
        if (digits.length >= least && standsAlone(text, from, end))
          found.push({ digits, groups: [...groups], start: from, end });
      }
      yield* found.reverse();
    }
}
