// A widget on somebody else's page: shown, answered, sent; what the site hears of it, and what it cannot.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { invite, resultsWith } from "../flow/product.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import {
  element,
  embeddingSite,
  embedKeyOf,
  inside,
  pageWith,
  visit,
  type Heard,
  type Visitor,
} from "./embedding-site.ts";
import { desk, expectAccessible, opened, phone } from "./reader.ts";
import { secret, short } from "./short-visit.ts";

const site = embeddingSite();

test("an inline widget is answered and sent, and the site hears that, not what", async () => {
  const campaign = await site.publish(short);
  const address = site.serve({ html: pageWith(site, element(site, "", campaign)) });
  const { page, heard, messages, errors, close } = await visit(site.browser, address);
  const frame = inside(page);
  await expect.poll(async () => (await heard()).map(({ type }) => type)).toEqual(["ready", "view"]);
  await frame.getByLabel("Filter").check();
  await frame.getByLabel("What should we do better?").fill(secret);
  await page.waitForTimeout(dwellMilliseconds);
  await page.waitForLoadState("networkidle");
  // Nobody without a link would find it again.
  expect(await frame.getByRole("button", { name: "Continue later" }).count()).toBe(0);
  await frame.locator("button.main").click();
  await frame.locator(".receipt").waitFor();
  await expect.poll(async () => (await heard()).map(({ type }) => type)).toContain("submit");
  const events = await heard();
  expect(events.map(({ type }) => type)).toEqual(["ready", "view", "answer", "answer", "submit"]);
  const said = (await messages()) + JSON.stringify(events);
  for (const word of [secret, "filter", "Filter"]) expect(said).not.toContain(word);
  expect(
    await page.evaluate(
      () =>
        document.querySelector("maily-widget")?.shadowRoot?.querySelector("iframe")
          ?.contentDocument,
    ),
  ).toBeNull();
  expect(errors).toEqual([]);
  const results = await resultsWith(site.product, "eu", campaign.id, 1);
  expect(results.answers).toBe(1);
  await close();
});

const dialog = (page: Page) => page.locator("maily-widget dialog");
const stopsMax = 60;
const types = (events: readonly Heard[]) => events.map(({ type }) => type);

/** Where the focus is, from the site's page into the frame. */
async function focusOf(page: Page): Promise<string> {
  const outside = await page.evaluate(() => {
    const { activeElement } = document;
    return (activeElement?.shadowRoot?.activeElement ?? activeElement)?.localName ?? "";
  });
  if (outside !== "iframe") return outside;
  return inside(page)
    .locator(":focus")
    .evaluate((focused) => `frame ${focused.localName}`);
}

/** A page of the site with a button, and a widget around whatever `attributes` say. */
const open = (attributes: string, more = ""): Promise<Visitor> =>
  visit(
    site.browser,
    site.serve({
      html: pageWith(
        site,
        `<button id="ask">Ask me</button><input id="name" aria-label="Name">${element(site, attributes)}${more}`,
      ),
    }),
  );

test("a popup opens by the site's button, holds the focus, closes by Escape, and gives the focus back", async () => {
  const { page, heard, close } = await open(
    'mode="popup" trigger="click:#ask" label="Your coffee"',
  );
  await page.getByText("Ask me").click();
  await inside(page).getByRole("heading", { level: 1 }).waitFor();
  expect(await dialog(page).evaluate((box) => box.matches(":modal"))).toBe(true);
  await expect.poll(() => focusOf(page)).toBe("frame h1");
  const stops = new Set<string>();
  // Once around: through the widget, which has as many stops as its campaign, back to the button that closes.
  for (let stop = 0; stop < stopsMax && !stops.has("button"); stop++) {
    await page.keyboard.press("Tab");
    stops.add(await focusOf(page));
  }
  // The page behind is inert: of it nothing but the document itself is met.
  expect(stops).toContain("button");
  expect(stops).not.toContain("input");
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe("ask");
  await expectAccessible(page, "popup");
  await inside(page).getByLabel("Filter").focus();
  await page.keyboard.press("Escape");
  await expect.poll(() => dialog(page).getAttribute("open")).toBeNull();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("ask");
  // A dialog says that it closed in a task of its own.
  await expect.poll(async () => types(await heard())).toEqual(["ready", "view", "close"]);
  // What was answered is still there.
  await page.getByText("Ask me").click();
  await inside(page).getByLabel("Filter").check();
  await page.locator("maily-widget .close").click();
  await page.getByText("Ask me").click();
  expect(await inside(page).getByLabel("Filter").isChecked()).toBe(true);
  await close();
});

