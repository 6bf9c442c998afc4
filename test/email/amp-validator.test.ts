import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { validateAmp } from "../../widget/email/amp-validator.ts";

const folder = new URL("../../widget/email/amp-validator/", import.meta.url);

const documentWith = (
  body: string,
  html = "<html ⚡4email data-css-strict>",
): string => `<!doctype html>
${html}
<head>
<meta charset="utf-8">
<script async src="https://cdn.ampproject.org/v0.js"></script>
<style amp4email-boilerplate>body{visibility:hidden}</style>
</head>
<body>${body}</body>
</html>`;

test("the validator is the file that its page describes, byte for byte", async () => {
  const validator = await readFile(new URL("validator_wasm.js", folder));
  const page = await readFile(new URL("README.md", folder), "utf8");
  expect(page).toContain(createHash("sha256").update(validator).digest("hex"));
  expect(page).toContain(validator.length.toLocaleString("en"));
});

test("passes a mail that keeps the rules", async () => {
  expect(await validateAmp(documentWith("<p>Good morning</p>"))).toEqual([]);
});

test("says where a script of an author's own stands, and why it may not", async () => {
  const [finding, ...others] = await validateAmp(documentWith("\n<script>alert(1)</script>"));
  expect(finding).toMatchObject({ line: 9, column: 0, severity: "error" });
  expect(finding?.message).toBe("Custom JavaScript is not allowed.");
  expect(others.every(({ severity }) => severity === "error")).toBe(true);
});

const codes = async (body: string): Promise<string[]> =>
  (await validateAmp(documentWith(body))).map(({ code }) => code);

test("tells a relative address, and one that runs a script", async () => {
  expect(await codes('<a href="/page">x</a>')).toContain("DISALLOWED_RELATIVE_URL");
  expect(await codes('<a href="javascript:x">x</a>')).toContain("INVALID_URL_PROTOCOL");
});

test.each([
  ["nothing at all", ""],
  ["no HTML", "\u0000\uD800 not html"],
  ["HTML that is not AMP", "<!doctype html><title>x</title>"],
  ["AMP for pages", documentWith("", "<html ⚡>")],
])("finds errors in %s, and does not throw", async (_, html) => {
  const findings = await validateAmp(html);
  expect(findings.filter(({ severity }) => severity === "error").length).toBeGreaterThan(0);
});
