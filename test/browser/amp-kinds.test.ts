// The kinds beyond the basic twelve, answered inside a mail in real Chromium.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wordsIn } from "../../widget/email/words.ts";
import { ampMail, chosenIn, submissionOf } from "../email/amp-mail.ts";
import { edge } from "../email/views.ts";
import { furtherKinds, pixelName } from "../widget/fixtures/further-kinds.ts";
import { expectRoomy, openAmp } from "./amp-reader.ts";
import { sharedBrowser } from "./shared.ts";
import { desk, expectAccessible, narrow, phone } from "./reader.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await sharedBrowser();
}, 60_000);
afterAll(() => browser.close());

const words = wordsIn("en");
const next = (page: Page) => page.getByRole("button", { name: words.next, exact: true }).click();
const heading = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor();
/** The control's own role and name, as assistive technology is told. */
const choose = (page: Page, role: "radio" | "checkbox", name: string | RegExp) =>
  page.getByRole(role, { name, exact: typeof name === "string" }).click({ force: true });
const inRow = (page: Page, row: string, role: "radio" | "checkbox", name: string) =>
  page.getByRole("group", { name: row }).getByRole(role, { name }).click({ force: true });

for (const codes of ["direct", "packed"] as const)
  test(`every kind that a mail can take is answered there, ${codes}`, async () => {
    const reader = await openAmp(browser, ampMail(furtherKinds, "en", codes));
    const { page } = reader;
    await next(page);
    expect(await page.getByRole("alert").filter({ visible: true }).innerText()).toBe(
      words.required,
    );
    await choose(page, "radio", /The hills/);
    await next(page);
    // A number is written on the page.
    await page.getByRole("link", { name: words.onPage }).waitFor();
    await next(page);
    await heading(page, "Who comes along to the place, for about some euros?");
    expect(await page.getByRole("link", { name: words.other }).getAttribute("href")).toContain(
      `${edge}/a/`,
    );
    await choose(page, "radio", "My family");
    await next(page);
    await heading(page, "How do these suit you?");
    await inRow(page, "Leaving on Friday", "radio", "Well");
    await next(page);
    // Every row is needed, and one has no answer yet.
    await page.getByRole("alert").filter({ visible: true }).waitFor();
    await inRow(page, "Back on Sunday", "radio", "Badly");
    await inRow(page, "Back on Sunday", "radio", "Somehow");
    expect(await page.getByRole("radio", { checked: true }).filter({ visible: true }).count()).toBe(
      2,
    );
    await next(page);
    await inRow(page, "The tent", "checkbox", "Me");
    await inRow(page, "The tent", "checkbox", "You");
    await inRow(page, "Food", "checkbox", "You");
    await inRow(page, "The tent", "checkbox", "Me");
    await next(page);
    await heading(page, "How much do you need it?");
    await choose(page, "radio", "6");
    await next(page);
    await choose(page, "radio", "4");
    // Stars below the chosen one are lit as well.
    expect(await page.locator(".lit:visible").count()).toBe(4);
    await next(page);
    await choose(page, "radio", "2");
    await next(page);
    await choose(page, "radio", "3");
    expect(await page.locator(".lit:visible").count()).toBe(0);
    await next(page);
    await choose(page, "radio", "Yes");
    await next(page);
    for (let step = 0; step < 4; step++) {
      await page.getByRole("link", { name: words.onPage }).waitFor();
      await next(page);
    }
    await choose(page, "checkbox", "Books");
    await choose(page, "checkbox", "Nothing");
    expect(await page.getByRole("checkbox", { name: "Music" }).isDisabled(), "two at most").toBe(
      true,
    );
    await next(page);
    await page.getByRole("button", { name: words.send }).click();
    await heading(page, "Off to somewhere");
    const submission = submissionOf(reader.posts.at(-1) ?? "");
    expect(chosenIn(furtherKinds, submission)).toEqual({
      place: [1],
      company: [1],
      days: [2, 4],
      packing: expect.arrayContaining([1, 3]),
      mood: [5],
      stars: [3],
      hearts: [1],
      faces: [2],
      again: [0],
      wishes: expect.arrayContaining([0, 3]),
    });
    expect(submission.choices["packing"]).toHaveLength(2);
    await reader.leave();
  });

describe("every step is readable and roomy", () => {
  for (const [language, viewport] of [
    ["en", narrow],
    ["ar", phone],
    ["en", desk],
  ] as const)
    test(`${language}, ${viewport.width} pixels wide`, async () => {
      const reader = await openAmp(browser, ampMail(furtherKinds, language, "direct"), viewport);
      const { page } = reader;
      const own = wordsIn(language);
      for (const question of furtherKinds.questions) {
        await expectAccessible(page, `${question.id}, ${language}`);
        await expectRoomy(page, `${question.id}, ${language}`);
        if (question.kind === "matrix")
          for (const row of await page.locator("fieldset.row:visible").all())
            await row.locator("input").first().click({ force: true });
        else if (question.kind === "picture-choice")
          await page.locator(".option:visible input").first().click({ force: true });
        await page.getByRole("button", { name: own.next, exact: true }).click();
      }
      await page.getByRole("button", { name: own.send }).waitFor();
      await reader.leave();
    });

  test("pictures come from the edge, say what they show, and keep their place while they load", async () => {
    const reader = await openAmp(browser, ampMail(furtherKinds, "en", "direct"));
    const shown = await reader.page
      .locator("amp-img img")
      .evaluateAll((images) =>
        images.map((image) => [
          image.getAttribute("src"),
          image.getAttribute("alt"),
          image.getAttribute("width"),
        ]),
      );
    const address = `${edge}/images/${pixelName}`;
    expect(shown).toEqual([
      [address, "", "40"],
      [address, "Waves on a beach", "40"],
      [address, "Green hills", "40"],
    ]);
    await reader.leave();
  });
});