test("a slide-in by itself leaves the focus where it is, and rests once it was closed", async () => {
  const visitor = await open('mode="slide-in" trigger="delay:0.2"');
  const { page, heard, close } = visitor;
  await page.locator("#name").focus();
  await inside(page).getByLabel("Filter").waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("name");
  await expectAccessible(page, "slide-in");
  await page.locator("maily-widget .close").click();
  await expect.poll(async () => types(await heard())).toContain("close");
  await page.reload();
  await page.waitForTimeout(800);
  expect(await page.locator("maily-widget iframe").count()).toBe(0);
  await close();
});

test("a side tab opens and closes its panel, and says which it is", async () => {
  const { page, close } = await open('mode="side-tab" label="Feedback"');
  const tab = page.getByRole("button", { name: "Feedback" });
  expect(await tab.getAttribute("aria-expanded")).toBe("false");
  expect(await page.locator("maily-widget iframe").count()).toBe(0);
  await tab.click();
  await expect.poll(() => focusOf(page)).toBe("frame h1");
  expect(await tab.getAttribute("aria-expanded")).toBe("true");
  await expectAccessible(page, "side tab");
  await page.keyboard.press("Escape");
  await expect.poll(() => tab.getAttribute("aria-expanded")).toBe("false");
  expect(await focusOf(page)).toBe("button");
  await tab.click();
  await page.locator("maily-widget .close").focus();
  await page.keyboard.press("Escape");
  await expect.poll(() => tab.getAttribute("aria-expanded")).toBe("false");
  await close();
});

const triggers: Readonly<
  Record<string, readonly [trigger: string, act: (page: Page) => Promise<unknown>]>
> = {
  "half the page was read": ["scroll:50", (page) => page.mouse.wheel(0, 2600)],
  "the pointer leaves by the top": [
    "exit",
    async (page) => {
      await page.mouse.move(300, 300);
      await page.evaluate(() =>
        document.documentElement.dispatchEvent(new MouseEvent("mouseleave", { clientY: -1 })),
      );
    },
  ],
  "nothing was done for a while": ["idle:0.4", (page) => page.waitForTimeout(600)],
  "some time has passed": ["delay:0.4", (page) => page.waitForTimeout(600)],
};
for (const [when, [trigger, act]] of Object.entries(triggers))
  test(`a full page opens when ${when}`, async () => {
    const { page, close } = await open(
      `mode="full-page" trigger="${trigger}"`,
      '<p style="height:300vh">Much to read</p>',
    );
    // How long the others wait is test/widget/embed.test.ts's: a loaded machine is slower than they are.
    if (!trigger.endsWith("0.4")) {
      await page.waitForTimeout(300);
      expect(await dialog(page).getAttribute("open")).toBeNull();
    }
    await act(page);
    await inside(page).getByLabel("Filter").waitFor();
    const { width, height } = (await dialog(page).boundingBox()) ?? { width: 0, height: 0 };
    expect([width, height]).toEqual([desk.width, desk.height]);
    await close();
  });

test("a reader who is asked once is the same reader on the next page, and not asked by itself after answering", async () => {
  // On names of one site: browsers deny frames of another one their storage, or keep it apart.
  const edge = site.product.running.edge.replace("127.0.0.1", "localhost");
  const { page, requests, close } = await open(`once="reader" edge="${edge}"`);
  const frame = inside(page);
  await frame.getByLabel("Filter").check();
  await page.reload();
  await frame.getByLabel("Filter").check();
  await page.waitForTimeout(dwellMilliseconds);
  const sending = page.waitForRequest("**/v1/answers");
  await frame.locator("button.main").click();
  const { sent } = opened(site.product, await sending);
  await frame.locator(".receipt").waitFor();
  const kept = await page
    .frames()
    .find((each) => each.url().includes("/e/"))
    ?.evaluate((id) => localStorage.getItem(`maily.visit.${id}`), site.campaign.id);
  expect(kept).toContain(sent.invitation);
  expect(requests.filter((request) => request.endsWith("/v1/visits"))).toHaveLength(2);
  await page.reload();
  await page.waitForTimeout(1000);
  expect(await page.locator("maily-widget iframe").count()).toBe(0);
  await close();
});

