// The link a reader comes by, and the browser a reader comes with.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { publishWidget } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { arrive, expectAccessible, heading, mainButton, opened, pressToSend } from "./reader.ts";
import { answer, secret, short, stage } from "./short-visit.ts";

const at = stage();

test("the checks of these suites find what they are for", async () => {
  const broken = await arrive(at.browser, await at.linkTo());
  await broken.page.evaluate(() => {
    const image = document.createElement("img");
    image.setAttribute("style", "width: 10px");
    image.src = "https://elsewhere.example/x.png";
    document.querySelector("main")?.append(image);
  });
  await expect(expectAccessible(broken.page, "broken")).rejects.toThrow(/image-alt/);
  await expect.poll(() => broken.faults.join(" ")).toMatch(/policy: style-src-attr/);
  await expect.poll(() => broken.faults.join(" ")).toMatch(/policy: img-src/);
  await expect(broken.leave()).rejects.toThrow();
});

describe("the link", () => {
  test("the invitation leaves the address at once, and a reload still knows it", async () => {
    const { page, posts, leave } = await arrive(at.browser, await at.linkTo());
    await mainButton(page).waitFor();
    expect(new URL(page.url()).hash).toBe("");
    await page.reload();
    await answer(page);
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(posts).toHaveLength(1);
    await leave();
  });

  test("an invitation in the path works too, and leaves it", async () => {
    const link = new URL(await at.linkTo());
    const address = `${link.origin}${link.pathname}/${link.hash.slice(1)}?utm_source=mail&lang=ar`;
    const { page, leave } = await arrive(at.browser, address);
    await mainButton(page).waitFor();
    expect(page.url()).toBe(`${link.origin}${link.pathname}?lang=ar`);
    await leave();
  });

  test("the option tapped in the mail arrives chosen, and nothing is sent before a gesture", async () => {
    const { page, posts, leave } = await arrive(at.browser, `${await at.linkTo()}.0.2`);
    expect(await page.getByLabel("French press").isChecked()).toBe(true);
    await page.waitForLoadState("networkidle");
    expect(posts).toEqual([]);
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(opened(at.product, posts[0]).payload.answers).toEqual({ brew: "press" });
    await leave();
  });

  test("another link to the campaign, opened in the same tab, is taken", async () => {
    const { page, posts, leave } = await arrive(at.browser, `${await at.linkTo()}.0.0`);
    await mainButton(page).waitFor();
    const other = `${await at.linkTo()}.0.1`;
    await page.goto(other);
    await page.waitForFunction(
      () => location.hash === "" && document.querySelector("button.main") !== null,
    );
    expect(await page.getByLabel("Filter").isChecked()).toBe(true);
    await pressToSend(page);
    await page.locator(".receipt").waitFor();
    expect(other).toContain(opened(at.product, posts[0]).sent.invitation);
    await leave();
  });

  test("the browser's Back goes one question back, and leaves from the first", async () => {
    const steps = await publishWidget(at.product, { ...allKinds, review: false });
    const { page } = await arrive(at.browser, `${new URL(at.product.running.edge).origin}/healthz`);
    await page.goto(await at.linkTo(steps));
    await mainButton(page).click();
    await page.getByText("Filter").click();
    await mainButton(page).click();
    await page.locator("#tastes-question").waitFor();
    await page.goBack();
    await page.locator("#brew-question").waitFor();
    expect(await page.getByLabel("Filter").isChecked()).toBe(true);
    await page.goBack();
    await page.getByRole("button", { name: "Start" }).waitFor();
    await page.goBack();
    await page.waitForURL(/healthz/);
    await page.context().close();
  });
});

describe("browsers", () => {
  const lacking: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
    "X-Wing": (page) =>
      page.addInitScript(() => Reflect.deleteProperty(SubtleCrypto.prototype, "encapsulateBits")),
    "X-Wing, X25519 and Ed25519": (page) =>
      page.addInitScript(() => {
        Reflect.deleteProperty(SubtleCrypto.prototype, "encapsulateBits");
        for (const method of ["importKey", "generateKey"] as const) {
          const known = SubtleCrypto.prototype[method] as (...all: unknown[]) => Promise<unknown>;
          Object.defineProperty(SubtleCrypto.prototype, method, {
            value: function lackingCurves(this: SubtleCrypto, ...all: unknown[]) {
              return all.includes("X25519") || all.includes("Ed25519")
                ? Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"))
                : known.apply(this, all);
            },
          });
        }
      }),
  };
  for (const [what, prepare] of Object.entries(lacking))
    test(`a browser without ${what} of its own seals all the same`, async () => {
      const { page, posts, leave } = await arrive(at.browser, await at.linkTo(), {}, prepare);
      await answer(page);
      await pressToSend(page);
      await page.locator(".receipt").waitFor();
      expect(opened(at.product, posts[0]).payload.answers).toEqual({
        brew: "filter",
        wish: secret,
      });
      await leave();
    });

  test("without JavaScript the page says why it needs it", async () => {
    const { page } = await arrive(at.browser, await at.linkTo(), { javaScriptEnabled: false });
    expect(await heading(page)).toBe("JavaScript is needed here");
    expect(await page.locator("#page").isVisible()).toBe(false);
    await page.context().close();
  });

  const words: Readonly<Record<string, string>> = {
    en: "Agree and send",
    de: "Zustimmen und senden",
    fr: "Accepter et envoyer",
    es: "Aceptar y enviar",
    ar: "أوافق وأرسل",
    he: "להסכים ולשלוח",
    ja: "同意して送信",
  };
  test("the page speaks each of its languages, as the browser asks or the reader chooses", async () => {
    const many = await publishWidget(at.product, { ...short, languages: Object.keys(words) });
    for (const [language, send] of Object.entries(words)) {
      const { page, leave } = await arrive(at.browser, await at.linkTo(many), { locale: language });
      expect(await mainButton(page).innerText()).toBe(send);
      expect(await page.locator("html").getAttribute("lang")).toBe(language);
      await leave();
    }
    const { page, leave } = await arrive(at.browser, await at.linkTo(many), { locale: "fr" });
    await page.getByLabel("Filter").check();
    await page.locator("select.languages").selectOption("he");
    await page.waitForFunction(() => document.documentElement.dir === "rtl");
    expect(await mainButton(page).innerText()).toBe(words["he"]);
    expect(await page.getByLabel("Filter").isChecked()).toBe(true);
    await page.reload();
    await mainButton(page).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("he");
    await leave();
  });
});
