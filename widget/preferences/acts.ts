// What a reader does here. Each begins with a reader's own press, and says in words how it ended.
import { base64url } from "../../sdk/bytes.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { ReaderRequest } from "../../sdk/schema/submission.ts";
import { fetchCampaign, type Reply } from "../web/edge.ts";
import { isReaders } from "../web/gesture.ts";
import { postPreferences, postRequest, postWithdrawal } from "../web/requests.ts";
import { guestOf } from "./arrival.ts";
import { change, current, mark, type ActName, type Center } from "./center.ts";
import type { Fault } from "./words/words.ts";

const requestIdBytes = 16;

const faults: Partial<Record<ProblemCode, Fault>> = {
  "invitation-malformed": "forged",
  "invitation-forged": "forged",
  "invitation-expired": "over",
  "campaign-closed": "over",
  "notice-stale": "notice",
  "purpose-unknown": "notice",
  "key-unknown": "notice",
  "gpc-opt-out": "notice",
  "consent-missing": "consent",
  "consent-time": "clock",
  "region-mismatch": "keys",
};

const faultOf = (reply: Exclude<Reply<unknown>, { is: "here" }>): Fault =>
  reply.is === "away" ? (reply.offline ? "offline" : "busy") : (faults[reply.code] ?? "other");

/** From a press to its end; a second press meanwhile does nothing. `ask` gives a fault where it need not ask the edge. */
async function act<Value>(
  event: Event,
  name: ActName,
  ask: (center: Center) => Promise<Reply<Value> | Fault>,
  done: (value: Value) => void,
): Promise<void> {
  const center = current();
  if (center === undefined || !isReaders(event) || center.acts[name].at === "working") return;
  mark(name, { at: "working" });
  let reply: Reply<Value> | Fault;
  try {
    reply = await ask(center);
  } catch {
    // A part of the page that is fetched when it is wanted, and was not to be had.
    reply = "offline";
  }
  if (typeof reply === "string") return mark(name, { at: "failed", fault: reply });
  if (reply.is === "here") return done(reply.value);
  const fault = faultOf(reply);
  if (fault === "notice")
    await renew(center, reply.is === "refused" && reply.code === "gpc-opt-out");
  mark(name, { at: "failed", fault });
}

/** The campaign as it is now: its notice and keys have changed since, or the edge saw the browser opt out. */
async function renew({ visit, agreed }: Center, optedOut: boolean): Promise<void> {
  const reply = await fetchCampaign(visit.manifest.id);
  if (reply.is !== "here") return;
  const renewed = guestOf(reply.value, visit.invitation, optedOut);
  // A consent is given to one notice: what was chosen under another is asked again.
  const changed = reply.value.notice.version !== visit.manifest.notice.version;
  if (typeof renewed !== "string")
    change({ visit: renewed, agreed: changed || optedOut ? [] : agreed });
}

/** A request that may have arrived is sent again under its own id, and adds nothing. */
const requestIds = new Map<ReaderRequest["request"], string>();

async function request(kind: ReaderRequest["request"], { visit }: Center) {
  const requestId =
    requestIds.get(kind) ?? base64url(crypto.getRandomValues(new Uint8Array(requestIdBytes)));
  requestIds.set(kind, requestId);
  const reply = await postRequest({ invitation: visit.invitation, requestId, request: kind });
  if (reply.is === "here") requestIds.delete(kind);
  return reply;
}

/** And back: the latest of the two holds. */
export const subscribe = (event: Event, yes: boolean): Promise<void> =>
  act(
    event,
    "subscription",
    (center) => request(yes ? "resubscribe" : "unsubscribe", center),
    () => {
      change({ unsubscribed: !yes });
      mark("subscription", { at: "done" });
    },
  );

export const erase = (event: Event): Promise<void> =>
  act(
    event,
    "erase",
    (center) => request("erase", center),
    () => {
      forgetCopy();
      mark("erase", { at: "done" });
    },
  );

export const withdraw = (event: Event): Promise<void> =>
  act(
    event,
    "withdraw",
    ({ visit }) => postWithdrawal(visit.invitation),
    ({ receipt }) => {
      forgetCopy();
      mark("withdraw", { at: "done", receipt });
    },
  );

/** What was true of it is so no longer. */
function forgetCopy(): void {
  const center = current();
  if (center === undefined) return;
  const { copy: _, ...rest } = center;
  change({ ...rest, topics: [], frequency: undefined, agreed: [] });
  mark("copy", { at: "idle" });
  mark("before", { at: "idle" });
  mark("save", { at: "idle" });
}

export const save = (event: Event): Promise<void> =>
  act(
    event,
    "save",
    async (center) => {
      const { purposes: asked } = center.visit;
      const purposes = asked
        .filter(({ id, required }) => required || center.agreed.includes(id))
        .map(({ id }) => id);
      if (purposes.length === 0) return "consent";
      const { sealedChoices } = await import("./saving.ts");
      const submission = await sealedChoices(center, purposes);
      return submission === undefined ? "keys" : postPreferences(submission);
    },
    ({ receipt }) => mark("save", { at: "done", receipt }),
  );

const copyOf = async ({ visit }: Center) => (await import("./own-copy.ts")).fetchCopy(visit);

export const showCopy = (event: Event): Promise<void> =>
  act(event, "copy", copyOf, (copy) => {
    change({ copy });
    mark("copy", { at: "done" });
  });

/** Fills the choices with what was saved last, for whoever wants to change only some of it. */
export const showBefore = (event: Event): Promise<void> =>
  act(event, "before", copyOf, (copy) => {
    const [last] = copy.read.preferences;
    change({
      copy,
      ...(last !== undefined && {
        topics: last.topics,
        frequency: last.frequency,
        agreed: last.consent.purposes,
      }),
    });
    mark("before", { at: "done" });
  });

/** A choice that is changed is not saved any more. */
export function choose(changes: Partial<Pick<Center, "topics" | "frequency" | "agreed">>): void {
  change(changes);
  const at = current()?.acts.save.at;
  if (at === "done" || at === "failed") mark("save", { at: "idle" });
}
