// What the page looks like where looks decide whether it can be used: system colours, brands' colours, motion, keys, paper.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite, publishWidget } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { answerAll, byPointer, pressMain } from "./answering.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import {
  arrive,
  desk,
  expectAccessible,
  expectRoomy,
  mainButton,
  narrow,
  phone,
} from "./reader.ts";
import { plain } from "./plain-widget.ts";
import { contrastIn, drawn } from "./rendered.ts";

const product = sharedProduct();
let browser: Browser;
beforeAll(async () => {
  browser = await sharedBrowser();
});
afterAll(async () => {
  await browser.close();
});

let readers = 0;
const linkTo = async (manifest: Manifest): Promise<string> =>
  (await invite(product, manifest, "eu", `look-${readers++}@example.org`)).link;

const { intro: _, ...withoutIntro } = allKinds;
const [brew] = allKinds.questions;
const publishWith = (more: object): Promise<Manifest> =>
  publishWidget(product, Widget.parse({ ...withoutIntro, ...more }));

/** Whatever a brand is, such as white on white. */
const hostile: readonly { accent: string; background?: string; text?: string }[] = [
  { accent: "#ffffff" },
  { accent: "#000000" },
  { accent: "#ffe600" },
  { accent: "#00ffff" },
  { accent: "#ff00ff" },
  { accent: "#0000ff" },
  { accent: "#ff0000" },
  { accent: "#00ff00" },
  { accent: "#808080" },
  { accent: "#f5f5dc" },
  { accent: "#1b1a18" },
  { accent: "#777777", background: "#777777", text: "#777777" },
  { accent: "#ffffff", background: "#ffffff", text: "#ffffff" },
  { accent: "#000000", background: "#000000", text: "#000000" },
  { accent: "#ff0000", background: "#00ff00", text: "#0000ff" },
  { accent: "#0000ff", background: "#ff0000" },
  { accent: "#ffb703", background: "#0b2545", text: "#e8eef7" },
  { accent: "#fff9c4", background: "#fffde7", text: "#fff59d" },
  { accent: "#7f00ff", background: "#4b0082" },
  { accent: "#9acd32", text: "#cccccc" },
];

const texts = [
  "h1",
  ".question .about",
  ".option:has(:checked) span",
  ".option:has(:checked) small",
  ".option:not(:has(:checked)) span",
  ".progress span",
  "button.main",
  ".actions button:not(.main)",
  "header > span",
  "footer",
];

describe("brands' colours", () => {
  for (const theme of hostile)
    test(`${Object.values(theme).join(" ")} can be read by day and by night`, async () => {
      const campaign = await publishWith({ theme, questions: [allKinds.questions[1], brew] });
      const { page, leave } = await arrive(browser, await linkTo(campaign), { viewport: desk });
      await page.locator(".option").first().click();
      await page.locator(".option").nth(1).click();
      await mainButton(page).click();
      await page.locator("#brew-question").waitFor();
      await page.locator(".option").first().click();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        for (const text of await drawn(
          page,
          texts.map((of) => ({ of })),
        ))
          expect(
            contrastIn(text),
            `${colorScheme}: ${JSON.stringify(text)}`,
          ).toBeGreaterThanOrEqual(4.5);
        for (const shape of await drawn(page, [
          { of: "button.main", property: "borderTopColor" },
          { of: ".option:has(:checked)", property: "borderTopColor" },
          { of: ".option:not(:has(:checked)) input", property: "borderTopColor" },
        ]))
          expect(
            contrastIn(shape),
            `${colorScheme}: ${JSON.stringify(shape)}`,
          ).toBeGreaterThanOrEqual(3);
      }
      await leave();
    });

  test("an accent that can be read is shown as it is", async () => {
    const campaign = await publishWith({ theme: { accent: "#0b6e4f" } });
    const { page, leave } = await arrive(browser, await linkTo(campaign));
    await mainButton(page).waitFor();
    const [button] = await drawn(page, [{ of: "button.main" }]);
    expect(button?.under).toBe("rgb(11, 110, 79)");
    await leave();
  });

  test("a theme that does not arrive keeps nobody from answering", async () => {
    const campaign = await publishWith({ theme: { accent: "#ff0000" }, questions: [brew] });
    const { page, leave } = await arrive(browser, await linkTo(campaign), {}, (fresh) =>
      fresh.route("**/assets/*.js", async (route) => {
        const response = await route.fetch();
        const theme = /light[^]*dark[^]*setProperty|setProperty[^]*--light|b3261e/.test(
          await response.text(),
        );
        return theme ? route.abort() : route.fulfill({ response });
      }),
    );
    await page.getByLabel("Filter").check();
    const [button] = await drawn(page, [{ of: "button.main" }]);
    expect(button?.under).toBe("rgb(59, 76, 202)");
    await mainButton(page).click();
    await page.locator(".notice").waitFor();
    await leave();
  });
});

