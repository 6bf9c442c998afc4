// A Durable Object that does not answer: it moves, its disk fails, or this edge cannot run on its tables (SPEC §9). That passes,
// and whoever asked is told to come again.
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { inTime } from "./in-time.ts";
import { logFault } from "./log.ts";

const answerMilliseconds = 5_000;
const retryAfterSeconds = 2;

/** What an object answers in time. Problem: region-unavailable; why is logged as `event`. */
export async function reach<Value>(
  event: "campaigns-away" | "outbox-away",
  call: () => PromiseLike<Value>,
  region?: Region,
  milliseconds: number = answerMilliseconds,
): Promise<Value> {
  try {
    return await inTime(call(), milliseconds, () => new Error("no answer in time"));
  } catch (error) {
    logFault(event, error, { region });
    throw new Problem("region-unavailable", {
      ...(region !== undefined && { region }),
      retryAfterSeconds,
    });
  }
}
