// A finished message's headers and outline: what mailbox providers ask of bulk mail, and what breaks on the way.
import { reporter, type Finding } from "./lint-finding.ts";
import { headerOf, outlineOf, type MimePart } from "./lint-mime.ts";

/** RFC 5322 §2.1.1, octets without CRLF. */
const lineOctetsMax = 998;

type Report = ReturnType<typeof reporter>;

const atLine = (line: number) => ({ line, column: 1 });

/** RFC 5322 §3.6: what a message must have, and none of it twice. */
const single = [
  ["from", "RFC 5322 wants exactly one; clients and DMARC go by it", "Write one From."],
  [
    "date",
    "RFC 5322 wants exactly one; filters hold a mail without it for a forgery",
    "Write the time of sending.",
  ],
  [
    "message-id",
    "answers, bounces and duplicates are matched by it",
    "Write `<unique@your-domain>`.",
  ],
  ["subject", "inboxes show it", "Write one Subject."],
  [
    "mime-version",
    "without it clients may show the parts as raw text",
    "Write `MIME-Version: 1.0`.",
  ],
] as const;

function* lintPresence(report: Report, message: MimePart): Generator<Finding> {
  for (const [name, why, remedy] of single) {
    const found = message.headers.filter((header) => header.name === name);
    if (found.length === 1) continue;
    yield report(
      name === "mime-version" || name === "subject" ? "warning" : "error",
      "header-missing",
      found.length === 0
        ? `There is no ${name} header: ${why}.`
        : `There are ${found.length} ${name} headers: ${why}.`,
      remedy,
      atLine(found[1]?.line ?? 1),
    );
  }
  const precedence = headerOf(message, "precedence");
  if (precedence !== undefined && !/^(?:bulk|list)$/i.test(precedence.value))
    yield report(
      "warning",
      "header-precedence",
      `Precedence: ${precedence.value} is none that providers know for mail to many.`,
      "Write `bulk`, or leave it out.",
      atLine(precedence.line),
    );
}

/** RFC 2369 and RFC 8058, which Gmail and Yahoo ask of everybody who sends to many. */
function* lintUnsubscribe(report: Report, message: MimePart): Generator<Finding> {
  const list = headerOf(message, "list-unsubscribe");
  const post = headerOf(message, "list-unsubscribe-post");
  const remedy =
    "Write `List-Unsubscribe: <https://<edge>/u/<invitation>>` and `List-Unsubscribe-Post: List-Unsubscribe=One-Click`.";
  if (list === undefined)
    yield report(
      "error",
      "header-unsubscribe",
      "There is no List-Unsubscribe header: Gmail and Yahoo send mail to many without it to spam.",
      remedy,
    );
  else if (!/<https:\/\/[^>\s]+>/.test(list.value))
    yield report(
      "error",
      "header-unsubscribe",
      "List-Unsubscribe names no https address, which one click needs (RFC 8058 §3.1).",
      remedy,
      atLine(list.line),
    );
  if (list !== undefined && post?.value !== "List-Unsubscribe=One-Click")
    yield report(
      "error",
      "header-unsubscribe",
      post === undefined
        ? "There is no List-Unsubscribe-Post header beside List-Unsubscribe: providers show no button (RFC 8058)."
        : `List-Unsubscribe-Post says "${post.value.slice(0, 60)}"; RFC 8058 knows only List-Unsubscribe=One-Click.`,
      remedy,
      atLine(post?.line ?? list.line),
    );
}

const domainOf = (from: string): string | undefined =>
  /@([a-z0-9.-]{1,253})>?\s*$/i.exec(from.replace(/\([^)]{0,500}\)/g, ""))?.[1]?.toLowerCase();

/** DMARC's relaxed alignment, as far as it can be told without the public suffix list. */
const aligned = (one: string, other: string): boolean =>
  one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);

