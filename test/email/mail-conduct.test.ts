// What may stand around a question, in a mail: answers repeated, hidden fields, orders, turns that no mail can count.
import { describe, expect, test } from "vitest";
import { answersForRules } from "../../sdk/calculated.ts";
import { fillPlan } from "../../sdk/mail-plan.ts";
import { mailedQuestions } from "../../sdk/mailed.ts";
import { Problem } from "../../sdk/problem.ts";
import { MailPlan } from "../../sdk/schema/mail-plan.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { codesMax } from "../../sdk/schema/submission.ts";
import { ampPart } from "../../widget/email/amp.ts";
import { askableQuestions } from "../../widget/email/asked.ts";
import { compileMail, type CompileOptions } from "../../widget/email/compile.ts";
import { lintInputOf, lintMail } from "../../widget/email/lint.ts";
import { pictureLimits } from "../../widget/email/lint-images.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { choice } from "./fixtures/building.ts";
import { asking, picture, pictureName } from "./fixtures/every-kind.ts";
import { lintParts, document, ampDocument } from "./lint-samples.ts";
import { filledAmp } from "./amp-mail.ts";
import { stateOf } from "./amp-tags.ts";
import { campaignOf, edge, invitation, viewIn } from "./views.ts";

const planOf = (widget: Widget, options: Partial<CompileOptions> = {}): MailPlan =>
  compileMail(campaignOf(widget), { edge, codes: "direct", ...options });

const partsOf = (
  plan: MailPlan,
  language: string,
  more: Partial<Parameters<typeof fillPlan>[2]> = {},
) =>
  fillPlan(plan, language, {
    invitation,
    codes: plan.choices.map((_, rank) => `code-${rank}`.padEnd(22, "_")),
    fields: {},
    ...more,
  });

