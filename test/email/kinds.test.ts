// What a mail does with every kind of question: the table of docs/kinds-in-mail.md, and that each part keeps to it.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readExpression } from "../../demo/amp-expression.ts";
import { allActions } from "../../demo/amp-actions.ts";
import { mailedQuestions } from "../../sdk/mailed.ts";
import { optionsOf } from "../../sdk/options.ts";
import { Question, type QuestionKind } from "../../sdk/schema/widget.ts";
import { ampPart } from "../../widget/email/amp.ts";
import { ampQuestions, type Control } from "../../widget/email/amp-questions.ts";
import { validateAmp } from "../../widget/email/amp-validator.ts";
import { shapeOf, type Shape } from "../../widget/email/asked.ts";
import { compileMail } from "../../widget/email/compile.ts";
import { htmlPart } from "../../widget/email/html.ts";
import { lintInputOf, lintMail } from "../../widget/email/lint.ts";
import { lookOf } from "../../widget/email/look.ts";
import { textPart } from "../../widget/email/text.ts";
import { filledAmp } from "./amp-mail.ts";
import { stateOf, tagsOf } from "./amp-tags.ts";
import { asking, kindCases, pictureName } from "./fixtures/every-kind.ts";
import { asWord, readStrictly } from "./strict-html.ts";
import { campaignOf, edge, filled, invitation, viewIn } from "./views.ts";

type InMail = readonly [amp: Control, html: Shape];

/** Exhaustive: a kind without a line here does not compile. */
const inMail: Readonly<Record<QuestionKind, InMail>> = {
  "single-choice": ["radios", "list"],
  "multiple-choice": ["checks", "list"],
  dropdown: ["dropdown", "list"],
  ranking: ["page", "page"],
  rating: ["scale", "steps"],
  nps: ["scale", "steps"],
  "yes-no": ["radios", "halves"],
  slider: ["slider", "page"],
  "short-text": ["page", "page"],
  "long-text": ["page", "page"],
  date: ["page", "page"],
  consent: ["agree", "list"],
  "picture-choice": ["radios", "pictures"],
  matrix: ["grid", "page"],
  number: ["page", "page"],
  email: ["page", "page"],
  phone: ["page", "page"],
  country: ["page", "page"],
  "opinion-scale": ["scale", "steps"],
  "constant-sum": ["page", "page"],
};

const kinds = Question.options.map((option) => option.shape.kind.value);

test("every kind has a line in the table of the documents, which says what the code does", async () => {
  const page = await readFile(new URL("../../docs/kinds-in-mail.md", import.meta.url), "utf8");
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|/gm)].map(
      ([, kind = "", amp = "", html = ""]) => [kind, [amp.trim(), html.trim()] as const],
    ),
  );
  expect([...rows.keys()].sort()).toEqual([...kinds].sort());
  for (const kind of kinds) {
    const [amp, html] = inMail[kind];
    expect(rows.get(kind)?.[0] === "on the page", `${kind} in AMP`).toBe(amp === "page");
    // Short sliders are links; the widget of this test has a long one.
    if (kind !== "slider")
      expect(rows.get(kind)?.[1] === "on the page", `${kind} in HTML`).toBe(html === "page");
  }
});

test("the cases are of every kind", () => {
  expect(new Set(kindCases.map(({ kind }) => kind))).toEqual(new Set(kinds));
  expect(Object.keys(inMail)).toHaveLength(kinds.length);
});

const modes = ["direct", "packed"] as const;
/** Something that a mail can always take, so that every kind is seen in an AMP part. */
const second = { id: "more", kind: "yes-no", text: "More?" };

