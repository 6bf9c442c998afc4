// Where there is no storage: Node has none, as a browser that denies it. What it does where there is one is tested in Chromium
// (test/browser/offline*.test.ts, test/browser/continuing.test.ts).
import { afterEach, expect, test, vi } from "vitest";
import type { Submission } from "../../sdk/schema/submission.ts";
import { bringOver, isMarked, mark, unmark } from "../../widget/web/bringing-over.ts";
import {
  draftUntil,
  forgetDraft,
  hasDrafts,
  keepDraft,
  openDraft,
} from "../../widget/web/drafts.ts";
import { isAnythingKept } from "../../widget/web/kept-mark.ts";
import {
  forget,
  hasAnswers,
  keep,
  keptAnswers,
  keptFor,
  nameOf,
  settle,
} from "../../widget/web/kept.ts";
import { waitSeconds } from "../../widget/web/outbox.ts";

const campaign = "6Cxy0sMUsNM";
const mine = "A".repeat(22) + "mineminemineminemine" + "A".repeat(94);
const other = "A".repeat(22) + "othersothersothersot" + "A".repeat(94);
const submission: Submission = {
  invitation: mine,
  submissionId: "one",
  consent: { notice: 1, purposes: ["results"], givenAt: "2026-11-20T12:00:00Z", language: "en" },
  envelope: "sealed",
};
const name = nameOf(campaign, mine);

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a name is a reader's in one campaign, and no more of the invitation than the pseudonym", () => {
  expect(nameOf(campaign, mine)).toBe("6Cxy0sMUsNM.mineminemineminemine");
  expect(nameOf(campaign, other)).not.toBe(name);
  expect(nameOf("anotherone1", mine)).not.toBe(name);
});

test("storage that is denied is said so, and nothing throws", async () => {
  expect(await keep(name, submission, "instead")).toBe(false);
  expect(await keptFor(name)).toBeUndefined();
  expect(await keptAnswers()).toEqual([]);
  await settle(name, submission, { receipt: "signed" });
  await forget(name);
  const closesAt = new Date(Date.now() + 86_400_000).toISOString();
  expect(await keepDraft(name, { answers: { drink: "tea" } }, closesAt)).toBeUndefined();
  expect(await draftUntil(name)).toBeUndefined();
  expect(await openDraft(name)).toBeUndefined();
  await forgetDraft(name);
  await expect(hasDrafts()).rejects.toThrow();
  await expect(hasAnswers()).rejects.toThrow();
});

test("localStorage that is denied is as if nothing were there", async () => {
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new DOMException("denied", "SecurityError");
    },
  });
  expect(isAnythingKept()).toBe(false);
  expect(isMarked()).toBe(false);
  mark();
  await unmark();
  await bringOver();
});

test("the mark of something kept stays while nobody can look whether it still is", async () => {
  const removeItem = vi.fn();
  vi.stubGlobal(
    "localStorage",
    Object.defineProperty({ "maily.kept": "1" }, "removeItem", { value: removeItem }),
  );
  await unmark();
  expect(isMarked()).toBe(true);
  expect(removeItem).not.toHaveBeenCalled();
});

test("what an earlier version kept stays where it is while it cannot be moved", async () => {
  const texts = { [`maily.kept.${name}`]: JSON.stringify(submission) };
  vi.stubGlobal(
    "localStorage",
    Object.defineProperties(
      { ...texts },
      {
        getItem: { value: (key: string) => texts[key] ?? null },
        setItem: { value: () => expect.fail("nothing was moved") },
        removeItem: { value: () => expect.fail("it must stay") },
      },
    ),
  );
  expect(isAnythingKept()).toBe(true);
  await bringOver();
});

test("a wait is what was asked for, longer after each try, never beyond its limit, and never the same for all", () => {
  for (const [asked, tries, least, most] of [
    [5, 0, 5, 7.5],
    [1, 0, 1, 1.5],
    [5, 3, 40, 60],
    [600, 0, 600, 900],
    [5, 1000, 600, 900],
  ] as const) {
    const waits = Array.from({ length: 50 }, () => waitSeconds(asked, tries));
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(most);
    }
    expect(new Set(waits).size).toBeGreaterThan(10);
  }
});
