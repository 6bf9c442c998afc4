// A compiled mail as a template of an email service provider: its merge tags in the slots, its tracking told to leave our
// links alone.
import {
  escapeHtml,
  fillPlan,
  invitationToken,
  type FilledParts,
  type SlotValues,
} from "../../sdk/mail-plan.ts";
import { Problem } from "../../sdk/problem.ts";
import type { MailPlan, MailTemplate } from "../../sdk/schema/mail-plan.ts";
import { espNames, type Esp, type EspName } from "./esp-dialect.ts";
import {
  braze,
  customerio,
  hubspot,
  iterable,
  klaviyo,
  mailchimp,
  salesforce,
} from "./esp-marketing.ts";
import { mailgun, mandrill, postmark, sendgrid, ses, sparkpost } from "./esp-sending.ts";

export { espNames };
export type { Esp };

const dialects: Readonly<Record<EspName, Esp>> = {
  sendgrid,
  ses,
  mailgun,
  sparkpost,
  mailchimp,
  mandrill,
  braze,
  klaviyo,
  customerio,
  iterable,
  hubspot,
  salesforce,
  postmark,
};

/** The columns of the import file that hold a reader's invitation, and all of the reader's codes. */
export const invitationField = "maily_invitation";
export const codesField = "maily_codes";

const aliases: Readonly<Record<string, string>> = {
  amazonses: "ses",
  mailchimptransactional: "mandrill",
  salesforcemarketingcloud: "salesforce",
  sfmc: "salesforce",
};

/** A service by its name, however written. Throws Problem configuration-invalid with the names there are. */
export function espNamed(name: string): Esp {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const found = espNames.find((known) => known === (aliases[plain] ?? plain));
  if (found === undefined)
    throw new Problem("configuration-invalid", {
      errors: [`no email service is called ${name}; write one of ${espNames.join(", ")}`],
    });
  return dialects[found];
}

/** How the AMP part must be compiled for a service: each option with its code, or one slot for all. */
export const codesFor = (esp: Esp): "direct" | "packed" =>
  esp.slice === undefined ? "packed" : "direct";

export const espTakesAmp = ({ amp: { carries } }: Esp): boolean =>
  carries === "yes" || carries === "on-application";

const hasCodes = (template: MailTemplate): boolean =>
  template.some((piece) =>
    typeof piece === "string"
      ? false
      : piece.slot === "shuffled"
        ? piece.items.some(hasCodes)
        : piece.slot === "code",
  );

/**
 * Merge tags in place of one reader's texts, for `fillTemplate`. Throws Problem configuration-invalid where the plan wants
 * single codes and the service's language cannot cut them out.
 */
export function espValues(esp: Esp, plan: MailPlan): SlotValues {
  const { slice } = esp;
  if (slice === undefined && Object.values(plan.parts).some(({ amp }) => amp && hasCodes(amp)))
    throw new Problem("configuration-invalid", {
      errors: [
        `${esp.title} cannot cut one code out of a field; compile for it with packed codes: \`maily compile --esp ${esp.name}\``,
      ],
    });
  return {
    invitation: esp.mergeTag(invitationField),
    codes: slice === undefined ? [] : plan.choices.map((_, index) => slice(codesField, index)),
    packed: esp.mergeTag(codesField),
    fields: {},
    fieldOf: (name, encode) => esp.mergeTag(name, encode),
  };
}

/** Links with the invitation in the path too; `/p` has its own address for that (SPEC §3.4, §3.10). */
const inPath = (text: string): string =>
  text
    .replaceAll(
      new RegExp(`(/a/[\\w-]{11})((?:\\?lang=[\\w-]+)?#${invitationToken})`, "g"),
      `$1/${invitationToken}$2`,
    )
    .replaceAll(
      new RegExp(`/p/[\\w-]{11}((?:\\?lang=[\\w-]+)?)#${invitationToken}`, "g"),
      `/u/${invitationToken}$1`,
    );

/** Marks each link of HTML to `edge` as one that click tracking leaves alone. */
function untracked(esp: Esp, html: string, edge: string): string {
  const mark = esp.tracking.untracked;
  if (mark === undefined) return html;
  const toEdge = `href="${escapeHtml(edge)}/`;
  // Up to the next bracket only: linear, whatever the template.
  return html.replaceAll(/<a\s[^<>]*/g, (tag) => {
    if (!tag.includes(toEdge)) return tag;
    if ("attribute" in mark) return tag.replace(/^<a/, `<a ${mark.attribute}`);
    return / class="/.test(tag)
      ? tag.replace(' class="', ` class="${mark.className} `)
      : tag.replace(/^<a/, `<a class="${mark.className}"`);
  });
}

/**
 * One language's parts, ready to be pasted into the service; without the AMP part where it takes none. Throws Problem as
 * `espValues`.
 */
export function espParts(esp: Esp, plan: MailPlan, language: string): FilledParts {
  // The token stands where the tag will: no plan has one in its fixed texts.
  const filled = fillPlan(plan, language, { ...espValues(esp, plan), invitation: invitationToken });
  const finished = (text: string): string =>
    (esp.tracking.linkForm === "path" ? inPath(text) : text).replaceAll(invitationToken, () =>
      esp.mergeTag(invitationField),
    );
  return {
    subject: filled.subject,
    text: finished(filled.text),
    amp: espTakesAmp(esp) && filled.amp !== undefined ? finished(filled.amp) : undefined,
    html: finished(untracked(esp, filled.html, plan.edge)),
  };
}
