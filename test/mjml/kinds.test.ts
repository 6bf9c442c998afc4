// A template may place any kind of question: it is drawn as the whole mail draws it.
import { expect, test } from "vitest";
import { renderTemplate } from "../../widget/mjml/render.ts";
import { asking, kindCases } from "../email/fixtures/every-kind.ts";
import { filled, viewIn } from "../email/views.ts";

const template = (inner: string): string =>
  `<mjml><mj-body><mj-section><mj-column>${inner}<mj-maily-notice /><mj-maily-preferences /></mj-column></mj-section></mj-body></mjml>`;

for (const { name, question } of kindCases)
  test(`${name} stands in a column, in either direction`, async () => {
    const { widget } = asking(name, [question]);
    for (const language of widget.languages) {
      const view = viewIn(widget, language);
      const [asked] = view.questions;
      const placed = template('<mj-maily-question widget="./w.yaml" question="asked" />');
      const { html = "", faults } = await renderTemplate(placed, {
        view,
        file: "/tmp/letter.mjml",
        isWidget: () => true,
      });
      expect(faults).toEqual([]);
      const drawn = filled(html);
      expect(drawn).toContain(`dir="${view.direction}"`);
      const links = new Set(drawn.match(/\.0\.\d+"/g));
      const onPage = drawn.includes(view.words.onPage);
      expect(links.size).toBe(onPage ? 0 : (asked?.options.length ?? 0));
      if (asked?.picture !== undefined) expect(drawn).toContain(asked.picture.address);
    }
  });
