import { describe, expect, test } from "vitest";
import { fillPlan } from "../../sdk/mail-plan.ts";
import { Problem } from "../../sdk/problem.ts";
import { MailPlan, mailPlanLimits } from "../../sdk/schema/mail-plan.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import {
  compileMail,
  optionCharactersMax,
  subjectCharactersMax,
  type CompileOptions,
  type MailFault,
} from "../../widget/email/compile.ts";
import { htmlBytesMax } from "../../widget/email/html.ts";
import { ask, choice, fixture, numbered } from "./fixtures/building.ts";
import { fiveByTen, fixtures } from "./fixtures/fixtures.ts";
import { campaignOf, edge, invitation } from "./views.ts";

const planOf = (widget: Widget, options: Partial<CompileOptions> = {}): MailPlan =>
  compileMail(campaignOf(widget), { edge, codes: "direct", ...options });

const valuesFor = (plan: MailPlan) => ({
  invitation,
  codes: plan.choices.map((_, rank) => `code-${rank}`.padEnd(22, "_")),
  fields: {},
});

/** The faults of a widget that no mail can hold. */
function faultsOf(act: () => unknown): readonly MailFault[] {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.code).toBe("widget-invalid");
    return error.members["errors"] as readonly MailFault[]; // What compileMail promises.
  }
  throw new Error("it was taken");
}

for (const { name, widget } of fixtures)
  describe(name, () => {
    const plan = planOf(widget);

    test("is a plan in every language of the widget", () => {
      expect(MailPlan.parse(plan)).toEqual(plan);
      expect(plan.languages).toEqual(widget.languages);
      expect(Object.keys(plan.parts)).toEqual(widget.languages);
      expect(plan.fields).toEqual([]);
    });

    test("leaves nothing to fill once filled, and no two lines in a subject", () => {
      for (const language of plan.languages) {
        const { subject, text, amp, html } = fillPlan(plan, language, valuesFor(plan));
        // What is left of `~maily.` in a text is an author's, taken apart.
        for (const part of [subject, text, html, amp ?? ""])
          expect(
            part.match(/~maily\.(invitation|codes?|field|shuffled|item|end)[\w.]*~/),
          ).toBeNull();
        expect(subject).not.toMatch(/\p{Cc}|[\u2028\u2029]/u);
        expect(subject).not.toBe("");
        expect(Buffer.byteLength(html)).toBeLessThanOrEqual(htmlBytesMax);
      }
    });

    test("has the same codes in every language, each for a question it says it takes", () => {
      const { questions } = widget;
      const ids = new Set(plan.choices.map(([question]) => questions[question]?.id));
      expect([...ids]).toEqual(plan.answerableInMail);
      const keys = plan.choices.map((pair) => pair.join("."));
      expect(new Set(keys).size).toBe(keys.length);
      for (const parts of Object.values(plan.parts)) {
        const coded = (parts.amp ?? []).flatMap((piece) =>
          typeof piece === "string" ? [] : piece.slot === "shuffled" ? piece.items.flat() : [piece],
        );
        const used = coded.flatMap((piece) =>
          typeof piece !== "string" && piece.slot === "code"
            ? [`${piece.question}.${piece.option}`]
            : [],
        );
        expect(new Set(used)).toEqual(parts.amp === undefined ? new Set() : new Set(keys));
      }
    });
  });

test("packed, the AMP part has one slot for all codes and none for each", () => {
  const plan = planOf(fiveByTen.widget, { codes: "packed" });
  const slots = (plan.parts["en"]?.amp ?? []).flatMap((piece) =>
    typeof piece === "string" ? [] : [piece.slot],
  );
  expect(slots.filter((slot) => slot === "codes").length).toBeGreaterThan(0);
  expect(slots).not.toContain("code");
  expect(plan.choices).toHaveLength(50);
});

test("a widget that no tap can answer has no AMP part", () => {
  const { widget } = fixtures.find(({ name }) => name.startsWith("nothing")) ?? fiveByTen;
  const plan = planOf(widget);
  expect(plan.parts["en"]).not.toHaveProperty("amp");
  expect(plan).toMatchObject({ choices: [], answerableInMail: [] });
});

test("a language whose AMP part has no room for a question leaves it to the page in all", () => {
  const { widget } = fixture("uneven", {
    title: "Uneven",
    languages: ["en", "ja"],
    questions: Array.from({ length: 50 }, (_, rank) =>
      choice(
        "single-choice",
        `q${rank}`,
        // Three bytes a character: only the Japanese part is too large.
        { en: "A question", ja: "語".repeat(390) },
        numbered(10, () => "A"),
      ),
    ),
  });
  const taken = (languages: string[]): number =>
    planOf(widget, { languages }).answerableInMail.length;
  expect(taken(["en"])).toBe(50);
  const plan = planOf(widget);
  expect(plan.answerableInMail.length).toBe(taken(["ja"]));
  expect(plan.answerableInMail.length).toBeLessThan(50);
  expect(new Set(plan.choices.map(([question]) => `q${question}`))).toEqual(
    new Set(plan.answerableInMail),
  );
  for (const language of ["en", "ja"]) {
    const codes = (plan.parts[language]?.amp ?? []).filter(
      (piece) => typeof piece !== "string" && piece.slot === "code",
    );
    expect(codes.length).toBeGreaterThanOrEqual(plan.choices.length);
  }
});

