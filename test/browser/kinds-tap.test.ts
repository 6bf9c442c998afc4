// Where an author lets a tap go on, or send.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { kindsStage, widgetOf } from "./kinds-visit.ts";
import { appearAtNextPress, expectAccessible, mainButton, opened, pressToSend } from "./reader.ts";

const { notice } = furtherKinds;

const tapped = widgetOf(
  [
    {
      id: "liked",
      kind: "rating",
      look: "stars",
      required: true,
      text: "Did you like it?",
      low: "Not at all",
      high: "A lot",
    },
  ],
  {
    send: "tap",
    review: false,
    notice: {
      ...notice,
      purposes: [...notice.purposes, { id: "letters", text: "Write to me about it" }],
    },
  },
);

const writing = widgetOf([
  {
    id: "who",
    kind: "single-choice",
    text: "Who comes along?",
    advance: "tap",
    other: true,
    options: [
      { id: "nobody", text: "Nobody" },
      { id: "friend", text: "A friend" },
    ],
  },
  { id: "why", kind: "short-text", text: "Why?" },
]);

const at = kindsStage({ one: furtherKinds, tapped, writing });

async function toStars(page: Page): Promise<void> {
  await page.locator(".pictures .option").first().click();
  await mainButton(page).click();
  await page.locator("#nights").fill("2");
  await mainButton(page).click();
  await page.locator("#company-question").waitFor();
  await mainButton(page).click();
  for (const row of await page.locator(".matrix tbody tr").all())
    await row.locator(".option").first().click();
  for (const id of ["packing", "mood", "stars"]) {
    await mainButton(page).click();
    await page.locator(`#${id}-question`).waitFor();
  }
}

describe("going on by itself", () => {
  test("a tap does, a moment later; back again the answer stands and waits", async () => {
    const { page, leave } = await at.visit("one");
    await toStars(page);
    await page.locator(".scale label").nth(1).click();
    await page.locator("#hearts-question").waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    await page.getByRole("button", { name: "Back" }).click();
    await page.locator("#stars-question").waitFor();
    expect(await page.getByRole("radio", { name: "2 of 5" }).isChecked()).toBe(true);
    await page.waitForTimeout(1000);
    expect(await page.locator("#stars-question").count()).toBe(1);
    await leave();
  });

  test("any other press meanwhile means that the reader is not done", async () => {
    const { page, leave } = await at.visit("one");
    await toStars(page);
    await page.locator(".scale label").nth(1).click();
    await page.keyboard.press("Tab");
    await page.waitForTimeout(1000);
    expect(await page.locator("#stars-question").count()).toBe(1);
    await leave();
  });
});

describe("going on by itself where a reader may write", () => {
  test("the option that opens a field does not go on without what is written there", async () => {
    const { page, leave } = await at.visit("writing");
    await page.getByText("Other…").click();
    const own = page.locator("#who-other");
    await own.waitFor();
    await page.waitForTimeout(1000);
    expect(await page.locator(".fault").count()).toBe(0);
    expect(await own.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.type("My aunt");
    await mainButton(page).click();
    await page.locator("#why-question").waitFor();
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByText("Nobody").click();
    await page.locator("#why-question").waitFor();
    await leave();
  });
});

describe("a tap that sends", () => {
  test("sends the answer and what is needed, once; the notice stands beside", async () => {
    const { page, posts, leave } = await at.visit("tapped");
    const star = page.getByRole("button", { name: "4" });
    await star.waitFor();
    await expectAccessible(page, "a tap that sends");
    expect(await page.locator(".notice").innerText()).toContain("By choosing an answer you agree");
    expect(await mainButton(page).isVisible()).toBe(false);
    await page.waitForTimeout(dwellMilliseconds);
    await star.click();
    await page.locator(".receipt").waitFor();
    expect(posts).toHaveLength(1);
    const { sent, payload } = opened(at.product, posts[0]);
    expect(payload.answers).toEqual({ liked: 4 });
    expect(sent.consent.purposes).toEqual(["results"]);
    await leave();
  });

  test("by key: arrows send nothing, Enter on an answer does", async () => {
    const { page, posts, leave } = await at.visit("tapped");
    await page.getByRole("button", { name: "1" }).focus();
    await page.waitForTimeout(dwellMilliseconds);
    await page.keyboard.press("ArrowRight");
    expect(posts).toEqual([]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".receipt").waitFor();
    expect(opened(at.product, posts[0]).payload.answers).toEqual({ liked: 2 });
    await leave();
  });

  test("a press before anybody can have read it chooses, and the button asks once more", async () => {
    const { page, posts, leave } = await at.visit("tapped");
    await page.getByRole("button", { name: "5" }).waitFor();
    await appearAtNextPress(page);
    await page.getByRole("button", { name: "5" }).click();
    await mainButton(page).waitFor();
    expect(posts).toEqual([]);
    expect(await page.getByRole("button", { name: "5" }).getAttribute("aria-pressed")).toBe("true");
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(posts).toHaveLength(1);
    await leave();
  });

  test("what was tapped in the mail is chosen, and sent by another press alone", async () => {
    const { page, posts, leave } = await at.visit("tapped", { choice: ".0.2" });
    await mainButton(page).waitFor();
    await page.waitForTimeout(1500);
    expect(posts).toEqual([]);
    expect(await page.getByRole("button", { name: "3" }).getAttribute("aria-pressed")).toBe("true");
    await leave();
  });
});
