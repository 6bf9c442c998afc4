// Why a reader cannot answer, or is asked once more.
import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, test } from "vitest";
import { publish } from "../../cli/publish.ts";
import { regions } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { invite, publishWidget } from "../flow/product.ts";
import { arrive, expectAccessible, mainButton, opened, pressToSend } from "./reader.ts";
import { answer, short, stage } from "./short-visit.ts";

const at = stage();

/** What a reader sees who comes to a link with `change` made to it. */
const refusals: Readonly<Record<string, readonly [title: string, link: () => Promise<string>]>> = {
  "a link without its invitation": [
    "Open the link in your mail",
    async () => (await at.linkTo()).replace(/#.*/, ""),
  ],
  "half a link": ["Open the link in your mail", async () => (await at.linkTo()).slice(0, -20)],
  "an invitation to another campaign": [
    "Open the link in your mail",
    async () =>
      `${(await at.linkTo()).replace(/#.*/, "")}#${(await at.linkTo(await publishWidget(at.product, short))).split("#")[1]}`,
  ],
  "a campaign that is not there": [
    "Nothing here",
    async () => (await at.linkTo()).replace(/\/a\/[^#]*/, "/a/AAAAAAAAAAA"),
  ],
  "an expired invitation": [
    "Your invitation has expired",
    async () =>
      (
        await invite(at.product, at.campaign, "eu", "late@example.org", {
          expiresAt: Math.floor(Date.now() / 1000) - 1,
        })
      ).link,
  ],
  "a campaign that is over": ["This is closed", () => linkBetween(-2, -1)],
  "a campaign that has not begun": ["Not open yet", () => linkBetween(1, 2)],
};

/** A link to a campaign open between these days from now. */
async function linkBetween(opens: number, closes: number): Promise<string> {
  const day = 86_400_000;
  const { campaign: published } = await publish(
    at.product.running.edge,
    {
      widget: short,
      regions,
      opensAt: new Date(Date.now() + opens * day).toISOString(),
      closesAt: new Date(Date.now() + closes * day).toISOString(),
    },
    at.product.keys.tenant,
  );
  return at.linkTo({ ...at.campaign, ...published });
}

describe("refusals", () => {
  for (const [what, [title, link]] of Object.entries(refusals))
    test(`${what} is said in words, and nothing is sent`, async () => {
      const { page, posts, leave } = await arrive(at.browser, await link());
      await page.getByRole("heading", { name: title }).waitFor();
      await expectAccessible(page, what);
      expect(posts).toEqual([]);
      await leave();
    });

  test("a forged invitation is refused by the edge, in words", async () => {
    const link = await at.linkTo();
    const last = link.at(-2) === "A" ? "B" : "A";
    const { page, leave } = await arrive(at.browser, link.slice(0, -2) + last + link.slice(-1));
    await answer(page);
    await pressToSend(page);
    await page.getByRole("heading", { name: "This link is not genuine" }).waitFor();
    await expectAccessible(page, "forged");
    await leave();
  });

  test("a page whose keys another root signed seals nothing", async () => {
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), {}, (prepared) =>
      prepared.route("**/v1/campaigns/*", async (route) => {
        const response = await route.fetch();
        const manifest = (await response.json()) as Manifest;
        const keys = manifest.keys.map((key) => ({ ...key, signature: at.campaign.signature }));
        await route.fulfill({ response, json: { ...manifest, keys } });
      }),
    );
    await page.getByRole("heading", { name: "cannot seal your answer safely" }).waitFor();
    await expectAccessible(page, "keys");
    expect(posts).toEqual([]);
    await leave();
  });

  test("a notice that changed meanwhile is shown anew, and its purposes are asked anew", async () => {
    const first = await publishWidget(at.product, short);
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo(first));
    await answer(page);
    await page.getByLabel("Choose what you write to me about").check();
    const widget = { ...short, notice: { ...short.notice, version: 2, text: "We now also bake." } };
    const { opensAt, closesAt, id } = first;
    await publish(
      at.product.running.edge,
      { widget, id, regions, opensAt, closesAt },
      at.product.keys.tenant,
    );
    await pressToSend(page);
    await page.getByRole("alert").getByText("The notice has changed").waitFor();
    await page.getByText("We now also bake.").waitFor();
    expect(await page.getByLabel("Choose what you write to me about").isChecked()).toBe(false);
    expect(await page.getByLabel("Filter").isChecked()).toBe(true);
    await expectAccessible(page, "changed notice");
    await mainButton(page).click();
    await page.locator(".receipt").waitFor();
    const [stale, current] = posts.map((post) => opened(at.product, post).sent);
    expect([stale?.consent.notice, current?.consent.notice]).toEqual([1, 2]);
    expect(current?.submissionId).not.toBe(stale?.submissionId);
    await leave();
  });

  // With the edge's date it is put right: offline-device.test.ts.
  test("a device whose clock is an hour ahead, and that no date reaches, is told so", async () => {
    const { page, leave } = await arrive(at.browser, await at.linkTo(), {}, async (prepared) => {
      await prepared.clock.setFixedTime(Date.now() + 3_600_000);
      await prepared.route("**/v1/**", async (route) => {
        const response = await route.fetch();
        const { date: _, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      });
    });
    await answer(page);
    await pressToSend(page);
    await page.getByText("clock seems wrong").waitFor();
    await leave();
  });

  test("texts too long to seal are said so before anything is sent", async () => {
    const question = {
      kind: "long-text",
      text: "Tell",
      required: false,
      charactersMax: 2000,
    } as const;
    const long = await publishWidget(at.product, {
      ...short,
      questions: ["one", "two", "three"].map((id) => ({ ...question, id })),
    });
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo(long));
    for (const area of await page.locator("textarea").all()) await area.fill("x".repeat(2000));
    await pressToSend(page);
    await page.getByText("Your texts are too long").waitFor();
    expect(posts).toEqual([]);
    await leave();
  });

  test("where every purpose is a choice, one must be chosen", async () => {
    const purposes = short.notice.purposes.map((purpose) => ({ ...purpose, required: false }));
    const free = await publishWidget(at.product, {
      ...short,
      notice: { ...short.notice, purposes },
    });
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo(free));
    await answer(page);
    await pressToSend(page);
    await page.getByText("Choose at least one purpose").waitFor();
    expect(posts).toEqual([]);
    await page.getByLabel("Work out my match").check();
    await mainButton(page).click();
    await page.locator(".receipt").waitFor();
    await leave();
  });
});

