// The page in other languages on the narrowest screen: their own words, mirrored where they are, and nothing cut off.
import { mkdir } from "node:fs/promises";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { directionOf } from "../../sdk/local-text.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { publishWidget } from "../flow/product.ts";
import type { AskingWords, LaterWords } from "../../widget/web/words/words.ts";
import type { PreferenceWords } from "../../widget/preferences/words/words.ts";
import { preferenceStage, widget } from "./preference-visit.ts";
import {
  arrive,
  expectAccessible,
  expectRoomy,
  mainButton,
  narrow,
  pressToSend,
} from "./reader.ts";

const languages = ["de", "ar", "he", "fa", "ja", "th", "hi", "el", "zh-Hant"] as const;

const at = preferenceStage();
let campaign: Manifest;
beforeAll(async () => {
  campaign = await publishWidget(at.product, { ...widget, languages: ["en", ...languages] });
});

interface Said {
  readonly asking: AskingWords;
  readonly later: LaterWords;
}
const saidIn = async (tag: string): Promise<Said> =>
  (await import(`../../widget/web/words/${tag}.ts`)) as Said;
const preferencesIn = async (tag: string): Promise<PreferenceWords> =>
  ((await import(`../../widget/preferences/words/${tag}.ts`)) as { words: PreferenceWords }).words;

/** Buttons whose words do not fit into them, or that leave the screen. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, .button, select")]
      .filter((button) => {
        const { left, right } = button.getBoundingClientRect();
        const sideways = button.tagName !== "SELECT" && button.scrollWidth > button.clientWidth + 1;
        return sideways || left < 0 || right > document.documentElement.clientWidth;
      })
      .map((button) => button.innerText),
  );

/** What is laid out fits, and may be looked at where `PICTURES` names a folder. */
async function expectFitting(page: Page, where: string): Promise<void> {
  await expectAccessible(page, where);
  await expectRoomy(page, where);
  expect(await cutOff(page), where).toEqual([]);
  const folder = process.env["PICTURES"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${where}.png`, fullPage: true });
}

for (const language of languages)
  test(`a reader answers in ${language} at 320 pixels`, async () => {
    const { asking, later } = await saidIn(language);
    const { link } = await at.invited(campaign);
    const reader = await arrive(at.browser, link.replace("#", `?lang=${language}#`), {
      viewport: narrow,
    });
    const { page } = reader;
    await mainButton(page).waitFor();
    const html = page.locator("html");
    expect(await html.getAttribute("lang")).toBe(language);
    expect(await html.getAttribute("dir")).toBe(directionOf(language));
    expect(await mainButton(page).innerText()).toBe(asking.send);
    expect(await page.locator("footer").innerText()).toContain(asking.regions.eu);
    expect(await page.locator(".notice").innerText()).not.toMatch(/[{}|#]/);
    // What the author left out says so, to be read aloud and laid out as what it is.
    const question = page.locator(".question h2").first();
    const fallen = language === "ar" ? [null, null] : ["en", "ltr"];
    expect([await question.getAttribute("lang"), await question.getAttribute("dir")]).toEqual(
      fallen,
    );
    expect(await page.locator(".option > span").first().getAttribute("lang")).toBe(fallen[0]);
    await expectFitting(page, `${language} asking`);
    await page.getByLabel("Filter").or(page.getByLabel("قهوة مفلترة")).check();
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(await page.locator(".receipt h2").innerText()).toBe(later.receipt);
    await expectFitting(page, `${language} thanked`);
    await reader.leave();
  });

for (const language of languages)
  test(`the preference page speaks ${language} at 320 pixels`, async () => {
    const words = await preferencesIn(language);
    const { preferences } = await at.invited(campaign);
    const reader = await arrive(at.browser, preferences.replace("#", `?lang=${language}#`), {
      viewport: narrow,
    });
    const { page } = reader;
    await page.locator(".part").nth(2).waitFor();
    expect(await page.locator("#subscription-title").innerText()).toBe(words.unsubscribe);
    expect(await page.locator("main").innerText()).not.toMatch(/[{}|]/);
    await expectFitting(page, `${language} preferences`);
    await reader.leave();
  });

test("the browser's language is taken without a word in the address, by its script", async () => {
  const { asking } = await saidIn("zh-Hant");
  const { link } = await at.invited(campaign);
  const reader = await arrive(at.browser, link.replace(/\?lang=[\w-]+/, ""), { locale: "zh-TW" });
  await mainButton(reader.page).waitFor();
  expect(await reader.page.locator("html").getAttribute("lang")).toBe("zh-Hant");
  expect(await mainButton(reader.page).innerText()).toBe(asking.send);
  await reader.leave();
});

test("the page's own switch turns it into another language, and back to English", async () => {
  const { asking } = await saidIn("ar");
  const { asking: english } = await import("../../widget/web/words/en.ts");
  const { link } = await at.invited(campaign);
  const reader = await arrive(at.browser, link.replace("#", "?lang=de#"), { viewport: narrow });
  const { page } = reader;
  for (const [language, words] of [
    ["ar", asking],
    ["en", english],
  ] as const) {
    await page.locator("select.languages").selectOption(language);
    await page.locator(`html[lang=${language}][dir=${directionOf(language)}]`).waitFor();
    expect(await mainButton(page).innerText()).toBe(words.send);
  }
  expect(await page.locator(".notice").innerText()).toMatch(/Kept for \d+ days\./);
  await reader.leave();
});

test("where a language cannot be fetched the page asks in English, and takes the answer", async () => {
  const { asking: english } = await import("../../widget/web/words/en.ts");
  const { link } = await at.invited(campaign);
  const reader = await arrive(
    at.browser,
    link.replace("#", "?lang=ja#"),
    { viewport: narrow },
    (page) => page.route(/\/assets\/ja-[0-9a-f]{8}\.js$/, (route) => route.abort()),
  );
  const { page } = reader;
  await mainButton(page).waitFor();
  expect(await mainButton(page).innerText()).toBe(english.send);
  await page.getByLabel("Filter").check();
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await reader.leave();
});
