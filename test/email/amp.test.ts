import { describe, expect, test } from "vitest";
import { allActions } from "../../demo/amp-actions.ts";
import { readExpression } from "../../demo/amp-expression.ts";
import { optionsOf } from "../../sdk/options.ts";
import { templateOf } from "../../sdk/mail-plan.ts";
import { mailPlanLimits } from "../../sdk/schema/mail-plan.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { ampBytesMax, ampPart, type AmpPart } from "../../widget/email/amp.ts";
import { validateAmp } from "../../widget/email/amp-validator.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { ampMail, choiceOf, codeOf, filledAmp } from "./amp-mail.ts";
import { stateOf, tagsOf, unescaped } from "./amp-tags.ts";
import { ask, choice, fixture, numbered } from "./fixtures/building.ts";
import { fiveByTen } from "./fixtures/fixtures.ts";
import { cases, edge, invitation, viewIn } from "./views.ts";

const modes = ["direct", "packed"] as const;

const parts = cases.flatMap((each) =>
  modes.flatMap((codes) => {
    const part = ampPart(each.view, { codes });
    return part === undefined ? [] : [{ ...each, codes, part, html: filledAmp(part) }];
  }),
);

test("all but the widgets that no tap can answer have an AMP part", () => {
  const without = cases.filter(({ view }) => ampPart(view, { codes: "direct" }) === undefined);
  for (const { widget } of without)
    expect(widget.questions.flatMap((question) => optionsOf(question))).toEqual([]);
  expect(parts.length).toBeGreaterThan(80);
});

describe("every fixture, in every language", () => {
  for (const { name, codes, html } of parts) {
    test(`${name}, ${codes}: the validator finds nothing`, async () => {
      expect(await validateAmp(html)).toEqual([]);
    });

    test(`${name}, ${codes}: amp-bind can read every expression, and every target is there`, () => {
      const tags = tagsOf(html);
      const ids = tags.flatMap(({ attributes: { id } }) => (id === undefined ? [] : [id]));
      expect(new Set(ids).size, "ids are unique").toBe(ids.length);
      for (const { attributes } of tags)
        for (const [key, value] of Object.entries(attributes))
          if (key.startsWith("[")) readExpression(value);
          else if (key === "on")
            for (const { target, argument } of allActions(value))
              if (target === "AMP") readExpression(argument);
              else expect(ids).toContain(target);
          else if (/^(for|aria-(labelledby|describedby))$/.test(key)) expect(ids).toContain(value);
    });

    test(`${name}, ${codes}: expressions say what the mail shows as it opens`, () => {
      const state = stateOf(html);
      // amp-bind does not evaluate them until the first tap: the markup must be right by itself.
      for (const { name: tag, attributes } of tagsOf(html))
        for (const property of ["hidden", "disabled"]) {
          const expression = attributes[`[${property}]`];
          if (expression === undefined) continue;
          const now = Boolean(readExpression(expression)(state));
          // A step's controls are enabled before it comes: it is not on the way yet, and not shown.
          if (property === "disabled" && tag === "fieldset") continue;
          expect(now, `${property} of ${tag}: ${expression}`).toBe(property in attributes);
        }
    });
  }
});

describe("what is posted", () => {
  for (const { name, codes, html, part, widget } of parts)
    test(`${name}, ${codes}: nothing but codes, consent, language and the invitation has a name in the form`, () => {
      const form = html.slice(html.indexOf("<form"), html.indexOf("</form>"));
      const named = tagsOf(form).filter(({ attributes }) => "name" in attributes);
      const purposes = widget.notice.purposes.map(({ id }) => id);
      const offered = new Set<string>();
      for (const { attributes } of named) {
        const { name: field = "", value = "", type } = attributes;
        if (field === "invitation") expect(value).toBe(invitation);
        else if (field === "language") expect(widget.languages).toContain(value);
        else if (field === "consent") expect(purposes).toContain(value);
        else {
          const index = widget.questions.findIndex(({ id }) => field === `q.${id}`);
          expect(index, field).toBeGreaterThanOrEqual(0);
          if (type === "hidden") expect(attributes["[value]"]).toContain("sealed.");
          else {
            const [question, option] = choiceOf(value);
            expect(question).toBe(index);
            offered.add(`${question}.${option}`);
          }
        }
      }
      if (codes === "packed") expect(offered.size).toBe(0);
      for (const [question, option] of part.choices)
        if (codes === "direct") expect(html).toContain(codeOf(question, option));
    });

  for (const { name, codes, html, part, widget } of parts.filter(
    ({ codes: mode }) => mode === "packed",
  ))
    test(`${name}, ${codes}: each hidden input cuts its own question's codes out of the packed ones`, () => {
      const sealed = {
        codes: part.choices.map(([question, option]) => codeOf(question, option)).join(""),
      };
      expect(stateOf(html)["sealed"]).toEqual(sealed);
      const read = new Set<string>();
      for (const { attributes } of tagsOf(html)) {
        const { name: field = "", "[value]": cut } = attributes;
        if (!field.startsWith("q.") || cut === undefined) continue;
        const index = widget.questions.findIndex(({ id }) => field === `q.${id}`);
        const asked = widget.questions[index]!;
        const several = asked.kind === "multiple-choice";
        for (const option of several ? [0] : optionsOf(asked).keys()) {
          const chosen = { [`q${index}`]: several ? "," : option };
          const code = readExpression(cut)({ sealed, chosen });
          if (typeof code !== "string") throw new Error(`no code: ${cut}`);
          const choiceRead = choiceOf(code);
          expect(choiceRead[0], field).toBe(index);
          if (!several) expect(choiceRead[1]).toBe(option);
          read.add(code);
        }
      }
      expect(read.size, "every code can be sent").toBe(part.choices.length);
    });

  test("required consent is always sent, optional consent only where its box was ticked", () => {
    const form = tagsOf(ampMail(allKinds, "en", "direct"));
    const consents = form.filter(({ attributes }) => attributes["name"] === "consent");
    expect(consents.map(({ attributes }) => [attributes["type"], attributes["value"]])).toEqual([
      ["hidden", "results"],
      ["checkbox", "personalisation"],
      ["checkbox", "partners"],
    ]);
    expect(consents.every(({ attributes }) => !("checked" in attributes))).toBe(true);
  });
});

