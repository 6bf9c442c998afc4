// The description of the interface, as the edge serves it, in real Chromium: without a script, for everybody.
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documentPolicy } from "../../sdk/page-policy.ts";
import { problemCodes } from "../../sdk/problem.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import { expectAccessible } from "./reader.ts";

const product = sharedProduct();
let browser: Browser;
beforeAll(async () => {
  browser = await sharedBrowser();
}, 180_000);
afterAll(async () => {
  await browser.close();
});

async function visit(
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
  hash = "",
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.message));
    const response = await page.goto(`${product.running.edge}/docs${hash}`);
    expect(response?.status()).toBe(200);
    await look(page);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

const folder = process.env["PICTURES"];

const looks = [
  ["a phone, light", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
  ["a phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ["a desk, light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["a desk, dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  ["the smallest screen", { viewport: { width: 320, height: 640 } }],
] as const;

test.each(looks)("is accessible and never scrolls sideways on %s", async (name, options) => {
  await visit(options, async (page) => {
    await expectAccessible(page, name);
    const sideways = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await sideways()).toBe(0);
    if (folder !== undefined) {
      await page.screenshot({ path: join(folder, `docs ${name}.png`) });
      await page.locator("#post-v1-answers").scrollIntoViewIfNeeded();
      await page.screenshot({ path: join(folder, `docs ${name}, an operation.png`) });
      await page.locator("#schema-submission, #schema-Submission").first().scrollIntoViewIfNeeded();
      await page.screenshot({ path: join(folder, `docs ${name}, a shape.png`) });
    }
    // Right to left, as a reader's own style sheet or a translation makes it: code stays as it is.
    await page.evaluate(() => {
      document.documentElement.dir = "rtl";
    });
    expect(await sideways()).toBe(0);
    if (name === "a phone, light") await expectAccessible(page, "right to left");
  });
});

test("says everything that /openapi.json says, without JavaScript, and every link of it leads somewhere", async () => {
  await visit({ javaScriptEnabled: false }, async (page) => {
    const document = (await (await fetch(`${product.running.edge}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
      components: { schemas: Record<string, unknown> };
    }; // The edge's own document.
    for (const [path, methods] of Object.entries(document.paths))
      for (const method of Object.keys(methods)) {
        const heading = page
          .locator(".operation h3", { hasText: path })
          .filter({ hasText: method.toUpperCase() });
        expect(await heading.count(), `${method} ${path}`).toBeGreaterThan(0);
      }
    for (const code of problemCodes) expect(await page.locator(`#problem-${code}`).count()).toBe(1);
    for (const name of Object.keys(document.components.schemas))
      expect(await page.locator(`#schema-${name}`).count()).toBe(1);
    const anchors = await page
      .locator("a[href^='#']")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
    for (const anchor of new Set(anchors))
      expect(await page.locator(anchor).count(), anchor).toBe(1);
    expect(await page.locator("script").count()).toBe(0);
  });
});

test("an operation and a refusal have addresses of their own, and the keyboard goes straight to the content", async () => {
  await visit(
    {},
    async (page) => {
      const target = page.locator(":target");
      expect(await target.getAttribute("id")).toBe("problem-notice-stale");
      expect(await target.innerText()).toContain("Reload the page, read the new notice");
    },
    "#problem-notice-stale",
  );
  await visit({}, async (page) => {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("To the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  });
});

test("comes with a policy that allows no script, compressed where the browser takes it", async () => {
  const response = await fetch(`${product.running.edge}/docs`, {
    headers: { "accept-encoding": "br" },
  });
  expect(response.headers.get("content-security-policy")).toBe(documentPolicy);
  expect(response.headers.get("content-encoding")).toBe("br");
  expect(documentPolicy).toContain("default-src 'none'");
  expect(documentPolicy).not.toContain("script");
});