const tagOf = (signature: string, tag: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${tag}=\\s*([^;]{1,4000})`)
    .exec(signature)?.[1]
    ?.replace(/\s+/g, "")
    .toLowerCase();

const signedHeaders = ["from", "list-unsubscribe", "list-unsubscribe-post"] as const;

function* lintSignature(report: Report, message: MimePart): Generator<Finding> {
  const signatures = message.headers.filter(({ name }) => name === "dkim-signature");
  const [first] = signatures;
  if (first === undefined) {
    yield report(
      "warning",
      "dkim",
      "The message has no DKIM signature: unsigned, AMP is never shown, and mail to many is refused.",
      "Sign it, `maily send --dkim <key>`, or be sure that your service does.",
    );
    return;
  }
  const from = headerOf(message, "from");
  const domain = domainOf(from?.value ?? "");
  const ours = signatures.find(({ value }) => {
    const signer = tagOf(value, "d");
    return signer !== undefined && domain !== undefined && aligned(signer, domain);
  });
  if (ours === undefined) {
    yield report(
      "error",
      "dkim",
      `No DKIM signature is by the domain of From, ${domain ?? "which cannot be read"}: DMARC fails, and AMP is never shown.`,
      "Sign with `d=` the domain of From, or one above it.",
      atLine(first.line),
    );
    return;
  }
  const covered = tagOf(ours.value, "h")?.split(":") ?? [];
  for (const name of signedHeaders)
    if (headerOf(message, name) !== undefined && !covered.includes(name))
      yield report(
        "error",
        "dkim",
        `The DKIM signature does not cover ${name}${name === "from" ? "" : ": RFC 8058 §4 wants it covered, or one click is not offered"}.`,
        `Add ${name} to \`h=\`.`,
        atLine(ours.line),
      );
}

/** RFC 2046 §5.1.4: plainest first; clients show the last that they know. */
const ranks: Readonly<Record<string, number>> = {
  "text/plain": 0,
  "text/x-amp-html": 1,
  "text/html": 2,
};

function* lintOutline(report: Report, parts: readonly MimePart[]): Generator<Finding> {
  let last: MimePart | undefined;
  for (const part of parts) {
    const rank = ranks[part.type];
    if (rank === undefined) continue;
    if (last !== undefined && last.within === part.within && (ranks[last.type] ?? 0) > rank)
      yield report(
        "error",
        "part-order",
        `${part.type} comes after ${last.type}: clients show the last part that they know, so some would show the wrong one.`,
        "Write text/plain, then text/x-amp-html, then text/html.",
        atLine(part.line),
      );
    last = part;
    const charset = part.parameters.get("charset")?.toLowerCase();
    if (charset !== "utf-8" && (charset !== undefined || part.eightBit || rank > 0))
      yield report(
        charset === undefined ? "warning" : "error",
        "part-charset",
        charset === undefined
          ? `${part.type} does not say its character set: clients guess.`
          : `${part.type} is in ${charset}; AMP takes only UTF-8, and mixed sets break when a mail is forwarded.`,
        "Write `charset=utf-8`.",
        atLine(part.line),
      );
    const encoding = headerOf(part, "content-transfer-encoding")?.value.toLowerCase() ?? "7bit";
    if (part.eightBit && encoding !== "8bit" && encoding !== "binary")
      yield report(
        "error",
        "part-encoding",
        `${part.type} is said to be ${encoding} and has other octets: servers on the way garble it.`,
        "Encode it as quoted-printable or base64.",
        atLine(part.line),
      );
  }
  if (!parts.some(({ type }) => type === "text/x-amp-html")) return;
  const amp = parts.find(({ type }) => type === "text/x-amp-html");
  if (!parts.some(({ type, within }) => type === "text/html" && within === amp?.within))
    yield report(
      "error",
      "part-order",
      "text/x-amp-html has no text/html beside it: clients without AMP, and every forwarded mail, show nothing of it.",
      "Put both into one multipart/alternative.",
      atLine(amp?.line ?? 1),
    );
}

function* lintLines(report: Report, lines: readonly string[]): Generator<Finding> {
  for (const [index, line] of lines.entries())
    if (line.length > lineOctetsMax)
      yield report(
        "error",
        "line-length",
        `The line has ${line.length} octets; RFC 5322 allows ${lineOctetsMax}, and servers cut or fold what is longer, which breaks links and signatures.`,
        "Encode the part as quoted-printable or base64.",
        { line: index + 1, column: lineOctetsMax + 1 },
      );
}

/** A whole message, one character an octet. */
export function* lintHeaders(text: string): Generator<Finding> {
  const report = reporter({ part: "headers" });
  const { parts, lines } = outlineOf(text);
  const [message] = parts;
  if (message === undefined) return;
  yield* lintPresence(report, message);
  yield* lintUnsubscribe(report, message);
  yield* lintSignature(report, message);
  yield* lintOutline(report, parts);
  yield* lintLines(report, lines);
}
