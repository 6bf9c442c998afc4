// The answers of one reader to the widget with every kind, given by pointer or by keyboard alone.
import type { Page } from "playwright-core";
import type { Answers } from "../../sdk/schema/answer.ts";
import { mainButton } from "./reader.ts";

export const given: Answers = {
  brew: "filter",
  tastes: ["fruity", "cocoa"],
  service: 4,
  recommend: 9,
  milk: "yes",
  grind: "fine",
  matters: ["origin", "price", "taste"],
  cups: 3,
  name: "Lena",
  wish: "More filter coffee.\nÜber alles 👍",
  start: "2026-12-01",
  rules: "agreed",
};

type Act = (page: Page) => Promise<unknown>;

/** By question id, in order. */
export const byPointer: Readonly<Record<string, Act>> = {
  brew: (page) => page.getByText("Filter").or(page.getByText("قهوة مفلترة")).click(),
  tastes: async (page) => {
    await page.locator(".option").nth(0).click();
    await page.locator(".option").nth(2).click();
  },
  service: (page) => page.locator(".scale label").nth(3).click(),
  recommend: (page) => page.locator(".scale label").nth(9).click(),
  milk: (page) => page.locator(".option").first().click(),
  grind: (page) => page.locator("main select").selectOption("fine"),
  matters: (page) => page.locator("button.down").first().click(),
  cups: (page) => page.locator("input[type=range]").fill("3"),
  name: (page) => page.locator("main input").fill("Lena"),
  wish: (page) => page.locator("main textarea").fill(String(given["wish"])),
  start: (page) => page.locator("main input").fill("2026-12-01"),
  rules: (page) => page.locator(".option").click(),
};

const press = async (page: Page, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

/** The focus is on the heading when a question comes up: Tab leads into it. */
export const byKeyboard: Readonly<Record<string, Act>> = {
  brew: (page) => press(page, "Tab", "Space", "ArrowDown"),
  tastes: (page) => press(page, "Tab", "Space", "Tab", "Tab", "Space"),
  service: (page) => press(page, "Tab", "Space", "ArrowRight", "ArrowRight", "ArrowRight"),
  recommend: (page) => press(page, "Tab", "Space", "ArrowLeft", "ArrowLeft"),
  milk: (page) => press(page, "Tab", "Space"),
  grind: async (page) => {
    await press(page, "Tab");
    await page.keyboard.type("Fine");
  },
  // The first item's arrow up does nothing; its arrow down moves it.
  matters: (page) => press(page, "Tab", "Tab", "Enter"),
  cups: (page) => press(page, "Tab", "Home", "ArrowRight", "ArrowRight", "ArrowRight"),
  name: async (page) => {
    await press(page, "Tab");
    await page.keyboard.type("Lena");
  },
  wish: async (page) => {
    await press(page, "Tab");
    await page.keyboard.insertText(String(given["wish"]));
  },
  start: async (page) => {
    await press(page, "Tab");
    await page.keyboard.type("12012026");
  },
  rules: (page) => press(page, "Tab", "Space"),
};

/** From the first question to the review; `at` is called at each question when it is answered. */
export async function answerAll(
  page: Page,
  how: Readonly<Record<string, Act>>,
  goOn: Act,
  at: (id: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  for (const [id, act] of Object.entries(how)) {
    await page.locator(`#${id}-question`).waitFor();
    await act(page);
    await at(id);
    await goOn(page);
  }
  await page.locator(".review").waitFor();
}

export const pressMain: Act = (page) => mainButton(page).click();

/** Tabs to the main button, however many stops that is, and presses it. */
export async function tabToMain(page: Page): Promise<void> {
  const stopsMax = 60;
  for (let stop = 0; stop < stopsMax; stop++) {
    if (await page.evaluate(() => document.activeElement?.matches("button.main") === true))
      return page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
  }
  throw new Error("the main button is not reached by Tab");
}
