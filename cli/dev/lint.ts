// What `maily lint` says of the mail that is shown, as the page shows it.
import type { FilledParts } from "../../sdk/mail-plan.ts";
import { lintMail, type Finding } from "../../widget/email/lint.ts";

export type ShownFinding = Pick<
  Finding,
  "rule" | "severity" | "part" | "line" | "message" | "remedy"
>;

/** One language's findings; `choices` is how many sealed choices the AMP part carries. */
export async function lintFilled(
  { subject, text, amp, html }: FilledParts,
  language: string,
  choices: number,
): Promise<readonly ShownFinding[]> {
  const parts = { subject, text, html, ...(amp !== undefined && { amp }) };
  const findings = await lintMail({ parts: { [language]: parts }, choices });
  return findings.map(({ rule, severity, part, line, message, remedy }) => ({
    rule,
    severity,
    part,
    line,
    message,
    remedy,
  }));
}
