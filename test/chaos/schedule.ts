// Which fault strikes what, and when: drawn from a seed, counted in acknowledged answers and not in seconds, so that it is
// the same on a slow machine.
import { regions, type Region } from "../../sdk/region.ts";
import type { Direction } from "./proxy.ts";
import { Random } from "./random.ts";

export const faultKinds = [
  "kill",
  "away",
  "cut",
  "delay",
  "throttle",
  "half-open",
  "reset",
  "duplicate",
  "reorder",
  "disk",
  "clock",
  "batch",
  "pause",
  "snowflake",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type Process = "edge" | `server ${Region}` | `broker ${Region}`;
export type Link = "readers - edge" | `edge - server ${Region}` | `server - broker ${Region}`;

interface When {
  /** Strikes once so many answers are acknowledged. */
  readonly at: number;
  /** Ends after so many more, */
  readonly forAnswers: number;
  /** but no later than this: what stops everything would last for ever. */
  readonly millisecondsMax: number;
}

export type Strike =
  | { readonly kind: "kill" | "away" | "pause"; readonly process: Process }
  | { readonly kind: "cut" | "reset"; readonly link: Link }
  | { readonly kind: "delay"; readonly link: Link; readonly milliseconds: number }
  | { readonly kind: "throttle"; readonly link: Link; readonly bytesPerSecond: number }
  | { readonly kind: "half-open"; readonly link: Link; readonly loses: Direction }
  | { readonly kind: "duplicate" | "reorder"; readonly region: Region }
  | { readonly kind: "disk"; readonly folder: Region | "edge" }
  | { readonly kind: "clock"; readonly process: Region | "edge"; readonly seconds: number }
  | { readonly kind: "snowflake"; readonly region: Region }
  | { readonly kind: "batch"; readonly region: Region; readonly dies: "server" | "edge" };

export type Fault = When & Strike;

export interface ScheduleOptions {
  readonly seed: number;
  readonly answers: number;
  readonly kinds: readonly FaultKind[];
  /** Without brokers their part is played by the server that holds the stream. */
  readonly brokers: boolean;
  /** How long the one long absence lasts. */
  readonly awayMilliseconds: number;
}

/** Beyond it more faults would be the same again. */
const faultsMax = 200;
const answersPerFault = 5_000;
/** The first strikes when everything runs, the last while there is still something to strike. */
const margin = 0.04;

/** Every process at least once a round, and each other kind of fault with a target of chance. */
function round(random: Random, options: ScheduleOptions, first: boolean): Strike[] {
  const { kinds, brokers } = options;
  const region = (): Region => random.pick(["eu", "us", "apac"]);
  const holder = (where: Region): Process => (brokers ? `broker ${where}` : `server ${where}`);
  const link = (): Link =>
    random.pick([
      "readers - edge",
      `edge - server ${region()}`,
      brokers ? `server - broker ${region()}` : `edge - server ${region()}`,
    ]);
  // Larger than the 300 seconds that a signature lives, or smaller.
  const jump = (): number => random.pick([-1, 1]) * random.pick([30, 240, 900, 3_000]);
  const processes: Process[] = [
    "edge",
    ...regions.map((where): Process => `server ${where}`),
    ...(brokers ? regions.map((where): Process => `broker ${where}`) : []),
  ];
  // A region that acknowledges from its stream answers nobody while that is away: the long absence is of one with an outbox.
  const away = holder(first ? random.pick(["eu", "us"]) : region());
  const strikes: Strike[] = [
    ...processes.map((process): Strike => ({ kind: "kill", process })),
    { kind: "away", process: away },
    { kind: "cut", link: link() },
    { kind: "reset", link: link() },
    { kind: "delay", link: link(), milliseconds: random.integer(40, 400) },
    { kind: "throttle", link: link(), bytesPerSecond: random.integer(20_000, 200_000) },
    { kind: "half-open", link: link(), loses: random.pick(["there", "back"]) },
    { kind: "duplicate", region: region() },
    { kind: "reorder", region: region() },
    { kind: "disk", folder: "edge" },
    { kind: "disk", folder: region() },
    { kind: "clock", process: "edge", seconds: jump() },
    { kind: "clock", process: region(), seconds: jump() },
    { kind: "batch", region: region(), dies: "server" },
    { kind: "batch", region: random.pick(["eu", "us"]), dies: "edge" },
    { kind: "pause", process: "edge" },
    { kind: "pause", process: `server ${region()}` },
    { kind: "pause", process: holder(region()) },
    { kind: "snowflake", region: region() },
  ];
  const shuffled = random.shuffled(strikes.filter(({ kind }) => kinds.includes(kind)));
  if (!first) return shuffled;
  // While its files still grow: later SQLite writes into what they have, and a small run would never meet a full disk.
  const isDisk = ({ kind }: Strike): boolean => kind === "disk";
  return [...shuffled.filter(isDisk), ...shuffled.filter((strike) => !isDisk(strike))];
}

/** Milliseconds at most, by kind; what is not here lasts a moment. */
const lastsMilliseconds: Partial<Record<FaultKind, readonly [number, number]>> = {
  kill: [100, 1_500],
  cut: [500, 3_000],
  delay: [1_500, 4_000],
  throttle: [1_500, 4_000],
  "half-open": [800, 3_000],
  // An outbox that rests after another fault sends nothing for a while.
  duplicate: [8_000, 14_000],
  reorder: [8_000, 14_000],
  disk: [2_000, 5_000],
  clock: [1_500, 5_000],
  pause: [300, 2_500],
  snowflake: [500, 4_000],
};

/** The faults of a run in the order in which they strike. */
export function scheduleOf(options: ScheduleOptions): Fault[] {
  const { seed, answers, awayMilliseconds } = options;
  const random = new Random(seed);
  const strikes = round(random, options, true);
  if (strikes.length === 0) return [];
  const wanted = Math.min(
    faultsMax,
    Math.max(strikes.length, Math.round(answers / answersPerFault)),
  );
  while (strikes.length < wanted) strikes.push(...round(random, options, false));
  strikes.length = wanted;
  const step = (answers * (1 - 2 * margin)) / wanted;
  let long = true;
  return strikes.map((strike, index): Fault => {
    const at = Math.floor(answers * margin + step * (index + random.next() / 2));
    const forAnswers = Math.max(1, Math.floor(step * (0.2 + random.next() / 2)));
    const [least, most] = lastsMilliseconds[strike.kind] ?? [0, 0];
    const millisecondsMax = random.integer(least, most);
    if (strike.kind !== "away") return { at, forAnswers, millisecondsMax, ...strike };
    // Absences are told in time, for what they must exceed is told in time: back-offs, sessions, retries.
    const lasts = long ? awayMilliseconds : Math.ceil(awayMilliseconds / 20);
    long = false;
    return { at, forAnswers: Infinity, millisecondsMax: lasts, ...strike };
  });
}

const targetOf = (fault: Fault): string => {
  switch (fault.kind) {
    case "kill":
    case "away":
    case "pause":
      return fault.process;
    case "cut":
    case "reset":
      return fault.link;
    case "delay":
      return `${fault.link}, ${fault.milliseconds} ms`;
    case "throttle":
      return `${fault.link}, ${fault.bytesPerSecond} bytes/s`;
    case "half-open":
      return `${fault.link}, loses what goes ${fault.loses}`;
    case "duplicate":
    case "reorder":
      return `edge - server ${fault.region}`;
    case "disk":
      return fault.folder === "edge" ? "outbox" : `server ${fault.folder}`;
    case "clock": {
      const name = fault.process === "edge" ? "edge" : `server ${fault.process}`;
      return `${name}, ${fault.seconds > 0 ? "+" : ""}${fault.seconds} s`;
    }
    case "snowflake":
      return `Snowflake of ${fault.region}`;
    case "batch":
      return `${fault.dies === "edge" ? "edge" : `server ${fault.region}`} dies in the middle of a batch for ${fault.region}`;
  }
};

/** One line: what strikes what. */
export const lineOf = (fault: Fault): string =>
  `${String(fault.at).padStart(8)}  ${fault.kind.padEnd(9)}  ${targetOf(fault)}`;
