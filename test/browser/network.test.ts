// A network that fails, and a reader who is impatient.
import { expect, test } from "vitest";
import { publish } from "../../cli/publish.ts";
import { regions } from "../../sdk/region.ts";
import { publishWidget, resultsWith } from "../flow/product.ts";
import { severalMilliseconds } from "../../sdk/haste.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { arrive, expectAccessible, mainButton, opened, pressToSend } from "./reader.ts";
import { answer, secret, short, stage, storageOf } from "./short-visit.ts";

const at = stage();

/** What a service worker sends is out of the page's sight: what the page does by itself is seen without. */
const blocked = { serviceWorkers: "block" } as const;

test("two taps and an impatient third send once", async () => {
  const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), {}, (prepared) =>
    prepared.route("**/v1/answers", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await route.continue();
    }),
  );
  await answer(page);
  // By the mouse itself: Playwright's own click waits until a button wants to be pressed.
  await mainButton(page).scrollIntoViewIfNeeded();
  const button = await mainButton(page).boundingBox();
  const [x, y] = [button!.x + 20, button!.y + 20];
  await page.waitForTimeout(dwellMilliseconds);
  await page.mouse.dblclick(x, y);
  await page.mouse.click(x, y);
  await page.keyboard.press("Enter");
  await page.locator(".receipt").waitFor();
  expect(posts).toHaveLength(1);
  await leave();
});

test("without a connection the sealed answer is kept, unreadable, and sent when it is back", async () => {
  const fresh = await publishWidget(at.product, short);
  const { page, posts, leave } = await arrive(at.browser, await at.linkTo(fresh), blocked);
  await answer(page);
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await pressToSend(page);
  await page.getByRole("heading", { name: "Sealed, not sent yet" }).waitFor();
  expect(await page.locator("main").innerText()).toContain("kept on this device");
  await expectAccessible(page, "waiting");
  const kept = await storageOf(page);
  expect(kept).toContain("maily.kept");
  expect(kept).toContain('"envelope"');
  for (const word of [secret, "filter", "brew", "wish"]) expect(kept).not.toContain(word);
  await mainButton(page).click();
  await page.getByRole("button", { name: "Try now" }).waitFor();
  await page.context().setOffline(false);
  await page.locator(".receipt").waitFor();
  await expect.poll(() => storageOf(page)).toBe("[]");
  const bodies = new Set(posts.map((post) => post.postData()));
  expect(bodies.size).toBe(1);
  expect(posts.length).toBeGreaterThan(1);
  expect(opened(at.product, posts.at(-1)).payload.answers).toEqual({
    brew: "filter",
    wish: secret,
  });
  await resultsWith(at.product, "eu", fresh.id, 1);
  await leave();
});

test("an answer that was kept is sent when the reader comes back another day", async () => {
  const link = await at.linkTo();
  const { page, posts, leave } = await arrive(at.browser, link);
  await answer(page);
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await pressToSend(page);
  await page.getByRole("heading", { name: "Sealed, not sent yet" }).waitFor();
  await page.goto("about:blank");
  await page.context().setOffline(false);
  await page.goto(link);
  await page.locator(".receipt").waitFor();
  // Nobody pressed anything on this visit: the button was pressed on the last.
  expect(new Set(posts.map((post) => post.postData())).size).toBe(1);
  await expect.poll(() => storageOf(page)).toBe("[]");
  await leave();
});

test("an answer that was kept under a notice that changed since is let go, in words", async () => {
  const first = await publishWidget(at.product, short);
  const link = await at.linkTo(first);
  const { page, leave } = await arrive(at.browser, link);
  await answer(page);
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await pressToSend(page);
  await page.getByRole("heading", { name: "Sealed, not sent yet" }).waitFor();
  const widget = { ...short, notice: { ...short.notice, version: 2 } };
  const { opensAt, closesAt, id } = first;
  await publish(
    at.product.running.edge,
    { widget, id, regions, opensAt, closesAt },
    at.product.keys.tenant,
  );
  await page.goto("about:blank");
  await page.context().setOffline(false);
  await page.goto(link);
  await page.getByRole("heading", { name: "Please answer once more" }).waitFor();
  await expectAccessible(page, "outdated");
  await expect.poll(() => storageOf(page)).toBe("[]");
  await page.getByRole("button", { name: "Answer again" }).click();
  await answer(page);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await leave();
});

test("an answer that was kept, and arrives among newer ones, has to be given again to count", async () => {
  const fresh = await publishWidget(at.product, short);
  const link = await at.linkTo(fresh);
  // Without a worker, which would send it past this page.
  const old = await arrive(at.browser, link, { serviceWorkers: "block" }, (prepared) =>
    prepared.route("**/v1/answers", (route) => route.abort("internetdisconnected")),
  );
  await answer(old.page);
  await pressToSend(old.page);
  await old.page.getByRole("heading", { name: "Sealed, not sent yet" }).waitFor();
  await old.page.close();
  // On another device, twice; the third makes it too many for a person.
  const newer = await arrive(at.browser, link);
  await answer(newer.page);
  await pressToSend(newer.page);
  await newer.page.getByRole("button", { name: "Change my answer" }).click();
  await pressToSend(newer.page);
  const page = await old.page.context().newPage();
  await page.goto(link);
  await page.getByRole("heading", { name: "Was that you?" }).waitFor();
  await page.getByText("You can send now").waitFor({ timeout: severalMilliseconds + 5000 });
  // What it said is sealed: there is nothing here to send again.
  await page.getByRole("button", { name: "Answer again" }).click();
  await answer(page);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await resultsWith(at.product, "eu", fresh.id, 1);
  await newer.leave();
  await old.leave();
});

test("a region that is away is said so, and tried again after the time it named", async () => {
  let away = true;
  const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), blocked, (prepared) =>
    prepared.route("**/v1/answers", async (route) => {
      if (!away) return route.continue();
      away = false;
      return route.fulfill({
        status: 503,
        // Long enough to be seen on a busy machine.
        headers: { "retry-after": "3", "content-type": "application/problem+json" },
        json: { code: "region-unavailable" },
      });
    }),
  );
  await answer(page);
  const said = page.getByText("cannot take answers right now").waitFor();
  await Promise.all([said, pressToSend(page)]);
  await page.locator(".receipt").waitFor();
  expect(new Set(posts.map((post) => post.postData())).size).toBe(1);
  await leave();
});

test("where storage is denied the page says to stay open, and still sends", async () => {
  const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), {}, (prepared) =>
    prepared.addInitScript(() => {
      for (const name of ["localStorage", "indexedDB", "caches"])
        Object.defineProperty(globalThis, name, {
          get() {
            throw new DOMException("denied", "SecurityError");
          },
        });
    }),
  );
  await answer(page);
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await pressToSend(page);
  await page.getByText("Leave this page open").waitFor();
  await page.context().setOffline(false);
  await page.locator(".receipt").waitFor();
  expect(new Set(posts.map((post) => post.postData())).size).toBe(1);
  await leave();
});

test("a withdrawal that does not go through is said so, and can be tried again", async () => {
  const { page, posts, leave } = await arrive(at.browser, await at.linkTo());
  await page.getByRole("button", { name: "Withdraw an earlier answer" }).click();
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await pressToSend(page);
  await page.getByRole("alert").waitFor();
  await page.context().setOffline(false);
  await pressToSend(page);
  await page.getByRole("heading", { name: "Consent withdrawn" }).waitFor();
  expect(posts).toHaveLength(2);
  await leave();
});
