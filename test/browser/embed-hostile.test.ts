// Pages that make it hard: strict policies, hostile stylesheets, two widgets, what is missing or refused.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { short } from "./short-visit.ts";
import {
  element,
  embeddingSite,
  embedKeyOf,
  inside,
  pageWith,
  visit,
  type Heard,
} from "./embedding-site.ts";
import { resultsWith } from "../flow/product.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { expectAccessible } from "./reader.ts";

const site = embeddingSite();

/** Beyond what the loader waits for a frame. */
const lateMilliseconds = 12_000;

const detailsOf = (events: readonly Heard[], type: string) =>
  events.filter((event) => event.type === type).map(({ detail }) => detail);

const strict = (frames: string): string => {
  const { edge } = site.product.running;
  return `default-src 'none'; script-src ${edge}; frame-src ${frames}; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'`;
};

/** In front of a page that allows the script's and the frame's origin, and nothing else. */
async function visitStrictly(attributes: string) {
  const { edge } = site.product.running;
  const address = site.serve({
    html: pageWith(site, element(site, attributes)),
    headers: {
      "content-security-policy": strict(edge),
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-opener-policy": "same-origin",
    },
  });
  const visitor = await visit(site.browser, "about:blank");
  const violations: string[] = [];
  visitor.page.on("console", (message) => {
    if (message.type() === "error") violations.push(message.text());
  });
  await visitor.page.goto(address);
  return { ...visitor, violations };
}

for (const mode of ["inline", "popup", "slide-in", "full-page"])
  test(`the mode ${mode} needs no more of a policy than the script's and the frame's origin`, async () => {
    const { page, errors, violations, close } = await visitStrictly(`mode="${mode}"`);
    await inside(page).getByLabel("Filter").check();
    const { width = 0 } = (await page.locator("maily-widget iframe").boundingBox()) ?? {};
    expect(width).toBeGreaterThan(300);
    expect({ errors, violations }).toEqual({ errors: [], violations: [] });
    await close();
  });

test("a page of the strictest policy needs the script's and the frame's origin, and nothing else", async () => {
  const { page, errors, violations, close } = await visitStrictly('mode="side-tab" label="Ask"');
  await page.getByRole("button", { name: "Ask" }).click();
  await inside(page).getByLabel("Filter").check();
  await page.waitForTimeout(dwellMilliseconds);
  await inside(page).locator("button.main").click();
  await inside(page).locator(".receipt").waitFor();
  // Its look came too: the panel is in its corner.
  const { x, y, width, height } = (await page.locator("maily-widget dialog").boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  expect([Math.round(x + width), Math.round(y + height)]).toEqual([1280 - 16, 900 - 16]);
  expect({ errors, violations }).toEqual({ errors: [], violations: [] });
  await close();
});

test("a frame that the page's policy forbids is told to the site, and a link stands in its place", async () => {
  const { page, heard, close } = await visit(
    site.browser,
    site.serve({
      html: pageWith(site, element(site, 'label="Ask"')),
      headers: { "content-security-policy": strict("'none'") },
    }),
  );
  const link = page.getByRole("link", { name: "Ask" });
  await link.waitFor({ timeout: lateMilliseconds });
  expect(detailsOf(await heard(), "error")).toEqual([{ code: "frame-blocked" }]);
  await expectAccessible(page, "blocked");
  const [tab] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await tab.getByLabel("Filter").check();
  await tab.waitForTimeout(dwellMilliseconds);
  await tab.locator("button.main").click();
  await tab.locator(".receipt").waitFor();
  // A reload there is the same visitor.
  const asked: string[] = [];
  tab.on("request", (request) => asked.push(request.url()));
  await tab.reload();
  await tab.getByLabel("Filter").waitFor();
  expect(asked.filter((address) => address.endsWith("/v1/visits"))).toEqual([]);
  await close();
});

test("a page of another origin than the campaign's may not frame it", async () => {
  const address = site
    .serve({ html: pageWith(site, element(site, 'label="Ask"')) })
    .replace("localhost", "127.0.0.1");
  const { page, heard, requests, close } = await visit(site.browser, address);
  await page.getByRole("link", { name: "Ask" }).waitFor({ timeout: lateMilliseconds });
  expect(detailsOf(await heard(), "error")).toEqual([{ code: "frame-blocked" }]);
  expect(requests.filter((request) => request.includes("/v1/"))).toEqual([]);
  await close();
});

const hostile = `<style>
  * { all: unset !important; display: none !important; position: absolute !important; opacity: 0 !important;
      visibility: hidden !important; pointer-events: none !important; color: red !important; content: "x" !important }
  html, body, main { display: block !important; visibility: visible !important; opacity: 1 !important; pointer-events: auto !important }
  iframe, dialog, button { width: 1px !important; height: 1px !important; transform: scale(0) !important }
</style>`;

test("a page whose stylesheet hides everything does not hide the widget", async () => {
  const { page, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, element(site, 'mode="popup"'), { head: hostile }) }),
  );
  await inside(page).getByLabel("Filter").check();
  const { width, height } = (await page.locator("maily-widget iframe").boundingBox()) ?? {
    width: 0,
    height: 0,
  };
  expect(width).toBeGreaterThan(400);
  expect(height).toBeGreaterThan(200);
  await page.locator("maily-widget .close").click();
  expect(await page.locator("maily-widget dialog").getAttribute("open")).toBeNull();
  await close();
});

