// text/html of the fixtures in Chromium, as a phone and a desk show it: readable in light and dark, in both directions, at
// twice the size, without pictures, and every answer large enough to hit.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlPart } from "../../widget/email/html.ts";
import { lookOf } from "../../widget/email/look.ts";
import { fixtures } from "../email/fixtures/fixtures.ts";
import { filled, viewIn } from "../email/views.ts";
import { sharedBrowser } from "./shared.ts";
import { desk, expectAccessible, narrow, phone } from "./reader.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await sharedBrowser();
});
afterAll(() => browser.close());

/** Opens a fixture's mail as a client that runs no script would show it. */
async function opened(name: string, options: BrowserContextOptions): Promise<Page> {
  const found = fixtures.find((fixture) => fixture.name.startsWith(name));
  if (found === undefined) throw new Error(`no fixture ${name}`);
  const { widget } = found;
  const view = viewIn(widget, widget.languages[0] ?? "en");
  const page = await browser.newPage({ reducedMotion: "reduce", ...options });
  await page.setContent(filled(htmlPart(view, { look: lookOf(widget.theme) })));
  return page;
}

interface Target {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
}

/** Every answer as it lies on the screen, in pixels. */
const targetsOf = (page: Page): Promise<Target[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("[role=group] a")]
      .filter((link) => link.getClientRects().length > 0)
      .map((link) => {
        const { width, height, left, right } = link.getBoundingClientRect();
        return { label: link.innerText, width, height, left, right };
      }),
  );

async function expectRoom(page: Page, where: string): Promise<void> {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(sideways, where).toBeLessThanOrEqual(0);
  const width = page.viewportSize()?.width ?? 0;
  const targets = await targetsOf(page);
  expect(targets.length, where).toBeGreaterThan(0);
  for (const target of targets) {
    expect(target.height, `${where}: ${target.label}`).toBeGreaterThanOrEqual(44);
    expect(target.width, `${where}: ${target.label}`).toBeGreaterThanOrEqual(44);
    expect(target.left, `${where}: ${target.label}`).toBeGreaterThanOrEqual(0);
    expect(target.right, `${where}: ${target.label}`).toBeLessThanOrEqual(width);
  }
}

const shown = [
  "english: a coffee",
  "dutch: a railway",
  "arabic: an airline",
  "hebrew: a university",
  "japanese: a hot spring",
  "every kind in english",
  "every kind in arabic",
  "the shortest widget",
  "the longest texts",
  "one word without a space",
  "texts that are markup",
  "texts that turn the direction",
  "a theme nearly white",
  "a theme black",
  "a theme of middle grey",
  "sliders of every range",
];

// Colours do not depend on the width, nor widths on the colours: each is met once.
const dresses = [
  ["light", "desk", desk],
  ["dark", "phone", phone],
] as const;

for (const name of shown)
  describe(name, () => {
    for (const [colorScheme, device, viewport] of dresses)
      test(`has no axe violation and room for fingers, ${colorScheme}, on a ${device}`, async () => {
        const page = await opened(name, { viewport, colorScheme });
        const where = `${name}, ${colorScheme}, ${device}`;
        await expectAccessible(page, where);
        await expectRoom(page, where);
        await page.close();
      });

    test("fits a screen of 320 pixels, which is also 640 at twice the size", async () => {
      const page = await opened(name, { viewport: narrow });
      await expectRoom(page, name);
      await page.close();
    });
  });

test("an answer takes its reader to the page with that answer chosen, and nothing else is asked for", async () => {
  const page = await opened("english: a coffee", { viewport: phone, javaScriptEnabled: false });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const link = page.getByRole("link", { name: "Medium: hazelnut, caramel" });
  expect(await link.getAttribute("href")).toMatch(/^https:[^#]+\?lang=en#[\w-]{136}\.1\.1$/);
  expect(await link.getAttribute("target")).toBe("_blank");
  expect(asked).toEqual([]);
  await page.close();
});

test("the steps of a scale are named with what they count to, and stand together under their question", async () => {
  const page = await opened("english: a coffee", { viewport: desk });
  const group = page.getByRole("group", {
    name: "How likely are you to recommend us to a friend?",
  });
  expect(await group.getByRole("link").count()).toBe(11);
  expect(await group.getByRole("link", { name: "7 / 10" }).innerText()).toBe("7");
  const tops = await group
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => link.getBoundingClientRect().top));
  // On a desk all eleven are in one row.
  expect(new Set(tops).size).toBe(1);
  await page.close();
});

/** Pixels from a mail's title to the left and the right edge of the screen. */
async function marginsOf(name: string): Promise<{ left: number; right: number }> {
  const page = await opened(name, { viewport: desk });
  const margins = await page.getByRole("heading", { level: 1 }).evaluate((heading) => {
    const range = document.createRange();
    range.selectNodeContents(heading);
    const { left, right } = range.getBoundingClientRect();
    return { left, right: innerWidth - right };
  });
  await page.close();
  return margins;
}

test("from right to left, a mail is mirrored", async () => {
  const english = await marginsOf("english: a coffee");
  const arabic = await marginsOf("arabic: an airline");
  expect(Math.abs(arabic.right - english.left)).toBeLessThanOrEqual(2);
  expect(arabic.left).toBeGreaterThan(arabic.right);
});

/** The ground of a mail; `styled` false takes its style away, as many clients do. */
async function groundIn(colorScheme: "light" | "dark", styled: boolean): Promise<string> {
  const page = await opened("english: a coffee", { viewport: phone, colorScheme });
  if (!styled) await page.evaluate(() => document.querySelector("style")?.remove());
  const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.close();
  return colour;
}

test("dark mode is dark, and a client without it stays light", async () => {
  expect(await groundIn("light", true)).toBe("rgb(243, 241, 237)");
  expect(await groundIn("dark", true)).toBe("rgb(16, 15, 14)");
  expect(await groundIn("dark", false)).toBe("rgb(243, 241, 237)");
});

test("the preheader is what an inbox shows, and no eye sees it in the mail", async () => {
  const page = await opened("subject, preheader", { viewport: phone });
  expect(await page.title()).toBe("May: one question inside");
  expect(await page.getByText("Tap once and you are done.").isVisible()).toBe(false);
  await page.close();
});