const large = (required: boolean): Widget =>
  fixture("more than a mail takes", {
    title: "Everything",
    languages: ["en"],
    questions: Array.from({ length: 45 }, (_, rank) =>
      choice(
        "single-choice",
        `q${rank}`,
        `Part ${rank}?`,
        numbered(50, (option) => `${option}`),
        {
          required,
        },
      ),
    ),
  }).widget;

describe("sizes", () => {
  for (const codes of modes)
    test(`five questions of ten options stay within 60 KB, ${codes}`, () => {
      const [language = "en"] = fiveByTen.widget.languages;
      const html = ampMail(fiveByTen.widget, language, codes);
      expect(Buffer.byteLength(html)).toBeLessThanOrEqual(60_000);
      const style = /<style amp-custom>(.*?)<\/style>/s.exec(html)?.[1] ?? "";
      expect(Buffer.byteLength(style)).toBeLessThanOrEqual(10_000);
    });

  test("no fixture passes what clients take", () => {
    for (const { name, html, part } of parts) {
      expect(Buffer.byteLength(html), name).toBeLessThanOrEqual(ampBytesMax);
      expect(templateOf(part.amp).length, name).toBeLessThanOrEqual(
        mailPlanLimits.piecesPerTemplate,
      );
      expect(part.amp.length, name).toBeLessThanOrEqual(mailPlanLimits.partCharacters);
    }
  });

  test("a widget too large leaves its last optional questions to the page, and says which it takes", async () => {
    const widget = large(false);
    const part = ampPart(viewIn(widget, "en"), { codes: "direct" })!;
    const taken = widget.questions.slice(0, part.answerable.length).map(({ id }) => id);
    expect(part.answerable).toEqual(taken);
    expect(taken.length).toBeGreaterThan(5);
    expect(taken.length).toBeLessThan(45);
    expect(part.choices).toHaveLength(50 * taken.length);
    const html = filledAmp(part);
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(ampBytesMax);
    expect(await validateAmp(html)).toEqual([]);
  });

  test("a widget too large of which everything must be answered has no AMP part", () => {
    expect(ampPart(viewIn(large(true), "en"), { codes: "packed" })).toBeUndefined();
  });

  test("questions can be left to the page whatever their size", () => {
    const part = ampPart(viewIn(allKinds, "en"), { codes: "direct", onPage: [0, 1] })!;
    expect(part.answerable).not.toContain("brew");
    expect(part.choices.every(([question]) => question > 1)).toBe(true);
  });
});

const part = (codes: "direct" | "packed"): AmpPart => ampPart(viewIn(allKinds, "en"), { codes })!;

const labels = (html: string): string[] =>
  [...html.matchAll(/<label for="q0-\d">(\w+)/g)].map(([, label = ""]) => label);

