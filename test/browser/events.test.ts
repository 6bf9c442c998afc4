// Behaviour events in a real browser, in front of the whole product: nothing leaves without leave, and with it all is counted.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EventsPayload, type Event } from "../../sdk/schema/event.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Submission } from "../../sdk/schema/submission.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { publishWidget, resultsOf, invite } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import { arrive, desk, mainButton, openSealed, pressToSend, type Reader } from "./reader.ts";
import type { Browser } from "playwright-core";

const watched = Widget.parse({
  ...allKinds,
  questions: allKinds.questions.filter(({ id }) => id === "brew" || id === "wish"),
  notice: {
    ...allKinds.notice,
    purposes: [
      { id: "results", text: "Count answers", required: true },
      { id: "use", text: "See how this page is used", events: true },
    ],
  },
});
const typed = "marzipan and bergamot";
const beacons = "__beacons";

const product = sharedProduct();
let browser: Browser;
let campaign: Manifest;
beforeAll(async () => {
  browser = await sharedBrowser();
  campaign = await publishWidget(product, watched);
});
afterAll(async () => {
  await browser.close();
});

let readers = 0;

/** A new reader; `sent` are the bodies of the page's beacons, which still go out. */
async function visit(of = campaign): Promise<Reader & { readonly sent: Submission[] }> {
  const { link } = await invite(product, of, "eu", `reader-${readers++}@example.org`);
  const sent: Submission[] = [];
  const reader = await arrive(browser, link, { viewport: desk }, async (page) => {
    await page.exposeFunction(beacons, (body: string) => {
      sent.push(Submission.parse(JSON.parse(body)));
    });
    await page.addInitScript((name) => {
      const send = navigator.sendBeacon.bind(navigator);
      const tell = Reflect.get(globalThis, name) as (body: string) => void; // Exposed above.
      navigator.sendBeacon = (address, body) => {
        if (body instanceof Blob) void body.text().then(tell);
        return send(address, body);
      };
    }, beacons);
  });
  return { ...reader, sent };
}

const eventsIn = (sent: readonly Submission[]): Event[] =>
  sent.flatMap((each) => EventsPayload.parse(openSealed(product, each)).events);

const kindsIn = (sent: readonly Submission[]): string[] =>
  [...new Set(eventsIn(sent).map(({ kind }) => kind))].sort();

const asksForEvents = ({ asked }: Reader): string[] =>
  asked.filter((address) => address.endsWith("/v1/events"));

/** From the greeting to the button that sends, with a moment over the first option. */
async function answer(page: Page): Promise<void> {
  await mainButton(page).click();
  await page.getByLabel("Espresso").waitFor();
  await page.locator(".option").first().hover();
  await page.waitForTimeout(700);
  await page.getByLabel("Filter").check();
  await mainButton(page).click();
  await page.locator("textarea").fill(typed);
  await mainButton(page).click();
  await page.locator(".notice").waitFor();
}

test("with leave, what was done on the page goes sealed after the answer, and is counted", async () => {
  const reader = await visit();
  const { page, sent } = reader;
  await answer(page);
  expect(asksForEvents(reader)).toEqual([]);
  expect(sent).toEqual([]);
  await page.getByLabel("See how this page is used").check();
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await expect
    .poll(() => kindsIn(sent))
    .toEqual(["click", "hover", "question", "start", "time", "view"]);
  const events = eventsIn(sent);
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "hover", question: "brew", option: 0 }),
  );
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "click", question: "brew", option: 1 }),
  );
  expect(events.filter(({ kind }) => kind === "question")).toHaveLength(2);
  expect(JSON.stringify(events)).not.toContain("bergamot");
  for (const { consent } of sent) expect(consent.purposes).toEqual(["results", "use"]);
  // The edge and the region have taken them.
  await expect
    .poll(async () => (await resultsOf(product, "eu", campaign.id)).funnel)
    .toMatchObject({ viewed: 1, started: 1, sent: 1, abandoned: 0 });
  const funnel = (await resultsOf(product, "eu", campaign.id)).funnel;
  expect(funnel?.questions.map(({ seen }) => seen)).toEqual([1, 1]);

  // Leave was given in this visit: who goes back to the questions and leaves is known to have left.
  await page.locator(".step > .actions button").first().click();
  await page.getByLabel("Espresso").waitFor();
  await page.waitForTimeout(500);
  await page.goto("about:blank");
  await expect
    .poll(async () => (await resultsOf(product, "eu", campaign.id)).funnel?.abandoned)
    .toBe(1);
  await reader.page.context().close();
});

test("without leave the network shows nothing, before the answer, after it, or as the reader goes", async () => {
  const reader = await visit();
  const { page, sent } = reader;
  await answer(page);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await page.locator(".step > .actions button").first().click();
  await page.getByLabel("Espresso").check();
  // As long as what has leave is gathered.
  await page.waitForTimeout(6_000);
  await page.goto("about:blank");
  expect(asksForEvents(reader)).toEqual([]);
  expect(sent).toEqual([]);
  expect(reader.posts.map((post) => new URL(post.url()).pathname)).toEqual(["/v1/answers"]);
  await page.context().close();
});

test("a reader outside the sample is not watched, agreed or not", async () => {
  const reader = await visit(await publishWidget(product, { ...watched, events: { sample: 0 } }));
  const { page, sent } = reader;
  await answer(page);
  await page.getByLabel("See how this page is used").check();
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await page.waitForTimeout(6_000);
  await page.goto("about:blank");
  expect(asksForEvents(reader)).toEqual([]);
  expect(sent).toEqual([]);
  await page.context().close();
});

test("a reader who takes consent back is watched no longer", async () => {
  const own = await publishWidget(product, watched);
  const viewed = async () => (await resultsOf(product, "eu", own.id)).funnel?.viewed;
  const reader = await visit(own);
  const { page } = reader;
  await answer(page);
  await page.getByLabel("See how this page is used").check();
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await expect.poll(viewed).toBe(1);
  await page.locator(".step > .actions button").last().click();
  await mainButton(page).click();
  await expect.poll(async () => (await resultsOf(product, "eu", campaign.id)).funnel?.sent).toBe(1);
  await page.waitForTimeout(6_000);
  const before = asksForEvents(reader).length;
  await page.goto("about:blank");
  expect(asksForEvents(reader)).toHaveLength(before);
  await page.context().close();
});