test("what an answer would be repeated in has its fallback in every part and language", () => {
  const plan = planOf(furtherKinds);
  for (const [language, said, thanks] of [
    ["en", "Who comes along to the place, for about some euros?", "Off to somewhere"],
    ["ar", "من يأتي معك إلى المكان؟", "إلى مكان ما"],
  ] as const) {
    const { text, html, amp = "" } = partsOf(plan, language);
    expect(text.replace(/\s+/g, " ")).toContain(said);
    expect(html).toContain(said);
    expect(amp).toContain(said);
    expect(amp).toContain(thanks);
    expect(`${text}${html}${amp}`).not.toMatch(/\[\[|&#91;&#91;/);
  }
});

test("an answer of the reader's own is a link to the page, with nothing chosen", () => {
  const { text, html, amp = "" } = partsOf(planOf(furtherKinds), "en");
  expect(text).toContain(`Other…\n     ${edge}/a/AAECAwQFBgc?lang=en#${invitation}\n`);
  expect(html).toMatch(new RegExp(`href="[^"]*#${invitation}"[^>]*>Other…</a>`));
  expect(amp).toMatch(new RegExp(`href="[^"]*#${invitation}"[^>]*>Another wish</a>`));
});

describe("hidden fields", () => {
  const { widget } = asking("hidden", [{ id: "one", kind: "yes-no", text: "One?" }], {
    hidden: [{ id: "source" }, { id: "desk-id" }],
  });

  test("come with every link to the page, from the readers' columns, behind the invitation", () => {
    const plan = planOf(widget, { hidden: ["source", "desk-id"] });
    expect(MailPlan.parse(plan).fields.toSorted()).toEqual(["desk_id", "source"]);
    const fields = { source: 'a&b "c"', desk_id: "é" };
    const { text, html, amp = "" } = partsOf(plan, "en", { fields });
    const brought = "?source=a%26b%20%22c%22&desk-id=%C3%A9";
    expect(text).toContain(`#${invitation}.0.1${brought}\n`);
    expect(html).toContain(`#${invitation}.0.1${brought.replace("&", "&amp;")}"`);
    for (const part of [html, amp])
      for (const [, address = ""] of part.matchAll(/href="([^"]*\/a\/[^"]*)"/g)) {
        const { search, hash } = new URL(address.replaceAll("&amp;", "&"));
        // What a link brings is nobody's on the way: no server sees a fragment.
        expect(search).toBe("?lang=en");
        expect(new URLSearchParams(hash.slice(hash.indexOf("?"))).get("source")).toBe('a&b "c"');
      }
  });

  test("are in no link where nobody asked for them, and must be listed", () => {
    expect(planOf(widget).fields).toEqual([]);
    expect(() => planOf(widget, { hidden: ["sauce"] })).toThrow(
      expect.objectContaining({ code: "widget-invalid" }) as Problem,
    );
  });

  test("a linked mail with them has nothing for lint to find", async () => {
    const plan = planOf(widget, { hidden: ["source", "desk-id"] });
    expect(await lintMail(lintInputOf(plan))).toEqual([]);
  });
});

test("options that keep their place do, in whatever order the others come", () => {
  const { widget } = asking("kept", [
    choice(
      "single-choice",
      "which",
      "Which?",
      {
        a: "Ant",
        b: { text: "Bee", keepPlace: true },
        c: "Cat",
        d: { text: "Dog", keepPlace: true },
      },
      { shuffle: true },
    ),
  ]);
  const plan = MailPlan.parse(planOf(widget));
  const { text, html, amp = "" } = partsOf(plan, "en", { orderOf: () => [3, 2, 1, 0] });
  for (const part of [text, html, amp])
    expect(part.match(/\b(?:Ant|Bee|Cat|Dog)\b/g)).toEqual(["Cat", "Bee", "Ant", "Dog"]);
});

const asked = (id: string, more: object = {}) => ({ id, kind: "rating", text: "?", ...more });

describe("a rule that compares a calculated value", () => {
  const { widget } = asking(
    "turn",
    [
      asked("first", { next: [{ when: { atLeast: 5 }, go: "third" }, { go: "second" }] }),
      asked("second", {
        required: true,
        next: [{ when: { value: "sum", atLeast: 5 }, go: "end" }],
      }),
      asked("third", { required: true }),
    ],
    {
      calculated: [{ id: "sum", add: [{ question: "first" }] }],
      outcomes: [
        { id: "much", title: "Much", when: { value: "sum", atLeast: 4 } },
        { id: "little", title: "Little" },
      ],
    },
  );
  const view = viewIn(widget, "en");

  test("ends what a mail asks: the same questions that the region lets be missing", () => {
    const { answerable } = ampPart(view, { codes: "direct" })!;
    expect(answerable).toEqual(["first", "second"]);
    expect(answerable).toEqual(mailedQuestions(widget).map(({ id }) => id));
    expect(askableQuestions(view).map(({ question }) => question.id)).toEqual(answerable);
    // The page's own way goes on.
    expect(answersForRules(widget, {})).toEqual({ sum: 0 });
  });

  test("leads to the end where it led beyond, and the page has the rest", () => {
    const html = filledAmp(ampPart(view, { codes: "direct" })!);
    // From the first: unanswered or below five to the second, from five on beyond the turn.
    expect(stateOf(html)["go"]).toEqual({ q0: 1 });
    expect(html).toContain("go:{q0:2}");
    expect(html).not.toContain("at.step==3");
    expect(html).toContain("Open all questions");
  });

  test("and a result that hangs on a value is found by what the mail knows of it", () => {
    const html = filledAmp(ampPart(view, { codes: "direct" })!);
    const state = stateOf(html);
    expect(state["at"]).toMatchObject({ outcome: 1 });
    expect(state["score"]).toMatchObject({
      on: [0],
      of: { q0: [1, 2, 3, 4, 5].map((n) => [0, 0, n]) },
    });
    expect(html).toMatch(/<div hidden [^>]*><h2>Much<\/h2>/);
    expect(html).toMatch(/<div \[hidden\][^>]*><h2>Little<\/h2>/);
  });
});

const cells = (count: number) =>
  Array.from({ length: count }, (_, rank) => ({ id: `o${rank}`, text: "o" }));

test("a form never posts more codes than the edge takes", () => {
  const { widget } = asking(
    "many boxes",
    ["a", "b", "c"].map((id) => ({
      id,
      kind: "matrix",
      text: "?",
      multiple: true,
      rows: cells(10),
      columns: cells(10),
    })),
  );
  const part = ampPart(viewIn(widget, "en"), { codes: "packed" })!;
  expect(part.answerable).toEqual(["a", "b"]);
  expect(part.posted).toBeLessThanOrEqual(codesMax);
});

const rulesOf = async (html: string, more = {}): Promise<string[]> =>
  (await lintParts({ html: document(html) }, { alone: true, ...more })).map(
    ({ severity, rule }) => `${severity} ${rule}`,
  );

describe("lint of pictures", () => {
  const image = `<img src="${edge}/images/${pictureName}" alt="" width="20" height="20" />`;

  test("passes one that is the same for everybody", async () => {
    expect(await rulesOf(image)).toEqual([]);
  });
  test("refuses one whose address holds an invitation, in either part", async () => {
    const told = `<img src="${edge}/images/x.png?r=${invitation}" alt="" width="20" height="20" />`;
    expect(await rulesOf(told)).toEqual(["error image-tracking"]);
    const amp = `<amp-img src="${edge}/x.png?r=${invitation}" alt="" width="20" height="20" layout="fixed"></amp-img>`;
    const found = await lintParts({ amp: ampDocument(amp) });
    expect(found.map(({ rule }) => rule)).toContain("image-tracking");
  });
  test("warns of a picture that only counts openings", async () => {
    expect(
      await rulesOf('<img src="https://x.example/o.png" alt="" width="1" height="1" />'),
    ).toEqual(["warning image-tracking"]);
  });
  test("warns of many, and of heavy ones whose weight is known", async () => {
    const many = Array.from({ length: pictureLimits.count + 1 }, (_, rank) =>
      image.replace("0a", rank.toString(16).padStart(2, "0")),
    );
    expect(await rulesOf(many.join("\n"))).toEqual(["warning image-count"]);
    const pictures = [{ name: pictureName, bytes: pictureLimits.bytes + 1 }];
    expect(await rulesOf(image, { pictures })).toEqual(["warning image-weight"]);
  });
  test("a mail's bytes are its own: pictures are not counted, and many fit", () => {
    const { widget } = asking(
      "five of ten pictures",
      Array.from({ length: 5 }, (_, rank) => ({
        id: `q${rank}`,
        kind: "picture-choice",
        text: "Which?",
        options: Array.from({ length: 10 }, (__, option) => ({
          id: `o${option}`,
          text: `Picture ${option}`,
          image: picture(),
        })),
      })),
    );
    const { html, amp = "" } = partsOf(planOf(widget), "en");
    expect(html.match(/<img /g)).toHaveLength(50);
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(90_000);
    expect(amp.match(/<amp-img /g)).toHaveLength(50);
    expect(Buffer.byteLength(amp)).toBeLessThanOrEqual(60_000);
  });
});
