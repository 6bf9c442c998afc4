// The further kinds of question: by pointer, by keyboard alone, in every look, to the region's warehouse.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { invite, publishWidget, resultsWith } from "../flow/product.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { answerAll, pressMain, tabToMain } from "./answering.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import { byKeyboard, byPointer, given, storePictures } from "./further.ts";
import {
  arrive,
  desk,
  expectAccessible,
  expectRoomy,
  mainButton,
  narrow,
  opened,
  phone,
  pressToSend,
} from "./reader.ts";

const product = sharedProduct();
let browser: Browser;
let campaign: Manifest;
beforeAll(async () => {
  browser = await sharedBrowser();
  await storePictures(product);
  campaign = await publishWidget(product, furtherKinds);
});
afterAll(async () => {
  await browser.close();
});

let readers = 0;
const linkTo = async (search = ""): Promise<string> => {
  const { link } = await invite(product, campaign, "eu", `reader-${readers++}@example.org`);
  return link.replace("#", `${search}#`);
};

const looks: Readonly<Record<string, BrowserContextOptions & { language?: string }>> = {
  "on a phone, light": { viewport: phone, hasTouch: true, isMobile: true },
  "on a desk, dark": { viewport: desk, colorScheme: "dark" },
  "right to left": { viewport: phone, language: "ar" },
  "on the narrowest screen": { viewport: narrow },
  // 200 % of a desk's width leaves half of it.
  "at twice the size": { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
  "in the system's own colours": { viewport: desk, forcedColors: "active" },
};

for (const [look, { language = "en", ...options }] of Object.entries(looks))
  test(`a reader answers every further kind ${look}`, async () => {
    const link = await linkTo(`?lang=${language}&source=poster&desk=abcdefgh&utm=x`);
    const { page, posts, leave } = await arrive(browser, link, options);
    await mainButton(page).waitFor();
    expect(page.url()).not.toMatch(/source|desk|utm/);
    await mainButton(page).click();
    await page.locator(".fault").waitFor();
    await expectAccessible(page, "an answer is missing");
    let asked = "";
    await answerAll(
      page,
      byPointer,
      // A tap on a star goes on by itself.
      (here) => (asked === "stars" ? here.locator("#hearts-question").waitFor() : pressMain(here)),
      async (id) => {
        asked = id;
        if (id === "stars") return;
        await expectAccessible(page, id);
        await expectRoomy(page, id);
      },
    );
    await expectAccessible(page, "review");
    await expectRoomy(page, "review");
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    await expectAccessible(page, "thanks");
    const { payload } = opened(product, posts[0]);
    expect(payload).toEqual({
      answers: { ...given, source: "poster", desk: "abcd" },
      language,
    });
    await leave();
  });

test("a reader answers every further kind with the keyboard alone, and the region counts it", async () => {
  const { page, posts, leave } = await arrive(browser, await linkTo(), { viewport: desk });
  await mainButton(page).waitFor();
  await answerAll(page, byKeyboard, tabToMain, async (id) => {
    // Arrow keys chose; nothing has gone on by itself.
    if (id !== "stars") return;
    await page.waitForTimeout(1000);
    expect(await page.locator("#stars-question").count()).toBe(1);
  });
  await page.waitForTimeout(dwellMilliseconds);
  await tabToMain(page);
  await page.locator(".receipt").waitFor();
  expect(opened(product, posts[0]).payload).toEqual({ answers: given, language: "en" });
  // Everybody of this file so far said the same.
  const { questions, hidden, calculated } = await resultsWith(product, "eu", campaign.id, readers);
  const counted = new Map(questions.map((question) => [question.id, question]));
  expect([...counted.keys()]).toEqual(Object.keys(given));
  expect(questions.map(({ answered }) => answered)).toEqual(questions.map(() => readers));
  const countOf = (id: string, option: string) =>
    counted.get(id)?.options?.find((each) => each.id === option)?.count;
  expect(countOf("place", "hills")).toBe(readers);
  expect(countOf("company", "other")).toBe(readers);
  expect(countOf("wishes", "other")).toBe(readers);
  expect(countOf("country", "JP")).toBe(readers);
  expect(counted.get("nights")?.numbers?.mean).toBe(2.5);
  expect(counted.get("mood")?.numbers?.mean).toBe(6);
  expect(
    counted.get("days")?.matrix?.rows.map(({ cells }) => cells.map(({ count }) => count)),
  ).toEqual([
    [0, 0, readers],
    [0, readers, 0],
  ]);
  expect(counted.get("money")?.options?.map(({ meanPoints }) => meanPoints)).toEqual([50, 50, 0]);
  expect(counted.get("mail")).not.toHaveProperty("options");
  expect(counted.get("mail")?.texts?.count).toBe(readers);
  expect(calculated).toEqual([{ id: "budget", answered: readers, mean: 260 }]);
  expect(hidden?.map(({ id }) => id)).toEqual(["source", "desk"]);
  await leave();
});