test("in system colours what is chosen, where the focus is and what goes on can be told apart", async () => {
  const campaign = await publishWith({});
  const { page, leave } = await arrive(browser, await linkTo(campaign), {
    viewport: desk,
    forcedColors: "active",
  });
  const outline = (of: string) =>
    page.locator(of).evaluate((element) => {
      const { outlineStyle, outlineColor, borderTopColor, backgroundColor } =
        getComputedStyle(element);
      return { outlineStyle, outlineColor, borderTopColor, backgroundColor };
    });
  await answerAll(page, byPointer, pressMain, async (id) => {
    if (id === "brew") {
      const [one, other] = [".option:has(:checked)", ".option:last-child"];
      expect((await outline(one)).borderTopColor).not.toBe((await outline(other)).borderTopColor);
      expect((await outline("button.main")).backgroundColor).not.toBe(
        (await outline(".sheet")).backgroundColor,
      );
      await page.keyboard.press("Tab");
      await page.keyboard.press("Shift+Tab");
      expect((await outline(".option:has(:focus-visible)")).outlineStyle).toBe("solid");
    }
    if (id === "service")
      expect((await outline(".scale :checked + span")).backgroundColor).not.toBe(
        (await outline(".scale label:first-child span")).backgroundColor,
      );
    await expectAccessible(page, id);
  });
  await leave();
});

/** Every animation that a step to the next question starts, in milliseconds. */
const durations = async (page: Page): Promise<number[]> => {
  await page.evaluate(() => {
    const seen: number[] = [];
    const look = (): void => {
      for (const { effect } of document.getAnimations())
        seen.push(Number(effect?.getComputedTiming().duration));
      document.documentElement.dataset["moved"] = JSON.stringify(seen);
      requestAnimationFrame(look);
    };
    look();
  });
  await page.locator(".option").first().click();
  await mainButton(page).click();
  await page.locator("#tastes-question").waitFor();
  await page.waitForTimeout(400);
  return JSON.parse((await page.locator("html").getAttribute("data-moved")) ?? "[]") as number[];
};

describe("motion", () => {
  test("is there, and over within a quarter of a second", async () => {
    const campaign = await publishWith({});
    const { page, leave } = await arrive(browser, await linkTo(campaign), {
      reducedMotion: "no-preference",
    });
    const moved = await durations(page);
    expect(moved.length).toBeGreaterThan(0);
    expect(Math.max(...moved)).toBeLessThanOrEqual(250);
    await leave();
  });

  test("is not there for who wants none", async () => {
    const campaign = await publishWith({});
    const { page, leave } = await arrive(browser, await linkTo(campaign), {
      reducedMotion: "reduce",
    });
    expect(Math.max(0, ...(await durations(page)))).toBeLessThanOrEqual(1);
    await leave();
  });
});

