// The views after sending, and of refusals: fetched once the page stands, so that they are here when the network is not.
import { redraw } from "./page.ts";

type Views = typeof import("./later.tsx");

let state: Views | "wanted" | "failed" | undefined;

/** Fetches them once; after a failure, once more at the next need. */
export async function fetchLater(): Promise<void> {
  if (state !== undefined && state !== "failed") return;
  state = "wanted";
  try {
    state = await import("./later.tsx");
  } catch {
    // The network is away: the page says so itself, without them.
    state = "failed";
  }
  redraw();
}

/** The views, or how far they are. Drawing again is left to `fetchLater`. */
export function laterViews(): Views | "wanted" | "failed" {
  if (state === undefined) void fetchLater();
  return state ?? "wanted";
}
