// Which words a page gets: what is fetched, by whom, and how a built file of lines becomes words again.
import { expect, test } from "vitest";
import { speechIn } from "../../widget/web/speech.ts";
import { unpacked } from "../../widget/web/unpacked.ts";
import { asking } from "../../widget/web/words/en.ts";
import { later } from "../../widget/web/words/en-later.ts";
import { kinds } from "../../widget/web/words/kinds/en.ts";
import * as french from "../../widget/web/words/fr.ts";
import * as traditional from "../../widget/web/words/zh-Hant.ts";

const linesOf = (words: object): string[] =>
  Object.values(words).flatMap((text: unknown) =>
    typeof text === "string" ? [text] : linesOf(text as object),
  );

/** `own` in English's order, as the build writes it. */
const ordered = (english: object, own: object): object =>
  Object.fromEntries(
    Object.entries(english).map(([name, text]: [string, unknown]) => {
      const said: unknown = Reflect.get(own, name);
      return [name, typeof text === "string" ? said : ordered(text as object, said as object)];
    }),
  );

test("lines in English's order become a language's words again, lists and all", () => {
  for (const own of [french, traditional]) {
    expect(unpacked(asking, linesOf(ordered(asking, own.asking)).join("\n"))).toEqual(own.asking);
    expect(unpacked(later, linesOf(ordered(later, own.later)).join("\n"))).toEqual(own.later);
  }
  expect(unpacked(asking, french.asking)).toBe(french.asking);
});

test("who reads English is given what is at hand", async () => {
  for (const wanted of ["en", "en-GB", "en-US"])
    expect(await speechIn([wanted, "de"], ["de", "en"])).toEqual({ language: "en", asking });
});

test("the wording of a region is still found among several kinds of English", async () => {
  const { language, asking: said, saidLater } = await speechIn(["en-GB"], ["en-US", "en-GB"]);
  expect(language).toBe("en-GB");
  expect(said).toEqual(asking);
  expect(saidLater).toBeUndefined();
});

test("who reads another language gets its words, those of later views and of further kinds", async () => {
  const speech = await speechIn(["zh-TW", "en"], ["en", "zh-Hant"]);
  expect(speech.language).toBe("zh-Hant");
  expect(speech.asking).toEqual(traditional.asking);
  expect(speech.saidLater?.(later)).toEqual(traditional.later);
  expect((await speech.saidOfKinds?.(kinds))?.evenly).toBe("平均分配");
});

test("a refusal without a campaign is said in what the reader reads, and the page speaks", async () => {
  expect((await speechIn(["cy", "fr-CA"])).language).toBe("fr");
  expect((await speechIn(["cy"])).language).toBe("en");
});

test("a campaign in a language that the page does not speak has English around it", async () => {
  const speech = await speechIn(["cy"], ["cy"]);
  expect(speech.language).toBe("cy");
  expect(speech.asking).toEqual(asking);
});
