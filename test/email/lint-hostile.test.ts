// Parts that are meant to hang, crash or mislead: looked at up to a named limit, and told of.
import { array, assert, asyncProperty, constantFrom, oneof, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { lintMail } from "../../widget/email/lint.ts";
import { markupLimits, readMarkup } from "../../widget/email/lint-markup.ts";
import { document, lintParts } from "./lint-samples.ts";

describe("hostile HTML", () => {
  test.each([
    ["elements that are never closed", "<div>".repeat(300_000), "nesting"],
    ["more elements than a mail has", "<br>".repeat(90_000), "elements"],
    ["more characters than a part has", "x".repeat(2_000_000), "characters"],
  ])("stops at %s, and says where", async (_, html, what) => {
    expect(readMarkup(html).beyond?.what).toBe(what);
    const rules = (await lintParts({ html })).map(({ rule }) => rule);
    expect(rules).toContain("markup-limit");
  });

  test.each([
    ["quotes that never end", `<a href="${"<a href='".repeat(40_000)}`],
    ["tags that never end", "<a ".repeat(100_000)],
    ["comments that never end", "<!--".repeat(90_000)],
    ["closing tags of nothing", "</td>".repeat(70_000)],
    ["lone brackets", "<".repeat(390_000)],
    ["a sheet that never ends", `<style>${"{".repeat(390_000)}`],
    ["a style attribute of nothing but semicolons", `<p style="${";:(".repeat(60_000)}">x</p>`],
    ["references of nothing", `<p>${"&#".repeat(150_000)}</p>`],
    ["opening braces", `<p>${"{{".repeat(150_000)}</p>`],
    ["percent signs", `<p>${"%%a".repeat(100_000)}</p>`],
    ["stars", `<p>${"*|".repeat(150_000)}</p>`],
    ["zeros", "\u0000".repeat(300_000)],
    ["AMP templates that never end", "<template>".repeat(30_000)],
    ["attributes without number", `<p ${"a ".repeat(150_000)}>x</p>`],
  ])(
    "comes to an end with %s",
    async (_, html) => {
      const findings = await lintMail({ parts: { en: { html, amp: html, text: html } } });
      expect(findings.length).toBeGreaterThan(0);
      for (const { line, column } of findings) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(column).toBeGreaterThanOrEqual(1);
      }
    },
    60_000,
  );

  test("never throws, whatever the text", async () => {
    const piece = oneof(
      constantFrom(
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "<a href=",
        "<style>",
        "</style>",
        "style='",
        '"',
        "{{",
        "}}",
        "color:#fff",
        "<td",
        "<img",
        "\u0000",
        "&#x",
        "url(",
        "@media",
        "}",
      ),
      string({ maxLength: 8 }),
    );
    await assert(
      asyncProperty(array(piece, { maxLength: 60 }), async (pieces) => {
        const text = pieces.join("");
        await lintParts({ html: document(text), text });
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe("the reader of markup", () => {
  test("keeps every element's own place", () => {
    const html = "a <p>\n b <I x=1 X=2>c</I>\n<br/>&amp;<![CDATA[<q>]]></p>";
    const { elements, at } = readMarkup(html);
    expect(elements.map(({ name, offset, parent }) => [name, at(offset), parent?.name])).toEqual([
      ["p", { line: 1, column: 3 }, undefined],
      ["i", { line: 2, column: 4 }, "p"],
      ["br", { line: 3, column: 1 }, "p"],
    ]);
    expect(elements[1]?.attributes.get("x")).toBe("1");
  });

  test("reads what is in a sheet as one text", () => {
    const { elements } = readMarkup("<style>a>b{}</style><title>A <b> B</title><p>c");
    expect(elements.map(({ name, raw }) => [name, raw?.text])).toEqual([
      ["style", "a>b{}"],
      ["title", "A <b> B"],
      ["p", undefined],
    ]);
  });

  test("reads attributes as browsers do", () => {
    const { elements } = readMarkup(`<a HREF=x&amp;y  title='"' data-a="'" b c = "d" / e>t</a>`);
    expect(Object.fromEntries(elements[0]?.attributes ?? [])).toEqual({
      href: "x&y",
      title: '"',
      "data-a": "'",
      b: "",
      c: "d",
      e: "",
    });
  });

  test("stays within its limits", () => {
    const { elements } = readMarkup("<div>".repeat(10_000));
    expect(elements.length).toBeLessThanOrEqual(markupLimits.nesting + 1);
  });
});
