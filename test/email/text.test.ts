import { describe, expect, test } from "vitest";
import { templateOf } from "../../sdk/mail-plan.ts";
import { askableQuestions, shapeOf } from "../../widget/email/asked.ts";
import { textBytesMax, textPart } from "../../widget/email/text.ts";
import { columnsMax, columnsOf, wrapped } from "../../widget/email/text-lines.ts";
import { fiveByTen, fixtures } from "./fixtures/fixtures.ts";
import { campaignId, cases, edge, filled, invitation, viewIn } from "./views.ts";

const widgetOf = (name: string) =>
  (fixtures.find((fixture) => fixture.name.startsWith(name)) ?? fiveByTen).widget;

const textIn = (name: string, language = "en"): string =>
  filled(textPart(viewIn(widgetOf(name), language)));

for (const { name, widget, language, view } of cases)
  describe(name, () => {
    const part = textPart(view);
    const text = filled(part);
    const lines = text.split("\n");

    test("has lines of 76 columns, but for addresses", () => {
      const long = lines.filter((line) => columnsOf(line) > columnsMax && !line.includes("://"));
      expect(long).toEqual([]);
      expect(lines.filter((line) => /\s$/.test(line))).toEqual([]);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(textBytesMax);
    });

    test("keeps every secret in a fragment, and each address whole on its line", () => {
      const addresses = text.match(/https?:\/\/\S+/g) ?? [];
      for (const address of addresses) {
        if (!address.startsWith(edge)) continue;
        expect(address).toMatch(
          new RegExp(
            `^${edge}/[ap]/${campaignId}\\?lang=${language}#${invitation}(\\.\\d+\\.\\d+)?$`,
          ),
        );
      }
      expect(text.split(invitation).length).toBe(text.split(`#${invitation}`).length);
      const ends = lines.filter((line) => line.includes(edge));
      expect(ends.filter((line) => !/https?:\/\/\S+$/.test(line))).toEqual([]);
    });

    test("offers each answer of each question it shows, once and in order", () => {
      const answers = [...text.matchAll(/#[\w-]{136}\.(\d+\.\d+)$/gm)].map(([, answer]) => answer);
      const shown = new Set(answers.map((answer) => answer?.split(".")[0]));
      const expected = askableQuestions(view)
        .filter((question) => shapeOf(question) !== "page" && shown.has(String(question.index)))
        .flatMap(({ index, options }) => options.map((option) => `${index}.${option.index}`));
      expect(answers).toEqual(expected);
    });

    test("holds no control, no markup of ours, no slot but the invitation", () => {
      expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u2028\u2029]/u);
      expect(text.toWellFormed()).toBe(text);
      expect(text).not.toMatch(/\{\{|\{%|\*\||%%|\[\[|<%|~maily\./);
      const slots = templateOf(part).flatMap((piece) =>
        typeof piece === "string" ? [] : piece.slot === "shuffled" ? piece.items.flat() : [piece],
      );
      for (const slot of slots)
        if (typeof slot !== "string") expect(slot).toEqual({ slot: "invitation" });
    });

    test("names the sender, what the answer is for, and where to unsubscribe", () => {
      const flat = text.replace(/\s+/g, " ");
      const { controller, retentionDays } = widget.notice;
      expect(flat).toContain(controller.name.split(" ")[0]);
      expect(flat).toContain(retentionDays.toLocaleString(language));
      expect(flat).toContain(view.words.unsubscribe);
      expect(text).toContain(`${edge}/p/${campaignId}`);
    });
  });

test("an english mail reads as a letter does", () => {
  expect(textIn("branching by option")).toBe(`Did we solve it?
================

Choose one by opening its address:

* Is your problem solved?

  1. Yes, all of it
     ${edge}/a/${campaignId}?lang=en#${invitation}.0.0
  2. No, not yet
     ${edge}/a/${campaignId}?lang=en#${invitation}.0.1

* What is left?

  1. It is slow
     ${edge}/a/${campaignId}?lang=en#${invitation}.1.0
  2. It is wrong
     ${edge}/a/${campaignId}?lang=en#${invitation}.1.1

* Shall we call you?

  1. Yes
     ${edge}/a/${campaignId}?lang=en#${invitation}.3.0
  2. No
     ${edge}/a/${campaignId}?lang=en#${invitation}.3.1

Open all questions:
${edge}/a/${campaignId}?lang=en#${invitation}

------------------------------------------------------------
How your answers are used:
We read your answers to improve what we do, and pass them to nobody.
- Count my answer in the results (Needed)
Asked by Morgenrot, responsible for your data: privacy@morgenrot.example.
Kept for 90 days.
Read the full privacy notice:
${edge}/a/${campaignId}?lang=en#${invitation}

You get this mail because Morgenrot has your address.
Preferences and data / Unsubscribe:
${edge}/p/${campaignId}?lang=en#${invitation}
`);
});

test("markup is text here: nothing is escaped", () => {
  const text = textIn("texts that are markup");
  expect(text).toContain(`"Quotes" & 'more'`);
  expect(text).toContain("&lt;b&gt; &amp; &#39;");
});

test("a mail that no tap could answer does not ask for one", () => {
  expect(textIn("nothing that a tap")).not.toContain("Choose one by");
  expect(textIn("nothing that a tap")).toContain("Answer on the page:");
});

test("shuffled options have marks instead of numbers", () => {
  const text = textIn("every kind in english");
  expect(text).toContain("  -  The first thing");
  expect(text).not.toContain(
    "1. The first thing\n     https://answers.sender.example/a/AAECAwQFBgc?lang=en#AbC-_019AbC-_0190.0",
  );
});

describe("lines", () => {
  test("break between words, and go on under their beginning", () => {
    expect(wrapped(`${"word ".repeat(15)}tail end`, "     ", "  1. ")).toBe(
      `  1. ${"word ".repeat(14).trim()}\n     word tail end`,
    );
  });

  test("count wide characters twice, and break between any two", () => {
    const lines = wrapped("漢".repeat(100)).split("\n");
    expect(lines.map(columnsOf)).toEqual([76, 76, 48]);
  });

  test("never begin with a closing mark", () => {
    for (const line of wrapped("日本語、".repeat(40)).split("\n")) expect(line).not.toMatch(/^、/);
  });

  test("keep an address whole, however long", () => {
    const address = `https://sender.example/${"a".repeat(200)}`;
    expect(wrapped(`See ${address} now`)).toBe(`See\n${address}\nnow`);
  });

  test("cut a word that is longer than a line, and no character of it in two", () => {
    const lines = wrapped("👩‍👩‍👧‍👦".repeat(50)).split("\n");
    expect(lines.join("")).toBe("👩‍👩‍👧‍👦".repeat(50));
    for (const line of lines) expect(line.replaceAll("👩‍👩‍👧‍👦", "")).toBe("");
  });

  test("keep the author's own", () => {
    expect(wrapped("one\n\ntwo")).toBe("one\n\ntwo");
  });
});
