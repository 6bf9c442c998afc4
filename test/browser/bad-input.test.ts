// What an author or a browser may bring that nobody meant: on the page, everything stays readable, nothing is run, and an
// answer arrives all the same.
import { expect, test } from "vitest";
import { publishWidget } from "../flow/product.ts";
import { resultsWith } from "../flow/product.ts";
import { fixtures } from "../email/fixtures/fixtures.ts";
import { arrive, desk, expectAccessible, mainButton, narrow, pressToSend } from "./reader.ts";
import { answer, short, stage } from "./short-visit.ts";

const at = stage();

const hostile = [
  "the longest texts",
  "one word without a space",
  "texts that are markup",
  "texts that turn the direction",
];

for (const name of hostile)
  test(`${name}: shown as they are, within the screen, and nothing of them is run`, async () => {
    const widget = fixtures.find((fixture) => fixture.name.startsWith(name))?.widget;
    if (widget === undefined) throw new Error(`no fixture ${name}`);
    const { intro: _, ...brief } = widget;
    const campaign = await publishWidget(at.product, { ...brief, layout: "all" });
    // Leaving fails where a script ran against the policy, something was asked of elsewhere, or an error was thrown.
    const { page, leave } = await arrive(at.browser, await at.linkTo(campaign), {
      viewport: narrow,
    });
    await mainButton(page).waitFor();
    const [language = "en"] = widget.languages;
    const title = typeof widget.title === "string" ? widget.title : widget.title[language];
    expect(await page.locator("h1").first().textContent()).toContain(title);
    for (const viewport of [narrow, desk]) {
      await page.setViewportSize(viewport);
      await expectAccessible(page, `${name}, ${viewport.width}`);
      expect(
        await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ),
        `${name}, ${viewport.width}`,
      ).toBe(0);
    }
    expect(
      await page.locator("main script, main img:not([src^='/images/']), main iframe").count(),
    ).toBe(0);
    await leave();
  });

test("a browser without WebAssembly seals by what it has, and the region opens it", async () => {
  const campaign = await publishWidget(at.product, short);
  const { page, leave } = await arrive(at.browser, await at.linkTo(campaign), {}, (fresh) =>
    fresh.addInitScript(() => {
      Reflect.deleteProperty(globalThis, "WebAssembly");
      Reflect.deleteProperty(SubtleCrypto.prototype, "encapsulateBits");
    }),
  );
  await answer(page);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await resultsWith(at.product, "eu", campaign.id, 1);
  await leave();
});

test("a browser that denies every storage and every worker sends an answer all the same", async () => {
  const campaign = await publishWidget(at.product, short);
  const { page, leave } = await arrive(at.browser, await at.linkTo(campaign), {}, (fresh) =>
    fresh.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
        Object.defineProperty(globalThis, name, {
          get() {
            throw new DOMException("denied", "SecurityError");
          },
        });
      Object.defineProperty(navigator, "serviceWorker", { value: undefined });
    }),
  );
  await answer(page);
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  await resultsWith(at.product, "eu", campaign.id, 1);
  await leave();
});
