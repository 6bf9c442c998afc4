// A device that has no room, was cleared, keeps what an earlier version left, or has the wrong time: nothing is lost.
import { expect, test } from "vitest";
import { consentNow, invite, publishWidget, submissionOf } from "../flow/product.ts";
import { expectNothingKept, expectOneAnswer, shiftClock, waits } from "./offline-visit.ts";
import { arrive, opened, pressToSend } from "./reader.ts";
import { answer, secret, short, ownStage, storageOf } from "./short-visit.ts";

const at = ownStage();
const dayMilliseconds = 86_400_000;

test("with no room left on the device the page says to stay open, asks before it goes, and sends", async () => {
  const fresh = await publishWidget(at.product, short);
  const { page, leave } = await arrive(
    at.browser,
    await at.linkTo(fresh),
    { serviceWorkers: "block" },
    (prepared) =>
      // As a browser does whose disk is full: the transaction ends without having written.
      prepared.addInitScript(() => {
        Object.assign(IDBObjectStore.prototype, {
          put(this: IDBObjectStore, value: unknown) {
            const request = this.add(value);
            this.transaction.abort();
            return request;
          },
        });
      }),
  );
  const context = page.context();
  await answer(page);
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await pressToSend(page);
  await page.getByText("Leave this page open").waitFor();
  const asked = page.waitForEvent("dialog");
  void page.reload().catch(() => undefined);
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await expectOneAnswer(at.product, fresh.id, async () => {
    await context.setOffline(false);
    await page.locator(".receipt").waitFor();
  });
  await leave();
});

test("an answer that the browser cleared away while it waited is still sent by its page", async () => {
  const fresh = await publishWidget(at.product, short);
  const { page, leave } = await arrive(at.browser, await at.linkTo(fresh), {
    serviceWorkers: "block",
  });
  const context = page.context();
  await answer(page);
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await pressToSend(page);
  await page.getByRole("heading", waits).waitFor();
  const debug = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await debug.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
  await expectOneAnswer(at.product, fresh.id, async () => {
    await context.setOffline(false);
    await page.locator(".receipt").waitFor();
  });
  await leave();
});

test("what an earlier version of the page kept in localStorage is brought over and sent", async () => {
  const fresh = await publishWidget(at.product, short);
  const { invitation, link } = await invite(at.product, fresh, "eu", "earlier@example.org");
  const submission = await submissionOf(fresh, invitation, { brew: "filter", wish: secret });
  const { page, leave } = await arrive(at.browser, "about:blank");
  await page.context().addInitScript(
    ([name, text]) => {
      if (sessionStorage.length > 0) return;
      sessionStorage.setItem("once", "");
      localStorage.setItem(name!, text!);
    },
    [`maily.kept.${fresh.id}.${invitation.slice(22, 42)}`, JSON.stringify(submission)],
  );
  await expectOneAnswer(at.product, fresh.id, async () => {
    await page.goto(link);
    await page.locator(".receipt").waitFor();
    await expectNothingKept(page);
  });
  await page.context().close();
  await leave().catch(() => undefined);
});

for (const [days, way] of [
  [1, "ahead"],
  [-1, "behind"],
] as const)
  test(`a clock that is a day ${way} is put right by the edge's`, async () => {
    const fresh = await publishWidget(at.product, short);
    const { page, posts, leave } = await arrive(
      at.browser,
      await at.linkTo(fresh),
      {},
      (prepared) => shiftClock(prepared.context(), days * dayMilliseconds),
    );
    await expectOneAnswer(at.product, fresh.id, async () => {
      await answer(page);
      await pressToSend(page);
      await page.locator(".receipt").waitFor();
    });
    const { givenAt } = opened(at.product, posts[0]).sent.consent;
    expect(Math.abs(Date.now() - Date.parse(givenAt))).toBeLessThan(60_000);
    await leave();
  });

test("an answer dated a day ahead, which nobody can seal again, waits for its day instead of being lost", async () => {
  const fresh = await publishWidget(at.product, short);
  const { invitation, link } = await invite(at.product, fresh, "eu", "ahead@example.org");
  const consent = {
    ...consentNow(),
    givenAt: new Date(Date.now() + dayMilliseconds).toISOString(),
  };
  const submission = await submissionOf(fresh, invitation, { brew: "filter" }, consent);
  const { page, posts, leave } = await arrive(at.browser, link, { serviceWorkers: "block" });
  await page.evaluate(
    ([name, text]) => localStorage.setItem(name!, text!),
    [`maily.kept.${fresh.id}.${invitation.slice(22, 42)}`, JSON.stringify(submission)],
  );
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByText("cannot take answers right now").waitFor();
  expect(await storageOf(page)).toContain(submission.submissionId);
  expect(posts).toHaveLength(1);
  // Nor does the next visit knock before its time.
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("heading", waits).waitFor();
  await page.waitForLoadState("networkidle");
  expect(posts).toHaveLength(1);
  await leave();
});
