// A finished message's headers, outline and lines.
import { expect, test } from "vitest";
import { lintHeaders } from "../../widget/email/lint-headers.ts";

const signature =
  "DKIM-Signature: v=1; a=rsa-sha256; d=sender.example; s=one;\r\n h=from:to:subject:date:list-unsubscribe:\r\n list-unsubscribe-post; bh=AAAA; b=BBBB";

const headers = [
  signature,
  "From: Morgenrot <news@sender.example>",
  "To: reader@mail.example",
  "Subject: Two questions",
  "Date: Fri, 20 Nov 2026 20:15:00 +0000",
  "Message-ID: <1@sender.example>",
  "List-Unsubscribe: <https://e.example/u/AAAA>",
  "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
  "Precedence: bulk",
  "MIME-Version: 1.0",
  'Content-Type: multipart/alternative; boundary="b"',
] as const;

const part = (type: string, body = "x", encoding = "quoted-printable"): string =>
  `--b\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`;
const parts = [part("text/plain"), part("text/x-amp-html"), part("text/html")];

const message = (
  change: (lines: string[]) => string[] = (lines) => lines,
  bodies: readonly string[] = parts,
): string => `${change([...headers]).join("\r\n")}\r\n\r\n${bodies.join("")}--b--\r\n`;

const without = (name: string) =>
  message((lines) => lines.filter((line) => !line.startsWith(name)));
const replaced = (name: string, line: string) =>
  message((lines) => lines.map((header) => (header.startsWith(name) ? line : header)));

const told = (text: string): string[] =>
  [...lintHeaders(text)].map(({ rule, severity, line }) => `${severity} ${rule} ${line}`);

test("says nothing of a sound message", () => {
  expect(told(message())).toEqual([]);
});

test.each(["From", "Date", "Message-ID"])("misses %s", (name) => {
  expect(told(without(`${name}:`))).toContain("error header-missing 1");
});

test("finds a header that is there twice, at its second line", () => {
  const twice = message((lines) => [...lines, "From: other@sender.example"]);
  expect(told(twice)).toContain("error header-missing 14");
});

test("wants List-Unsubscribe with https, and one click beside it", () => {
  expect(told(without("List-Unsubscribe:"))).toEqual(["error header-unsubscribe 1"]);
  expect(told(without("List-Unsubscribe-Post:"))).toEqual(["error header-unsubscribe 9"]);
  expect(
    told(replaced("List-Unsubscribe:", "List-Unsubscribe: <mailto:off@sender.example>")),
  ).toEqual(["error header-unsubscribe 9"]);
  expect(told(replaced("List-Unsubscribe:", "List-Unsubscribe: <http://e.example/u/A>"))).toEqual([
    "error header-unsubscribe 9",
  ]);
  expect(told(replaced("List-Unsubscribe-Post:", "List-Unsubscribe-Post: Yes"))).toEqual([
    "error header-unsubscribe 10",
  ]);
});

test("wants the signature to be by the domain of From, or one above it", () => {
  expect(told(without("DKIM"))).toEqual(["warning dkim 1"]);
  expect(told(replaced("From:", "From: a@news.sender.example"))).toEqual([]);
  expect(told(replaced("From:", "From: a@another.example"))).toEqual(["error dkim 1"]);
  expect(told(replaced("From:", "From: a@notsender.example"))).toEqual(["error dkim 1"]);
});

test("wants From and the unsubscribe pair signed", () => {
  const unsigned = signature.replace(":list-unsubscribe:\r\n list-unsubscribe-post", "");
  expect(told(replaced("DKIM", unsigned))).toEqual(["error dkim 1", "error dkim 1"]);
});

test("knows which Precedence there is", () => {
  expect(told(replaced("Precedence", "Precedence: junk"))).toEqual([
    "warning header-precedence 11",
  ]);
  expect(told(without("Precedence"))).toEqual([]);
});

test("wants the plainest part first and AMP before HTML", () => {
  expect(told(message(undefined, [parts[1] ?? "", parts[0] ?? "", parts[2] ?? ""]))).toEqual([
    "error part-order 21",
  ]);
  expect(told(message(undefined, [parts[0] ?? "", parts[2] ?? "", parts[1] ?? ""]))).toEqual([
    "error part-order 26",
  ]);
});

test("wants HTML beside AMP, in the same alternative", () => {
  expect(told(message(undefined, parts.slice(0, 2)))).toEqual(["error part-order 21"]);
});

test("does not compare the parts of another multipart", () => {
  const attached = `--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n${parts
    .join("")
    .replaceAll(
      "--b",
      "--c",
    )}--c--\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nnote\r\n`;
  expect(told(message(undefined, [attached]))).toEqual([]);
});

test("wants UTF-8, said", () => {
  const latin = parts.map((text) => text.replace("utf-8", "iso-8859-1"));
  expect(told(message(undefined, latin))).toEqual([
    "error part-charset 16",
    "error part-charset 21",
    "error part-charset 26",
  ]);
  const silent = parts.map((text) => text.replace("; charset=utf-8", ""));
  expect(told(message(undefined, silent))).toEqual([
    "warning part-charset 21",
    "warning part-charset 26",
  ]);
});

test("finds octets that the encoding does not allow", () => {
  const eight = [part("text/plain", "Gr\u00c3\u00bc\u00c3\u009fe", "7bit"), ...parts.slice(1)];
  expect(told(message(undefined, eight))).toEqual(["error part-encoding 16"]);
  const said = [part("text/plain", "Gr\u00c3\u00bc\u00c3\u009fe", "8bit"), ...parts.slice(1)];
  expect(told(message(undefined, said))).toEqual([]);
});

test("finds a line of more than 998 octets", () => {
  expect(
    told(message(undefined, [part("text/plain", "x".repeat(998)), ...parts.slice(1)])),
  ).toEqual([]);
  expect(
    told(message(undefined, [part("text/plain", "x".repeat(999)), ...parts.slice(1)])),
  ).toEqual(["error line-length 19"]);
});

test("reads what is no message without failing", () => {
  const hostile = [
    "",
    "\r\n\r\n",
    ":::::\n:\n",
    " folded before anything\r\nFrom: a",
    `Content-Type: multipart/mixed; boundary="${"-".repeat(70)}"\r\n\r\n${"--".repeat(50_000)}`,
    `Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n--\r\n`,
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\n".repeat(5_000)}`,
    `From: ${"(".repeat(50_000)}a@b`,
    `DKIM-Signature: ${"h=".repeat(20_000)}`,
    "\u0000".repeat(10_000),
  ];
  for (const text of hostile) expect(told(text).length).toBeGreaterThan(0);
});
