// The result at the end of a quiz: what is shown, what is folded, what goes on paper, and what is shared.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPictured } from "../../cli/images.ts";
import { fetchManifest, publish } from "../../cli/publish.ts";
import { regions } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite, publishWidget, yearMilliseconds } from "../flow/product.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import { plain } from "./plain-widget.ts";
import {
  arrive,
  desk,
  expectAccessible,
  expectRoomy,
  mainButton,
  phone,
  pressToSend,
} from "./reader.ts";

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
  (await invite(product, manifest, "eu", `result-${readers++}@example.org`)).link;

/** A quiz of one question whose result is to be shared; what is piped into it is the reader's own. */
const quiz = Widget.parse({
  ...plain,
  questions: [
    { id: "name", kind: "short-text", required: true, text: "What shall we call you?" },
    {
      id: "brew",
      kind: "single-choice",
      required: true,
      text: "How do you brew?",
      options: [
        { id: "espresso", text: "Espresso", scores: { dark: 3, light: 1 } },
        { id: "filter", text: "Filter", scores: { light: 3 } },
      ],
    },
  ],
  outcomes: [
    {
      id: "dark",
      title: "Dark roast for [[name|you]]",
      text: "You said [[brew|something]].",
      colour: "#fff59d",
      share: true,
    },
    { id: "light", title: "Light roast", share: true },
  ],
});

async function toResult(page: Page): Promise<void> {
  await page.getByRole("textbox").fill("Zaphod-4711");
  await mainButton(page).click();
  await page.getByLabel("Espresso").check();
  await mainButton(page).click();
  await page.locator(".notice").waitFor();
  await pressToSend(page);
  await page.locator(".outcome").waitFor();
}

