// The pictures of docs/look.md: the page in several looks, taken from the whole product.
import { readFile } from "node:fs/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { readWidget } from "../../cli/widget-file.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite, publishWidget, startProduct } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { mainButton, pressToSend } from "./reader.ts";

/** Beyond this a picture is too heavy for a document. */
const pictureBytesMax = 150_000;
const phone = { viewport: { width: 390, height: 800 }, deviceScaleFactor: 2 };
const desk = { viewport: { width: 960, height: 720 }, deviceScaleFactor: 1.5 };

/** Answers whatever is asked on the way with its first options, until `until` is there. */
async function answerOn(page: Page, until: string): Promise<void> {
  const stepsMax = 20;
  for (let step = 0; step < stepsMax && (await page.locator(until).count()) === 0; step++) {
    const option = page.locator(".question .option").first();
    if ((await option.count()) > 0) await option.click();
    const label = page.locator(".question .scale label").last();
    if ((await label.count()) > 0) await label.click();
    await mainButton(page).click();
    await page.waitForTimeout(400);
  }
}

const first = (page: Page): Promise<void> => page.locator(".option").first().click();

/** Writes `docs/look-<name>.png`. */
export async function takeLookPictures(browser: Browser): Promise<void> {
  const product = await startProduct();
  let readers = 0;
  const take = async (
    name: string,
    campaign: Manifest,
    options: BrowserContextOptions & { language?: string },
    go: (page: Page) => Promise<unknown>,
  ): Promise<void> => {
    const { language, ...rest } = options;
    const { link } = await invite(product, campaign, "eu", `picture-${readers++}@example.org`);
    const page = await browser.newPage(rest);
    await page.goto(language === undefined ? link : link.replace("#", `?lang=${language}#`));
    await page.locator("h1").waitFor();
    await go(page);
    await page.mouse.move(0, 0);
    await page.waitForTimeout(700);
    const path = `docs/look-${name}.png`;
    await page.screenshot({ path });
    const { length } = await readFile(path);
    if (length > pictureBytesMax) throw new Error(`${path} has ${length} bytes`);
    await page.close();
  };

  const coffee = await readWidget("demo/widgets/coffee-match.yaml");
  const outcomes = coffee.outcomes.map((outcome) => ({ ...outcome, share: true }));
  const match = await publishWidget(product, Widget.parse({ ...coffee, outcomes }));
  const { intro: _, ...kinds } = allKinds;
  const yellow = await publishWidget(
    product,
    Widget.parse({ ...kinds, theme: { accent: "#ffe600", corners: "square", font: "serif" } }),
  );
  const navy = await publishWidget(
    product,
    Widget.parse({
      ...kinds,
      theme: { accent: "#ffb703", background: "#0b2545", text: "#e8eef7", corners: "round" },
    }),
  );
  const plain = await publishWidget(product, Widget.parse(kinds));

  await take("welcome", match, phone, () => Promise.resolve());
  await take("question", plain, desk, async (page) => {
    await page.locator("[data-keys]").waitFor();
    await page.keyboard.press("b");
  });
  for (const [name, options] of [
    ["result", phone],
    ["result-dark", { ...phone, colorScheme: "dark" }],
  ] as const)
    await take(name, match, options, async (page) => {
      await mainButton(page).click();
      await answerOn(page, ".notice");
      await pressToSend(page);
      await page.locator(".outcome").waitFor();
    });
  await take("yellow", yellow, desk, first);
  await take("navy", navy, desk, first);
  await take("system-colours", plain, { ...desk, forcedColors: "active" }, first);
  await take("right-to-left", plain, { ...phone, language: "ar" }, first);
  await product.stop();
}
