// The preference page in real Chromium, in front of the whole product: its links, its looks, and what a reader sets.
import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, test } from "vitest";
import { publish } from "../../cli/publish.ts";
import { regions } from "../../sdk/region.ts";
import { PreferencesPayload } from "../../sdk/schema/answer.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { publishWidget } from "../flow/product.ts";
import {
  headed,
  postsTo,
  preferenceStage,
  press,
  pseudonymOf,
  unsubscribedFrom,
  widget,
} from "./preference-visit.ts";
import { arrive, desk, expectAccessible, expectRoomy, narrow, phone, unsealed } from "./reader.ts";
import { storageOf } from "./short-visit.ts";

const at = preferenceStage();

const expectUnsubscribed = (invitation: string, yes: boolean) =>
  expect
    .poll(
      async () =>
        (await unsubscribedFrom(at.product, at.centre.id)).includes(pseudonymOf(invitation)),
      { timeout: 20_000 },
    )
    .toBe(yes);

const looks: Readonly<Record<string, BrowserContextOptions & { language?: string }>> = {
  "on a phone, light": { viewport: phone, hasTouch: true, isMobile: true },
  "on a desk, dark": { viewport: desk, colorScheme: "dark" },
  "right to left, dark": { viewport: phone, colorScheme: "dark", language: "ar" },
  "right to left, light": { viewport: desk, language: "ar" },
  "in the system's own colours": { viewport: desk, forcedColors: "active" },
  "on the narrowest screen": { viewport: narrow },
};

for (const [look, { language = "en", ...options }] of Object.entries(looks))
  test(`every state of the page is accessible ${look}`, async () => {
    const { preferences } = await at.invited();
    const reader = await arrive(
      at.browser,
      preferences.replace("#", `?lang=${language}#`),
      options,
    );
    const { page } = reader;
    const part = (index: number) => page.locator(".part").nth(index);
    const settled = async (where: string): Promise<void> => {
      await expectAccessible(page, where);
      await expectRoomy(page, where);
    };
    await part(2).waitFor();
    expect(await page.locator("html").getAttribute("dir")).toBe(language === "ar" ? "rtl" : "ltr");
    await settled("at first");
    await page.waitForTimeout(dwellMilliseconds);
    await part(0).locator("button").click();
    await page.locator(".mark.good").waitFor();
    await part(1).locator("input").first().check();
    await part(1).locator("button.main").click();
    await part(1).locator(".news:not(:empty)").waitFor();
    await settled("unsubscribed and saved");
    await part(2).locator("button").first().click();
    await page.locator(".copy").waitFor();
    await page.locator(".act").nth(1).locator("button").click();
    await page.locator(".act").nth(2).locator("button").click();
    expect(await page.locator(".asked").count()).toBe(2);
    await settled("copied, and asked whether it is meant");
    await page.waitForTimeout(dwellMilliseconds);
    for (const index of [1, 2])
      await page
        .locator(".asked .main")
        .first()
        .click()
        .then(() =>
          page.locator(".act").nth(index).locator(".main").waitFor({ state: "detached" }),
        );
    await settled("withdrawn and erased");
    await reader.leave();
  });

