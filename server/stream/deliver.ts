import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../sdk/problem.ts";
import { faultOf, log } from "../log.ts";
import type { StoredRecord } from "./stream.ts";

/** The first pause after a refused batch, and the longest; between them it doubles. */
const pauseMsMin = 100;
const pauseMsMax = 15_000;

/** Half fixed, half random: consumers that failed together do not come back together. */
export function backOffMs(failures: number, msMin = pauseMsMin, msMax = pauseMsMax): number {
  const ceiling = Math.min(msMax, msMin * 2 ** Math.min(failures - 1, 20));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

/** Resolves after `ms`, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How a consumer's deliveries go: refused in a row, for `Consumer.failures`. */
export interface DeliveryHealth {
  failures: number;
}

/** Hands one batch over again and again until it is handled (true) or the signal aborts first (false). */
export async function deliver(
  batch: readonly StoredRecord[],
  handle: (batch: readonly StoredRecord[]) => Promise<void>,
  health: DeliveryHealth,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await handle(batch);
      health.failures = 0;
      return true;
    } catch (error) {
      health.failures++;
      const [first] = batch;
      log("batch-refused", {
        records: batch.length,
        from: `${first?.topic}/${first?.partition}@${first?.offset}`,
        failures: health.failures,
        fault: error instanceof Problem ? error.code : faultOf(error),
      });
      await pause(backOffMs(health.failures), signal);
    }
  }
  return false;
}