describe("a result", () => {
  let campaign: Manifest;
  beforeAll(async () => {
    campaign = await publishWidget(product, quiz);
  });

  for (const [where, options] of Object.entries({
    "on a phone by day": { viewport: phone },
    "on a desk by night": { viewport: desk, colorScheme: "dark" },
    "in system colours": { viewport: desk, forcedColors: "active" },
  } as const))
    test(`can be read ${where}, with its bars and the receipt folded below`, async () => {
      const { page, leave } = await arrive(browser, await linkTo(campaign), options);
      await toResult(page);
      expect(await page.locator(".outcome h2").innerText()).toBe("Dark roast for Zaphod-4711");
      expect(await page.locator(".outcome p").first().innerText()).toBe("You said Espresso.");
      expect(await page.locator(".scores").innerText()).toMatch(/75\s?%[^]*Light roast\s+25\s?%/);
      const bars = await page
        .locator(".scores i")
        .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
      expect((bars[1] ?? 0) / (bars[0] ?? 1)).toBeCloseTo(1 / 3, 1);
      await expectAccessible(page, where);
      await expectRoomy(page, where);
      const download = page.getByRole("button", { name: "Download receipt" });
      expect(await download.isVisible()).toBe(false);
      await page.locator("summary").press("Enter");
      expect(await download.isVisible()).toBe(true);
      await expectAccessible(page, `${where}, receipt open`);
      await leave();
    });

  test("is on paper with the receipt, folded or not, and without what can only be pressed", async () => {
    const { page, leave } = await arrive(browser, await linkTo(campaign), { viewport: desk });
    await toResult(page);
    await page.emulateMedia({ media: "print" });
    const receipt = page.locator(".receipt dl");
    expect((await receipt.boundingBox())?.height).toBeGreaterThan(100);
    expect(await page.locator("button:visible").count()).toBe(0);
    await leave();
  });

  const expectNothingOf = (shared: string, link: string): void => {
    const { hash, origin } = new URL(link);
    const [invitation = ""] = hash.slice(1).split(".");
    expect(invitation.length).toBeGreaterThan(40);
    for (const secret of [invitation, "Zaphod", "Espresso", "espresso", "#", "?"])
      expect(shared, secret).not.toContain(secret);
    expect(shared).toContain(`${origin}/a/${campaign.id}`);
    expect(shared).toContain("Your coffee: Dark roast for you");
  };

  test("is shared by the device's own sheet without a word of the reader's", async () => {
    const link = await linkTo(campaign);
    const { page, asked, leave } = await arrive(browser, link, {}, (fresh) =>
      fresh.addInitScript(() => {
        // Chromium on a machine without a desktop has no sheet: one that keeps what it is given.
        Object.defineProperty(navigator, "share", {
          value: (data: unknown) => {
            document.documentElement.dataset["shared"] = JSON.stringify(data);
            return Promise.resolve();
          },
        });
      }),
    );
    await toResult(page);
    const before = asked.length;
    await page.getByRole("button", { name: "Share my result" }).click();
    const shared = (await page.locator("html").getAttribute("data-shared")) ?? "";
    expectNothingOf(shared, link);
    expect(Object.keys(JSON.parse(shared) as object).sort()).toEqual(["text", "title", "url"]);
    expect(asked.slice(before)).toEqual([]);
    await leave();
  });

  test("is copied where there is no sheet, without a word of the reader's", async () => {
    const link = await linkTo(campaign);
    const { page, leave } = await arrive(browser, link, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await toResult(page);
    await page.getByRole("button", { name: "Share my result" }).click();
    await page.getByText("Copied. Paste it where you like.").waitFor();
    expectNothingOf(await page.evaluate(() => navigator.clipboard.readText()), link);
    await leave();
  });

  test("says so where nothing can be shared", async () => {
    const { page, leave } = await arrive(browser, await linkTo(campaign), {}, (fresh) =>
      fresh.addInitScript(() => {
        Object.defineProperty(navigator, "share", { value: undefined });
        Object.defineProperty(navigator, "clipboard", {
          value: { writeText: () => Promise.reject(new DOMException("no", "NotAllowedError")) },
        });
      }),
    );
    await toResult(page);
    await page.getByRole("button", { name: "Share my result" }).click();
    await page.getByText("That did not work here.").waitFor();
    await leave();
  });
});

test("a brand's logo and a result's picture are shown; one that cannot be fetched leaves the words", async () => {
  const folder = await mkdtemp(join(tmpdir(), "maily-result-"));
  await copyFile("docs/page.png", join(folder, "bag.png"));
  await copyFile("docs/results.png", join(folder, "logo.png"));
  const image = { source: "./bag.png", alt: "A paper bag" };
  const [dark, ...others] = quiz.outcomes;
  const file = join(folder, "quiz.json");
  await writeFile(
    file,
    JSON.stringify({
      ...quiz,
      theme: { ...quiz.theme, logo: { source: "./logo.png", alt: "" } },
      outcomes: [{ ...dark, image }, ...others],
    }),
  );
  const { widget, images } = await readPictured(file);
  const { campaign } = await publish(
    product.running.edge,
    {
      widget,
      images,
      regions,
      opensAt: new Date(Date.now() - 60_000).toISOString(),
      closesAt: new Date(Date.now() + yearMilliseconds).toISOString(),
    },
    product.keys.tenant,
  );
  await rm(folder, { recursive: true });
  const manifest = await fetchManifest(product.running.edge, campaign.id);
  if (manifest === undefined) throw new Error("not published");

  for (const colorScheme of ["light", "dark"] as const) {
    const { page, leave } = await arrive(browser, await linkTo(manifest), { colorScheme });
    await page.locator("[data-logo]").waitFor();
    const name = page.locator("header > span");
    expect(await name.evaluate((span) => getComputedStyle(span).backgroundImage)).toContain(
      "/images/",
    );
    // Who does not see it hears the name.
    expect(await name.textContent()).toBe("Morning Post Coffee");
    await toResult(page);
    const picture = page.getByRole("img", { name: "A paper bag" });
    await picture.scrollIntoViewIfNeeded();
    expect(
      await picture.evaluate((shown) => shown instanceof HTMLImageElement && shown.naturalWidth),
    ).toBeGreaterThan(100);
    await expectAccessible(page, colorScheme);
    await expectRoomy(page, colorScheme);
    await leave();
  }

  // What a service worker fetches passes the route by.
  const blind = { serviceWorkers: "block" } as const;
  const { page, leave } = await arrive(browser, await linkTo(manifest), blind, (fresh) =>
    fresh.route("**/images/**", (route) => route.abort()),
  );
  await toResult(page);
  expect(await page.locator("[data-logo]").count()).toBe(0);
  await page.locator(".outcome img").waitFor({ state: "hidden" });
  expect(await page.locator("header > span").innerText()).toBe("Morning Post Coffee");
  await leave();
});
