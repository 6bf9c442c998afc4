// A reader's visit, whole: every kind of question, by pointer and by keyboard, in every look.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromBase64url } from "../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { verifyReceipt } from "../../sdk/receipt.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { invite, publishWidget, resultsWith } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { pairMilliseconds } from "../../sdk/haste.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { answerAll, byKeyboard, byPointer, given, pressMain, tabToMain } from "./answering.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import {
  arrive,
  desk,
  expectAccessible,
  expectRoomy,
  heading,
  mainButton,
  narrow,
  opened,
  phone,
  pressToSend,
} from "./reader.ts";

const product = sharedProduct();
let browser: Browser;
let campaign: Manifest;
let onePage: Manifest;
beforeAll(async () => {
  browser = await sharedBrowser();
  campaign = await publishWidget(product, allKinds);
  onePage = await publishWidget(product, { ...allKinds, layout: "all", review: false });
});
afterAll(async () => {
  await browser.close();
});

let readers = 0;
/** A link for somebody new. */
const linkTo = async (manifest: Manifest, region: "eu" | "us" | "apac" = "eu"): Promise<string> =>
  (await invite(product, manifest, region, `reader-${readers++}@example.org`)).link;

const looks: Readonly<Record<string, BrowserContextOptions & { language?: string }>> = {
  "on a phone, light": { viewport: phone, hasTouch: true, isMobile: true },
  "on a desk, dark": { viewport: desk, colorScheme: "dark" },
  "right to left, dark": { viewport: phone, colorScheme: "dark", language: "ar" },
  "right to left, light": { viewport: desk, language: "ar" },
  "in the system's own colours": { viewport: desk, forcedColors: "active" },
  "on the narrowest screen": { viewport: narrow },
};

for (const [look, { language = "en", ...options }] of Object.entries(looks))
  test(`a reader answers every kind of question ${look}`, async () => {
    const link = (await linkTo(campaign)).replace("#", `?lang=${language}#`);
    const { page, posts, leave } = await arrive(browser, link, options);
    await mainButton(page).waitFor();
    expect(await page.locator("html").getAttribute("dir")).toBe(language === "ar" ? "rtl" : "ltr");
    await expectAccessible(page, "intro");
    await mainButton(page).click();
    await mainButton(page).click();
    await page.locator(".fault").waitFor();
    await expectAccessible(page, "an answer is missing");
    await answerAll(page, byPointer, pressMain, async (id) => {
      await expectAccessible(page, id);
      await expectRoomy(page, id);
    });
    await expectAccessible(page, "review");
    await expectRoomy(page, "review");
    expect(posts).toEqual([]);
    await page.locator(".notice .option").first().click();
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    await expectAccessible(page, "thanks");
    await expectRoomy(page, "thanks");
    const { sent, payload } = opened(product, posts[0]);
    expect(payload).toEqual({ answers: given, language });
    expect(sent.consent).toMatchObject({
      notice: 1,
      purposes: ["results", "personalisation"],
      language,
    });
    await page.locator(".step > .actions button").last().click();
    await expectAccessible(page, "withdrawing");
    await expectRoomy(page, "withdrawing");
    await leave();
  });

test("a reader answers every kind of question with the keyboard alone", async () => {
  const { page, posts, leave } = await arrive(browser, await linkTo(campaign), { viewport: desk });
  await mainButton(page).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await tabToMain(page);
  await answerAll(page, byKeyboard, tabToMain, async (id) => {
    // What has the focus can be seen to have it.
    const seen = await page.evaluate(() => {
      const focused = document.activeElement;
      const shown = [focused, focused?.closest("label")].filter((each) => each !== null);
      return shown.some(
        (each) => each !== undefined && getComputedStyle(each).outlineStyle === "solid",
      );
    });
    expect(seen, id).toBe(true);
  });
  await page.waitForTimeout(dwellMilliseconds);
  await tabToMain(page);
  await page.locator(".receipt").waitFor();
  expect(opened(product, posts[0]).payload).toEqual({ answers: given, language: "en" });
  expect(opened(product, posts[0]).sent.consent.purposes).toEqual(["results"]);
  await leave();
});

test("all on one page: what is missing is shown where it is, and nothing is sent before", async () => {
  const { page, posts, leave } = await arrive(browser, await linkTo(onePage, "us"), {
    viewport: desk,
  });
  await mainButton(page).waitFor();
  await expectAccessible(page, "all on one page");
  await mainButton(page).click();
  expect(await page.locator(".fault").count()).toBe(3);
  await expectAccessible(page, "all on one page, with faults");
  expect(
    await page.evaluate(() =>
      document.activeElement?.closest("section")?.getAttribute("data-fault"),
    ),
  ).toBe("missing");
  expect(posts).toEqual([]);
  await page.getByLabel("Filter").check();
  await page.getByLabel("Spice").check();
  await page.getByLabel("I am over 18").check();
  expect(await page.locator(".fault").count()).toBe(0);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  expect(opened(product, posts[0]).payload.answers).toEqual({
    brew: "filter",
    tastes: ["spice"],
    rules: "agreed",
  });
  await leave();
});

