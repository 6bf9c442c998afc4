// The demo's agents: an answer in one tab, and in another a segment that reaches its floor, an agent that reacts, and why it may.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  freePortPair,
  prepareDemo,
  ready,
  startDemo,
  type DemoProcess,
} from "../flow/demo-process.ts";
import { pairMilliseconds } from "../../sdk/haste.ts";
import {
  arrive,
  desk,
  expectAccessible,
  narrow,
  phone,
  pressToSend,
  type Reader,
} from "./reader.ts";
import { sharedBrowser } from "./shared.ts";

let demo: DemoProcess;
let browser: Browser;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-agents-page-"));
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

const open = (options: BrowserContextOptions = {}): Promise<Reader> =>
  arrive(browser, `${demo.origin}/agents`, { viewport: desk, ...options });

/** A loaded machine takes its time. */
const soon = { timeout: 60_000 } as const;
const live = (page: Page) => page.locator('.live[data-state="live"]').waitFor(soon);
const sizeOf = (page: Page, segment: string) =>
  page.locator(`[data-segment="${segment}"] [data-value="size"]`);
const entry = (page: Page, text: string | RegExp) =>
  page.locator(".entry").filter({ hasText: text }).first();

const dresses: readonly [string, BrowserContextOptions][] = [
  ["on a desk, light", { viewport: desk, colorScheme: "light" }],
  ["on a phone, dark", { viewport: phone, colorScheme: "dark" }],
  ["on the smallest screen", { viewport: narrow }],
  ["in forced colours", { viewport: desk, forcedColors: "active" }],
];
for (const [dress, options] of dresses)
  test(`${dress} everything can be read and reached, from left and from right`, async () => {
    const { page, leave } = await open(options);
    await live(page);
    await entry(page, "Compliance Guard").waitFor(soon);
    for (const direction of ["ltr", "rtl"]) {
      await page.evaluate((dir) => (document.documentElement.dir = dir), direction);
      await page.locator(".entry summary").first().click();
      await expectAccessible(page, `${dress} ${direction}`);
      expect(
        await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ),
      ).toBe(0);
      const small = await page
        .locator("main button, main a.act, main summary")
        .evaluateAll((all) =>
          all.filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 40),
        );
      expect(small).toEqual([]);
    }
    await leave();
  });

/** In another tab, as the reader whom the page says you are. */
async function answerAsReader(page: Page, brew: string): Promise<Page> {
  const [tab] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("link", { name: "Answer as Lena Vogt" }).click(),
  ]);
  await tab.locator("button.main").click();
  await tab.getByRole("radio", { name: brew }).check();
  for (let step = 0; step < 8; step++) {
    if ((await tab.locator(".review").count()) > 0) break;
    const taste = tab.getByRole("checkbox", { name: "Fruity and bright" });
    if ((await taste.count()) > 0) await taste.check();
    const heading = await tab.locator("h1").innerText();
    await tab.locator("button.main").click();
    await tab.waitForFunction((text) => document.querySelector("h1")?.innerText !== text, heading);
  }
  await tab.getByText("Choose what we write to you about").click();
  await pressToSend(tab);
  await tab.locator(".receipt").waitFor(soon);
  return tab;
}

test("an answer lets a segment reach its floor, an agent reacts and may, and a withdrawal takes it away", async () => {
  const { page, leave } = await open();
  await live(page);
  const press = sizeOf(page, "press");
  expect(await press.innerText()).toBe("< 20");
  await entry(page, "Campaign Strategist").waitFor(soon);
  await answerAsReader(page, "French press");
  await expect.poll(() => press.innerText(), soon).toBe("20");
  const noticed = entry(page, "“French press” reached its floor of 20: 20 readers.");
  await noticed.waitFor(soon);
  const proposal = entry(page, /“French press” reached its floor.*Next: /s);
  await proposal.waitFor(soon);
  await proposal.locator("summary").click();
  expect(await proposal.locator(".why").innerText()).toMatch(
    /campaign_strategist may call get_segment.*campaign_strategist@demo.*options\.count/s,
  );
  // Told once, politely, and not with every question that an agent asks.
  expect(await page.locator(".announced").getAttribute("role")).toBe("status");

  // Sooner than this a withdrawal would be taken for a slip of the finger.
  await page.waitForTimeout(pairMilliseconds);
  await page.getByRole("button", { name: "Withdraw Lena Vogt’s consent" }).click();
  await page.getByText("Consent is withdrawn.").first().waitFor(soon);
  await expect.poll(() => press.innerText(), soon).toBe("< 20");
  await entry(page, "“French press” fell below its floor of 20").waitFor(soon);
  await leave();
});

test("only the strategist gets revenue; the others are told why not, in words", async () => {
  const { page, leave } = await open();
  await live(page);
  const askAs = (agent: string) =>
    page
      .locator(".agents li")
      .filter({ hasText: agent })
      .getByRole("button", { name: "Let it ask for revenue" })
      .click();
  await askAs("Toolsmith");
  const refused = entry(page, "Was asked to look at revenue, and got nothing.");
  await refused.waitFor(soon);
  expect(await refused.locator(".head").innerText()).toContain("Toolsmith");
  await refused.locator("summary").click();
  expect(await refused.locator(".why").innerText()).toMatch(/revenue-reserved.*Given\s*nothing/s);
  await askAs("Campaign Strategist");
  const given = entry(page, "Was asked to look at revenue, and got it.");
  await given.waitFor(soon);
  await given.locator("summary").click();
  expect(await given.locator(".why").innerText()).toContain("amount");
  await leave();
});

test("without JavaScript the page is whole, and its buttons work", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: phone });
  const page = await context.newPage();
  await page.goto(`${demo.origin}/agents`);
  expect(Number(await sizeOf(page, "promoters").innerText())).toBeGreaterThan(20);
  expect(await page.locator(".entry").count()).toBeGreaterThan(5);
  await page
    .locator(".agents li")
    .filter({ hasText: "Compliance Guard" })
    .getByRole("button")
    .click();
  await page.getByText("It asked. What policy said stands on top of the list.").waitFor();
  expect(await page.locator(".entry").first().innerText()).toContain("got nothing");
  await context.close();
});

test("a page of another origin cannot press its buttons", async () => {
  for (const path of ["/agents/withdraw", "/agents/reach"]) {
    const response = await fetch(demo.origin + path, {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site" },
      body: "agent=toolsmith",
    });
    expect(response.status).toBe(404);
  }
});

test("a server that is away is said, and the page goes on when it is back", async () => {
  const { page, leave } = await open();
  await live(page);
  const { children } = JSON.parse(await readFile(join(folder, "pids.json"), "utf8")) as {
    children: number[];
  }; // demo/leftovers.ts wrote it.
  const [europe = 0] = children;
  process.kill(europe, "SIGKILL");
  await page.locator('.live[data-state="away"]').waitFor(soon);
  await live(page);
  await leave();
});
