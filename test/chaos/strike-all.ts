// The faults of a schedule, each at its count of acknowledged answers.
import { setTimeout as sleep } from "node:timers/promises";
import type { Readers } from "./readers.ts";
import { lineOf, type Fault } from "./schedule.ts";
import { strike, type Over } from "./strikes.ts";
import type { World } from "./world.ts";

export interface Struck {
  readonly fault: Fault;
  /** A process was there to be struck, a connection to be cut, a request to be sent twice; a full disk was written to. */
  readonly befell: boolean;
}

const lookMilliseconds = 20;
/** Of the answers between two faults so many may be under way when one strikes: what strikes an idle edge shows nothing. */
const underWayShare = 1 / 3;

/** Strikes in the order of the schedule; a long absence goes on while the others strike. */
export async function strikeAll(
  world: World,
  schedule: readonly Fault[],
  readers: Readers,
  isOver: () => boolean,
  log: (line: string) => void,
): Promise<Struck[]> {
  const results: Struck[] = [];
  const away = new Map<string, Promise<void>>();
  let striking = 0;
  const one = async (fault: Fault): Promise<void> => {
    striking += 1;
    readers.noise(true);
    const until = readers.acknowledged + fault.forAnswers;
    const deadline = performance.now() + fault.millisecondsMax;
    const over: Over = async (befell = () => true) => {
      while (performance.now() < deadline && (readers.acknowledged < until || !befell()))
        await sleep(lookMilliseconds);
    };
    // Who is away already cannot be struck.
    const isAway = "process" in fault && away.has(fault.process);
    const befell = !isAway && (await strike(world, fault, over));
    results.push({ fault, befell });
    striking -= 1;
    if (striking === 0) readers.noise(false);
    if (!befell) log(`  befell nothing: ${lineOf(fault).trim()}`);
  };
  readers.noise(false);
  const last = schedule.at(-1);
  const underWay = last === undefined ? 0 : (underWayShare * last.at) / schedule.length;
  const holdFor = (fault: Fault | undefined): void =>
    readers.holdAt(fault === undefined ? Infinity : fault.at + underWay);
  holdFor(schedule[0]);
  for (const [index, fault] of schedule.entries()) {
    while (readers.acknowledged < fault.at && !isOver()) await sleep(lookMilliseconds);
    const struck = one(fault);
    holdFor(schedule[index + 1]);
    if (fault.kind !== "away") await struck;
    else if (!away.has(fault.process)) {
      const ending = struck.finally(() => away.delete(fault.process));
      ending.catch(() => undefined); // Heard below, perhaps after it failed.
      away.set(fault.process, ending);
    }
  }
  await Promise.all(away.values());
  return results;
}