describe("Global Privacy Control", () => {
  const header: BrowserContextOptions = { extraHTTPHeaders: { "sec-gpc": "1" } };

  test("sharing is not offered, and the page says why", async () => {
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), header, (prepared) =>
      prepared.addInitScript(() =>
        Object.defineProperty(navigator, "globalPrivacyControl", { value: true }),
      ),
    );
    await answer(page);
    expect(await page.getByLabel("Share my taste").count()).toBe(0);
    expect(await page.locator(".withheld").innerText()).toContain("Share my taste");
    await expectAccessible(page, "privacy control");
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(opened(at.product, posts[0]).sent.consent.purposes).toEqual(["results"]);
    await leave();
  });

  test("a setting that only the edge sees takes sharing away, and the answer can be sent again", async () => {
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), header);
    await answer(page);
    await page.getByLabel("Share my taste").check();
    await pressToSend(page);
    await page.getByText("Your browser opts out of sharing. We took that purpose away").waitFor();
    expect(await page.getByLabel("Share my taste").count()).toBe(0);
    await mainButton(page).click();
    await page.locator(".receipt").waitFor();
    expect(posts.map((post) => opened(at.product, post).sent.consent.purposes)).toEqual([
      ["results", "partners"],
      ["results"],
    ]);
    await leave();
  });
});