describe("a part", () => {
  test("takes every kind that has codes, in the definition's order, and the same in both modes", () => {
    expect(part("direct").answerable).toEqual([
      "brew",
      "tastes",
      "service",
      "recommend",
      "milk",
      "grind",
      "cups",
      "rules",
    ]);
    expect(part("packed").choices).toEqual(part("direct").choices);
    const wanted = allKinds.questions.flatMap((question, index) =>
      optionsOf(question).map((_, option) => [index, option]),
    );
    expect(part("direct").choices).toEqual(wanted);
  });

  test("has each code once, or the slot for all of them once", () => {
    const slots = (codes: "direct" | "packed"): string[] =>
      templateOf(part(codes).amp).flatMap((piece) =>
        typeof piece === "string" || piece.slot === "invitation"
          ? []
          : [piece.slot === "code" ? `${piece.question}.${piece.option}` : piece.slot],
      );
    const all = part("direct").choices.map((each) => each.join("."));
    expect(slots("direct").sort()).toEqual([...all].sort());
    expect(slots("packed")).toEqual(["codes"]);
  });

  test("is in the same order for everybody where codes are packed, and in the reader's own where they are not", () => {
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
    const direct = ampPart(viewIn(widget, "en"), { codes: "direct" })!;
    expect(labels(filledAmp(direct))).toEqual(["Ant", "Bee", "Cat"]);
    const html = filledAmp(direct, () => [2, 0, 1]);
    expect(labels(html)).toEqual(["Cat", "Ant", "Bee"]);
    // The code goes with its option.
    expect(html.indexOf(codeOf(0, 2))).toBeLessThan(html.indexOf(codeOf(0, 0)));
    const packed = ampPart(viewIn(widget, "en"), { codes: "packed" })!;
    expect(labels(filledAmp(packed, () => [2, 0, 1]))).toEqual(["Ant", "Bee", "Cat"]);
  });

  test("asks nobody but the edge, and links to the page and the preferences with the secret in the fragment", () => {
    const html = ampMail(allKinds, "en", "direct");
    const addresses = [...html.matchAll(/(?:href|action-xhr)="([^"]*)"/g)].map(
      ([, url = ""]) => url,
    );
    expect(addresses).toContain(`${edge}/v1/amp/answers`);
    for (const url of addresses) {
      const { hash, pathname, search } = new URL(unescaped(url));
      expect(pathname + search).not.toContain(invitation);
      if (url.startsWith(edge) && hash !== "") expect(hash).toBe(`#${invitation}`);
    }
  });

  test("says before sending who sees what: the notice, its purposes, and what the mail provider can see", () => {
    const html = unescaped(ampMail(allKinds, "en", "direct"));
    for (const said of [
      "We use your answers to work out your match",
      "Morning Post Coffee, responsible for your data: privacy@morningpost.example",
      "Kept for 365 days",
      "https://morningpost.example/privacy",
      "Work out my match and count answers",
      "can be seen by your mail provider",
    ])
      expect(html).toContain(said);
  });
});

describe("hostile texts", () => {
  const nasty = `"'\\ </script><script>alert(1)</script> {{name}} {% x %} *|X|* %%x%% [[x]] ~maily.invitation~ \u202eabc ]]> &amp; 👩‍👩‍👧 \u0000`;
  // Where answers may be repeated, what looks like it and is not is refused before.
  const said = nasty.replace("[[x]]", "[ [x] ]");
  const { widget } = fixture("hostile", {
    title: nasty,
    intro: nasty,
    languages: ["en"],
    questions: [
      choice("single-choice", "one", said, {
        a: { text: nasty, description: nasty, scores: { o: 1 } },
        b: nasty,
      }),
      choice("dropdown", "drop", said, { a: nasty, b: nasty }),
      ask("slider", "slide", said, { from: 0, to: 50, unit: nasty }),
      ask("nps", "nps", said, { low: nasty, high: nasty }),
      ask("consent", "agree", said, { label: nasty }),
    ],
    outcomes: [
      {
        id: "o",
        title: said,
        text: said,
        link: { url: "https://x.example/{{y}}?a='b'", text: nasty },
      },
    ],
    thanks: { title: said, text: said },
    notice: {
      text: nasty,
      controller: { name: nasty, contact: nasty },
      purposes: [{ id: "a", text: nasty }],
    },
  });

  for (const codes of modes) {
    const html = ampMail(widget, "en", codes);

    test(`stay text, ${codes}`, async () => {
      expect(await validateAmp(html)).toEqual([]);
      expect(html).not.toContain("alert(1)</script>");
      // Three of AMP's, and the states.
      const scripts = html.match(/<script/g)?.length ?? 0;
      expect(scripts).toBe(3 + (html.match(/<amp-state/g)?.length ?? 0));
    });

    test(`are no merge tags and no slots, ${codes}`, () => {
      expect(html).not.toMatch(/\{\{|\{%|\*\||\|\*|%%|\[\[|~maily/);
      const { amp } = ampPart(viewIn(widget, "en"), { codes })!;
      const links = (amp.match(/href="[^"]*#~maily\.invitation~/g) ?? []).length;
      const slots = templateOf(amp).filter(
        (piece) => typeof piece !== "string" && piece.slot === "invitation",
      );
      expect(slots).toHaveLength(links + 1);
    });

    test(`come whole into the state, ${codes}`, () => {
      const { say } = stateOf(html) as { say: { steps2: string[] } };
      expect(say.steps2[1]).toContain("1 \"'\\ </script>");
      expect(say.steps2[1]).toContain("{{name}}");
    });
  }
});
