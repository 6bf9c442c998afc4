// Programs that check a mail before its reader does: they ask for every link, run the page, press what they find, and send
// forms. Nothing that they do may count.
import { setTimeout as sleep } from "node:timers/promises";
import type { Page, Request } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { severalMilliseconds } from "../../sdk/haste.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { invite, publishWidget, resultsWith } from "../flow/product.ts";
import { pseudonymOf, unsubscribedFrom } from "./preference-visit.ts";
import {
  appearAtNextPress,
  arrive,
  expectAccessible,
  expectRoomy,
  mainButton,
  pressToSend,
} from "./reader.ts";
import { short, stage } from "./short-visit.ts";

const at = stage();

const steps = 5;
const widget: Widget = Widget.parse({
  ...short,
  questions: [
    { id: "service", kind: "rating", steps, text: { en: "How was it?", ar: "كيف كان؟" } },
    { id: "wish", kind: "short-text", text: "Anything else?" },
  ],
  preferences: { topics: [{ id: "news", text: "News" }] },
});

/** A mail, as far as a scanner cares: what links it has. */
interface Mail {
  readonly campaign: Manifest;
  readonly invitation: string;
  readonly page: string;
  readonly options: readonly string[];
  readonly preferences: string;
  readonly unsubscribe: string;
  readonly links: readonly string[];
}

let mail: Mail;
beforeEach(async () => {
  const campaign = await publishWidget(at.product, widget);
  const { invitation, link: page } = await invite(at.product, campaign, "eu", "reader@example.org");
  const { edge } = at.product.running;
  const options = Array.from({ length: steps }, (_, step) => `${page}.0.${step}`);
  const preferences = `${edge}/p/${campaign.id}#${invitation}`;
  const unsubscribe = `${edge}/u/${invitation}`;
  const links = [
    page,
    ...options,
    `${edge}/a/${campaign.id}/${invitation}`,
    preferences,
    unsubscribe,
  ];
  mail = { campaign, invitation, page, options, preferences, unsubscribe, links };
});

const runMilliseconds = 5000;

interface Run {
  readonly page: Page;
  /** Every request that could change anything. */
  readonly posts: readonly Request[];
  readonly leave: () => Promise<void>;
}

async function open(
  link: string,
  javaScriptEnabled = true,
  waitUntil: "load" | "commit" = "load",
): Promise<Run> {
  const context = await at.browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  const posts: Request[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") posts.push(request);
  });
  await page.goto(link, { waitUntil });
  return { page, posts, leave: () => context.close() };
}

/** Somebody else answers as a person does: when that counts, whatever came before has been taken in. */
async function expectNothingCounted(counted = 1): Promise<void> {
  const { link } = await invite(at.product, mail.campaign, "eu", "someone-else@example.org");
  const { page, leave } = await arrive(at.browser, `${link}.0.4`);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await leave();
  const results = await resultsWith(at.product, "eu", mail.campaign.id, counted);
  expect(results.answers).toBe(counted);
  const gone = await unsubscribedFrom(at.product, mail.campaign.id);
  expect(gone).not.toContain(pseudonymOf(mail.invitation));
}

test("asking for every link by every method that only asks records nothing", async () => {
  for (const method of ["GET", "HEAD", "OPTIONS"])
    for (const link of mail.links)
      for (const headers of [{}, { "sec-purpose": "prefetch" }, { purpose: "prefetch" }]) {
        const response = await fetch(link, { method, headers });
        expect(response.ok, `${method} ${link}`).toBe(true);
        expect(response.headers.get("set-cookie")).toBeNull();
      }
  await expectNothingCounted();
});

test("running the page of every link for five seconds, all at once, posts nothing", async () => {
  const runs = await Promise.all(mail.links.map((link) => open(link)));
  await sleep(runMilliseconds);
  for (const { page, posts } of runs) {
    expect(await page.locator("h1").count()).toBe(1);
    expect(posts).toEqual([]);
  }
  await Promise.all(runs.map(({ leave }) => leave()));
  await expectNothingCounted();
});

/** Everything a script can do to a page to make it send: runs inside it. */
function pressEverything(): void {
  for (const input of document.querySelectorAll("input")) {
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  for (const element of document.querySelectorAll<HTMLElement>("button, a[href='#'], label")) {
    element.click();
    for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"])
      element.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true }));
    element.focus();
    for (const key of ["Enter", " "])
      for (const type of ["keydown", "keypress", "keyup"])
        element.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true }));
  }
  for (const form of document.querySelectorAll("form")) {
    form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
    form.requestSubmit();
    // The form's own method, which asks nobody: the policy stops it.
    HTMLFormElement.prototype.submit.call(form);
  }
}

test("a script that presses every button and sends every form, over and over, posts nothing", async () => {
  const runs = await Promise.all(
    [mail.options[2]!, mail.page, mail.preferences, mail.unsubscribe].map((link) => open(link)),
  );
  await Promise.all(runs.map(({ page }) => page.locator("h1").waitFor()));
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    await sleep(dwellMilliseconds / 2);
    // A navigation that it provokes ends a script: that is one more round.
    await Promise.all(
      runs.map(({ page }) => page.evaluate(pressEverything).catch(() => undefined)),
    );
  }
  for (const { posts } of runs) expect(posts.map((post) => post.url())).toEqual([]);
  await Promise.all(runs.map(({ leave }) => leave()));
  await expectNothingCounted();
});

