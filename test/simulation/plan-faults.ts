// The faults of a plan, and how each is drawn.
import type { Random } from "./random.ts";
import { worldRegions, type WorldRegion } from "./world.ts";

/** A fault begins at `at`; one with a duration ends after it. Probabilities are of one message, call or commit. */
export type Fault = { readonly kind: "fault"; readonly at: number; readonly lasts: number } & (
  | {
      readonly fault: "weather";
      readonly region: WorldRegion;
      readonly what:
        | "requestLost"
        | "answerLost"
        | "requestCut"
        | "answerCut"
        | "doubled"
        | "strangeAnswer";
      readonly often: number;
    }
  | { readonly fault: "slow-link"; readonly region: WorldRegion; readonly milliseconds: number }
  | { readonly fault: "slow-reader-network" | "reader-network"; readonly often: number }
  | { readonly fault: "server-killed" | "server-stopped"; readonly region: WorldRegion }
  | {
      readonly fault: "warehouse-away" | "stream-away" | "reassigned";
      readonly region: WorldRegion;
    }
  | {
      readonly fault: "warehouse-refuses" | "stream-refuses";
      readonly region: WorldRegion;
      readonly often: number;
    }
  /** Killed so many milliseconds after the next moment of its kind: what is half done then is what faults are looked for in. */
  | { readonly fault: "edge-killed-writing" | "object-killed-writing"; readonly after: number }
  | {
      readonly fault: "server-killed-taking" | "server-killed-committing";
      readonly region: WorldRegion;
      readonly after: number;
    }
  | { readonly fault: "clock-jumps"; readonly which: number; readonly milliseconds: number }
  | { readonly fault: "edge-killed" }
  | { readonly fault: "object-killed" | "isolate-killed" | "stalled"; readonly which: number }
  | { readonly fault: "object-disk-full" | "object-disk-slow" }
  | { readonly fault: "calls-lost"; readonly often: number }
  | { readonly fault: "shards"; readonly shards: number }
);

/** One fault of each kind, with its regions and numbers drawn. */
export const faultsOf: readonly ((random: Random, at: number, lasts: number) => Fault)[] = [
  (random, at, lasts) => ({
    kind: "fault",
    fault: "weather",
    at,
    lasts,
    region: random.one(worldRegions),
    what: random.one([
      "requestLost",
      "answerLost",
      "requestCut",
      "answerCut",
      "doubled",
      "strangeAnswer",
    ]),
    often: random.between(0.1, 1),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: "slow-link",
    at,
    lasts,
    region: random.one(worldRegions),
    milliseconds: random.one([50, 500, 4_000, 16_000]),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: random.one(["reader-network", "slow-reader-network"]),
    at,
    lasts,
    often: random.between(0.1, 0.8),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: random.one(["server-killed", "server-stopped"]),
    at,
    lasts: random.happens(0.7) ? random.between(50, 1_500) : lasts,
    region: random.one(worldRegions),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: random.one(["warehouse-away", "stream-away", "reassigned"]),
    at,
    lasts,
    region: random.one(worldRegions),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: random.one(["warehouse-refuses", "stream-refuses"]),
    at,
    lasts,
    region: random.one(worldRegions),
    often: random.between(0.2, 0.9),
  }),
  (random, at) => ({
    kind: "fault",
    fault: random.one(["edge-killed-writing", "object-killed-writing"]),
    at,
    lasts: 0,
    after: random.happens(0.5) ? random.between(0, 2) : random.between(0, 40),
  }),
  (random, at) => ({
    kind: "fault",
    fault: random.one(["server-killed-taking", "server-killed-committing"]),
    at,
    lasts: random.between(50, 3_000),
    region: random.one(worldRegions),
    after: random.happens(0.5) ? random.between(0, 5) : random.between(0, 60),
  }),
  (_, at) => ({ kind: "fault", fault: "edge-killed", at, lasts: 0 }),
  (random, at) => ({
    kind: "fault",
    fault: random.one(["object-killed", "isolate-killed"]),
    at,
    lasts: 0,
    which: random.whole(8),
  }),
  (random, at) => ({
    kind: "fault",
    fault: "stalled",
    at,
    lasts: random.between(20, 3_000),
    which: random.whole(12),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: random.one(["object-disk-full", "object-disk-slow"]),
    at,
    lasts,
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: "calls-lost",
    at,
    lasts,
    often: random.between(0.1, 0.7),
  }),
  (random, at, lasts) => ({
    kind: "fault",
    fault: "clock-jumps",
    at,
    lasts,
    which: random.whole(12),
    milliseconds: random.between(-1, 1) * random.one([500, 5_000, 120_000]),
  }),
  (random, at) => ({ kind: "fault", fault: "shards", at, lasts: 0, shards: 1 + random.whole(3) }),
];
