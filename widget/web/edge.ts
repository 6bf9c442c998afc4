// What the page says to the edge, and what it hears (SPEC §4).
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Accepted, Submission } from "../../sdk/schema/submission.ts";
import { hearDate } from "./clock.ts";

const requestMilliseconds = 20_000;
/** How long to wait before trying again where the edge does not say. */
const retrySeconds = 5;
export const retrySecondsMax = 600;

export type Reply<Value> =
  | { readonly is: "here"; readonly value: Value }
  /** The network or the edge is away for now; the same bytes may be sent again. */
  | { readonly is: "away"; readonly offline: boolean; readonly seconds: number }
  | { readonly is: "refused"; readonly code: ProblemCode };

export async function ask<Value>(path: string, request: RequestInit): Promise<Reply<Value>> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...request,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(requestMilliseconds),
    });
    hearDate(response.headers.get("date"));
    // The edge types its routes; the path names which.
    if (response.ok) return { is: "here", value: (await response.json()) as Value };
  } catch {
    return { is: "away", offline: true, seconds: retrySeconds };
  }
  // What stands between may answer in its place: anything, and any wait.
  let code = "internal";
  try {
    code = String(((await response.json()) as { code: unknown }).code);
  } catch {
    // No JSON, or none with members.
  }
  if (response.status !== 408 && response.status !== 429 && response.status < 500)
    return { is: "refused", code: code as ProblemCode };
  const seconds = Number(response.headers.get("retry-after")) || retrySeconds;
  return { is: "away", offline: false, seconds: Math.min(Math.max(seconds, 1), retrySecondsMax) };
}

export const post = (body: object): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** Asked anew each time: a notice or a key may have changed since. */
export async function fetchCampaign(campaign: string, again = 2): Promise<Reply<Manifest>> {
  const reply = await ask<Manifest>(`/v1/campaigns/${campaign}`, { cache: "no-cache" });
  if (reply.is !== "away" || again === 0) return reply;
  // A connection that comes back breaks what was asked while it did.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return fetchCampaign(campaign, again - 1);
}

export const postAnswer = (submission: Submission): Promise<Reply<Accepted>> =>
  ask("/v1/answers", post(submission));
