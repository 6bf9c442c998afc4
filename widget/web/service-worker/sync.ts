// Sends what waits on this device when the browser says that there is a connection, with or without a page open.
import { deliverAll } from "../outbox.ts";

/** A worker is ended after minutes: what the edge wants to hear of later is for the browser's next wake-up. */
const roundsMax = 3;
const waitMillisecondsMax = 20_000;

/** Throws Error where answers still wait, so that the browser wakes the worker again. */
export async function sendWaiting(): Promise<void> {
  for (let round = 0; round < roundsMax; round++) {
    const wait = await deliverAll();
    if (wait === undefined) return;
    if (wait > waitMillisecondsMax) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw new Error("answers still wait");
}
