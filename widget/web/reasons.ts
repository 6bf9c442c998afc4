import type { ProblemCode } from "../../sdk/problem.ts";
import type { Reason } from "./words/words.ts";

/** Codes after which no answer is possible; the others leave room. */
const reasons: Partial<Record<ProblemCode, Reason>> = {
  "campaign-unknown": "unknown",
  "not-found": "unknown",
  "campaign-closed": "closed",
  "invitation-expired": "expired",
  "invitation-malformed": "uninvited",
  "campaign-mismatch": "uninvited",
  "invitation-forged": "forged",
  "region-mismatch": "keys",
};

export const reasonOf = (code: ProblemCode): Reason | undefined =>
  Object.hasOwn(reasons, code) ? reasons[code] : undefined;