test("a subset of languages keeps the widget's order", () => {
  const { widget } = fixtures.find(({ name }) => name.startsWith("one question")) ?? fiveByTen;
  expect(planOf(widget, { languages: ["ja", "de"] }).languages).toEqual(["de", "ja"]);
});

/** The filled mail of five questions within a template of `bytes`. */
function framed(bytes: number): string {
  const plan = planOf(fiveByTen.widget, {
    frame: (view, block) => `<html lang="${view.language}">${"x".repeat(bytes)}${block}</html>`,
  });
  return fillPlan(plan, "en", valuesFor(plan)).html;
}

const answersIn = (html: string): number => html.match(/\.\d+\.\d+"/g)?.length ?? 0;

test("a template frames the block, and the questions give way to what it takes itself", () => {
  expect(answersIn(framed(10))).toBe(50);
  const crowded = framed(60_000);
  expect(Buffer.byteLength(crowded)).toBeLessThanOrEqual(htmlBytesMax);
  expect(answersIn(crowded)).toBeLessThan(50);
  expect(crowded).toContain("more on the page");
  expect(framed(120_000)).toContain("more on the page");
});

test("a template's fields are the plan's", () => {
  const plan = planOf(fiveByTen.widget, {
    frame: (_, block) => `<p>~maily.field.first_name.html~</p>${block}`,
  });
  expect(plan.fields).toEqual(["first_name"]);
  const values = { ...valuesFor(plan), fields: { first_name: "<b>Ada</b>" } };
  expect(fillPlan(plan, "en", values).html).toContain("<p>&lt;b&gt;Ada&lt;/b&gt;</p>");
});

describe("what no mail can hold is refused, with its place and language", () => {
  const option = "x".repeat(optionCharactersMax + 1);

  test("an option over the length that fits", () => {
    const { widget } = fixture("long option", {
      title: "Long",
      languages: ["en", "de"],
      questions: [
        ask("yes-no", "first", "First?"),
        choice("single-choice", "second", "Second?", {
          short: "Short",
          long: { en: "Long", de: option },
        }),
      ],
    });
    expect(faultsOf(() => planOf(widget))).toEqual([
      {
        path: ["questions", 1, "options", 1],
        language: "de",
        message: expect.stringContaining('"second" has 501 characters in de') as string,
      },
    ]);
    expect(planOf(widget, { languages: ["en"] }).languages).toEqual(["en"]);
  });

  test("every one of them at once, a consent's label among them", () => {
    const { widget } = fixture("long options", {
      title: "Long",
      languages: ["en"],
      mail: { subject: "s".repeat(subjectCharactersMax + 1) },
      questions: [
        choice("dropdown", "one", "One?", { a: option, b: { text: "B", description: option } }),
        ask("consent", "two", "Two?", { label: option }),
      ],
    });
    expect(faultsOf(() => planOf(widget)).map(({ path }) => path.join("."))).toEqual([
      "mail.subject",
      "questions.0.options.0",
      "questions.0.options.1",
      "questions.1.label",
    ]);
  });

  test("a language that the widget does not speak, and no language at all", () => {
    const [fault] = faultsOf(() => planOf(fiveByTen.widget, { languages: ["en", "tlh"] }));
    expect(fault?.message).toContain("does not speak tlh");
    expect(faultsOf(() => planOf(fiveByTen.widget, { languages: [] }))).toHaveLength(1);
  });

  test("a template beyond the plan's limit", () => {
    const huge = "x".repeat(mailPlanLimits.partCharacters);
    const [fault] = faultsOf(() => planOf(fiveByTen.widget, { frame: (_, block) => huge + block }));
    expect(fault).toMatchObject({ path: [], language: "en" });
    expect(fault?.message).toContain("text/html");
  });

  test.each(["", "answers.example", "javascript:alert(1)", "ftp://a.example", "//a.example"])(
    'an edge at "%s"',
    (address) => {
      expect(() => planOf(fiveByTen.widget, { edge: address })).toThrow(
        expect.objectContaining({ code: "configuration-invalid" }),
      );
    },
  );
});

test("an edge's address is its origin alone", () => {
  expect(planOf(fiveByTen.widget, { edge: "https://a.example/path/?q#f" }).edge).toBe(
    "https://a.example",
  );
});
