import { now } from "./clock.ts";
import { rootKey } from "./root-key.ts";
import type { Surroundings } from "./visit.ts";

/** https://www.w3.org/TR/gpc/; not yet in TypeScript's own types. */
const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };

/** `optedOut` where the edge saw the browser's header and the page cannot see the setting. */
export const surroundings = (optedOut = false): Surroundings => ({
  // Read when it is needed: by then the edge has answered, and the device's clock is known to be right or wrong.
  get now() {
    return now();
  },
  gpc: optedOut || globalPrivacyControl === true,
  rootKey: rootKey(),
});
