import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { invitationToken, templateOf } from "../../sdk/mail-plan.ts";
import {
  fill,
  filledBytes,
  inAddress,
  inHtml,
  inPlain,
  linesInHtml,
  oneLine,
  shortened,
} from "../../widget/email/prose.ts";
import { decoded } from "./strict-html.ts";

const marks = '{ } % * | [ ] ~ < > & " # = -'.split(" ");
const spoken = [
  "maily.invitation~",
  "~maily.end~",
  "%recipient.x%",
  "\n",
  "\r",
  "\t",
  "\u2028",
  "\0",
];
const halves = ["\ud83d", "\ude00", "\u202e", "é", "漢", " "];
/** Texts made of what means something to somebody. */
const texts = array(oneof(constantFrom(...marks, ...spoken, ...halves), string()), {
  maxLength: 30,
}).map((pieces) => pieces.join(""));

const mergeTag = /\{\{|\{%|\{#|\}\}|\*\||\|\*|%%|\[\[|<%|%recipient\b|~maily\./;
const control = /(?!\n)\p{Cc}|[\u2028\u2029]/u;

describe("whatever an author writes", () => {
  test("is, in HTML, that text again and nothing else", () => {
    assert(
      property(texts, (text) => {
        const html = inHtml(text);
        const faults: string[] = [];
        expect(decoded(html, faults)).toBe(oneLine(text));
        expect(faults).toEqual([]);
        expect(html).not.toMatch(/[<>"']/);
        expect(html).not.toMatch(mergeTag);
        expect(html).not.toMatch(control);
        expect(templateOf(html)).toEqual(html === "" ? [] : [html]);
      }),
      { numRuns: 2000 },
    );
  });

  test("keeps its lines in HTML where it may", () => {
    assert(
      property(texts, (text) => {
        expect(linesInHtml(text).replaceAll("<br />", "")).not.toMatch(/[<>"']/);
      }),
    );
    expect(linesInHtml("a\r\nb\rc\u2028d\n\ne")).toBe("a<br />b<br />c<br />d<br /><br />e");
  });

  test("is, in text/plain, that text with joiners nobody sees", () => {
    assert(
      property(texts, (text) => {
        const plain = inPlain(text);
        expect(plain).not.toMatch(mergeTag);
        expect(plain).not.toMatch(control);
        expect(plain.toWellFormed()).toBe(plain);
        expect(templateOf(plain)).toEqual(plain === "" ? [] : [plain]);
        expect(oneLine(plain.replaceAll("\u2060", ""))).toBe(
          oneLine(text.replaceAll("\u2060", "")),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("is never longer than asked for once shortened, and never cut within a character", () => {
    assert(
      property(texts, (text) => {
        const short = shortened(text, 20);
        expect(short.length).toBeLessThanOrEqual(20);
        expect(short.toWellFormed()).toBe(short);
      }),
    );
  });
});

test("a short text stays, a long one ends between words with three dots", () => {
  expect(shortened("as it is", 20)).toBe("as it is");
  expect(shortened("the quick brown fox jumps", 20)).toBe("the quick brown…");
  expect(shortened("Donaudampfschifffahrtsgesellschaft", 20)).toBe("Donaudampfschifffah…");
  expect(shortened("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 12)).toBe("👩‍👩‍👧‍👦…");
});

test("an address keeps what it means and loses what others would read in it", () => {
  expect(inAddress("https://a.example/p?x=1&y=%41#z")).toBe("https://a.example/p?x=1&y=%41#z");
  const hostile = inAddress(`https://a.example/{{x}}%%y%%*|z|*[[w]]~maily.invitation~"><%`);
  expect(hostile).not.toMatch(mergeTag);
  expect(hostile).not.toMatch(/["<>]/);
  expect(decodeURIComponent(hostile)).toBe(
    `https://a.example/{{x}}%%y%%*|z|*[[w]]~maily.invitation~"><%`,
  );
});

test("words take values as they are", () => {
  expect(fill("{0} asks {1}, {0}", "$&", "{0}")).toBe("$& asks {0}, $&");
  expect(fill("{0} of {1}", 1)).toBe("1 of ");
});

test("bytes are counted as a filled part has them", () => {
  expect(filledBytes("ä")).toBe(2);
  expect(filledBytes(`a${invitationToken}b${invitationToken}`)).toBe(2 + 2 * 136);
});