describe("keys", () => {
  test("letters choose options, digits choose steps; typing and shortcuts stay what they are", async () => {
    const campaign = await publishWith({});
    const { page, leave } = await arrive(browser, await linkTo(campaign), { viewport: desk });
    await page.locator("[data-keys]").waitFor();
    const chosen = () =>
      page.locator("main input").evaluateAll((all) =>
        // All of them are inputs.
        (all as HTMLInputElement[]).flatMap(({ checked }, index) => (checked ? [index] : [])),
      );
    await page.keyboard.press("b");
    expect(await chosen()).toEqual([1]);
    await page.keyboard.press("Control+c");
    await page.keyboard.press("z");
    expect(await chosen()).toEqual([1]);
    await page.keyboard.press("Enter");
    await page.locator("#tastes-question").waitFor();
    await page.keyboard.press("a");
    await page.keyboard.press("c");
    expect(await chosen()).toEqual([0, 2]);
    // Two are the most: a third is disabled, by any way.
    await page.keyboard.press("d");
    expect(await chosen()).toEqual([0, 2]);
    await page.keyboard.press("c");
    expect(await chosen()).toEqual([0]);
    await page.keyboard.press("Enter");
    await page.locator("#service-question").waitFor();
    await page.keyboard.press("4");
    expect(await chosen()).toEqual([3]);
    await page.keyboard.press("Enter");
    await page.locator("#recommend-question").waitFor();
    await page.keyboard.press("1");
    expect(await chosen()).toEqual([1]);
    await page.keyboard.press("0");
    expect(await chosen()).toEqual([10]);
    await page.keyboard.press("Enter");
    await page.locator("#milk-question").waitFor();
    // The focus is elsewhere: a letter is nobody's.
    await mainButton(page).focus();
    await page.keyboard.press("a");
    expect(await chosen()).toEqual([]);
    await leave();
  });

  test("are shown to who has a keyboard, and to nobody's ears", async () => {
    const campaign = await publishWith({});
    const { page, leave } = await arrive(browser, await linkTo(campaign), { viewport: desk });
    await page.locator("[data-keys]").waitFor();
    const cap = await page
      .locator(".option")
      .nth(1)
      .evaluate((option) => getComputedStyle(option, "::after").content);
    expect(cap).toContain("upper-alpha");
    const name = await page.getByRole("radio").nth(1).getAttribute("name");
    expect(name).toBe("brew");
    await page.getByRole("radio", { name: "Filter", exact: true }).waitFor();
    await leave();
    const hand = await arrive(browser, await linkTo(campaign), {
      viewport: phone,
      hasTouch: true,
      isMobile: true,
    });
    await hand.page.locator(".option").first().waitFor();
    await hand.page.waitForLoadState("networkidle");
    expect(await hand.page.locator("[data-keys]").count()).toBe(0);
    await hand.leave();
  });
});

/** A word that no screen is wide enough for, as German has them. */
const long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz";

for (const [where, options] of Object.entries({
  "at 320 pixels": { viewport: narrow },
  "at 200 % of a small desk": { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  "on a phone on its side": { viewport: { width: 844, height: 390 } },
  "on a desk": { viewport: desk },
}))
  test(`fifty options and the longest words have room ${where}`, async () => {
    const campaign = await publishWidget(
      product,
      Widget.parse({
        ...plain,
        languages: ["de"],
        title: long,
        questions: [
          {
            id: "law",
            kind: "single-choice",
            required: true,
            text: `${long}?`,
            description: long,
            options: Array.from({ length: 50 }, (_option, index) => ({
              id: `o${index}`,
              text: index % 5 === 0 ? `${long} ${index}` : `Nummer ${index}`,
            })),
          },
          { id: "why", kind: "short-text", text: long },
        ],
      }),
    );
    const { page, leave } = await arrive(browser, await linkTo(campaign), options);
    await page.locator(".option").nth(49).click();
    await expectRoomy(page, where);
    await expectAccessible(page, where);
    // The button that goes on is in sight whatever the list.
    const button = await mainButton(page).boundingBox();
    expect((button?.y ?? 0) + (button?.height ?? 0)).toBeLessThanOrEqual(options.viewport.height);
    await leave();
  });
