// One reader's AMP mail, and what comes back of it.
import { expect } from "vitest";
import { fillTemplate, templateOf } from "../../sdk/mail-plan.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { AmpSubmission } from "../../sdk/schema/submission.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { ampPart, type AmpOptions, type AmpPart } from "../../widget/email/amp.ts";
import { invitation, viewIn } from "./views.ts";

/** A code that a test can read: canonical base64url of 16 bytes that begin with both indices. */
export const codeOf = (question: number, option: number): string =>
  Buffer.from([1, question, option, ...Array.from({ length: 13 }, () => 7)]).toString("base64url");

/** The question and the option of a code. */
export function choiceOf(code: string): readonly [question: number, option: number] {
  const [, question = -1, option = -1] = Buffer.from(code, "base64url");
  return [question, option];
}

/** A part with one reader's slots filled; `orderOf` shuffles. */
export function filledAmp(
  { amp, choices }: AmpPart,
  orderOf?: (question: number, count: number) => readonly number[],
): string {
  // All that filling reads of a plan.
  const plan = { choices } as unknown as MailPlan;
  return fillTemplate(plan, templateOf(amp), {
    invitation,
    codes: choices.map(([question, option]) => codeOf(question, option)),
    fields: {},
    ...(orderOf !== undefined && { orderOf }),
  });
}

/** One reader's mail; fails where the widget has no AMP part. */
export function ampMail(widget: Widget, language: string, codes: AmpOptions["codes"]): string {
  const part = ampPart(viewIn(widget, language), { codes });
  if (part === undefined) throw new Error("no AMP part");
  return filledAmp(part);
}

/** A form's body as the edge reads it (SPEC §3.9): nothing but `invitation`, `consent`, `language` and `q.<id>`. */
export function submissionOf(body: string): AmpSubmission {
  const form = new URLSearchParams(body);
  const choices: Record<string, string[]> = {};
  for (const [name, value] of form)
    if (name.startsWith("q.")) (choices[name.slice(2)] ??= []).push(value);
    else expect(["invitation", "consent", "language"]).toContain(name);
  return AmpSubmission.parse({
    invitation: form.get("invitation"),
    consent: form.getAll("consent"),
    language: form.get("language") ?? undefined,
    choices,
  });
}

/** Option indices by question id, as the region reads them. */
export function chosenIn(widget: Widget, { choices }: AmpSubmission): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(choices).map(([id, codes]) => [
      id,
      codes.map((code) => {
        const [question, option] = choiceOf(code);
        expect(widget.questions[question]?.id, "a code of its own question").toBe(id);
        return option;
      }),
    ]),
  );
}
