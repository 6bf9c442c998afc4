// The page of `maily dev` in Chromium: it follows the files, works by keyboard, breaks no policy, and axe finds nothing.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startDev, type Dev } from "../../cli/dev/start.ts";
import { inColumn, orchardYaml } from "../mjml/orchard.ts";
import { sharedBrowser } from "./shared.ts";

const letter = inColumn(
  '<mj-text>Dear [[first_name]]</mj-text>\n<mj-image src="https://orchard.example/apple.png" alt="Apples" />\n<mj-maily widget="./orchard.yaml" />',
  "<mj-head><mj-style>@media (prefers-color-scheme: dark) { body, body > div { background: #111 !important; color: #eee } }</mj-style></mj-head>\n",
);

let browser: Browser;
let axe = "";
let folder = "";
let template = "";
let dev: Dev;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await sharedBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-dev-page-"));
  template = join(folder, "letter.mjml");
  await writeFile(join(folder, "orchard.yaml"), orchardYaml);
  await writeFile(template, letter);
  dev = await startDev(template, {
    edge: "https://edge.example",
    port: 0,
    keys: join(folder, "keys"),
    tenant: 1,
  });
});
afterEach(async () => {
  await dev.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  readonly errors: string[];
  /** Pictures that would have been fetched. */
  readonly pictures: string[];
  /** Hosts that were asked for anything. */
  readonly hosts: Set<string>;
}

async function open(options: Parameters<Browser["newPage"]>[0] = {}): Promise<Opened> {
  const page = await browser.newPage(options);
  const errors: string[] = [];
  const hosts = new Set<string>();
  // Pictures are the author's own: nothing is really fetched here.
  const pictures: string[] = [];
  await page.route("https://orchard.example/**", (route) => {
    pictures.push(route.request().url());
    return route.abort();
  });
  page.on("request", (request) => hosts.add(new URL(request.url()).hostname));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_FAILED|violates.*img-src 'none'/.test(message.text()))
      errors.push(message.text());
  });
  await page.goto(dev.origin);
  await page.getByText("Up to date").waitFor();
  return { page, errors, pictures, hosts };
}

const mail = (page: Page) => page.frameLocator("#frame");

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(
    "axe.run({ iframes: false }).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`))",
  );
}

test("shows the mail by reader, language, screen and scheme, and asks nobody else for anything", async () => {
  const { page, errors, hosts } = await open();
  await mail(page).getByText("Dear Ada").waitFor();
  expect(hosts).toEqual(new Set(["127.0.0.1", "orchard.example"]));
  await page.getByLabel("Reader").selectOption({ index: 2 });
  await mail(page).getByText(`Dear D'Arcy <b>"&`).waitFor();
  await page.getByLabel("Language").selectOption("he");
  await mail(page).getByText("איזה סוג?").first().waitFor();
  expect(await mail(page).locator("html").getAttribute("dir")).toBe("rtl");
  const background = (): Promise<string> =>
    mail(page)
      .locator("body")
      .evaluate((body) => getComputedStyle(body).backgroundColor);
  expect(await background()).not.toBe("rgb(17, 17, 17)");
  await page.getByText("Dark", { exact: true }).click();
  await expect.poll(background).toBe("rgb(17, 17, 17)");
  await page.getByText("Phone", { exact: true }).click();
  await expect.poll(async () => (await page.locator("#device").boundingBox())?.width).toBe(390);
  expect(errors).toEqual([]);
  await page.close();
});

test("asks for no picture where pictures are off", async () => {
  const { page, pictures } = await open();
  await mail(page).getByText("Dear Ada").waitFor();
  await expect.poll(() => pictures.length).toBe(1);
  const source = (): Promise<string | null> => page.locator("#frame").getAttribute("data-address");
  await page.getByText("Off", { exact: true }).click();
  await page.getByText("Dark", { exact: true }).click();
  await expect.poll(source).toContain("scheme=dark&images=off");
  await mail(page)
    .locator("body")
    .evaluate((body) => body.ownerDocument.readyState);
  await mail(page).getByText("Dear Ada").waitFor();
  expect(pictures).toHaveLength(1);
  await page.close();
});

test("follows the file: an error with its line and excerpt, which goes when it is mended", async () => {
  const { page, errors } = await open();
  await mail(page).getByText("Dear Ada").waitFor();
  await writeFile(template, letter.replace("<mj-maily ", '<mj-maily accent="teal" '));
  const fault = page.getByRole("region", { name: "What is wrong with the files" });
  await fault.getByText(`${template}:7`).waitFor();
  await fault.getByText('accent="teal" must be a colour such as #0b5fff').waitFor();
  await page.getByText("1 error; below is the mail before").waitFor();
  expect(await fault.locator(".here").textContent()).toContain('<mj-maily accent="teal"');
  await mail(page).getByText("Dear Ada").waitFor();
  expect(await violations(page)).toEqual([]);
  await writeFile(template, letter.replace("Dear", "Good day,"));
  await mail(page).getByText("Good day, Ada").waitFor();
  await page.getByText("Up to date").waitFor();
  expect(await fault.isVisible()).toBe(false);
  expect(errors).toEqual([]);
  await page.close();
});

test("works by keyboard: tabs by arrows, and the parts behind them", async () => {
  const { page, errors } = await open();
  const tab = (name: RegExp) => page.getByRole("tab", { name });
  await tab(/^HTML/).focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => tab(/^AMP/).getAttribute("aria-selected")).toBe("true");
  await page.getByText("before AMP's runtime starts").waitFor();
  await mail(page).getByText("Which kind?").first().waitFor();
  await page.keyboard.press("ArrowRight");
  await page.locator("#source").getByText("Your apples").first().waitFor();
  await page.keyboard.press("End");
  await page.locator("#source").getByText("<!doctype html>").waitFor();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => tab(/^HTML/).getAttribute("aria-selected")).toBe("true");
  expect(await page.getByRole("tab", { selected: true }).count()).toBe(1);
  expect(errors).toEqual([]);
  await page.close();
});

test("shows what lint finds, and leads to the line of the source", async () => {
  await writeFile(
    template,
    letter.replace("Dear", '<img src="https://orchard.example/x.png" /> Dear'),
  );
  const { page, errors } = await open();
  const item = page.locator("#lint li").filter({ hasText: /alt/ }).first();
  await item.getByRole("button").click();
  await page.locator("#source .here").getByText(/<img/).waitFor();
  expect(await page.getByRole("tab", { selected: true }).textContent()).toContain("Source");
  expect(errors).toEqual([]);
  await page.close();
});

const dresses: [string, Parameters<Browser["newPage"]>[0]][] = [
  ["light, desktop", { colorScheme: "light", viewport: { width: 1440, height: 900 } }],
  ["dark, phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
  ["forced colours", { forcedColors: "active", viewport: { width: 1024, height: 768 } }],
  ["320 px", { viewport: { width: 320, height: 640 } }],
  ["200 % zoom", { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }],
];
for (const [dress, options] of dresses)
  test(`has no axe violation and no sideways scroll: ${dress}`, async () => {
    const { page, errors } = await open(options);
    for (const name of [/^HTML/, /^Text/, /^Source/]) {
      await page.getByRole("tab", { name }).click();
      expect(await violations(page)).toEqual([]);
      expect(
        await page.evaluate("document.documentElement.scrollWidth - innerWidth"),
      ).toBeLessThanOrEqual(0);
    }
    expect(errors).toEqual([]);
    await page.close();
  });