test("two widgets on one page do not hear each other", async () => {
  const other = await site.publish({ ...short, title: "Another one" });
  const { page, heard, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, element(site) + element(site, "", other)) }),
  );
  const [first, second] = [0, 1].map((index) =>
    page.locator("maily-widget").nth(index).locator("iframe").contentFrame(),
  );
  await first?.getByLabel("Filter").check();
  await second?.getByLabel("Filter").waitFor();
  expect(await second?.getByLabel("Filter").isChecked()).toBe(false);
  await expect
    .poll(async () => detailsOf(await heard(), "ready"))
    .toEqual(expect.arrayContaining([{ title: "Another one" }, expect.anything()]));
  expect(detailsOf(await heard(), "answer")).toHaveLength(1);
  await expectAccessible(page, "two widgets");
  await close();
});

/** What a visitor sees, and the site hears, who cannot answer. */
const refusals: Readonly<
  Record<
    string,
    readonly [
      title: string,
      type: "error" | "refuse",
      code: string,
      markup: () => string | Promise<string>,
    ]
  >
> = {
  "a campaign that is not there": [
    "Nothing here",
    "error",
    "campaign-unknown",
    () => element(site, "", { ...site.campaign, id: "AAAAAAAAAAA" }),
  ],
  "an embed key of another campaign": [
    "Nothing to answer here",
    "error",
    "embed-unknown",
    async () => {
      const other = await site.publish(short);
      return element(site).replace(embedKeyOf(site.campaign), embedKeyOf(other));
    },
  ],
  "no embed key": [
    "Nothing to answer here",
    "error",
    "embed-unknown",
    () => element(site).replace(/embed-key="[^"]*"/, ""),
  ],
  "a country that no region is named for": [
    "We cannot take your answer",
    "refuse",
    "region-undecided",
    async () =>
      element(
        site,
        "",
        await site.publish(short, {
          origins: [site.origin],
          region: { byCountry: { DE: "eu" } },
          visitHours: 1,
        }),
      ),
  ],
};
for (const [what, [title, type, code, markup]] of Object.entries(refusals))
  test(`${what}: the reader reads why, and the site hears it`, async () => {
    const { page, heard, close } = await visit(site.browser, "about:blank");
    await page.goto(site.serve({ html: pageWith(site, await markup()) }));
    await inside(page).getByRole("heading", { name: title }).waitFor();
    expect(detailsOf(await heard(), type)).toEqual([{ code }]);
    await expectAccessible(page, what);
    await close();
  });

test("where the browser allows no WebAssembly, the answer is sealed without", async () => {
  const campaign = await site.publish(short);
  const { page, heard, errors, close } = await visit(site.browser, "about:blank");
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "WebAssembly");
    // A browser that has X-Wing itself would need none.
    Reflect.deleteProperty(SubtleCrypto.prototype, "encapsulateBits");
  });
  await page.goto(site.serve({ html: pageWith(site, element(site, "", campaign)) }));
  await inside(page).getByLabel("Filter").check();
  await page.waitForTimeout(dwellMilliseconds);
  await inside(page).locator("button.main").click();
  await inside(page).locator(".receipt").waitFor();
  await resultsWith(site.product, "eu", campaign.id, 1);
  expect({ errors, told: detailsOf(await heard(), "error") }).toEqual({ errors: [], told: [] });
  await close();
});

test("where the browser denies storage to the frame and the page, everything still works", async () => {
  const { page, errors, close } = await visit(site.browser, "about:blank");
  await page.addInitScript(() =>
    Object.defineProperty(globalThis, "localStorage", {
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    }),
  );
  await page.goto(
    site.serve({ html: pageWith(site, element(site, 'once="reader" mode="slide-in"')) }),
  );
  await inside(page).getByLabel("Filter").check();
  await page.waitForTimeout(dwellMilliseconds);
  await inside(page).locator("button.main").click();
  await inside(page).locator(".receipt").waitFor();
  await page.locator("maily-widget .close").click();
  expect(errors).toEqual([]);
  await close();
});

test("a connection that is away is said, and coming back is enough", async () => {
  const { page, close } = await visit(site.browser, "about:blank");
  await page.route("**/v1/visits", (route) => route.abort());
  await page.goto(site.serve({ html: pageWith(site, element(site)) }));
  await inside(page).getByRole("heading", { name: "No connection" }).waitFor();
  await page.unroute("**/v1/visits");
  await inside(page).getByRole("button", { name: "Try again" }).click();
  await inside(page).getByLabel("Filter").waitFor();
  await close();
});

/** Nobody but the window that made the frame can set it up. */
async function forge(page: Page): Promise<void> {
  await page.evaluate(() => {
    const frame = document.querySelector("maily-widget")?.shadowRoot?.querySelector("iframe");
    const { port2 } = new MessageChannel();
    frame?.contentWindow?.postMessage(
      { maily: 1, nonce: "guessed", settings: {}, tokens: {} },
      "*",
      [port2],
    );
    dispatchEvent(
      new MessageEvent("message", {
        data: { maily: 1, nonce: "x" },
        origin: "https://evil.example",
        source: frame?.contentWindow ?? null,
      }),
    );
  });
}

test("messages with a guessed nonce or of another origin change nothing", async () => {
  const { page, heard, errors, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, element(site)) }),
  );
  await page.locator("maily-widget iframe").waitFor();
  await forge(page);
  await inside(page).getByLabel("Filter").check();
  await forge(page);
  await expect.poll(async () => detailsOf(await heard(), "answer")).toHaveLength(1);
  expect(errors).toEqual([]);
  await close();
});
