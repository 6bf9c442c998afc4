// One reader's mail as a whole message (RFC 5322): three parts, the poorest first, and one click to unsubscribe.
import { createHash } from "node:crypto";
import MailComposer from "nodemailer/lib/mail-composer";
import type Mail from "nodemailer/lib/mailer";
import type { FilledParts } from "../sdk/mail-plan.ts";
import { Problem } from "../sdk/problem.ts";
import type { Minted, MintPlan } from "./mint.ts";
import type { Reader } from "./readers.ts";

/** The column that, where there is one, stands before the address in `To`. */
const nameColumn = "name";

export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** A sender such as `Ada <ada@sender.example>`, or the address alone. Problem: configuration-invalid. */
export function senderOf(text: string): Sender {
  const [, name = "", bracketed, plain] =
    /^(?:([^<>]*?)\s*<([^\s<>@]+@[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+))$/.exec(text.trim()) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined)
    throw new Problem("configuration-invalid", {
      detail: `"${text}" is no sender; write one such as "Ada <ada@sender.example>".`,
    });
  return { name: name.replace(/^"(.*)"$/, "$1"), address };
}

/** No line break of a reader's own column may begin a header, nor a tab widen it. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/**
 * The same for the same mail to the same reader, so that one that was sent twice after all is shown once; of another
 * subject or content, another.
 */
function messageIdOf(minted: Minted, { subject, text, html }: FilledParts, from: Sender): string {
  const digest = createHash("sha256");
  for (const part of [minted.invitation, subject, text, html]) digest.update(part).update("\0");
  const [, domain = ""] = from.address.split("@");
  return `<${digest.digest("base64url").slice(0, 24)}@${domain}>`;
}

/**
 * What nodemailer sends: To, From, Subject, Message-ID, one-click unsubscription (RFC 8058), and text/plain,
 * text/x-amp-html, text/html in this order (RFC 2046 §5.1.4: the last a client understands is shown). Problem:
 * configuration-invalid for a reader without an address.
 */
export function messageOf(
  plan: MintPlan,
  minted: Minted,
  filled: FilledParts,
  reader: Pick<Reader, "email" | "language" | "fields">,
  from: Sender,
): Mail.Options {
  const { email, fields } = reader;
  if (email === undefined)
    throw new Problem("configuration-invalid", { detail: "A reader without an address." });
  const unsubscribe = `${plan.minting.edge}/u/${minted.invitation}`;
  return {
    from: { name: from.name, address: from.address },
    to: { name: oneLine(fields[nameColumn] ?? ""), address: email },
    subject: oneLine(filled.subject),
    messageId: messageIdOf(minted, filled, from),
    headers: {
      "List-Unsubscribe": { prepared: true, value: `<${unsubscribe}>` },
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    text: filled.text,
    ...(filled.amp !== undefined && { amp: filled.amp }),
    html: filled.html,
    // Nothing of a reader's columns names a file or address that is then fetched into the mail.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The message's bytes, CRLF and all, unsigned. */
export const composed = (message: Mail.Options): Promise<Buffer> =>
  new MailComposer(message).compile().build();
