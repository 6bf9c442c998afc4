// Readers who do not exist, and what they answer: enough of them that segments reach their floors before anybody has answered.
import type { Answers } from "../../sdk/schema/answer.ts";

/** Where all of them live. */
export const inventedRegion = "eu";

export interface InventedReader {
  /** As a sender's own list would name them; says that it is invented. */
  readonly id: string;
  readonly answers: Answers;
  readonly purposes: readonly string[];
  /** What they do afterwards. */
  readonly acts: readonly InventedAct[];
}

export interface InventedAct {
  readonly kind: "click" | "purchase";
  readonly label: string;
  readonly cents?: number;
}

const groups = ["espresso", "filter", "press", "none"] as const;
type Brew = (typeof groups)[number];

/** One fewer who brew in a press than the segment's floor (segments.yaml): the next such answer shows it. */
const counts: Readonly<Record<Brew, number>> = { espresso: 110, filter: 90, press: 19, none: 41 };
const startSeed = 20_261_121;

/** The same numbers in every run (mulberry32). */
function drawer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function answersOf(brew: Brew, draw: () => number): Answers {
  const cups = Math.min(8, Math.floor(draw() * draw() * 9) + (brew === "espresso" ? 1 : 0));
  // Below seven the way leads past another question.
  const recommend = 7 + Math.floor(draw() * 4);
  if (brew === "none") return { brew, cups, recommend };
  const fruity = draw() < (brew === "filter" ? 0.7 : 0.2);
  const taste = fruity ? ["fruity"] : [draw() < 0.5 ? "nutty" : "cocoa"];
  const milk = draw() < 0.6 ? "yes" : "no";
  return { brew, ...(brew === "espresso" && { milk }), taste, cups, recommend };
}

/** Who looks for fruity coffee looks at where it comes from, too: what the lift is to find. */
function actsOf({ taste, brew }: Answers, draw: () => number): InventedAct[] {
  const acts: InventedAct[] = [];
  const fruity = Array.isArray(taste) && taste.includes("fruity");
  if (draw() < (fruity ? 0.55 : 0.2)) acts.push({ kind: "click", label: "eco" });
  if (draw() < (brew === "none" ? 0.1 : 0.4))
    acts.push({
      kind: "purchase",
      label: fruity ? "single-origin" : "house-blend",
      cents: 890 + 100 * Math.floor(draw() * 16),
    });
  return acts;
}

/** All of them, the same in every run. */
export function inventedReaders(): readonly InventedReader[] {
  const draw = drawer(startSeed);
  return groups.flatMap((brew) =>
    Array.from({ length: counts[brew] }, (_, index): InventedReader => {
      const answers = answersOf(brew, draw);
      // All of the smallest group agree, so that its size is exactly known.
      const personal = brew === "press" || draw() < 0.85;
      const shop = draw() < 0.9;
      return {
        id: `invented-${brew}-${index}@readers.example`,
        answers,
        purposes: [
          "results",
          ...(personal ? ["personalisation"] : []),
          ...(shop ? ["shop"] : []),
          ...(draw() < 0.3 ? ["partners"] : []),
        ],
        acts: shop ? actsOf(answers, draw) : [],
      };
    }),
  );
}
