import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseWidget } from "../../cli/widget-file.ts";
import { viewOf } from "../../widget/email/view.ts";
import { wordsIn } from "../../widget/email/words.ts";
import { widgetAttributes, widgetTags } from "../../widget/mjml/components.ts";
import { renderTemplate } from "../../widget/mjml/render.ts";

const readme = await readFile(new URL("../../widget/mjml/README.md", import.meta.url), "utf8");
const coffee = await readFile(
  new URL("../../demo/widgets/coffee-match.yaml", import.meta.url),
  "utf8",
);

test("the readme names every element and attribute that there is", () => {
  for (const name of [...widgetTags.map((tag) => `<${tag}`), ...Object.keys(widgetAttributes)])
    expect(readme).toContain(`\`${name}`);
});

test.each(["en", "de", "ja"])("the readme's template compiles, in %s", async (language) => {
  const { notice, ...definition } = parseWidget(coffee);
  const campaign = { id: "AAAAAAAAAAA", revision: 1, definition, notice };
  const [, template = ""] = /```mjml\n([\s\S]*?)```/.exec(readme) ?? [];
  const { html, faults } = await renderTemplate(template, {
    view: viewOf(campaign, "https://edge.example", language, wordsIn(language)),
    file: "letter.mjml",
    isWidget: (path) => path === "./coffee.yaml",
  });
  expect(faults).toEqual([]);
  expect(html).toContain(language === "de" ? "Guten Morgen, " : "Good morning, ");
});
