// The answers of one reader to every kind, as hands give them in any engine.
import type { Sight, Tab } from "./tab.ts";

type Act = (tab: Tab) => Promise<void>;

/** As browsers in American English ask for the parts: some go on to the next by themselves, others by its sign. */
async function typeDate(tab: Tab, sight: Sight): Promise<void> {
  for (const text of ["12012026", "12-01-2026"]) {
    await tab.type(sight, text);
    if (
      await tab.run(
        (css) => document.querySelector<HTMLInputElement>(css)?.value === "2026-12-01",
        sight.css,
      )
    )
      return;
  }
  throw new Error("no date can be typed");
}

/** By the id of `allKinds`' questions, in order; the first was answered in the mail. */
export const byHand: Readonly<Record<string, Act>> = {
  brew: () => Promise.resolve(),
  async tastes(tab) {
    await tab.click({ css: ".option", nth: 0 });
    await tab.click({ css: ".option", nth: 2 });
  },
  service: (tab) => tab.click({ css: ".scale label", nth: 3 }),
  recommend: (tab) => tab.click({ css: ".scale label", nth: 9 }),
  milk: (tab) => tab.click({ css: ".option" }),
  grind: (tab) => tab.choose({ css: "main select" }, "fine"),
  matters: (tab) => tab.click({ css: "button.down" }),
  async cups(tab) {
    await tab.click({ css: "input[type=range]" });
    await tab.keys("Home", "ArrowRight", "ArrowRight", "ArrowRight");
  },
  name: (tab) => tab.type({ css: "main input" }, "Lena"),
  wish: (tab) => tab.type({ css: "main textarea" }, "More filter coffee"),
  start: (tab) => typeDate(tab, { css: "main input" }),
  rules: (tab) => tab.click({ css: ".option" }),
};

const within = (id: string, css: string, nth = 0): Sight => ({
  css: `section:has(#${id}-question) ${css}`,
  nth,
});

/** `furtherKinds`, all on one page. */
export const furtherByHand: readonly Act[] = [
  (tab) => tab.click(within("place", ".option", 1)),
  (tab) => tab.type(within("nights", "input"), "2.5"),
  async (tab) => {
    await tab.click(within("company", ".option", 2));
    await tab.type(within("company", "input[type=text]"), "My aunt");
  },
  (tab) => tab.click(within("days", "tbody tr:nth-child(1) .option", 2)),
  (tab) => tab.click(within("days", "tbody tr:nth-child(2) .option", 1)),
  (tab) => tab.click(within("packing", ".option", 0)),
  (tab) => tab.click(within("mood", ".scale label", 5)),
  (tab) => tab.click(within("stars", ".scale label", 3)),
  (tab) => tab.click(within("hearts", ".scale label", 2)),
  (tab) => tab.click(within("faces", ".scale label", 2)),
  (tab) => tab.click(within("again", ".option", 0)),
  (tab) => tab.type(within("money", "input", 0), "50"),
  (tab) => tab.type(within("money", "input", 1), "50"),
  (tab) => tab.type(within("mail", "input"), "lena@gmail.com"),
  (tab) => tab.type(within("phone", "input"), "030123456"),
  (tab) => tab.choose(within("country", "select"), "JP"),
  (tab) => tab.click(within("wishes", ".option", 0)),
];
