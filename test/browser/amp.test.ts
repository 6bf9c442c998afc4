// AMP mails answered in real Chromium, under the demo's stand-in for the AMP runtime.
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Widget } from "../../sdk/schema/widget.ts";
import { ampPart } from "../../widget/email/amp.ts";
import { wordsIn } from "../../widget/email/words.ts";
import { ampMail, chosenIn, filledAmp, submissionOf } from "../email/amp-mail.ts";
import { choice, fixture } from "../email/fixtures/building.ts";
import { fixtures } from "../email/fixtures/fixtures.ts";
import { viewIn } from "../email/views.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { accepted, expectRoomy, openAmp, type AmpReader } from "./amp-reader.ts";
import { sharedBrowser } from "./shared.ts";
import { desk, expectAccessible, narrow, phone } from "./reader.ts";

const words = wordsIn("en");
const modes = ["direct", "packed"] as const;
let browser: Browser;
let coffee: Widget;
let newsletter: Widget;

const sample = async (name: string): Promise<Widget> =>
  Widget.parse(
    parse(await readFile(new URL(`../../demo/widgets/${name}.yaml`, import.meta.url), "utf8")),
  );

beforeAll(async () => {
  [coffee, newsletter] = await Promise.all([sample("coffee-match"), sample("topics")]);
  browser = await sharedBrowser();
}, 60_000);

afterAll(() => browser.close());

const button = (page: Page, label: string) =>
  page.getByRole("button", { name: label, exact: true });
const next = (page: Page) => button(page, words.next).click();
const send = (page: Page) => button(page, words.send).click();
/** By the mouse, on whatever is there: a box's tick lies over the box, and is a part of its label. */
const tap = (page: Page, label: string) =>
  page.getByLabel(label, { exact: true }).filter({ visible: true }).click({ force: true });
const questionText = (page: Page) => page.locator("legend:visible h2").innerText();
const lastSent = (widget: Widget, { posts }: AmpReader) => {
  const submission = submissionOf(posts.at(-1) ?? "");
  return { ...submission, chosen: chosenIn(widget, submission) };
};

