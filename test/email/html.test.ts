import { describe, expect, test } from "vitest";
import { questionsOnPath } from "../../sdk/branching.ts";
import { invitationToken, templateOf } from "../../sdk/mail-plan.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { Widget as WidgetSchema } from "../../sdk/schema/widget.ts";
import { askableQuestions, shapeOf } from "../../widget/email/asked.ts";
import { htmlBlock, htmlBytesMax, htmlPart } from "../../widget/email/html.ts";
import { htmlStyle } from "../../widget/email/html-frame.ts";
import { lookOf } from "../../widget/email/look.ts";
import { fiveByTen, fixtures } from "./fixtures/fixtures.ts";
import { asWord, readStrictly } from "./strict-html.ts";
import { campaignId, cases, edge, filled, invitation, viewIn } from "./views.ts";

const drawn = (widget: Widget, language: string): string =>
  htmlPart(viewIn(widget, language), { look: lookOf(widget.theme) });

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** The links of a part by what they choose: `<question>.<option>`, or "" for the page alone. */
function linksOf(html: string): { answers: string[]; pages: string[]; others: string[] } {
  const answers: string[] = [];
  const pages: string[] = [];
  const others: string[] = [];
  for (const { name, attributes } of readStrictly(html).elements) {
    if (name !== "a") continue;
    const { href = "" } = attributes;
    const chosen = /^https:\/\/[^#]+#[\w-]{136}(?:\.(\d+\.\d+))?$/.exec(href);
    if (chosen === null) others.push(href);
    else if (chosen[1] === undefined) pages.push(href);
    else answers.push(chosen[1]);
  }
  return { answers, pages, others };
}

test("there are forty fixtures, and they speak the twelve languages", () => {
  expect(fixtures).toHaveLength(40);
  expect(new Set(fixtures.map(({ name }) => name)).size).toBe(40);
  const spoken = new Set(fixtures.flatMap(({ widget }) => widget.languages));
  const twelve = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ar", "he", "ja", "zh"];
  expect(twelve.filter((language) => !spoken.has(language))).toEqual([]);
});

for (const { name, widget, language, view } of cases)
  describe(name, () => {
    const html = filled(drawn(widget, language));

    test("is well-formed, for Outlook on Windows too", () => {
      expect(readStrictly(html).faults).toEqual([]);
      expect(readStrictly(asWord(html)).faults).toEqual([]);
    });

    test("has nothing that a mail client takes away, and no picture", () => {
      const names = new Set(readStrictly(html).elements.map((element) => element.name));
      const allowed = "html head meta title style body div table tr td a p h1 h2 h3 br span".split(
        " ",
      );
      expect([...names].filter((each) => !allowed.includes(each))).toEqual([]);
      for (const { attributes } of readStrictly(html).elements)
        expect(Object.keys(attributes).filter((key) => key.startsWith("on"))).toEqual([]);
    });

    test("keeps every secret in a fragment, behind addresses of the edge", () => {
      for (const { name: tag, attributes } of readStrictly(asWord(html)).elements) {
        const { href } = attributes;
        if (href === undefined) continue;
        expect(["a", "v:roundrect"]).toContain(tag);
        if (new URL(href).host === "sender.example") continue;
        const address = new URL(href);
        expect(address.origin).toBe(edge);
        expect(address.pathname).toMatch(new RegExp(`^/[ap]/${campaignId}$`));
        expect(address.search).toBe(`?lang=${language}`);
        expect(address.hash.startsWith(`#${invitation}`)).toBe(true);
      }
      expect(html.split(invitation).length).toBe(html.split(`#${invitation}`).length);
    });

    test("offers each answer of each question it shows, once and in order", () => {
      const { answers, others } = linksOf(html);
      const expected = askableQuestions(view)
        .filter((question) => shapeOf(question) !== "page")
        .flatMap(({ index, options }) => options.map((option) => `${index}.${option.index}`));
      const shown = new Set(answers.map((answer) => answer.split(".")[0]));
      expect(answers).toEqual(expected.filter((answer) => shown.has(answer.split(".")[0])));
      expect(others.filter((href) => new URL(href).host !== "sender.example")).toEqual([]);
      // Outlook on Windows gets the same links.
      expect(linksOf(asWord(html)).answers).toEqual(answers);
    });

    test("is not clipped, and its style fits where Gmail reads styles", () => {
      expect(bytesOf(html)).toBeLessThanOrEqual(htmlBytesMax);
      const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
        ([, style = ""]) => style,
      );
      expect(bytesOf(styles.join(""))).toBeLessThanOrEqual(16_000);
      expect(html.lastIndexOf("<style>")).toBeLessThan(html.indexOf("</head>"));
    });

    test("says its language and direction, and what tables are for", () => {
      const { elements } = readStrictly(html);
      expect(elements[0]).toMatchObject({
        name: "html",
        attributes: { lang: language, dir: view.direction },
      });
      for (const { name: tag, attributes } of elements)
        if (tag === "table") expect(attributes["role"]).toBe("presentation");
      const groups = elements.flatMap(({ attributes }) => attributes["aria-labelledby"] ?? []);
      const ids = elements.flatMap(({ attributes }) => attributes["id"] ?? []);
      expect(groups.filter((id) => !ids.includes(id))).toEqual([]);
      expect(new Set(ids).size).toBe(ids.length);
    });

    test("holds no slot but the invitation, and no merge tag of any service", () => {
      const part = drawn(widget, language);
      const slots = templateOf(part)
        .flatMap((piece) =>
          typeof piece === "string" ? [] : piece.slot === "shuffled" ? piece.items.flat() : [piece],
        )
        .filter((piece) => typeof piece !== "string");
      expect(new Set(slots.map(({ slot }) => slot))).toEqual(new Set(["invitation"]));
      const body = part.slice(part.indexOf("</head>"));
      expect(body).not.toMatch(/\{\{|\{%|\{#|\*\||%%|\[\[|<%|%recipient/);
      const title = /<title>.*?<\/title>/s.exec(part)?.[0] ?? "";
      expect(title).not.toMatch(/\{\{|\{%|\*\||%%|\[\[|<%|%recipient/);
    });
  });

/** The same widget with every text a plain word, as many lines as before. */
function harmless(widget: Widget): Widget {
  const texts = new Set(["text", "title", "intro", "description", "label", "low", "high", "unit"]);
  const walk = (value: unknown, key: string, authored: boolean): unknown => {
    if (typeof value === "string")
      return authored || texts.has(key) ? value.trim().replace(/[^\n\u2028]+/g, "word") : value;
    if (Array.isArray(value)) return value.map((each) => walk(each, "", false));
    if (typeof value !== "object" || value === null) return value;
    const perLanguage = texts.has(key) || key === "subject" || key === "preheader";
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, walk(inner, name, perLanguage)]),
    );
  };
  return WidgetSchema.parse(walk(widget, "", false));
}

const built = (widget: Widget): string[] =>
  readStrictly(filled(drawn(widget, "en"))).elements.map((element) => element.name);

for (const name of [
  "texts that are markup",
  "texts that are merge tags and slots",
  "texts that turn the direction, and other unseen characters",
])
  test(`${name} change nothing of how the mail is built`, () => {
    const { widget } = fixtures.find((fixture) => fixture.name === name) ?? fiveByTen;
    expect(built(widget)).toEqual(built(harmless(widget)));
  });

function noticeIn(name: string): string | undefined {
  const { widget } = fixtures.find((fixture) => fixture.name === name) ?? fiveByTen;
  return linksOf(filled(drawn(widget, "en"))).others[0];
}

test("the sender's own notice is linked with all of its address, and with no invitation", () => {
  expect(noticeIn("a notice of twenty purposes")).toBe(
    "https://sender.example/privacy?from=mail&lang=en",
  );
  expect(noticeIn("texts that are markup")).toBe(
    "https://sender.example/%22%3E%3Cb%3E'&amp;%7Emaily.invitation%7E%7B%7Bx%7D%7D%25%25y%25%25%2A%7Cz%7C%2A",
  );
});

test("texts that are markup are read as they were written", () => {
  const { widget } = fixtures.find(({ name }) => name === "texts that are markup") ?? fiveByTen;
  const { text } = readStrictly(filled(drawn(widget, "en")));
  const [question] = widget.questions;
  for (const option of question !== undefined && "options" in question ? question.options : [])
    expect(text).toContain(option.text);
  expect(text).toContain(widget.title);
});

test("five questions of ten options, all of them shown, stay within 50 KB", () => {
  const html = filled(drawn(fiveByTen.widget, "en"));
  expect(linksOf(html).answers).toHaveLength(50);
  expect(bytesOf(html)).toBeLessThanOrEqual(50_000);
});

test("questions beyond the budget are counted, on the link to the page", () => {
  const { widget } = fixtures.find(({ name }) => name.startsWith("fifty questions")) ?? fiveByTen;
  const html = filled(drawn(widget, "en"));
  const shown = new Set(linksOf(html).answers.map((answer) => answer.split(".")[0])).size;
  expect(shown).toBeGreaterThan(5);
  expect(shown).toBeLessThan(50);
  expect(readStrictly(html).text).toContain(`${50 - shown} more on the page`);
});

test("a question that only some answers lead to is left to the page", () => {
  const { widget } =
    fixtures.find(({ name }) => name.startsWith("branching by option")) ?? fiveByTen;
  const asked = questionsOnPath(widget, {}).map(({ id }) => id);
  expect(asked).toEqual(["solved", "what", "call"]);
  const { text } = readStrictly(filled(drawn(widget, "en")));
  expect(text).toContain("What is left?");
  expect(text).not.toContain("How did we do?");
});

test("a short preheader is padded, so that an inbox shows nothing after it", () => {
  const { widget } = fixtures.find(({ name }) => name.startsWith("the shortest")) ?? fiveByTen;
  const { text } = readStrictly(filled(drawn(widget, "en")));
  const preheader =
    text
      .trim()
      .split("\n")
      .find((line) => line.includes("\u034f")) ?? "";
  expect(preheader.length).toBeGreaterThan(110);
});

test("a shuffled question has one item an option, and a fixed one has none", () => {
  const { widget } = fixtures.find(({ name }) => name === "every kind in english") ?? fiveByTen;
  const items = templateOf(drawn(widget, "en")).flatMap((piece) =>
    typeof piece !== "string" && piece.slot === "shuffled"
      ? [[piece.question, piece.items.length]]
      : [],
  );
  expect(items).toEqual([
    [0, 3],
    [1, 3],
  ]);
});

test("a block within a small budget keeps the way to the page, the notice and the preferences", () => {
  const view = viewIn(fiveByTen.widget, "en");
  const look = lookOf(fiveByTen.widget.theme);
  const block = filled(htmlBlock(view, { look, bytesMax: 12_000 }));
  expect(bytesOf(block)).toBeLessThanOrEqual(12_000);
  expect(readStrictly(block).faults).toEqual([]);
  expect(readStrictly(block).text).toContain("more on the page");
  expect(readStrictly(block).text).toContain("Unsubscribe");
  const bare = filled(htmlBlock(view, { look, notice: false, preferences: false }));
  expect(readStrictly(bare).text).not.toContain("Unsubscribe");
  expect(readStrictly(bare).text).not.toContain("How your answers are used");
});

test("dark mode has a rule for every class that the mail uses", () => {
  const html = drawn(fixtures[15]?.widget ?? fiveByTen.widget, "en");
  const used = new Set(
    readStrictly(filled(html)).elements.flatMap(
      ({ attributes }) => attributes["class"]?.split(" ") ?? [],
    ),
  );
  const style = htmlStyle(lookOf(fiveByTen.widget.theme));
  expect([...used].filter((each) => !style.includes(`.${each}`))).toEqual([]);
  expect(style).toContain("prefers-color-scheme:dark");
  expect(style).toContain("[data-ogsc]");
});

test("the invitation is the only thing that differs between readers", () => {
  expect(drawn(fiveByTen.widget, "en").split(invitationToken)).toHaveLength(
    filled(drawn(fiveByTen.widget, "en")).split(invitation).length,
  );
});
