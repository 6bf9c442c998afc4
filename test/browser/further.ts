// The answers of one reader to the widget of further kinds, given by pointer or by keyboard alone.
import type { Page } from "playwright-core";
import { uploadImages } from "../../cli/images.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import type { Deployed } from "../flow/product.ts";
import { pixel, pixelName } from "../widget/fixtures/further-kinds.ts";

export const given: Answers = {
  place: "hills",
  nights: 2.5,
  company: "other:My aunt",
  days: ["friday:well", "sunday:fair"],
  packing: ["tent:me", "tent:you"],
  mood: 6,
  stars: 4,
  hearts: 3,
  faces: 3,
  again: "yes",
  money: ["bed:50", "food:50", "fun:0"],
  mail: "lena@gmail.com",
  phone: "+4930123456",
  country: "JP",
  wishes: ["music", "other:A hammock"],
};

/** Stores at the edge what the widget shows: it is published after. */
export const storePictures = ({ running, keys }: Deployed): Promise<void> =>
  uploadImages(
    running.edge,
    [{ name: pixelName, path: "", contentType: "image/png", bytes: pixel, width: 1, height: 1 }],
    keys.tenant,
  );

export type Act = (page: Page) => Promise<unknown>;

const optionOf = (page: Page, text: string) => page.locator(".option", { hasText: text });
const press = async (page: Page, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};
const type = async (page: Page, text: string, ...before: readonly string[]): Promise<void> => {
  await press(page, ...before);
  await page.keyboard.type(text);
};

/** By question id, in order. Each language's own texts are not looked for: places are the same in all. */
export const byPointer: Readonly<Record<string, Act>> = {
  place: (page) => page.locator(".pictures .option").nth(1).click(),
  nights: (page) => page.locator("main input").fill("2,5"),
  company: async (page) => {
    await page.locator(".option").nth(2).click();
    await page.keyboard.type("My aunt");
  },
  days: async (page) => {
    await page.locator(".matrix tbody tr").nth(0).locator(".option").nth(2).click();
    await page.locator(".matrix tbody tr").nth(1).locator(".option").nth(1).click();
  },
  packing: async (page) => {
    await page.locator(".matrix tbody tr").nth(0).locator(".option").nth(0).click();
    await page.locator(".matrix tbody tr").nth(0).locator(".option").nth(1).click();
  },
  mood: (page) => page.locator(".scale label").nth(5).click(),
  // Goes on by itself.
  stars: (page) => page.locator(".scale label").nth(3).click(),
  hearts: (page) => page.locator(".scale label").nth(2).click(),
  faces: (page) => page.locator(".scale label").nth(2).click(),
  again: (page) => page.locator(".option").nth(0).click(),
  money: async (page) => {
    await page.locator(".sum input").nth(0).fill("50");
    await page.locator(".sum input").nth(1).fill("50");
  },
  mail: async (page) => {
    await page.locator("main input").fill(" lena@GMAIL.con ");
    await page.getByRole("button", { name: "lena@gmail.com" }).click();
  },
  phone: (page) => page.locator("main input").fill("030 / 123 456"),
  country: (page) => page.locator("main select").selectOption("JP"),
  wishes: async (page) => {
    await page.locator('.option:has-text("Music"), .option:has-text("الموسيقى")').click();
    await page.locator(".option").last().click();
    await page.keyboard.type("A hammock");
  },
};

/** The focus is on the heading when a question comes up: Tab leads into it. */
export const byKeyboard: Readonly<Record<string, Act>> = {
  place: (page) => press(page, "Tab", "Space", "ArrowDown"),
  nights: (page) => type(page, "2.5", "Tab"),
  company: async (page) => {
    // Arrow keys pass by the last option without leaving the group; Tab leads to its field.
    await press(page, "Tab", "Space", "ArrowDown", "ArrowDown");
    await type(page, "My aunt", "Tab");
  },
  days: (page) =>
    press(page, "Tab", "Space", "ArrowRight", "ArrowRight", "Tab", "Space", "ArrowRight"),
  packing: (page) => press(page, "Tab", "Space", "Tab", "Space"),
  mood: (page) => press(page, "Tab", "Space", ...Array.from({ length: 5 }, () => "ArrowRight")),
  stars: (page) => press(page, "Tab", "Space", "ArrowRight", "ArrowRight", "ArrowRight"),
  hearts: (page) => press(page, "Tab", "Space", "ArrowRight", "ArrowRight"),
  faces: (page) => press(page, "Tab", "Space", "ArrowRight", "ArrowRight"),
  again: (page) => press(page, "Tab", "Space"),
  money: async (page) => {
    await type(page, "50", "Tab");
    await type(page, "50", "Tab");
  },
  mail: (page) => type(page, "lena@gmail.com", "Tab"),
  phone: (page) => type(page, "030 123456", "Tab", "Tab"),
  country: (page) => type(page, "Japan", "Tab"),
  wishes: async (page) => {
    for (const text of ["Music", "Another wish"]) {
      const box = optionOf(page, text).locator("input");
      for (let stop = 0; stop < 10; stop++) {
        await page.keyboard.press("Tab");
        if (await box.evaluate((input) => input === document.activeElement)) break;
      }
      await page.keyboard.press("Space");
    }
    await page.keyboard.type("A hammock");
  },
};
