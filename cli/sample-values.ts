// A reader who does not exist, for looking at a compiled mail: texts of the right lengths where a reader's own will be.
import { createHash } from "node:crypto";
import type { SlotValues } from "../sdk/mail-plan.ts";
import { shuffleOrder } from "../sdk/node/choices.ts";
import type { MailPlan } from "../sdk/schema/mail-plan.ts";

const invitationCharacters = 136;
const codeCharacters = 22;

/** `length` characters of base64url, the same for the same seed. */
function characters(seed: string, length: number): string {
  let text = "";
  for (let block = 0; text.length < length; block++)
    text += createHash("sha512").update(`${seed} ${block}`).digest("base64url");
  return text.slice(0, length);
}

/** What a plan's slots hold for one invented reader; a field without a value shows its own name. No edge admits the invitation. */
export function sampleValues(
  plan: Pick<MailPlan, "choices" | "fields">,
  seed: string,
  fields: Readonly<Record<string, string>> = {},
): SlotValues {
  const readerKey = Uint8Array.from(createHash("sha256").update(seed).digest());
  return {
    invitation: characters(`${seed} invitation`, invitationCharacters),
    codes: plan.choices.map((choice) => characters(`${seed} ${choice.join()}`, codeCharacters)),
    fields: Object.fromEntries(plan.fields.map((name) => [name, fields[name] ?? name])),
    orderOf: (question, count) => shuffleOrder(readerKey, question, count),
  };
}
