import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compileAuthored } from "../../cli/authored-mail.ts";
import { lintInputOf, lintMail } from "../../widget/email/lint.ts";

const demo = (path: string): string =>
  fileURLToPath(new URL(`../../demo/${path}`, import.meta.url));

test.each([
  ["newsletter", "topics", []],
  ["product", "coffee-match", ["first_name"]],
])(
  "the demo's %s compiles in every language, and lint finds nothing in it",
  async (name, widget, fields) => {
    const { plan, faults } = await compileAuthored({
      widgetFile: demo(`widgets/${widget}.yaml`),
      templateFile: demo(`templates/${name}.mjml`),
      edge: "https://edge.example",
      codes: "direct",
    });
    expect(faults).toEqual([]);
    if (plan === undefined) throw new Error("nothing compiled");
    expect(plan.fields).toEqual(fields);
    expect(await lintMail(lintInputOf(plan))).toEqual([]);
  },
);
