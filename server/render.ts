// One reader's mail, filled at send time for those who fetch content then (SPEC §3.12).
import { fillPlan, type FilledParts, type SlotValues } from "../sdk/mail-plan.ts";
import { choiceKey, sealChoices, shuffleOrder } from "../sdk/node/choices.ts";
import { Problem } from "../sdk/problem.ts";
import type { MailPlan } from "../sdk/schema/mail-plan.ts";
import { choicesFor, type ChoiceRoots } from "./choice-roots.ts";
import type { MailPlans } from "./mail-plans.ts";
import { identify, type Identified, type Identifying } from "./verify-reader.ts";

/** Mails filled in a second by one process; whoever asks for more waits. */
export const rendersPerSecondMax = 500;
const retryAfterSeconds = 1;

/** Lets so many pass in each second of the clock; takes Unix milliseconds and throws Problem `rate-limited`. */
export function renderRate(): (now: number) => void {
  let second = 0;
  let count = 0;
  return (now) => {
    const current = Math.floor(now / 1000);
    if (current !== second) count = 0;
    second = current;
    if (++count > rendersPerSecondMax) throw new Problem("rate-limited", { retryAfterSeconds });
  };
}

export interface RenderFrom extends Identifying {
  readonly choiceRoots: Pick<ChoiceRoots, "rootOf">;
  readonly mailPlans: Pick<MailPlans, "of">;
  /** Throws Problem `rate-limited`. */
  readonly take: ReturnType<typeof renderRate>;
}

export interface RenderRequest {
  readonly invitation: string;
  /** Without it, or where the mail lacks it, the mail's first. */
  readonly language: string | undefined;
  readonly fields: SlotValues["fields"];
}

export interface RenderedMail extends FilledParts {
  /** All codes, 22 characters each, in the order of the plan's `choices`. */
  readonly codes: string;
}

/** What only this region and the tenant's renderer can make for a reader; nothing where the campaign has no choice root. */
function sealedFor(
  plan: MailPlan,
  { invitation, revisions }: Identified,
  { region, choiceRoots }: RenderFrom,
): Pick<SlotValues, "codes" | "orderOf"> {
  const campaign = revisions.find(({ revision }) => revision === plan.revision);
  if (campaign === undefined || choicesFor(campaign, region) === undefined) {
    // The mail was compiled for a revision that is not kept any more.
    if (plan.choices.length > 0) throw new Problem("mail-unknown");
    return { codes: [] };
  }
  const readerKey = choiceKey(choiceRoots.rootOf(campaign), invitation.body.reader);
  const choices = plan.choices.map(
    ([question, option]) => ({ question, option, channel: "amp" }) as const,
  );
  return {
    codes: sealChoices(readerKey, choices),
    orderOf: (question, count) => shuffleOrder(readerKey, question, count),
  };
}

/**
 * The invitation's signature is the leave to see what its reader was sent. Problems: those of `identify`, and
 * `mail-unknown`, `key-unknown`, `rate-limited`.
 */
export async function renderMail(request: RenderRequest, from: RenderFrom): Promise<RenderedMail> {
  const now = Date.now();
  const identified = identify(request.invitation, Math.floor(now / 1000), from);
  // No mail was made for a visitor.
  if (identified.invitation.body.visit) throw new Problem("invitation-forged");
  // Not before: whoever has no invitation would else keep mails from those who have.
  from.take(now);
  const plan = from.mailPlans.of(identified.id);
  const sealed = sealedFor(plan, identified, from);
  const language = request.language ?? plan.languages[0] ?? "";
  const { invitation, fields } = request;
  return {
    ...fillPlan(plan, language, { invitation, fields, ...sealed }),
    codes: sealed.codes.join(""),
  };
}
