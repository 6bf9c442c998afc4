// What a site may set in its frame, and what it is told: pure parts; test/browser/embed.test.ts has the whole.
import { anything, assert, constantFrom, dictionary, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { mintInvitation } from "../../sdk/invitation.ts";
import { colourOf, tokensOf } from "../../widget/web/framed/look.ts";
import { reasonOf } from "../../widget/web/framed/refusal.ts";
import { branches, prefilled, recordOf } from "../../widget/web/framed/report.ts";
import { keptIn } from "../../widget/web/framed/visit.ts";
import { framed } from "../../widget/web/words/framed/en.ts";
import { allKinds } from "./fixtures/all-kinds.ts";

describe("tokens", () => {
  test("colours are #rgb or #rrggbb, and nothing else is one", () => {
    expect(colourOf(" #F60 ")).toBe("#ff6600");
    expect(colourOf("#0A7d5a")).toBe("#0a7d5a");
    for (const other of ["red", "#ff", "#12345", "rgb(0,0,0)", "url(x)", "", 7, null, undefined])
      expect(colourOf(other)).toBeUndefined();
  });

  test("what is no token of the theme is as if it were not there", () => {
    expect(
      tokensOf({ accent: "#0a7d5a", corners: " round", font: "Comic Sans", background: "url(x)" }),
    ).toEqual({ accent: "#0a7d5a", corners: "round" });
  });

  test("whatever a site's stylesheet says, only words of the theme come out", () => {
    assert(
      property(dictionary(string(), anything()), (values) => {
        for (const value of Object.values(tokensOf(values)))
          expect(value).toMatch(/^(#[0-9a-f]{6}|square|soft|round|sans|serif|rounded)$/);
      }),
    );
  });
});

describe("prefilled answers", () => {
  test("are those that fit their question", () => {
    const given = {
      brew: "filter",
      tastes: ["fruity", "mud"],
      service: 4,
      recommend: 11,
      name: "Lena",
      unknown: "x",
    };
    const right = { brew: "filter", service: 4, name: "Lena" };
    expect(prefilled(allKinds, given)).toEqual(right);
    expect(prefilled(allKinds, JSON.stringify(given))).toEqual(right);
  });

  test("never are a consent", () => {
    expect(prefilled(allKinds, { rules: "agreed" })).toEqual({});
  });

  test("are none where a site sends anything else", () => {
    for (const other of [undefined, null, 7, "{", "[]", "null", ["a"]])
      expect(recordOf(other)).toEqual({});
    assert(
      property(
        dictionary(constantFrom(...allKinds.questions.map(({ id }) => id)), anything()),
        (given) => {
          for (const value of Object.values(prefilled(allKinds, given)))
            expect(["string", "number", "object"]).toContain(typeof value);
        },
      ),
    );
  });
});

test("a definition branches by a question's rules and by an option's", () => {
  const [first, ...others] = allKinds.questions;
  if (first?.kind !== "single-choice") throw new Error("another first question");
  expect(branches({ ...allKinds, questions: [{ ...first, next: undefined }, ...others] })).toBe(
    false,
  );
  expect(
    branches({ ...allKinds, questions: [{ ...first, next: [{ go: "milk" }] }, ...others] }),
  ).toBe(true);
  const options = first.options.map((option) => ({ ...option, next: "end" }));
  expect(branches({ ...allKinds, questions: [{ ...first, options }, ...others] })).toBe(true);
});

test("every code has words, also one that nobody has thought of", () => {
  for (const code of ["campaign-unknown", "region-undecided", "rate-limited", "constructor", ""])
    expect(framed.reasons[reasonOf(code)]).toHaveLength(2);
});

describe("a page that is loaded again", () => {
  const embedKey = "RW1iZWRLZXlFbWJlZEtlZQ";

  test("is the same visitor's until the visit is over, then of the same site's next one", async () => {
    const invitation = await mintInvitation(
      {
        keyId: 1,
        region: "eu",
        test: false,
        visit: true,
        tenant: 1,
        campaign: new Uint8Array(8),
        reader: new Uint8Array(16),
        notice: 1,
        expiresAt: 1000,
      },
      new Uint8Array(32),
    );
    const state = { embedKey, invitation };
    expect(keptIn(state, 999_999)).toEqual(state);
    expect(keptIn(state, 1_000_000)).toEqual({ embedKey });
  });

  test("takes nothing else from its history", () => {
    for (const state of [null, undefined, "x", 1, [], { invitation: "A" }, { embedKey: 1 }])
      expect(keptIn(state, 0)).toEqual({});
  });
});
