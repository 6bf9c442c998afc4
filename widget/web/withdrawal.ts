// What a reader does about a consent given earlier; fetched with the views that ask.
import { unmark } from "./bringing-over.ts";
import { nameOfVisit } from "./delivering.ts";
import { forgetDraft } from "./drafts.ts";
import { isReaders } from "./gesture.ts";
import { forget } from "./kept.ts";
import { change, current, goTo } from "./page.ts";
import { postWithdrawal } from "./requests.ts";

export function keepConsent(): void {
  const step = current()?.step;
  if (step?.at === "withdrawing") goTo(step.back);
}

export async function withdraw(event: Event): Promise<void> {
  const page = current();
  if (!isReaders(event) || page?.step.at !== "withdrawing" || page.step.state === "sending") return;
  const { step, visit } = page;
  goTo({ ...step, state: "sending" });
  const reply = await postWithdrawal(visit.invitation);
  if (reply.is !== "here") return goTo({ ...step, state: "failed" });
  // What still waits on this device was agreed to before.
  const name = nameOfVisit(visit);
  await forget(name);
  await forgetDraft(name);
  await unmark();
  change({ step: { at: "withdrawn", receipt: reply.value.receipt }, answers: {}, agreed: [] });
}
