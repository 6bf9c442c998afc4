// The views after sending, and of refusals: fetched once the page stands, so that they are here when the network is not.
import { redraw } from "./page.ts";

type Views = typeof import("./later.tsx");

const retryMilliseconds = 5000;

let state: Views | "wanted" | "failed" | undefined;

/** Fetches them, and after a failure again, until they are here. */
export async function fetchLater(): Promise<void> {
  if (state !== undefined && state !== "failed") return;
  state = "wanted";
  try {
    state = await import("./later.tsx");
  } catch {
    // The network is away: the page says so itself, without them.
    state = "failed";
    setTimeout(() => void fetchLater(), retryMilliseconds);
  }
  redraw();
}

/** The views, or how far they are. Drawing again is left to `fetchLater`. */
export function laterViews(): Views | "wanted" | "failed" {
  if (state === undefined) void fetchLater();
  return state ?? "wanted";
}
