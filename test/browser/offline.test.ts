// Connections that go, tabs that close, edges that die: one answer, and the reader knows where it is.
import { expect, test } from "vitest";
import { invite, publishWidget } from "../flow/product.ts";
import { syncTag } from "../../widget/web/sync-tag.ts";
import {
  cachesOf,
  expectNothingKept,
  expectOneAnswer,
  waits,
  wakeWorker,
  workerReady,
} from "./offline-visit.ts";
import { arrive, expectAccessible, mainButton, opened, pressToSend } from "./reader.ts";
import { answer, short, ownStage, storageOf } from "./short-visit.ts";

const at = ownStage();

test("in airplane mode the page opens, is answered, and sends when there is a connection", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  const { page, leave } = await arrive(at.browser, link);
  const context = page.context();
  await workerReady(page);
  await page.close();
  await context.setOffline(true);
  await expectOneAnswer(at.product, fresh.id, async () => {
    const offline = await context.newPage();
    await offline.goto(link);
    await answer(offline);
    await pressToSend(offline);
    await offline.getByRole("heading", waits).waitFor();
    await expectAccessible(offline, "waiting");
    await context.setOffline(false);
    await offline.locator(".receipt").waitFor();
    await expectNothingKept(offline);
  });
  await leave();
});

test("a link with its invitation in the path opens offline, and no cache has the invitation", async () => {
  const fresh = await publishWidget(at.product, short);
  const { invitation } = await invite(at.product, fresh, "eu", "path@example.org");
  const address = `${at.product.running.edge}/a/${fresh.id}/${invitation}`;
  const { page, leave } = await arrive(at.browser, address);
  await workerReady(page);
  const context = page.context();
  await context.setOffline(true);
  const again = await context.newPage();
  await again.goto(address);
  await again.getByLabel("Filter").check();
  const kept = await cachesOf(again);
  expect(kept).toContain("<!doctype html>");
  expect(kept).toContain(`/v1/campaigns/${fresh.id}`);
  // The pseudonym alone would name the reader.
  expect(kept).not.toContain(invitation.slice(22, 42));
  expect(kept).not.toMatch(/\/a\/[\w-]{11}/);
  await leave();
});

test("with the page closed, the worker sends when the connection returns, and the next visit has the receipt", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  const { page, posts, leave } = await arrive(at.browser, link);
  const context = page.context();
  await workerReady(page);
  await answer(page);
  await context.setOffline(true);
  await pressToSend(page);
  await page.getByRole("heading", waits).waitFor();
  // Another page of this origin, which is no reader's: the debugger reaches the worker through it.
  const bystander = await context.newPage();
  await page.close();
  const sent = posts.length;
  await expectOneAnswer(at.product, fresh.id, async () => {
    await context.setOffline(false);
    await bystander.goto(`${at.product.running.edge}/healthz`);
    await wakeWorker(bystander, syncTag);
  });
  const next = await context.newPage();
  await next.goto(link);
  await next.locator(".receipt").waitFor();
  expect(posts).toHaveLength(sent);
  await expectNothingKept(next);
  // Told once.
  await next.reload();
  await next.getByLabel("Filter").waitFor();
  await leave();
});

test("a tab that is closed while it sends loses nothing, and counts once", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  // Without a worker: the next visit alone is left to send.
  const { page, leave } = await arrive(at.browser, link, { serviceWorkers: "block" }, (prepared) =>
    prepared.route("**/v1/answers", () => new Promise(() => undefined)),
  );
  const context = page.context();
  await answer(page);
  await page.waitForLoadState("networkidle");
  await pressToSend(page);
  await page.getByText("Sending…").waitFor();
  await expect.poll(() => storageOf(page)).toContain("envelope");
  await page.close();
  await expectOneAnswer(at.product, fresh.id, async () => {
    const next = await context.newPage();
    await next.goto(link);
    await next.locator(".receipt").waitFor();
    await expectNothingKept(next);
  });
  await leave();
});