for (const codes of modes)
  describe(`codes ${codes}`, () => {
    test("a reader answers along the branches, agrees, sends, and sees the match", async () => {
      const reader = await openAmp(browser, ampMail(coffee, "en", codes));
      const { page } = reader;
      await page.getByText("Question 1 of 5").waitFor();
      await tap(page, "Espresso machine");
      await next(page);
      expect(await questionText(page)).toContain("With milk?");
      await tap(page, "Yes");
      await next(page);
      await tap(page, "Nuts and caramel");
      await tap(page, "Dark chocolate");
      expect(await page.getByLabel("Fruity and bright").isDisabled(), "two at most").toBe(true);
      await next(page);
      await tap(page, "3");
      await next(page);
      await tap(page, "9");
      await next(page);
      // Nine leads past the question that the page alone can take.
      await page.getByRole("heading", { name: words.notice }).waitFor();
      await tap(page, "Choose what we write to you about");
      await send(page);
      await page.getByRole("heading", { name: "Monsooned Malabar, dark roast" }).waitFor();
      expect(lastSent(coffee, reader)).toMatchObject({
        language: "en",
        consent: ["results", "personalisation"],
        chosen: { brew: [0], milk: [0], taste: [1, 2], cups: [3], recommend: [9] },
      });
      expect(reader.posts).toHaveLength(1);
      await reader.leave();
    });

    test("a reader turns back, and what was left behind is not sent", async () => {
      const reader = await openAmp(browser, ampMail(coffee, "en", codes));
      const { page } = reader;
      await tap(page, "Espresso machine");
      await next(page);
      await tap(page, "No");
      await button(page, words.back).click();
      expect(await page.getByLabel("Espresso machine").isChecked()).toBe(true);
      await tap(page, "I only drink it out");
      await next(page);
      expect(await questionText(page)).toContain("How many cups a day?");
      await next(page);
      await tap(page, "2");
      await next(page);
      // Two asks why, which only the page can take.
      const link = page.getByRole("link", { name: words.onPage });
      expect(await link.getAttribute("href")).toMatch(/\/a\/[\w-]{11}\?lang=en#/);
      await next(page);
      await send(page);
      await page.getByText(words.arrived).waitFor();
      expect(lastSent(coffee, reader).chosen).toEqual({ brew: [3], recommend: [2] });
      await reader.leave();
    });

    test("a reader changes the answer after sending: choices are kept, and the new one is sent", async () => {
      const reader = await openAmp(browser, ampMail(coffee, "en", codes));
      const { page } = reader;
      await tap(page, "Filter or pour-over");
      await next(page);
      await tap(page, "Fruity and bright");
      for (let step = 0; step < 3; step++) await next(page);
      await send(page);
      await page.getByRole("heading", { name: "Yirgacheffe, light roast" }).waitFor();
      await button(page, words.change).click();
      expect(await page.getByLabel("Filter or pour-over").isChecked()).toBe(true);
      await tap(page, "French press");
      await next(page);
      expect(await page.getByLabel("Fruity and bright").isChecked()).toBe(true);
      await tap(page, "Fruity and bright");
      await tap(page, "Nuts and caramel");
      for (let step = 0; step < 3; step++) await next(page);
      await send(page);
      await page.getByRole("heading", { name: "House blend, medium roast" }).waitFor();
      expect(lastSent(coffee, reader).chosen).toEqual({ brew: [2], taste: [1] });
      expect(reader.posts).toHaveLength(2);
      await reader.leave();
    });

    test("questions on one page are sent together, once all that is needed is there", async () => {
      const reader = await openAmp(browser, ampMail(newsletter, "en", codes));
      const { page } = reader;
      await send(page);
      expect(
        await page.getByText(words.required, { exact: true }).filter({ visible: true }).count(),
      ).toBeGreaterThan(0);
      expect(reader.posts).toEqual([]);
      await tap(page, "Recipes");
      await page.getByLabel("How often?").selectOption({ label: "Once a month" });
      await tap(page, "4");
      await send(page);
      await page.getByRole("heading", { name: "Saved" }).waitFor();
      expect(lastSent(newsletter, reader).chosen).toEqual({ topics: [2], often: [1], length: [3] });
      // Two kinds that only the page can take.
      await page.getByRole("link", { name: "2 more on the page" }).waitFor();
      await reader.leave();
    });
  });

describe("before sending", () => {
  test("a required question holds the reader, also from the Enter key, and nothing is sent", async () => {
    const reader = await openAmp(browser, ampMail(coffee, "en", "direct"));
    const { page } = reader;
    await next(page);
    await page.getByRole("alert").getByText(words.required).waitFor();
    await page.locator("#q0-0").focus();
    await page.keyboard.press("Enter");
    expect(await questionText(page)).toContain("How do you brew at home?");
    expect(reader.posts).toEqual([]);
    await tap(page, "French press");
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
    await reader.leave();
  });

  test("the keyboard alone answers and sends", async () => {
    const { widget } = fixture("two", {
      title: "Two",
      languages: ["en"],
      questions: [
        choice("single-choice", "one", "One?", { a: "Ant", b: "Bee" }, { required: true }),
        choice("multiple-choice", "two", "Two?", { c: "Cat", d: "Dog" }),
      ],
    });
    for (const codes of modes) {
      const reader = await openAmp(browser, ampMail(widget, "en", codes));
      const { page } = reader;
      const press = async (...keys: string[]): Promise<void> => {
        for (const key of keys) await page.keyboard.press(key);
      };
      // One group of radios: Tab comes to it once, the arrows choose.
      await page.locator("#q0-0").focus();
      await press("Space", "ArrowDown", "Tab", "Enter");
      // The focus is at the top of the next step.
      await press("Tab", "Tab", "Space", "Tab", "Tab", "Enter");
      await button(page, words.send).focus();
      await press("Enter");
      await page.getByText(words.arrived).waitFor();
      expect(lastSent(widget, reader).chosen).toEqual({ one: [1], two: [1] });
      await reader.leave();
    }
  });

  test("a long slider says its value and sends the code of the step", async () => {
    const { widget } = fixture("slider", {
      title: "Slide",
      languages: ["en"],
      questions: [
        {
          id: "warm",
          kind: "slider",
          text: "How warm?",
          from: -10,
          to: 40,
          step: 0.5,
          unit: "°C",
          required: true,
        },
      ],
    });
    for (const codes of modes) {
      const reader = await openAmp(browser, ampMail(widget, "en", codes));
      const { page } = reader;
      const slider = page.getByRole("slider", { name: "How warm?" });
      await slider.focus();
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowRight");
      expect(await slider.getAttribute("aria-valuetext")).toBe("-9.5 °C");
      await page.getByText("-9.5 °C", { exact: true }).waitFor();
      await send(page);
      await page.getByText(words.arrived).waitFor();
      expect(lastSent(widget, reader).chosen).toEqual({ warm: [1] });
      await reader.leave();
    }
  });

  test("options stand in the reader's own order, and each sends its own code", async () => {
    const { widget } = fixture("shuffled", {
      title: "Which?",
      languages: ["en"],
      questions: [
        choice(
          "single-choice",
          "which",
          "Which?",
          { a: "Ant", b: "Bee", c: "Cat" },
          { shuffle: true },
        ),
      ],
    });
    const part = ampPart(viewIn(widget, "en"), { codes: "direct" })!;
    const reader = await openAmp(
      browser,
      filledAmp(part, () => [2, 0, 1]),
    );
    expect(await reader.page.locator(".option label").allInnerTexts()).toEqual([
      "Cat",
      "Ant",
      "Bee",
    ]);
    await tap(reader.page, "Cat");
    await send(reader.page);
    await reader.page.getByText(words.arrived).waitFor();
    expect(lastSent(widget, reader).chosen).toEqual({ which: [2] });
    await reader.leave();
  });
});

describe("after sending", () => {
  const one = fixture("one", {
    title: "One",
    languages: ["en"],
    questions: [choice("single-choice", "one", "One?", { a: "Ant", b: "Bee" })],
  }).widget;

  test("while it is under way the button says so, and a second tap sends nothing", async () => {
    const reader = await openAmp(browser, ampMail(one, "en", "direct"));
    const { promise, resolve: arrive } = Promise.withResolvers<typeof accepted>();
    reader.answerWith(promise);
    await tap(reader.page, "Ant");
    await send(reader.page);
    const sending = button(reader.page, words.sending);
    await sending.waitFor();
    expect(await sending.isDisabled()).toBe(true);
    await reader.page.keyboard.press("Enter");
    arrive(accepted);
    await reader.page.getByText(words.arrived).waitFor();
    expect(reader.posts).toHaveLength(1);
    await reader.leave();
  });

  test("where answers came too fast, the reader is asked to send once more", async () => {
    const reader = await openAmp(browser, ampMail(one, "en", "direct"));
    reader.answerWith({ status: 202, body: '{"receipt":"r","confirm":true}' });
    await tap(reader.page, "Bee");
    await send(reader.page);
    await reader.page.getByText(words.confirm).waitFor();
    expect(await reader.page.getByText(words.arrived).isVisible()).toBe(false);
    reader.answerWith(accepted);
    await send(reader.page);
    await reader.page.getByText(words.arrived).waitFor();
    expect(reader.posts[1]).toBe(reader.posts[0]);
    await reader.leave();
  });

  test.each([
    ["the edge refuses", { status: 410, body: '{"code":"campaign-closed"}' }],
    ["the region is away", { status: 503, body: '{"code":"region-unavailable"}' }],
    ["the provider answers with no JSON", { status: 202, body: "<html>" }],
    ["the network fails", { status: 0, body: "" }],
  ])(
    "where %s, the mail says so with a link to the page, and the reader can try again",
    async (_, answer) => {
      const reader = await openAmp(browser, ampMail(one, "en", "packed"));
      reader.answerWith(answer);
      await tap(reader.page, "Bee");
      await send(reader.page);
      await reader.page.getByText("That did not go through").waitFor();
      await reader.page.getByRole("link", { name: words.openPage }).waitFor();
      reader.answerWith(accepted);
      await send(reader.page);
      await reader.page.getByText(words.arrived).waitFor();
      expect(lastSent(one, reader).chosen).toEqual({ one: [1] });
      await reader.leave();
    },
  );
});

test.each([
  ["an element it has not", "<amp-list></amp-list>", "amp-list"],
  ["a function it has not", '<p [text]="fetch(1)">x</p>', "not a supported function"],
  ["an action it has not", '<p on="tap:AMP.setState({a:b = 1})">x</p>', "cannot read"],
])("the stand-in refuses %s when the mail opens", async (_, body, message) => {
  const mail = ampMail(coffee, "en", "direct").replace("</body>", `${body}</body>`);
  const reader = await openAmp(browser, mail);
  expect(reader.faults.join("\n")).toContain(message);
  await reader.page.context().close();
});

/** Which of box, way back and tick stand in the right half of the screen. */
const middle = async (language: string): Promise<readonly boolean[]> => {
  const reader = await openAmp(browser, ampMail(allKinds, language, "direct"));
  const { page } = reader;
  expect(await page.locator("html").getAttribute("dir")).toBe(language === "ar" ? "rtl" : "ltr");
  await page.locator(".option:visible input").first().click({ force: true });
  const boxes = [await page.locator(".option:visible input").first().boundingBox()];
  await button(page, wordsIn(language).next).click();
  boxes.push(await button(page, wordsIn(language).back).boundingBox());
  boxes.push(await page.locator(".option:visible .tick").first().boundingBox());
  await reader.leave();
  return boxes.map((box) => box!.x > phone.width / 2);
};

describe("every step is readable and roomy", () => {
  for (const [language, viewport] of [
    ["en", narrow],
    ["ar", phone],
    ["en", desk],
  ] as const)
    test(`all kinds, ${language}, ${viewport.width} pixels wide`, async () => {
      const reader = await openAmp(browser, ampMail(allKinds, language, "direct"), viewport);
      const { page } = reader;
      const own = wordsIn(language);
      for (const question of allKinds.questions) {
        const where = `${question.id}, ${language}`;
        await expectAccessible(page, where);
        await expectRoomy(page, where);
        if (question.required)
          await page.locator(".option:visible input").first().click({ force: true });
        await button(page, own.next).click();
      }
      await expectAccessible(page, "sending");
      await expectRoomy(page, "sending");
      await button(page, own.send).click();
      await page.getByText(own.arrived).waitFor();
      await expectAccessible(page, "thanks");
      await expectRoomy(page, "thanks");
      await reader.leave();
    });

  test("right to left is mirrored: boxes and the way back on the right, the way on on the left", async () => {
    expect(await middle("en")).toEqual([false, false, false]);
    expect(await middle("ar")).toEqual([true, true, true]);
  });
});

const shown = (text: string): string =>
  // Controls are left out of mails.
  // oxlint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u001f\u007f-\u009f\s]/g, "");

describe("every fixture opens, in its first language and its last", () => {
  for (const { name, widget } of fixtures)
    for (const language of new Set([widget.languages[0], widget.languages.at(-1)])) {
      if (language === undefined) continue;
      const part = ampPart(viewIn(widget, language), { codes: "direct" });
      if (part === undefined) continue;
      test(`${name} (${language})`, async () => {
        const view = viewIn(widget, language);
        const reader = await openAmp(browser, filledAmp(part), narrow);
        const { page } = reader;
        const said = async (selector: string): Promise<string> =>
          (await page.locator(selector).first().innerText()).replace(/\s+/g, "");
        expect(await said("h1")).toBe(shown(view.title));
        expect(await said("legend h2")).toContain(shown(view.questions[0]!.text));
        await expectRoomy(page, name);
        await reader.leave();
      });
    }
});
