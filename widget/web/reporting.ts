// Sends what a reader did: sealed like an answer, by a beacon that outlives the page and hears no answer. Best effort: what
// does not arrive is not missed, and never tried again.
import { eventLimits } from "../../sdk/events.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Event as Happening } from "../../sdk/schema/event.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import type { Open } from "./page.ts";

/** Of one visit: well below what the edge takes of a reader in an hour. */
const batchesMax = 20;

let batches = 0;

/** As sending.ts seals: the page's own, given. */
export type Sealed = (page: Open, consent: Consent, content: object) => Promise<Submission>;

const bodyOf = (submission: Submission): Blob =>
  new Blob([JSON.stringify(submission)], { type: "application/json" });

function send(body: Blob): void {
  batches += 1;
  navigator.sendBeacon("/v1/events", body);
}

/** Seals and sends, as long as the visit has not sent too much. */
export async function report(
  sealed: Sealed,
  page: Open,
  consent: Consent,
  events: readonly Happening[],
): Promise<void> {
  for (let first = 0; first < events.length && batches < batchesMax; first += eventLimits.events)
    send(
      bodyOf(
        await sealed(page, consent, { events: events.slice(first, first + eventLimits.events) }),
      ),
    );
}

let prepared: Blob | undefined;
let preparedFor: string | undefined;

/**
 * Has ready what a page that goes says of a reader who has not sent: `at` is when the reader came to where they were. Without
 * consent nothing is.
 */
export async function prepareLeaving(
  sealed: Sealed,
  page: Open,
  consent: Consent | undefined,
  question: string | undefined,
  at: string,
): Promise<void> {
  const wanted = consent && `${consent.givenAt} ${question}`;
  if (wanted === preparedFor) return;
  preparedFor = wanted;
  prepared = undefined;
  if (consent === undefined) return;
  const left: Happening = { kind: "abandon", at, ...(question !== undefined && { question }) };
  const submission = await sealed(page, consent, { events: [left] });
  if (preparedFor === wanted) prepared = bodyOf(submission);
}

/** Once each time the reader leaves. */
export function sendPrepared(): void {
  if (prepared !== undefined && batches < batchesMax) send(prepared);
  prepared = undefined;
}
