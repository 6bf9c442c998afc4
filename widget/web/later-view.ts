// The views after sending, and of refusals: fetched once the page stands, so that they are here when the network is not.
import { redraw } from "./page.ts";

type Views = typeof import("./later.tsx");

const retryMilliseconds = 5000;
const drawMilliseconds = 99;

let state: Views | "wanted" | "failed" | undefined;

/** Fetches them, and after a failure again, until they are here; what waits to be sent is theirs to take up. */
export async function fetchLater(): Promise<void> {
  if (state === "wanted") return;
  if (typeof state !== "object") {
    state = "wanted";
    // Where they are on the device already, reading them must not hold up the first question.
    await new Promise((drawn) => setTimeout(drawn, drawMilliseconds));
    try {
      state = await import("./later.tsx");
    } catch {
      // The network is away: the page says so itself, without them.
      state = "failed";
      setTimeout(() => void fetchLater(), retryMilliseconds);
    }
    redraw();
  }
  if (typeof state === "object") state.resume();
}

/** The views, or how far they are. Drawing again is left to `fetchLater`. */
export function laterViews(): Views | "wanted" | "failed" {
  if (state === undefined) void fetchLater();
  return state ?? "wanted";
}
