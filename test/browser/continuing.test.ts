// A visit that is broken off on purpose, and a page that is kept while the edge has a newer one.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { buildServiceWorker } from "../../demo/build-service-worker.ts";
import { publishWidget } from "../flow/product.ts";
import { launchBrowser } from "./chromium.ts";
import { expectOneAnswer, shiftClock, workerReady } from "./offline-visit.ts";
import { arrive, expectAccessible, expectRoomy, pressToSend } from "./reader.ts";
import { answer, secret, short, ownStage, storageOf } from "./short-visit.ts";

const at = ownStage();
const dayMilliseconds = 86_400_000;
const later = (page: Page) => page.getByRole("button", { name: "Continue later on this device" });

/** Answers, presses to continue later, and leaves. */
async function breakOff(page: Page): Promise<void> {
  await answer(page);
  await later(page).click();
  await page.getByText("kept in this browser, encrypted, until").waitFor();
  await page.goto("about:blank");
}

test("nothing is kept before the reader asks for it", async () => {
  const { page, leave } = await arrive(at.browser, await at.linkTo());
  await page.waitForLoadState("networkidle");
  expect(await later(page).count()).toBe(0);
  await answer(page);
  await later(page).waitFor();
  await expectAccessible(page, "asking, with the offer to continue later");
  expect(await storageOf(page)).toBe("[]");
  await leave();
});

test("what is kept to continue later cannot be read, is gone on with, sent once, and then gone", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  const { page, leave } = await arrive(at.browser, link);
  await answer(page);
  await later(page).click();
  await page.getByText("kept in this browser, encrypted, until").waitFor();
  await expectAccessible(page, "asking, kept");
  const kept = await storageOf(page);
  expect(kept).toContain("key, extractable false");
  for (const word of [secret, "filter", "brew", "wish"]) expect(kept).not.toContain(word);
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  await expectAccessible(page, "returning");
  await expectRoomy(page, "returning");
  await page.getByRole("button", { name: "Go on" }).click();
  expect(await page.getByLabel("What should we do better?").inputValue()).toBe(secret);
  expect(await page.getByLabel("Filter").isChecked()).toBe(true);
  // It is still there, and the page says so.
  await page.getByRole("button", { name: "Forget them" }).waitFor();
  await expectOneAnswer(at.product, fresh.id, async () => {
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
  });
  await expect.poll(() => storageOf(page)).toBe("[]");
  await leave();
});

test("what is answered after asking is kept as well", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  await page.getByLabel("Filter").check();
  await later(page).click();
  await page.getByText("kept in this browser, encrypted, until").waitFor();
  const before = await storageOf(page);
  await page.getByLabel("What should we do better?").fill(secret);
  await expect.poll(() => storageOf(page)).not.toBe(before);
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("button", { name: "Go on" }).click();
  expect(await page.getByLabel("What should we do better?").inputValue()).toBe(secret);
  await leave();
});

test("who starts anew, and who has it forgotten, leaves nothing on the device", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  await breakOff(page);
  await page.goto(link);
  await page.getByRole("button", { name: "Start anew" }).click();
  expect(await page.getByLabel("What should we do better?").inputValue()).toBe("");
  await expect.poll(() => storageOf(page)).toBe("[]");
  await page.waitForLoadState("networkidle");
  await answer(page);
  await later(page).click();
  await page.getByRole("button", { name: "Forget them" }).click();
  await later(page).waitFor();
  await expect.poll(() => storageOf(page)).toBe("[]");
  await leave();
});

test("what is forgotten while it is being saved stays forgotten", async () => {
  const { page, leave } = await arrive(at.browser, await at.linkTo(), {}, (prepared) =>
    prepared.addInitScript(() => {
      const { subtle } = crypto;
      const generate = subtle.generateKey.bind(subtle);
      let slowly: Promise<unknown> | undefined;
      Object.assign(globalThis, {
        slow: () => {
          const { promise, resolve } = Promise.withResolvers();
          slowly = promise;
          return resolve;
        },
      });
      Object.assign(subtle, {
        async generateKey(...given: Parameters<typeof generate>) {
          document.documentElement.dataset["saving"] = "";
          await slowly;
          return generate(...given);
        },
      });
    }),
  );
  await answer(page);
  await later(page).click();
  await page.getByRole("button", { name: "Forget them" }).waitFor();
  const release = await page.evaluateHandle(() => {
    delete document.documentElement.dataset["saving"];
    return (globalThis as unknown as { slow: () => () => void }).slow();
  });
  await page.getByLabel("What should we do better?").fill("something else");
  await page.locator("html[data-saving]").waitFor();
  await page.getByRole("button", { name: "Forget them" }).click();
  await release.evaluate((go) => go());
  await later(page).waitFor();
  expect(await storageOf(page)).toBe("[]");
  await leave();
});

