// Every fixture, every language, every part: nothing wrong in what the compiler writes.
import { expect, test } from "vitest";
import { compileMail } from "../../widget/email/compile.ts";
import { lintInputOf, lintMail } from "../../widget/email/lint.ts";
import { fixtures } from "./fixtures/fixtures.ts";

test.each(fixtures)("$name", async ({ name, widget }) => {
  const { notice, ...definition } = widget;
  const campaign = { id: "AAAAAAAAAAA", revision: 1, definition, notice };
  const plan = compileMail(campaign, { edge: "https://answers.sender.example", codes: "direct" });
  const findings = await lintMail(lintInputOf(plan));
  // The largest that there may be is only told to be large.
  const expected = name === "fifty questions of eleven steps" ? ["amp-size"] : [];
  expect(findings.map(({ rule }) => rule)).toEqual(expected);
  expect(findings.every(({ severity }) => severity === "warning")).toBe(true);
});

test("all forty are there", () => {
  expect(fixtures.length).toBe(40);
});