test("a trusted press with nothing behind it does not lend its trust to a script", async () => {
  const { page, posts, leave } = await open(mail.options[1]!);
  await mainButton(page).waitFor();
  await page.waitForTimeout(dwellMilliseconds);
  await page.locator("h1").click();
  await page.evaluate(pressEverything);
  await page.waitForTimeout(dwellMilliseconds);
  expect(posts).toEqual([]);
  await leave();
});

test("a press sooner than anybody can have read sends nothing, also when the page comes into sight late", async () => {
  const { page, posts, leave } = await open(mail.options[1]!, true, "commit");
  // As soon as it is drawn: a locator looks only twice a second, and pressed later this would be a reader's press.
  const drawn = await page.waitForFunction(() => {
    const button = document.querySelector("button.main");
    button?.scrollIntoView();
    return button && button.getBoundingClientRect().toJSON();
  });
  const { x, y } = (await drawn.jsonValue()) as { x: number; y: number };
  await page.mouse.click(x + 5, y + 5);
  expect(posts).toEqual([]);
  await page.waitForTimeout(dwellMilliseconds);
  await appearAtNextPress(page);
  await mainButton(page).click();
  expect(posts).toEqual([]);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  expect(posts).toHaveLength(1);
  await leave();
});

test("sending the forms of pages without JavaScript records nothing", async () => {
  for (const link of mail.links) {
    const { page, posts, leave } = await open(link, false);
    for (const button of await page.locator("button").all()) await button.click();
    expect(posts.map((post) => post.url())).toEqual([]);
    await leave();
  }
  // As a program does that reads the form and sends its fields as they stand: an empty box is no field.
  for (const body of ["", "List-Unsubscribe=", "submit=Unsubscribe"]) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await fetch(mail.unsubscribe, { method: "POST", headers, body });
    expect(response.status, body).toBe(400);
  }
  await expectNothingCounted();
});

/** As fast as a program can press: by the debugger, which browsers trust as they do a hand. */
async function pressWildly(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await mainButton(page).scrollIntoViewIfNeeded();
  const pressesMax = 400;
  for (let press = 0; press < pressesMax; press++) {
    const box = await mainButton(page)
      .boundingBox({ timeout: 1000 })
      .catch(() => null);
    if (box === null || (await page.locator("form").count()) === 0) return;
    const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const more = { ...point, button: "left", clickCount: 1 } as const;
    await session.send("Input.dispatchMouseEvent", { type: "mousePressed", ...more });
    await session.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...more });
    const confirming = await page.getByRole("heading", { name: "Was that you?" }).count();
    if (confirming > 0) return;
    await sleep(10);
  }
}

/** Those whose page asks whether that was the reader. */
async function askedAmong(runs: readonly Run[]): Promise<Run[]> {
  const asked: Run[] = [];
  for (const run of runs)
    if ((await run.page.getByRole("heading", { name: "Was that you?" }).count()) > 0)
      asked.push(run);
  return asked;
}

test("a program with trusted presses on every option counts as nobody, until the reader confirms", async () => {
  const runs = await Promise.all(mail.options.map((link) => open(link)));
  await Promise.all(runs.map(({ page }) => pressWildly(page)));
  const sent = runs.flatMap(({ posts }) => posts);
  expect(sent.length).toBe(steps);
  const asked = await askedAmong(runs);
  // The first came alone as far as the edge knew then, and the second may have; the region holds them as well.
  expect(asked.length).toBeGreaterThanOrEqual(steps - 2);
  await expectNothingCounted();

  const { page, posts } = asked[0]!;
  await expectAccessible(page, "asked whether it was the reader");
  await expectRoomy(page, "asked whether it was the reader");
  const before = posts.length;
  await mainButton(page).click({ force: true });
  expect(posts).toHaveLength(before);
  await page.getByText("You can send now").waitFor({ timeout: severalMilliseconds + 5000 });
  await expectAccessible(page, "may be sent");
  await mainButton(page).click();
  await page.locator(".receipt").waitFor();
  expect(posts).toHaveLength(before + 1);
  const [first, second] = [posts.at(0), posts.at(-1)].map(
    (post) => post?.postDataJSON() as { submissionId: string; invitation: string },
  );
  expect(second?.submissionId).not.toBe(first?.submissionId);
  expect(second?.invitation).toBe(mail.invitation);
  const results = await resultsWith(at.product, "eu", mail.campaign.id, 2);
  expect(results.answers).toBe(2);
  await Promise.all(runs.map(({ leave }) => leave()));
});

test("a reader who sent nothing can withdraw instead of confirming", async () => {
  const runs = await Promise.all(mail.options.slice(0, 3).map((link) => open(link)));
  await Promise.all(runs.map(({ page }) => pressWildly(page)));
  const asked = await askedAmong(runs);
  const page = asked[0]!.page;
  await page.getByRole("button", { name: "Not me" }).click();
  await page.getByRole("heading", { name: "Withdraw your consent?" }).waitFor();
  await pressToSend(page);
  await page.getByRole("heading", { name: "Consent withdrawn" }).waitFor();
  await expectNothingCounted();
  await Promise.all(runs.map(({ leave }) => leave()));
});
