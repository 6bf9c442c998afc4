// The sample that asks everything, from its file to a mail: pictures beside it, hidden fields from the readers file, what the
// preview shows of both.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileAuthored } from "../../cli/authored-mail.ts";
import { withoutRuntime, withPictures } from "../../cli/dev/preview.ts";
import { fillPlan } from "../../sdk/mail-plan.ts";
import { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { lintInputOf, lintMail } from "../../widget/email/lint.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const widgetFile = join(root, "demo/widgets/everything.yaml");
const edge = "https://edge.example";
const run = promisify(execFile);
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-everything-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const compile = (...words: string[]) =>
  run(process.execPath, [
    join(root, "cli/maily.js"),
    "compile",
    widgetFile,
    "--edge",
    edge,
    "--out",
    folder,
    ...words,
  ]);

test("compiles with what a link brings, and says which column that is", async () => {
  await compile("--hidden", "source");
  const plan = MailPlan.parse(JSON.parse(await readFile(join(folder, "mail.plan.json"), "utf8")));
  expect(plan.fields).toEqual(["source"]);
  expect(plan.answerableInMail).toContain("days");
});

test("refuses a hidden field that the widget does not list", async () => {
  await expect(compile("--hidden", "sauce")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no hidden field sauce; there is source") as string,
  });
});

test("has nothing for lint but a kind of picture, and shows its pictures in the preview of both parts", async () => {
  const { plan, pictures } = await compileAuthored({ widgetFile, edge, codes: "direct" });
  if (plan === undefined) throw new Error("no plan");
  const known = pictures.map(({ name, bytes }) => ({ name, bytes: bytes.length }));
  const findings = await lintMail(lintInputOf(plan, undefined, known));
  expect(new Set(findings.map(({ rule, message }) => `${rule} ${message.slice(0, 4)}`))).toEqual(
    new Set(["client-support webP"]),
  );
  const { html, amp = "" } = fillPlan(plan, "en", {
    invitation: "A".repeat(136),
    codes: plan.choices.map(() => "A".repeat(22)),
    fields: {},
  });
  for (const part of [html, withoutRuntime(amp)]) {
    const shown = withPictures(part, pictures);
    expect(shown).not.toMatch(/<amp-img|\/images\//);
    expect(shown.match(/<img [^>]*src="data:image\/webp;base64,/g)?.length).toBeGreaterThan(4);
  }
});
