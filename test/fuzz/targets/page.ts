// What the page hears: a refusal, a proxy's page, a captive portal, anything at all.
import type { Target } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";
import { describeProblem, problemCodes } from "../../../sdk/problem.ts";
import { ask } from "../../../widget/web/edge.ts";
import { reasonOf } from "../../../widget/web/reasons.ts";

const statuses = [200, 202, 204, 301, 400, 403, 404, 409, 410, 429, 500, 502, 503] as const;
const waits = [
  "",
  "5",
  "0",
  "-1",
  "1e9",
  "Infinity",
  "NaN",
  "0x10",
  "Sat, 21 Nov 2026 00:00:00 GMT",
  " 7 ",
] as const;
const secondsMax = 600;

export const problem: Target = {
  name: "problem",
  about:
    "problem documents as the page reads them: a code of the table, or none; never an exception, never a wait of nothing",
  prepare() {
    const documents = problemCodes.map((code) => ({
      ...describeProblem(code),
      errors: [{ path: "a" }],
    }));
    return Promise.resolve({
      // status ‖ Retry-After ‖ body
      make: (random) =>
        Uint8Array.from([
          random.below(statuses.length),
          random.below(waits.length),
          ...jsonBody(random, random.pick(documents), random.pick(documents)),
        ]),
      async judge(input) {
        const status = statuses[(input[0] ?? 0) % statuses.length]!;
        const wait = waits[(input[1] ?? 0) % waits.length]!;
        const headers = {
          "content-type": "application/problem+json",
          ...(wait && { "retry-after": wait }),
        };
        const body = status === 204 || status === 301 ? null : input.slice(2);
        globalThis.fetch = () => Promise.resolve(new Response(body, { status, headers }));
        const reply = await ask("/v1/answers", { method: "POST" });
        if (reply.is === "here") return { is: "same" };
        if (reply.is === "refused") {
          // The page has no table of codes: an unknown one is shown as any refusal is.
          const reason = reasonOf(reply.code);
          const isSane =
            typeof reply.code === "string" && ["string", "undefined"].includes(typeof reason);
          if (isSane) return { is: "refused", code: reason ?? "asked again" };
          return {
            is: "fault",
            why: `reads ${JSON.stringify(reply.code)} as ${JSON.stringify(reason)}`,
          };
        }
        const isSane = reply.seconds >= 1 && reply.seconds <= secondsMax;
        return isSane
          ? { is: "refused", code: "away" }
          : { is: "fault", why: `waits ${reply.seconds} s after ${wait}` };
      },
    });
  },
};
