import type { Notice } from "../../sdk/schema/widget.ts";
import type { Visit } from "./page.ts";

/** What a reader may be asked to agree to, and what Global Privacy Control forbids to ask for. */
export function purposesUnder(
  { purposes: all }: Notice,
  gpc: boolean,
): Pick<Visit, "purposes" | "withheld"> {
  const withheld = all.filter(({ sharing }) => gpc && sharing);
  return { purposes: all.filter((purpose) => !withheld.includes(purpose)), withheld };
}