test("a ranking is dragged into order by pointer, taken back, and kept as it stands", async () => {
  const { page, leave } = await arrive(browser, await linkTo(onePage), { viewport: desk });
  const list = page.locator(".ranking");
  const order = () => list.locator("li > span:not(.handle)").allInnerTexts();
  await list.scrollIntoViewIfNeeded();
  const middleOf = async (index: number): Promise<[x: number, y: number]> => {
    const box = await list.locator(".handle").nth(index).boundingBox();
    return [box!.x + box!.width / 2, box!.y + box!.height / 2];
  };
  expect(await list.getAttribute("data-empty")).toBe("true");
  await page.mouse.move(...(await middleOf(0)));
  await page.mouse.down();
  const [x, y] = await middleOf(2);
  await page.mouse.move(x, y + 4, { steps: 8 });
  await page.mouse.up();
  expect(await order()).toEqual(["Where it comes from", "Taste", "Price"]);
  expect(await page.locator("[role=status].unseen").innerText()).toBe("Price: now 3 of 3");
  // Let go, it no longer follows.
  await page.mouse.move(...(await middleOf(0)));
  expect(await order()).toEqual(["Where it comes from", "Taste", "Price"]);
  await page.getByRole("button", { name: /Clear answer.*What matters/ }).click();
  expect(await order()).toEqual(["Price", "Where it comes from", "Taste"]);
  await page.getByRole("button", { name: "Keep this order" }).click();
  expect(await list.getAttribute("data-empty")).toBe("false");
  await leave();
});

test("what the page sealed is what the region counts", async () => {
  const fresh = await publishWidget(product, allKinds);
  const { page, leave } = await arrive(browser, await linkTo(fresh, "apac"));
  await mainButton(page).click();
  await answerAll(page, byPointer, pressMain);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  const results = await resultsWith(product, "apac", fresh.id, 1);
  expect(results.questions[0]?.options).toMatchObject([
    { id: "espresso", count: 0 },
    { id: "filter", count: 1 },
    { id: "press", count: 0 },
  ]);
  await leave();
});

describe("after sending", () => {
  test("the receipt is readable, and downloads as what the edge signed", async () => {
    const { page, leave } = await arrive(browser, await linkTo(campaign), {
      viewport: desk,
      acceptDownloads: true,
    });
    await mainButton(page).click();
    await answerAll(page, byPointer, pressMain);
    await pressToSend(page);
    const receipt = page.locator(".receipt");
    await receipt.waitFor();
    await receipt.locator("summary").click();
    const text = await receipt.innerText();
    for (const part of ["Work out my match", "the European Union", "Share my taste"])
      expect(text).toContain(part);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download receipt" }).click(),
    ]);
    const stream = await download.createReadStream();
    const jws = (await stream.toArray()).map(String).join("");
    const key = await publicKeyOfSeed(fromBase64url(product.keys.edge.receiptKey.seed)!);
    const id = await verifyReceipt(jws, key);
    expect(id).toBeDefined();
    expect(text.replaceAll(/\s/g, "")).toContain(id);
    await leave();
  });

  test("the outcome is the one with the most points", async () => {
    const { page, leave } = await arrive(browser, await linkTo(campaign));
    await mainButton(page).click();
    await answerAll(page, byPointer, pressMain);
    await pressToSend(page);
    expect(await page.locator(".outcome h2").innerText()).toBe("Yirgacheffe, light roast");
    expect(await page.locator(".outcome a").getAttribute("href")).toBe(
      "https://coffee.example/light",
    );
    await leave();
  });

  test("an answer is changed by a new one, which begins with what was said", async () => {
    const { page, posts, leave } = await arrive(browser, await linkTo(onePage));
    await page.getByLabel("Filter").check();
    await page.getByLabel("Spice").check();
    await page.getByLabel("I am over 18").check();
    await pressToSend(page);
    await page.getByRole("button", { name: "Change my answer" }).click();
    expect(await page.getByLabel("Filter").isChecked()).toBe(true);
    await page.getByLabel("Espresso").check();
    // Sooner than this another answer would be held.
    await page.waitForTimeout(pairMilliseconds);
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(posts).toHaveLength(2);
    const [first, second] = posts.map((post) => opened(product, post));
    expect(first?.payload.answers["brew"]).toBe("filter");
    expect(second?.payload.answers["brew"]).toBe("espresso");
    expect(second?.sent.submissionId).not.toBe(first?.sent.submissionId);
    await leave();
  });

  test("consent is withdrawn, with a receipt; and given again later", async () => {
    const fresh = await publishWidget(product, { ...allKinds, layout: "all", review: false });
    const { page, posts, leave } = await arrive(browser, await linkTo(fresh));
    const answer = async (): Promise<void> => {
      await page.getByLabel("Filter").check();
      await page.getByLabel("Spice").check();
      await page.getByLabel("I am over 18").check();
      await pressToSend(page);
      await page.locator(".outcome").waitFor();
    };
    await answer();
    await resultsWith(product, "eu", fresh.id, 1);
    await page.getByRole("button", { name: "Withdraw my consent" }).click();
    expect(await heading(page)).toBe("Withdraw your consent?");
    expect(posts).toHaveLength(1);
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("button", { name: "Withdraw my consent" }).click();
    await pressToSend(page);
    await page.getByRole("heading", { name: "Consent withdrawn" }).waitFor();
    await page.locator(".receipt").waitFor();
    expect(posts.at(-1)?.postDataJSON()).toEqual({
      invitation: opened(product, posts[0]).sent.invitation,
    });
    await resultsWith(product, "eu", fresh.id, 0);
    await page.getByRole("button", { name: "Answer again" }).click();
    expect(await page.getByLabel("Filter").isChecked()).toBe(false);
    await page.waitForTimeout(pairMilliseconds);
    await answer();
    await resultsWith(product, "eu", fresh.id, 1);
    await leave();
  });
});
