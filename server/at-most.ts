import { Problem } from "../sdk/problem.ts";

/** Runs work, at most `max` of it at a time. Problem: `rate-limited` for what comes beyond. */
export function atMost(
  max: number,
  retryAfterSeconds: number,
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let underWay = 0;
  return async (work) => {
    if (underWay >= max) throw new Problem("rate-limited", { retryAfterSeconds });
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
    }
  };
}
