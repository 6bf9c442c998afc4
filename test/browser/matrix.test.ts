// Every kind of question, on the page and in a site's frame, in every dress and at every size: what axe finds, and whether
// anything scrolls sideways. One visit a direction; the dress changes under it.
import type { CDPSession, Frame, Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { Question } from "../../sdk/schema/question.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { element, embeddingSite, pageWith } from "./embedding-site.ts";
import { storePictures } from "./further.ts";
import { desk, expectAccessible } from "./reader.ts";

const site = embeddingSite();

const kinds = Question.options.map(({ shape }) => shape.kind.value);
const sets = { "the basic kinds": allKinds, "the further kinds": furtherKinds } as const;
const languages = { "left to right": "en", "right to left": "ar" } as const;
const places = ["page", "element"] as const;
const sizes = {
  "320 px": { width: 320, height: 640, deviceScaleFactor: 1 },
  // Zoom is fewer pixels of CSS, each drawn larger.
  "200 % of a desk": { width: 640, height: 450, deviceScaleFactor: 2 },
  "a desk": { width: 1280, height: 900, deviceScaleFactor: 1 },
} as const;
const dresses = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  "forced, light": { colorScheme: "light", forcedColors: "active" },
  "forced, dark": { colorScheme: "dark", forcedColors: "active" },
} as const;

/** Every cell that was looked at. */
const met = new Set<string>();

async function openedAt(
  place: (typeof places)[number],
  widget: Widget,
  language: string,
): Promise<{ page: Page; asking: Frame }> {
  const campaign = await site.publish({ ...widget, layout: "all" });
  const page = await (
    await site.browser.newContext({ viewport: desk, reducedMotion: "reduce" })
  ).newPage();
  if (place === "page") {
    const { link } = await invite(site.product, campaign, "eu", `${language}@example.org`);
    await page.goto(link.replace("#", `?lang=${language}#`));
    return { page, asking: page.mainFrame() };
  }
  const html = `lang="${language}" dir="${language === "ar" ? "rtl" : "ltr"}"`;
  const body = element(site, `language="${language}"`, campaign);
  await page.goto(site.serve({ html: pageWith(site, body, { html }) }));
  const frame = await page.waitForSelector("maily-widget iframe");
  const asking = await frame.contentFrame();
  if (asking === null) throw new Error("the widget has no frame");
  return { page, asking };
}

/** One of each answered, and every other state that can be had beside it: what is missing is said. */
async function answerSome(asking: Frame): Promise<void> {
  await asking.locator("button.main").waitFor();
  for (const section of await asking.locator("section.question").all()) {
    const option = section.locator(".option, .scale label").first();
    if ((await option.count()) > 0 && (await section.getAttribute("data-kind")) !== "consent")
      await option.click();
  }
  await asking.locator("button.main").click();
  await asking.locator(".fault").first().waitFor();
}

/** The kinds that stand there, without which a cell would show nothing. */
const shown = (asking: Frame): Promise<string[]> =>
  asking
    .locator("section.question")
    .evaluateAll((all) => all.map((each) => each.getAttribute("data-kind") ?? ""));

const sideways = (where: Page | Frame): Promise<number> =>
  where.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function everyDress(
  { page, asking }: { page: Page; asking: Frame },
  device: CDPSession,
  cell: string,
): Promise<void> {
  const here = await shown(asking);
  for (const [size, screen] of Object.entries(sizes)) {
    await device.send("Emulation.setDeviceMetricsOverride", { ...screen, mobile: false });
    for (const [dress, media] of Object.entries(dresses)) {
      await page.emulateMedia(media);
      const where = `${cell}, ${dress}, ${size}`;
      expect(await asking.evaluate(() => innerWidth), where).toBeLessThanOrEqual(screen.width);
      await expectAccessible(asking, where);
      if (asking !== page.mainFrame()) await expectAccessible(page, `around ${where}`);
      expect([await sideways(page), await sideways(asking)], where).toEqual([0, 0]);
      for (const kind of here) met.add(`${kind}: ${place(cell)}, ${dress}, ${size}`);
    }
  }
}

/** A cell's name without which set of kinds it shows. */
const place = (cell: string): string => cell.replace(/: .*/, "");

for (const where of places)
  for (const [direction, language] of Object.entries(languages))
    for (const [set, widget] of Object.entries(sets))
      test(`${set} ${direction} in the ${where}`, async () => {
        await storePictures(site.product);
        const opened = await openedAt(where, widget, language);
        await answerSome(opened.asking);
        const device = await opened.page.context().newCDPSession(opened.page);
        await everyDress(opened, device, `${where} ${direction}: ${set}`);
        await opened.page.context().close();
      });

afterAll(() => {
  // A kind that nobody drew, or a dress that was left out, is missed here.
  const cells =
    kinds.length *
    places.length *
    Object.keys(languages).length *
    Object.keys(dresses).length *
    Object.keys(sizes).length;
  expect(kinds).toHaveLength(20);
  expect(met.size).toBe(cells);
});
