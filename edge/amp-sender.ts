// Whose mail posts a form, and what lets the reader's mail client see the answer: amp.dev, "CORS in AMP for Email".
import { Problem } from "../sdk/problem.ts";
import type { Arrival } from "./route.ts";

/** One word of printable ASCII: what a header may repeat, and what no lower-casing turns into another address. */
const oneWord = /^[\x21-\x7e]{3,254}$/;

interface Sender {
  readonly address: string;
  readonly leave: Readonly<Record<string, string>>;
}

/** An origin in the one spelling that browsers send. */
const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** Version 2 is a header, and wins; version 1 a browser's origin with the sender in the address. Undefined without either. */
function senderOf(request: Request): Sender | undefined {
  const named = request.headers.get("amp-email-sender")?.trim();
  if (named !== undefined)
    return oneWord.test(named)
      ? { address: named, leave: { "amp-email-allow-sender": named } }
      : undefined;
  const origin = request.headers.get("origin") ?? "";
  const [source, ...more] = new URL(request.url).searchParams.getAll("__amp_source_origin");
  const address = source?.trim() ?? "";
  if (more.length > 0 || !oneWord.test(address) || !isOrigin(origin)) return undefined;
  return {
    address,
    leave: {
      "access-control-allow-origin": origin,
      "amp-access-control-allow-source-origin": address,
      "access-control-expose-headers": "AMP-Access-Control-Allow-Source-Origin",
      vary: "origin",
    },
  };
}

/**
 * Refuses what no mail of `senders` posts; else the answer, and a refusal too, will be shown to the reader. `senders` are
 * lower-case. Problem: sender-unknown.
 */
export function grantLeave(
  { request, headers }: Pick<Arrival, "request" | "headers">,
  senders: readonly string[],
): void {
  const sender = senderOf(request);
  if (sender === undefined || !senders.includes(sender.address.toLowerCase()))
    throw new Problem("sender-unknown");
  Object.assign(headers, sender.leave);
}

/** What a client is told that asks before it posts. It has not said to which campaign: the form itself will be looked at. */
export const preflightLeave = (request: Request): Readonly<Record<string, string>> => {
  const sender = senderOf(request);
  if (sender === undefined) return {};
  return {
    ...sender.leave,
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "Content-Type, AMP-Email-Sender",
    "access-control-max-age": "600",
  };
};
