// What an author does with the files that `maily compile` wrote: everything a sending service must be told, and the commands
// that come next.
import { join } from "node:path";
import type { MailPlan } from "../sdk/schema/mail-plan.ts";
import {
  codesField,
  espParts,
  espTakesAmp,
  invitationField,
  type Esp,
} from "../widget/email/esp.ts";
import { previewCampaign } from "./authored-mail.ts";

/** Of a sealed choice, in base64url. */
const codeCharacters = 22;

export interface NextSteps {
  readonly esp: Esp | undefined;
  readonly out: string;
  readonly edge: string;
  /** Of regions, where they are known. */
  readonly server: readonly string[];
  /** Of the campaign as it is published; undefined where it is not. */
  readonly senders: readonly string[] | undefined;
}

const hasAmp = ({ parts }: MailPlan): boolean =>
  Object.values(parts).some(({ amp }) => amp !== undefined);

/** A column of the readers file by its own name, and the service's where that is another. */
const named = ({ fieldName }: Esp, field: string): string =>
  fieldName(field) === field ? field : `${field} as ${fieldName(field)}`;

/** What of the readers' own columns the service's language leaves to the file. */
function* fieldLines(plan: MailPlan, esp: Esp): Generator<string> {
  if (plan.fields.length === 0) return;
  yield `columns of your own in the mail: ${plan.fields.map((field) => named(esp, field)).join(", ")}`;
  const slots = Object.values(plan.parts)
    .flatMap(({ text, amp = [], html }) => [...text, ...amp, ...html])
    .filter((piece) => typeof piece !== "string" && piece.slot === "field");
  const inAddresses = slots.filter(({ encode, name }) => {
    return encode === "url" && esp.mergeTag(name, "url") === esp.mergeTag(name);
  });
  if (inAddresses.length > 0)
    yield `${esp.title} does not encode what it puts into an address: write ${namesOf(inAddresses)} percent-encoded into the file`;
}

const namesOf = (slots: readonly { readonly name: string }[]): string =>
  [...new Set(slots.map(({ name }) => name))].join(", ");

function* fetchLines({ fetch }: Esp, { server }: NextSteps, amp: boolean): Generator<string> {
  if (fetch === undefined) return;
  const [origin = "https://<the region's server>"] = server;
  yield `or fetched at send time: upload the plan (--upload --server <origin>). ${fetch.says}`;
  const snippets = (["html", ...(amp ? ["amp" as const] : [])] as const).map((part) =>
    fetch.snippet(origin, part),
  );
  for (const snippet of new Set(snippets)) yield `    ${snippet}`;
}

function* espLines(plan: MailPlan, esp: Esp, steps: NextSteps, mint: string): Generator<string> {
  const amp = espTakesAmp(esp) && hasAmp(plan);
  yield `${esp.title}: paste message.* as a template, or block.* into an editor's HTML element`;
  for (const language of plan.languages)
    yield `subject (${language}): ${espParts(esp, plan, language).subject}`;
  const codes = amp ? plan.choices.length * codeCharacters : 0;
  const columns = [`${named(esp, invitationField)} (136 characters)`];
  if (codes > 0) columns.push(`${named(esp, codesField)} (${codes} characters)`);
  yield `columns: ${columns.join(", ")}; ${mint} --esp ${esp.name} writes them. ${esp.field.says}`;
  yield* fieldLines(plan, esp);
  // RFC 8058; services that add their own unsubscribe only those who use it.
  yield `headers, where it lets you set them: List-Unsubscribe: <${plan.edge}/u/${esp.mergeTag(invitationField)}> and List-Unsubscribe-Post: List-Unsubscribe=One-Click`;
  yield `AMP: ${esp.amp.says}`;
  yield `links: ${esp.tracking.says}`;
  const { charactersMax } = esp.field;
  if (charactersMax !== undefined && codes > charactersMax)
    yield `a column of ${esp.title} holds ${charactersMax} characters, the codes have ${codes}: send without the AMP part, or ask fewer questions in the mail`;
  yield* fetchLines(esp, steps, amp);
}

/** What an author does with the files: words for the service, or for sending without one. */
export function nextLines(plan: MailPlan, steps: NextSteps): string[] {
  const { campaign } = plan;
  const { esp, out, edge, senders } = steps;
  const lines: string[] = [];
  if (campaign === previewCampaign)
    lines.push(
      `this is a preview: its links belong to no campaign. Publish first, maily publish <widget> --edge ${edge} …, then compile with --campaign <id>`,
    );
  else if (senders?.length === 0 && hasAmp(plan) && (esp === undefined || espTakesAmp(esp)))
    lines.push(
      `the campaign names no senders: answers inside its mails would be refused. Publish it again with --campaign ${campaign} --senders <the From address>, then compile again`,
    );
  const mint = `maily mint --edge ${edge} --campaign ${campaign} --plan ${join(out, "mail.plan.json")} --readers readers.csv`;
  if (esp !== undefined) return [...lines, ...espLines(plan, esp, steps, mint)];
  const send = mint.replace("mint", "send");
  return [
    ...lines,
    `message.* show a sample reader: look at them, do not send them. To send: ${send} --from <sender> --smtp <address>, files of messages: ${mint} --format eml --out <folder> --from <sender>, or compile with --esp for your sending service`,
  ];
}