for (const { name, kind, question } of kindCases)
  describe(name, () => {
    const { widget } = asking(name, [question, second]);
    const [asked] = widget.questions;
    if (asked === undefined) throw new Error("no question");
    const count = optionsOf(asked).length;

    test("has the control and the shape of its kind", () => {
      const view = viewIn(widget, "en");
      const [control] = ampQuestions(view, new Set()).map((each) => each.control);
      const [amp, html] = inMail[kind];
      const several = "multiple" in asked && asked.multiple;
      expect(control).toBe(several ? "checks" : amp);
      expect(shapeOf(view.questions[0]!)).toBe(html);
      // What the region's server lets be missing is what the mail leaves to the page.
      expect(mailedQuestions(widget).includes(asked)).toBe(control !== "page");
    });

    for (const language of widget.languages) {
      const view = viewIn(widget, language);
      for (const codes of modes)
        test(`${language}, AMP, ${codes}: valid, readable by amp-bind, every code there once`, async () => {
          const part = ampPart(view, { codes })!;
          const html = filledAmp(part);
          expect(await validateAmp(html)).toEqual([]);
          const tags = tagsOf(html);
          const ids = tags.flatMap(({ attributes: { id } }) => (id === undefined ? [] : [id]));
          expect(new Set(ids).size, "ids are unique").toBe(ids.length);
          const state = stateOf(html);
          for (const { attributes } of tags)
            for (const [key, value] of Object.entries(attributes)) {
              if (key.startsWith("[")) {
                const now = readExpression(value)(state);
                if (key === "[hidden]") expect(now === true, value).toBe("hidden" in attributes);
              } else if (key === "on")
                for (const { target, argument } of allActions(value))
                  if (target === "AMP") readExpression(argument);
                  else expect(ids).toContain(target);
            }
          const own = part.choices.filter(([index]) => index === 0);
          expect(own).toEqual(
            inMail[kind][0] === "page" ? [] : Array.from({ length: count }, (_, rank) => [0, rank]),
          );
          expect(html).toContain(`dir="${view.direction}"`);
        });

      test(`${language}, HTML: well-formed, one link an answer, a button where none can say it`, () => {
        const html = filled(htmlPart(view, { look: lookOf(widget.theme) }));
        for (const read of [html, asWord(html)]) {
          const { faults, elements } = readStrictly(read);
          expect(faults).toEqual([]);
          const hrefs = elements.flatMap(({ attributes: { href } }) => href ?? []);
          const answers = hrefs.flatMap((href) => /\.0\.(\d+)$/.exec(href)?.[1] ?? []);
          const links = inMail[kind][1] === "page" ? 0 : count;
          expect(answers.map(Number)).toEqual(Array.from({ length: links }, (_, rank) => rank));
        }
      });

      test(`${language}, text: an address an answer`, () => {
        const text = filled(textPart(view));
        const answers = [...text.matchAll(/\.0\.(\d+)$/gm)].length;
        expect(answers).toBe(inMail[kind][1] === "page" ? 0 : count);
        expect(text).not.toMatch(/undefined|NaN|\[object/);
      });
    }

    test("is a mail with nothing for lint to find", async () => {
      const plan = compileMail(campaignOf(widget), { edge, codes: "direct" });
      const findings = await lintMail(lintInputOf(plan));
      expect(findings).toEqual([]);
    });
  });

test("pictures have an address for everybody, a text, and a place kept for them", () => {
  const widgets = kindCases
    .filter(({ question }) => JSON.stringify(question).includes(pictureName))
    .map(({ name, question }) => asking(name, [question]).widget);
  expect(widgets.length).toBeGreaterThan(2);
  for (const widget of widgets)
    for (const language of widget.languages) {
      const view = viewIn(widget, language);
      const html = filled(htmlPart(view, { look: lookOf(widget.theme) }));
      const amp = filledAmp(ampPart(view, { codes: "direct" })!);
      const shown = [
        ...readStrictly(html).elements.filter(({ name }) => name === "img"),
        ...tagsOf(amp).filter(({ name }) => name === "amp-img"),
      ];
      expect(shown.length).toBeGreaterThanOrEqual(2);
      for (const { attributes } of shown) {
        expect(attributes["src"]).toBe(`${edge}/images/${pictureName}`);
        expect(attributes).toHaveProperty("alt");
        const [width, height] = [Number(attributes["width"]), Number(attributes["height"])];
        expect(width / height).toBeCloseTo(1.5, 1);
      }
      // No picture of any part knows whose mail it is in.
      expect(`${html}${amp}`.match(/(?:src|background)="[^"]*"/g)?.join(" ")).not.toContain(
        invitation.slice(0, 16),
      );
    }
});

test("a picture that is not published is left out, and its text stays", () => {
  const [pictured] = kindCases.filter(({ kind }) => kind === "picture-choice");
  const written = JSON.parse(
    JSON.stringify(pictured!.question).replaceAll(pictureName, "./harbour.png"),
  ) as object;
  const view = viewIn(asking("unpublished", [written]).widget, "en");
  const html = htmlPart(view, { look: lookOf(view.campaign.definition.theme) });
  expect(html).not.toContain("<img");
  expect(filled(html)).toMatch(/>a<\/span>/);
});

const textOf = (name: string): string => {
  const { question } = kindCases.find((each) => each.name === name)!;
  return filled(textPart(viewIn(asking(name, [question]).widget, "en")));
};

test("stars, hearts, faces and thumbs are characters, each beside what it means", () => {
  expect(textOf("rating by stars")).toContain("  ★★★☆☆ 3: https://");
  expect(textOf("rating by hearts")).toContain("  ♥♥♥♥♥♥♥♥♥♡ 9: https://");
  expect(textOf("rating by three faces")).toContain("  🙂 3: https://");
  const thumbs = kindCases.find(({ name }) => name === "yes-no by thumbs")!;
  const { widget } = asking("thumbs", [thumbs.question]);
  const html = filled(htmlPart(viewIn(widget, "en"), { look: lookOf(widget.theme) }));
  expect(readStrictly(html).text).toMatch(/👍\s+Yes[\s\S]*👎\s+No/);
  expect(filledAmp(ampPart(viewIn(widget, "en"), { codes: "direct" })!)).toMatch(
    /aria-hidden="true">👍<\/span>Yes/,
  );
});

test("hostile texts of the new places stay texts, in every part", async () => {
  const nasty = `"'> </script><script>alert(1)</script> {{name}} {% x %} *|X|* %%x%% ~maily.invitation~ \u202eabc & 👩‍👩‍👧`;
  const pair = (id: string) => ({ id, text: nasty, points: 1 });
  const shown = { source: pictureName, alt: nasty, width: 3, height: 2 };
  const { widget } = asking(
    "hostile kinds",
    [
      {
        id: "m",
        kind: "matrix",
        text: nasty,
        rows: ["r", "s"].map((id) => ({ id, text: nasty })),
        columns: ["x", "y"].map(pair),
      },
      {
        id: "p",
        kind: "picture-choice",
        text: nasty,
        image: shown,
        options: ["a", "b"].map((id) => ({ id, text: nasty, description: nasty, image: shown })),
      },
      { id: "o", kind: "opinion-scale", text: nasty, low: nasty, middle: nasty, high: nasty },
      {
        id: "s",
        kind: "single-choice",
        text: nasty,
        other: { text: nasty },
        options: ["a", "b"].map((id) => ({ id, text: nasty })),
      },
    ],
    { outcomes: [{ id: "x", title: nasty, image: shown }] },
  );
  const view = viewIn(widget, "en");
  const html = filled(htmlPart(view, { look: lookOf(widget.theme) }));
  expect(readStrictly(html).faults).toEqual([]);
  expect(readStrictly(asWord(html)).faults).toEqual([]);
  for (const codes of modes) {
    const amp = filledAmp(ampPart(view, { codes })!);
    expect(await validateAmp(amp)).toEqual([]);
    for (const part of [html.slice(html.indexOf("</head>")), amp]) {
      expect(part).not.toContain("<script>alert");
      expect(part).not.toMatch(/\{\{|\{%|\*\||%%|~maily/);
    }
  }
  expect(filled(textPart(view))).not.toMatch(/\{\{|\{%|\*\||%%x|~maily\./);
});
