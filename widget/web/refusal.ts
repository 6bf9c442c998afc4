// What follows where the edge refuses an answer: the same reader is asked again with what is true now, or told why not.
import type { ProblemCode } from "../../sdk/problem.ts";
import { fetchCampaign } from "./edge.ts";
import { fetchMore } from "./fetch-more.ts";
import { change, current, goTo, type SentFrom } from "./page.ts";
import { reasonOf } from "./reasons.ts";
import { askAgain } from "./sending.ts";
import { surroundings } from "./surroundings.ts";
import { visitOf } from "./visit.ts";
import type { Note, Reason } from "./words/words.ts";

/** Fetches the campaign again, with its notice and keys as they are now; the reason where it now admits nobody. */
async function fetchAgain(optedOut: boolean): Promise<Reason | undefined> {
  const page = current();
  if (page === undefined) return undefined;
  const reply = await fetchCampaign(page.visit.manifest.id);
  // Away: the reader sends again by what is known, and hears the same or better.
  if (reply.is === "away") return undefined;
  if (reply.is === "refused") return reasonOf(reply.code) ?? "other";
  // It may ask by now what it did not before.
  if (!(await fetchMore(reply.value.definition))) return undefined;
  const visit = await visitOf(reply.value, page.visit.invitation, surroundings(optedOut));
  if (typeof visit === "string") return visit;
  // A consent is given to one notice: what was chosen under another is asked again.
  const changed = visit.manifest.notice.version !== page.visit.manifest.notice.version;
  change({ visit, agreed: changed || optedOut ? [] : page.agreed });
  return undefined;
}

const notes: Partial<Record<ProblemCode, Note>> = {
  "notice-stale": "notice",
  "purpose-unknown": "notice",
  "consent-missing": "consent",
  "gpc-opt-out": "control",
  "consent-time": "clock",
};

/** `from` is where the answer is still in memory and can be sealed again; without it the reader answers again. */
export async function refuse(code: ProblemCode, from: SentFrom | undefined): Promise<void> {
  const reason = reasonOf(code);
  if (reason !== undefined) return goTo({ at: "refused", reason });
  // Whatever else is refused may rest on a notice or a key that has changed since.
  const found = await fetchAgain(code === "gpc-opt-out");
  if (found !== undefined) return goTo({ at: "refused", reason: found });
  if (from === undefined)
    return goTo({
      at: "refused",
      reason: code === "consent-withdrawn" ? "withdrawn" : "outdated",
    });
  goTo(askAgain(from, notes[code] ?? "again"));
}
