// The demo's page of numbers in real Chromium: it measures, stops when told to, and can be read by everybody.
import type { AddressInfo } from "node:net";
import { serve, type ServerType } from "@hono/node-server";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoWeb } from "../../demo/web.ts";
import { sharedBrowser } from "./shared.ts";
import { expectAccessible } from "./reader.ts";

const nowhere = "http://127.0.0.1:9";
let browser: Browser;
let web: ServerType;
let origin: string;
beforeAll(async () => {
  // The page needs neither the edge nor a region.
  const app = demoWeb({
    edge: nowhere,
    origin: nowhere,
    servers: { eu: nowhere, us: nowhere, apac: nowhere },
    token: "",
    readers: [],
    mails: [],
    everything: { campaign: "", linkForSomebody: () => Promise.resolve(nowhere) },
    shop: nowhere,
  });
  browser = await sharedBrowser();
  web = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => web.once("listening", resolve));
  origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`; // A TCP server's address is one.
}, 60_000);
afterAll(async () => {
  await browser.close();
  web.close();
});

async function visit(options: BrowserContextOptions, look: (page: Page) => Promise<void>) {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(`${origin}/numbers`);
    await look(page);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

const looks = [
  ["a phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ["a desk, light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["the smallest screen", { viewport: { width: 320, height: 640 } }],
  ["a desk with forced colours", { forcedColors: "active" }],
] as const;

test("measures every table beside noble, then says that it is done, and reads well everywhere", async () => {
  await visit({ reducedMotion: "reduce" }, async (page) => {
    await page.getByRole("button", { name: "Measure" }).press("Enter");
    await page.getByText(/^Done\./).waitFor({ timeout: 150_000 });
    const tables = await page.locator("table").evaluateAll((all) =>
      all.map((table) => ({
        title: table.querySelector("caption")?.textContent,
        rows: [...table.querySelectorAll("tbody tr")].map((row) =>
          [...row.children].map(({ textContent }) => textContent),
        ),
      })),
    );
    expect(tables.map(({ title }) => title)).toEqual([
      "An answer of 500 bytes, sealed to a region",
      "AES-256-GCM, 500 bytes",
      "AES-256-GCM, 64 KB",
      "AES-256-GCM, 1 MB",
    ]);
    for (const { rows } of tables) {
      expect(rows.length).toBeGreaterThanOrEqual(3);
      expect(rows[0]?.slice(2, 4)).toEqual(["1.00", "1.0 ×"]);
      for (const [name, time, share, speed] of rows) {
        expect(name).toMatch(/\w/);
        expect(time).toMatch(/^[\d.e+]+ (µs|ms)$/);
        expect(Number(share)).toBeGreaterThan(0);
        expect(Number.parseFloat(speed ?? "")).toBeGreaterThan(0);
      }
    }
    expect(tables[1]?.rows.map(([name]) => name)).toEqual([
      "noble",
      "WebCrypto",
      "ours (wasm-simd)",
      "ours (wasm)",
    ]);
    await expect(page.getByText(/^The first of this page/).count()).resolves.toBe(1);
    for (const [name, { viewport, ...media }] of looks.map(
      ([title, look]) => [title, { viewport: { width: 1280, height: 900 }, ...look }] as const,
    )) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: "light", forcedColors: "none", ...media });
      await expectAccessible(page, name);
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(sideways).toBe(0);
      const folder = process.env["PICTURES"];
      if (folder !== undefined) await page.screenshot({ path: `${folder}/numbers ${name}.png` });
    }
  });
}, 240_000);

test("stops when told to, keeps what it has, and can begin again", async () => {
  await visit({}, async (page) => {
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByText(/^Measuring 1 of 4/).waitFor();
    await page.getByRole("progressbar").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/^Stopped\./).waitFor();
    await expect(page.getByRole("button", { name: "Measure again" }).isEnabled()).resolves.toBe(
      true,
    );
    await expect(page.getByRole("progressbar").isHidden()).resolves.toBe(true);
  });
});

test("says so where the browser gives no WebCrypto", async () => {
  await visit({}, async (page) => {
    await page.evaluate(() =>
      Object.defineProperty(globalThis, "isSecureContext", { value: false }),
    );
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByText(/open this page on localhost/).waitFor();
  });
});