test("an answer whose receipt was lost on the way is sent again, counts once, and gets the same receipt", async () => {
  const fresh = await publishWidget(at.product, short);
  const receipts: string[] = [];
  const { page, posts, leave } = await arrive(
    at.browser,
    await at.linkTo(fresh),
    { serviceWorkers: "block" },
    (prepared) =>
      prepared.route("**/v1/answers", async (route) => {
        const response = await route.fetch();
        receipts.push(((await response.json()) as { receipt: string }).receipt);
        await (receipts.length === 1
          ? route.abort("connectionreset")
          : route.fulfill({ response }));
      }),
  );
  await expectOneAnswer(at.product, fresh.id, async () => {
    await answer(page);
    await pressToSend(page);
    await page.getByRole("heading", waits).waitFor();
    await mainButton(page).click();
    await page.locator(".receipt").waitFor();
  });
  expect(posts).toHaveLength(2);
  expect(receipts[1]).toBe(receipts[0]);
  await leave();
});

test("an answer that was sealed before the rest of the page came is taken up when it comes", async () => {
  const fresh = await publishWidget(at.product, short);
  let away = true;
  const { page, posts, leave } = await arrive(
    at.browser,
    await at.linkTo(fresh),
    { serviceWorkers: "block" },
    async (prepared) => {
      await prepared.route("**/assets/*.js", async (route) => {
        const response = await route.fetch();
        // The views after sending, by the name they are imported under.
        const isLater = /\bas Later\b/.test(await response.text());
        await (away && isLater ? route.abort() : route.fulfill({ response }));
      });
      await prepared.route("**/v1/answers", (route) => (away ? route.abort() : route.continue()));
    },
  );
  await answer(page);
  await pressToSend(page);
  await page.getByRole("heading", { name: "No connection" }).waitFor();
  await expectOneAnswer(at.product, fresh.id, async () => {
    away = false;
    await page.locator(".receipt").waitFor();
  });
  expect(new Set(posts.map((post) => post.postData())).size).toBe(1);
  await leave();
});

test("an edge that is killed and comes back gets the answer, and counts it once", async () => {
  const fresh = await publishWidget(at.product, short);
  const { page, leave } = await arrive(at.browser, await at.linkTo(fresh));
  await answer(page);
  await page.waitForLoadState("networkidle");
  const { edge } = at.product.running.children;
  await edge.stop();
  await expectOneAnswer(at.product, fresh.id, async () => {
    await pressToSend(page);
    await page.getByRole("heading", waits).waitFor();
    await edge.start();
    await page.locator(".receipt").waitFor({ timeout: 60_000 });
  });
  await leave();
});

test("a worker that was killed serves the page all the same", async () => {
  const link = await at.linkTo();
  const { page, leave } = await arrive(at.browser, link);
  const context = page.context();
  await workerReady(page);
  await page.goto("about:blank");
  await context.setOffline(true);
  const debug = await context.newCDPSession(page);
  await debug.send("ServiceWorker.enable");
  await debug.send("ServiceWorker.stopAllWorkers");
  await debug.detach();
  await page.goto(link);
  await page.getByLabel("Filter").waitFor();
  await leave();
});

test("a second tab learns that the first has answered, and keeps what was typed in it", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  const { page: first, leave } = await arrive(at.browser, link);
  const second = await first.context().newPage();
  await second.goto(link);
  await second.getByLabel("What should we do better?").fill("half a thought");
  await second.waitForLoadState("networkidle");
  await expectOneAnswer(at.product, fresh.id, async () => {
    await answer(first);
    await pressToSend(first);
    await first.locator(".receipt").waitFor();
    await second.getByText("You answered in another tab").waitFor();
  });
  await second.getByRole("button", { name: "Change my answer" }).click();
  expect(await second.getByLabel("What should we do better?").inputValue()).toBe("half a thought");
  await leave();
});

test("two tabs that both answered offline send one answer, the later one", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  const {
    page: first,
    posts,
    leave,
  } = await arrive(at.browser, link, {
    serviceWorkers: "block",
  });
  const context = first.context();
  const second = await context.newPage();
  second.on("request", (request) => {
    if (request.method() === "POST") (posts as unknown[]).push(request);
  });
  await second.goto(link);
  await answer(first);
  await second.getByLabel("Espresso").check();
  for (const tab of [first, second]) await tab.waitForLoadState("networkidle");
  await context.setOffline(true);
  for (const tab of [first, second]) {
    await tab.bringToFront();
    await pressToSend(tab);
    await tab.getByRole("heading", waits).waitFor();
  }
  await expectOneAnswer(at.product, fresh.id, async () => {
    await context.setOffline(false);
    await first.locator(".receipt").waitFor();
    await second.locator(".receipt").waitFor();
  });
  expect(opened(at.product, posts.at(-1)).payload.answers).toEqual({ brew: "espresso" });
  await leave();
});