test("another reader's link on the same device does not lead to it", async () => {
  const { page, leave } = await arrive(at.browser, await at.linkTo());
  await breakOff(page);
  await page.goto(await at.linkTo());
  await page.getByLabel("What should we do better?").waitFor();
  expect(await page.getByLabel("What should we do better?").inputValue()).toBe("");
  await leave();
});

test("after a week it is gone", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  await breakOff(page);
  await shiftClock(page.context(), 7 * dayMilliseconds);
  await page.goto(link);
  await page.getByLabel("What should we do better?").waitFor();
  await expect.poll(() => storageOf(page)).toBe("[]");
  await leave();
});

test("where storage is denied the page says that it cannot be kept", async () => {
  const { page, leave } = await arrive(at.browser, await at.linkTo(), {}, (prepared) =>
    prepared.addInitScript(() =>
      Object.defineProperty(globalThis, "indexedDB", {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      }),
    ),
  );
  await answer(page);
  await later(page).click();
  await page.getByText("does not let us keep them").waitFor();
  await leave();
});

test("a page that the browser holds for Back goes on where it was, and still hears of other tabs", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  const browser = await launchBrowser({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  const { page, leave } = await arrive(browser, link);
  await page.evaluate(() =>
    addEventListener("pageshow", ({ persisted }) => {
      document.documentElement.dataset["held"] = String(persisted);
    }),
  );
  await page.getByLabel("What should we do better?").fill("half a thought");
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => location.assign("/healthz"));
  await page.waitForURL("**/healthz");
  // What comes back from there is not loaded.
  await page.evaluate(() => history.back());
  await page.waitForURL("**/a/**", { waitUntil: "commit" });
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset["held"]))
    .toBe("true");
  expect(await page.getByLabel("What should we do better?").inputValue()).toBe("half a thought");
  const other = await page.context().newPage();
  await other.goto(link);
  await other.waitForLoadState("networkidle");
  await expectOneAnswer(at.product, fresh.id, async () => {
    await answer(other);
    await pressToSend(other);
    await other.locator(".receipt").waitFor();
  });
  await page.getByText("You answered in another tab").waitFor();
  await leave();
  await browser.close();
});

const pageFolder = (): string => join(at.product.folder, "build", "page");

/** Another build of the page: one comment more, and the worker that goes with it. */
async function buildAnew(mark: string): Promise<void> {
  const file = join(pageFolder(), "index.html");
  await writeFile(file, (await readFile(file, "utf8")).replace("</body>", `<!--${mark}--></body>`));
  // The edge serves the compressed twin where there is one.
  await writeFile(`${file}.br`, brotliCompressSync(await readFile(file)));
  await buildServiceWorker(pageFolder(), false);
}

const markOf = (page: Page): Promise<string> => page.evaluate(() => document.body.innerHTML);

/** Whoever opens the link again and again finds that build there in the end; nothing else is open meanwhile. */
const expectBuild = (page: Page, link: string, build: string): Promise<void> =>
  expect
    .poll(
      async () => {
        await page.goto(link);
        const found = await markOf(page);
        await page.goto("about:blank");
        return found;
      },
      { timeout: 20_000 },
    )
    .toContain(build);

const workersOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration("/a/");
    return `active ${registration?.active?.state}, waiting ${registration?.waiting?.state}`;
  });

test("a new build waits for a reader who is answering, and takes over when nobody is", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  await workerReady(page);
  await answer(page);
  await buildAnew("second build");
  const other = await page.context().newPage();
  await other.goto(link);
  await other.evaluate(async () =>
    (await navigator.serviceWorker.getRegistration("/a/"))?.update(),
  );
  await expect
    .poll(() => workersOf(other), { timeout: 20_000 })
    .toBe("active activated, waiting installed");
  expect(await markOf(other)).not.toContain("second build");
  // Loaded again by the reader, it is the new one, past what is kept.
  await other.reload();
  expect(await markOf(other)).toContain("second build");
  await page.close();
  await other.goto("about:blank");
  await expectBuild(other, link, "second build");
  await leave();
});

test("pages that ask nothing do not hold up a new build", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  await workerReady(page);
  await page.waitForLoadState("networkidle");
  const health = await page.context().newPage();
  await health.goto(`${at.product.running.edge}/healthz`);
  await buildAnew("third build");
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/a/"))?.update());
  const other = await page.context().newPage();
  await expectBuild(other, link, "third build");
  await leave();
});

test("an operator who serves the worker that leaves has devices without one, and the page goes on", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  await workerReady(page);
  await buildServiceWorker(pageFolder(), true);
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/a/"))?.update());
  await expect
    .poll(() => page.evaluate(async () => (await caches.keys()).join()), { timeout: 20_000 })
    .toBe("");
  await expect
    .poll(() =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length),
    )
    .toBe(0);
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByLabel("Filter").waitFor();
  await buildServiceWorker(pageFolder(), false);
  await leave();
});