test("Back leaves the site's page in one step, however many questions were answered", async () => {
  const campaign = await site.publish(allKinds);
  const first = site.serve({ html: pageWith(site, "<p>Before</p>") });
  const second = site.serve({ html: pageWith(site, element(site, "", campaign)) });
  const { page, heard, close } = await visit(site.browser, first);
  await page.goto(second);
  const frame = inside(page);
  const entries = await page.evaluate(() => history.length);
  await frame.locator("button.main").click();
  await frame.getByText("Filter").click();
  await frame.locator("button.main").click();
  await frame.locator("#tastes-question").waitFor();
  await frame.getByRole("button", { name: "Back", exact: true }).click();
  await frame.locator("#brew-question").waitFor();
  expect(await page.evaluate(() => history.length)).toBe(entries);
  expect(types(await heard()).filter((type) => type === "question")).toHaveLength(3);
  await page.goBack();
  await page.getByText("Before").waitFor();
  await close();
});

test("the frame is as high as what is in it, and follows", async () => {
  const campaign = await site.publish(allKinds);
  const { page, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, element(site, "", campaign)) }),
    { viewport: phone },
  );
  const frame = inside(page);
  const heights = async (): Promise<readonly [frame: number, content: number]> => [
    await page.locator("maily-widget iframe").evaluate((each) => each.clientHeight),
    await frame.locator("#page").evaluate((each) => Math.ceil(each.getBoundingClientRect().height)),
  ];
  await frame.locator("button.main").waitFor();
  const seen = new Set<number>();
  for (let step = 0; step < 3; step++) {
    await expect.poll(async () => (await heights()).join()).toMatch(/^(\d+),\1$/);
    seen.add((await heights())[0]);
    if (step === 1) await frame.getByText("Filter").click();
    await frame.locator("button.main").click();
  }
  expect(seen.size).toBeGreaterThan(1);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width);
  await close();
});

test("where the way depends on answers, the site hears of numbers and of no question's id", async () => {
  const [first, ...others] = allKinds.questions;
  if (first?.kind !== "single-choice") throw new Error("another first question");
  const options = first.options.map((option) =>
    option.id === "filter" ? { ...option, next: "milk" } : option,
  );
  const campaign = await site.publish({
    ...allKinds,
    questions: [{ ...first, options }, ...others],
  });
  const { page, heard, messages, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, element(site, "", campaign)) }),
  );
  const frame = inside(page);
  await expect.poll(async () => types(await heard())).toEqual(["ready", "view"]);
  await frame.locator("button.main").click();
  await frame.getByText("Filter").click();
  await frame.locator("button.main").click();
  await frame.locator("#milk-question").waitFor();
  await expect
    .poll(async () => types(await heard()))
    .toEqual(["ready", "view", "question", "answer", "question"]);
  expect((await heard()).slice(2).map(({ detail }) => detail)).toEqual([
    { number: 1 },
    { number: 1 },
    { number: 2 },
  ]);
  expect(await messages()).not.toContain("milk");
  await close();
});