describe("the link", () => {
  test("the invitation leaves the address at once, from the fragment and from the path", async () => {
    const { preferences, unsubscribe } = await at.invited();
    for (const link of [preferences, `${unsubscribe}?utm_source=mail&lang=ar`]) {
      const { page, leave } = await arrive(at.browser, link);
      await page.locator(".part").first().waitFor();
      const { origin, search } = new URL(link);
      const kept = search === "" ? "" : "?lang=ar";
      expect(page.url()).toBe(`${origin}/p/${at.centre.id}${kept}`);
      await page.reload();
      await page.locator(".part").first().waitFor();
      await leave();
    }
  });

  test("opening it changes nothing, however it is asked for", async () => {
    const { invitation, preferences, unsubscribe } = await at.invited();
    for (const method of ["GET", "HEAD", "OPTIONS"])
      for (const link of [preferences, unsubscribe])
        expect((await fetch(link, { method })).ok, `${method} ${link.slice(0, 40)}`).toBe(true);
    const reader = await arrive(at.browser, unsubscribe);
    await reader.page.locator(".part").first().waitFor();
    await reader.page.waitForLoadState("networkidle");
    expect(reader.posts).toEqual([]);
    expect(await unsubscribedFrom(at.product, at.centre.id)).not.toContain(pseudonymOf(invitation));
    await reader.leave();
  });

  const refusals: Readonly<Record<string, readonly [title: string, link: () => Promise<string>]>> =
    {
      "a link without its invitation": [
        "Open the link in your mail",
        async () => (await at.invited()).preferences.replace(/#.*/, ""),
      ],
      "half a link": [
        "Open the link in your mail",
        async () => (await at.invited()).preferences.slice(0, -20),
      ],
      "an invitation to another campaign": [
        "Open the link in your mail",
        async () =>
          `${at.product.running.edge}/p/${at.campaign.id}#${(await at.invited()).invitation}`,
      ],
      "a campaign that is not there": [
        "Nothing here",
        async () => `${at.product.running.edge}/p/AAAAAAAAAAA#${(await at.invited()).invitation}`,
      ],
    };
  for (const [what, [title, link]] of Object.entries(refusals))
    test(`${what} is said in words`, async () => {
      const { page, posts, leave } = await arrive(at.browser, await link());
      await headed(page, title);
      await expectAccessible(page, what);
      expect(posts).toEqual([]);
      await leave();
    });

  test("a forged invitation sets nothing, and the page says so", async () => {
    const { preferences } = await at.invited();
    const last = preferences.at(-2) === "A" ? "B" : "A";
    const forged = preferences.slice(0, -2) + last + preferences.slice(-1);
    const { page, leave } = await arrive(at.browser, forged);
    await press(page, "Unsubscribe");
    await page.getByRole("alert").getByText("not genuine").waitFor();
    await press(page, "Save");
    await expect.poll(() => page.getByRole("alert").count()).toBe(2);
    await leave();
  });
});

describe("unsubscribing", () => {
  test("one press tells the sender, and another takes it back", async () => {
    const { invitation, preferences } = await at.invited();
    const reader = await arrive(at.browser, preferences);
    await press(reader.page, "Unsubscribe");
    await headed(reader.page, "You are unsubscribed");
    expect(await reader.page.evaluate(() => document.activeElement?.textContent)).toBe(
      "You are unsubscribed",
    );
    await expectUnsubscribed(invitation, true);
    await press(reader.page, "Undo");
    await reader.page.getByText("you get these mails as before").waitFor();
    await expectUnsubscribed(invitation, false);
    expect(postsTo(reader, "/v1/requests").map((post) => post.postDataJSON())).toMatchObject([
      { invitation, request: "unsubscribe" },
      { invitation, request: "resubscribe" },
    ]);
    await reader.leave();
  });

  test("without a connection it says so; tried again it is the same request", async () => {
    const { preferences } = await at.invited();
    const reader = await arrive(at.browser, preferences);
    const { page } = reader;
    await page.waitForLoadState("networkidle");
    await page.context().setOffline(true);
    await press(page, "Unsubscribe");
    await page.getByRole("alert").getByText("no connection").waitFor();
    await expectAccessible(page, "offline");
    await page.context().setOffline(false);
    await press(page, "Unsubscribe");
    await headed(page, "You are unsubscribed");
    const bodies = postsTo(reader, "/v1/requests").map((post) => post.postData());
    expect(bodies).toHaveLength(2);
    expect(new Set(bodies).size).toBe(1);
    await reader.leave();
  });

  test("without JavaScript a ticked box and a button do it, and an empty box does nothing", async () => {
    const { invitation, unsubscribe } = await at.invited();
    const context = await at.browser.newContext({ javaScriptEnabled: false, viewport: phone });
    const page = await context.newPage();
    await page.goto(unsubscribe);
    await page.getByRole("button").click();
    expect(page.url()).toBe(unsubscribe);
    expect(await page.locator("h1").innerText()).toBe("Unsubscribe");
    expect(await unsubscribedFrom(at.product, at.centre.id)).not.toContain(pseudonymOf(invitation));
    await page.locator("input").check();
    await page.getByRole("button").click();
    await page.getByText("You are unsubscribed").waitFor();
    await expectUnsubscribed(invitation, true);
    await context.close();
  });

  test("an expired invitation and a campaign that is over still unsubscribe, and save nothing", async () => {
    const day = 86_400_000;
    const { campaign: over } = await publish(
      at.product.running.edge,
      {
        widget,
        regions,
        opensAt: new Date(Date.now() - 2 * day).toISOString(),
        closesAt: new Date(Date.now() - day).toISOString(),
      },
      at.product.keys.tenant,
    );
    const late = await at.invited(at.centre, { expiresAt: Math.floor(Date.now() / 1000) - 5 });
    const closed = await at.invited({ ...at.centre, ...over });
    for (const { preferences } of [late, closed]) {
      const { page, leave } = await arrive(at.browser, preferences);
      await page.getByText("choices can no longer be saved").waitFor();
      expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
      await expectAccessible(page, "over");
      await press(page, "Unsubscribe");
      await headed(page, "You are unsubscribed");
      await press(page, "Erase my data");
      await press(page, "Erase for good");
      await headed(page, "Your data is being erased");
      await press(page, "Withdraw my consent");
      await press(page, "Withdraw");
      await headed(page, "Consent withdrawn");
      await press(page, "Show my data");
      await page.locator(".copy").waitFor();
      await leave();
    }
    await expectUnsubscribed(late.invitation, true);
  });
});

describe("choices", () => {
  test("are sealed to the region with all that the reader agrees to, and shown again when asked", async () => {
    const { preferences } = await at.invited();
    const first = await arrive(at.browser, preferences);
    await first.page.getByLabel("Tastings").check();
    await first.page.getByLabel("New beans").check();
    await first.page.getByLabel("Once a month").check();
    await first.page.getByLabel("Choose what you write to me about").check();
    await press(first.page, "Save");
    await first.page.getByText("Saved, readable only in the European Union").waitFor();
    const [post] = postsTo(first, "/v1/preferences");
    expect(post?.postData()).not.toMatch(/beans|events|monthly/);
    const { sent, payload } = unsealed(at.product, post);
    expect(PreferencesPayload.parse(payload)).toEqual({
      preferences: { topics: ["beans", "events"], frequency: "monthly" },
      language: "en",
    });
    expect(sent.consent).toMatchObject({ notice: 1, purposes: ["results", "personalisation"] });
    expect(await storageOf(first.page)).toBe("[]");
    await first.page.getByLabel("Offers").check();
    expect(await first.page.getByText("Saved, readable").count()).toBe(0);
    await first.leave();

    const again = await arrive(at.browser, preferences);
    expect(await again.page.getByLabel("Tastings").isChecked()).toBe(false);
    await expect
      .poll(
        async () => {
          await again.page.reload();
          await press(again.page, "Show what I saved before");
          await again.page.locator(".choices .news:not(:empty)").first().waitFor();
          return again.page.getByLabel("Tastings").isChecked();
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    const checked = await again.page.locator("input:checked").count();
    expect(checked).toBe(4);
    await again.leave();
  });

  test("where nothing was saved before, the page says so", async () => {
    const { page, leave } = await arrive(at.browser, (await at.invited()).preferences);
    await press(page, "Show what I saved before");
    await page.getByText("You have saved nothing before").waitFor();
    await leave();
  });

  test("a notice that changed meanwhile is shown anew, and its purposes are asked anew", async () => {
    const fresh = await publishWidget(at.product, widget);
    const reader = await arrive(at.browser, (await at.invited(fresh)).preferences);
    const { page } = reader;
    await page.getByLabel("Choose what you write to me about").check();
    const { opensAt, closesAt, id } = fresh;
    const notice = { ...widget.notice, version: 2, text: "We now also bake." };
    await publish(
      at.product.running.edge,
      { widget: { ...widget, notice }, id, regions, opensAt, closesAt },
      at.product.keys.tenant,
    );
    await press(page, "Save");
    await page.getByRole("alert").getByText("has changed").waitFor();
    await page.getByText("We now also bake.").waitFor();
    expect(await page.getByLabel("Choose what you write to me about").isChecked()).toBe(false);
    await press(page, "Save");
    await page.getByText("Saved, readable").waitFor();
    const notices = postsTo(reader, "/v1/preferences").map(
      (post) => unsealed(at.product, post).sent.consent.notice,
    );
    expect(notices).toEqual([1, 2]);
    await reader.leave();
  });

  test("a browser that opts out of sharing is not asked for it", async () => {
    const reader = await arrive(
      at.browser,
      (await at.invited()).preferences,
      { extraHTTPHeaders: { "sec-gpc": "1" } },
      (prepared) =>
        prepared.addInitScript(() =>
          Object.defineProperty(navigator, "globalPrivacyControl", { value: true }),
        ),
    );
    expect(await reader.page.getByLabel("Share my taste").count()).toBe(0);
    await reader.page.locator(".withheld").waitFor();
    await press(reader.page, "Save");
    await reader.page.getByText("Saved, readable").waitFor();
    await reader.leave();
  });

  test("the reader chooses another language, and nothing chosen is lost", async () => {
    const { page, leave } = await arrive(at.browser, (await at.invited()).preferences);
    await page.getByLabel("New beans").check();
    await page.locator("select.languages").selectOption("ar");
    await page.waitForFunction(() => document.documentElement.dir === "rtl");
    expect(await page.getByLabel("حبوب جديدة").isChecked()).toBe(true);
    await page.reload();
    await page.locator(".part").first().waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("ar");
    await leave();
  });
});

test("without JavaScript the page behind a fragment says what to do instead", async () => {
  const { preferences } = await at.invited();
  const context = await at.browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(preferences);
  expect(await page.locator("h1").innerText()).toBe("JavaScript is needed here");
  expect(await page.locator("form").count()).toBe(0);
  await context.close();
});
