// Mails to break in one place each.
import {
  lintMail,
  type Finding,
  type LintedParts,
  type LintInput,
} from "../../widget/email/lint.ts";

/** A whole HTML document with nothing wrong; `body` begins on line 10. */
export const document = (body: string, head = ""): string =>
  [
    "<!doctype html>",
    '<html lang="en" dir="ltr">',
    "<head>",
    '<meta charset="utf-8">',
    "<title>Two questions</title>",
    head,
    "</head>",
    "<body>",
    "<!-- the body -->",
    body,
    "</body>",
    "</html>",
    "",
  ].join("\n");

/** An AMP part with nothing wrong; `body` begins on line 12. */
export const ampDocument = (body: string, head = ""): string =>
  [
    "<!doctype html>",
    '<html ⚡4email data-css-strict lang="en" dir="ltr">',
    "<head>",
    '<meta charset="utf-8">',
    '<script async src="https://cdn.ampproject.org/v0.js"></script>',
    head,
    "<style amp4email-boilerplate>body{visibility:hidden}</style>",
    "<style amp-custom></style>",
    "</head>",
    "<body>",
    "<!-- the body -->",
    body,
    "</body>",
    "</html>",
    "",
  ].join("\n");

export const script = (name: string): string =>
  `<script async custom-element="${name}" src="https://cdn.ampproject.org/v0/${name}-0.1.js"></script>`;

export const lintParts = (
  parts: LintedParts,
  more: Partial<LintInput> = { alone: true },
): Promise<Finding[]> => lintMail({ parts: { en: parts }, ...more });

/** What is told of one HTML body, as `rule line:column`. */
export async function toldOf(body: string, head = ""): Promise<string[]> {
  const findings = await lintParts({ html: document(body, head) });
  return findings.map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

/** What is told of one AMP body. */
export async function toldOfAmp(body: string, head = ""): Promise<string[]> {
  const findings = await lintParts({ amp: ampDocument(body, head) });
  return findings.map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

export const invitation = "AQEBAAAAAAEAAAAAAAAAAAAA".padEnd(136, "x");