test("what the site chose already is chosen, in its colours and language, and only where it fits", async () => {
  const prefill = JSON.stringify({ brew: "filter", wish: 7, rules: "agreed", other: "x" });
  const address = site.serve({
    html: pageWith(site, element(site, `language="ar" prefill='${prefill}' theme="dark"`), {
      head: "<style>maily-widget{--maily-accent:#f60;--maily-corners:square;--maily-font:url(x)}</style>",
    }),
  });
  const { page, heard, close } = await visit(site.browser, address, { viewport: phone });
  const frame = inside(page);
  await frame.locator("input:checked").waitFor();
  expect(await frame.locator("input:checked").count()).toBe(1);
  const root = await frame.locator("html").evaluate((html: HTMLElement) => ({
    lang: html.lang,
    dir: html.dir,
    corners: html.dataset["corners"],
    font: html.dataset["font"],
    fill: html.style.getPropertyValue("--light-fill"),
    sheet: getComputedStyle(html).getPropertyValue("--sheet"),
  }));
  expect(root).toEqual({
    lang: "ar",
    dir: "rtl",
    corners: "square",
    font: "sans",
    fill: "#ff6600",
    sheet: "#1b1a18",
  });
  await expectAccessible(page, "dark, right to left");
  expect(types(await heard())).not.toContain("answer");
  await close();
});

test("a reader whom the site knows answers with a personal invitation, which stands in no address", async () => {
  const { invitation } = await invite(site.product, site.campaign, "us", "known@example.org");
  const { page, requests, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, '<div id="here"></div>') }),
  );
  await page.evaluate(
    ([campaign, known, edge]) => {
      const { maily } = globalThis as unknown as {
        maily: { mount: (target: string, options: object) => Element };
      };
      const options = { campaign, edge, invitation: known };
      return maily.mount("#here", options) === maily.mount("#here", options);
    },
    [site.campaign.id, invitation, site.product.running.edge],
  );
  expect(await page.locator("maily-widget").count()).toBe(1);
  const frame = inside(page);
  await frame.getByLabel("Filter").check();
  await page.waitForTimeout(dwellMilliseconds);
  const sending = page.waitForRequest("**/v1/answers");
  await frame.locator("button.main").click();
  expect((await sending).postDataJSON()).toMatchObject({ invitation });
  await frame.locator(".receipt").waitFor();
  expect(requests.filter((request) => request.includes(invitation))).toEqual([]);
  expect(requests.filter((request) => request.endsWith("/v1/visits"))).toEqual([]);
  expect(await page.content()).not.toContain(invitation);
  await close();
});

test("taken out of the page in the middle, it leaves nothing behind and may come back", async () => {
  const { page, errors, close } = await open('mode="popup" trigger="click:#ask"');
  await page.getByText("Ask me").click();
  await inside(page).getByLabel("Filter").check();
  await page.evaluate(() => {
    const widget = document.querySelector("maily-widget");
    widget?.remove();
    document.querySelector<HTMLElement>("#ask")?.click();
    if (widget !== null) document.body.append(widget);
  });
  expect(await page.locator("maily-widget iframe").count()).toBe(0);
  await page.getByText("Ask me").click();
  await inside(page).getByLabel("Filter").check();
  expect(errors).toEqual([]);
  await close();
});

test("another campaign in the same element begins anew", async () => {
  const another = await site.publish({ ...short, title: "And another thing" });
  const { page, errors, close } = await open("");
  await inside(page).getByLabel("Filter").check();
  await page.evaluate(
    ([id, key]) => {
      const widget = document.querySelector("maily-widget");
      widget?.setAttribute("campaign", id);
      widget?.setAttribute("embed-key", key);
    },
    [another.id, embedKeyOf(another)] as const,
  );
  await inside(page).getByRole("heading", { name: "And another thing" }).waitFor();
  expect(await inside(page).getByLabel("Filter").isChecked()).toBe(false);
  expect(await page.locator("maily-widget iframe").count()).toBe(1);
  expect(errors).toEqual([]);
  await close();
});

test("a script opens one over the page; closed, it is gone", async () => {
  const { page, close } = await visit(
    site.browser,
    site.serve({ html: pageWith(site, "<button>Other</button>") }),
  );
  await page.evaluate(
    ([campaign, embedKey]) =>
      (globalThis as unknown as { maily: { open: (options: object) => Element } }).maily.open({
        campaign,
        embedKey,
      }).localName,
    [site.campaign.id, embedKeyOf(site.campaign)],
  );
  await inside(page).getByLabel("Filter").check();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("maily-widget").count()).toBe(0);
  await close();
});
