// The demo's own pages in Chromium: no axe violation in any dress, and the numbers move while a reader answers.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  freePortPair,
  prepareDemo,
  ready,
  startDemo,
  type DemoProcess,
} from "../flow/demo-process.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { sharedBrowser } from "./shared.ts";

let demo: DemoProcess;
let browser: Browser;
let folder = "";
let axe = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-demo-browser-"));
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await prepareDemo(folder);
  demo = startDemo(await freePortPair(), folder);
  await ready(demo);
  browser = await sharedBrowser();
});
afterAll(async () => {
  await browser.close();
  demo.process.kill("SIGTERM");
  await demo.ended;
  await rm(folder, { recursive: true, force: true });
});

/** A page whose script errors and policy violations are collected. */
async function open(
  path: string,
  options: Parameters<Browser["newPage"]>[0],
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage(options);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(demo.origin + path, { waitUntil: "load" });
  return { page, errors };
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(
    "axe.run({ iframes: false }).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`))",
  );
}

const dresses: [string, Parameters<Browser["newPage"]>[0]][] = [
  ["light, desktop", { colorScheme: "light", viewport: { width: 1280, height: 860 } }],
  ["dark, phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
  ["forced colours", { forcedColors: "active", viewport: { width: 1024, height: 768 } }],
  ["320 px", { viewport: { width: 320, height: 640 } }],
  ["200 % zoom", { viewport: { width: 640, height: 430 }, deviceScaleFactor: 2 }],
];
for (const [dress, options] of dresses)
  for (const path of [
    "/",
    "/agents",
    "/results/eu",
    "/mail/apac",
    "/mail/apac/text",
    "/mail/us/amp",
  ])
    test(`${path} in ${dress} has no axe violation, no script error and no sideways scrolling`, async () => {
      const { page, errors } = await open(path, options);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expect(errors).toEqual([]);
      await page.close();
    });

test("the navigation is one line on a desk", async () => {
  const { page } = await open("/", { viewport: { width: 1200, height: 800 } });
  const bottoms = await page
    .locator(".top a")
    .evaluateAll((links) => links.map((link) => Math.round(link.getBoundingClientRect().bottom)));
  expect(Math.max(...bottoms) - Math.min(...bottoms)).toBeLessThan(20);
  await page.close();
});

/** The open mail's part, in the reading pane. */
const partOf = (page: Page): FrameLocator =>
  page.frameLocator('iframe[name="mail"]').frameLocator('iframe[name="part"]');

test("a reader answers inside the mail, changes her mind, and the open results page follows", async () => {
  const results = await open("/results/us", {});
  const count = results.page.locator('[data-value="answers"]').nth(1);
  expect(await count.innerText()).toBe("0");
  const inbox = await open("/", { viewport: { width: 1280, height: 860 } });
  await inbox.page.getByRole("link", { name: /The Daily Orchard/ }).click();
  const part = partOf(inbox.page);
  await part.getByLabel("Recipes").check({ force: true });
  await part.getByLabel("How often?").selectOption({ label: "Once a month" });
  await part.getByRole("button", { name: "Agree and send" }).click();
  await part.getByRole("heading", { name: "Saved" }).waitFor();
  await expect.poll(() => count.innerText(), { timeout: 5_000, interval: 20 }).toBe("1");
  expect([...inbox.errors, ...results.errors]).toEqual([]);
  await part.getByRole("button", { name: "Change my answer" }).click();
  await part.getByRole("button", { name: "Agree and send" }).waitFor();
});

test("an answer tapped in the mail moves the open results page within a second of the receipt", async () => {
  const results = await open("/results/eu", {});
  const count = results.page.locator('[data-value="answers"]').first();
  // Invented readers were there before.
  const before = Number(await count.innerText());
  expect(before).toBeGreaterThan(200);
  const inbox = await open("/", { viewport: { width: 1280, height: 860 } });
  const mail = inbox.page.frameLocator('iframe[name="mail"]');
  await mail.getByRole("link", { name: "HTML", exact: true }).click();
  const [page] = await Promise.all([
    inbox.page.waitForEvent("popup"),
    partOf(inbox.page).getByRole("link", { name: "French Press" }).click(),
  ]);
  await page.waitForLoadState();
  expect(page.url()).not.toContain("#");
  expect(await page.getByRole("radio", { name: "French Press" }).isChecked()).toBe(true);
  for (let step = 0; step < 12; step++) {
    const button = page.getByRole("button", {
      name: /^(Weiter|Antworten prüfen|Zustimmen und senden|Senden)/,
    });
    if ((await button.count()) === 0) break;
    const choice = page.getByRole("checkbox", { name: "Fruchtig und hell" });
    if ((await choice.count()) > 0) await choice.check({ force: true });
    await button.first().click();
    // What sends must have been in sight (widget/web/gesture.ts); what goes on is here sooner.
    await page.waitForTimeout(dwellMilliseconds);
  }
  await page.getByRole("heading", { name: "Das passt zu dir" }).waitFor();
  await expect
    .poll(() => count.innerText(), { timeout: 1000, interval: 20 })
    .toBe(String(before + 1));
  expect(results.errors).toEqual([]);
});

test("the inbox and the results are whole without JavaScript", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(demo.origin);
  expect(await page.getByRole("link", { name: /The Daily Orchard/ }).count()).toBe(1);
  await page.getByRole("link", { name: "Europe" }).click();
  expect(await page.getByRole("heading", { name: "Which coffee is yours?" }).count()).toBe(1);
  await context.close();
});
