import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Submission } from "../../sdk/schema/submission.ts";
import { forget, keep, keptFor, release } from "../../widget/web/kept.ts";

const campaign = "6Cxy0sMUsNM";
const submissionOf = (invitation: string, submissionId: string): Submission => ({
  invitation,
  submissionId,
  consent: { notice: 1, purposes: ["results"], givenAt: "2026-11-20T12:00:00Z", language: "en" },
  envelope: "sealed",
});
const mine = "A".repeat(22) + "mineminemineminemine" + "A".repeat(94);
const other = "A".repeat(22) + "othersothersothersot" + "A".repeat(94);

/** What browsers offer, as far as it is used; `full` refuses to take more. */
class Store {
  readonly texts = new Map<string, string>();
  private readonly full: boolean;
  constructor(full = false) {
    this.full = full;
  }
  getItem(name: string): string | null {
    return this.texts.get(name) ?? null;
  }
  setItem(name: string, text: string): void {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.texts.set(name, text);
  }
  removeItem(name: string): void {
    this.texts.delete(name);
  }
}

beforeEach(() => {
  vi.stubGlobal("localStorage", new Store());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("an answer that was kept is found again, byte for byte", () => {
  const submission = submissionOf(mine, "one");
  expect(keep(campaign, submission)).toBe(true);
  expect(keptFor(campaign, mine)).toEqual(submission);
});

test("another reader on the same device, or another campaign, finds nothing", () => {
  keep(campaign, submissionOf(mine, "one"));
  expect(keptFor(campaign, other)).toBeUndefined();
  expect(keptFor("anotherone1", mine)).toBeUndefined();
});

test("a newer answer takes the place of the one before, and the older one's arrival leaves it there", () => {
  const [older, newer] = [submissionOf(mine, "one"), submissionOf(mine, "two")];
  keep(campaign, older);
  keep(campaign, newer);
  release(campaign, older);
  expect(keptFor(campaign, mine)).toEqual(newer);
  release(campaign, newer);
  expect(keptFor(campaign, mine)).toBeUndefined();
});

test("a withdrawal lets go of whatever was kept", () => {
  keep(campaign, submissionOf(mine, "one"));
  forget(campaign, mine);
  expect(keptFor(campaign, mine)).toBeUndefined();
});

test("storage that is full is said so", () => {
  vi.stubGlobal("localStorage", new Store(true));
  expect(keep(campaign, submissionOf(mine, "one"))).toBe(false);
});

test("storage that the browser denies is said so, and nothing throws", () => {
  vi.unstubAllGlobals();
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new DOMException("denied", "SecurityError");
    },
  });
  expect(keep(campaign, submissionOf(mine, "one"))).toBe(false);
  expect(keptFor(campaign, mine)).toBeUndefined();
  expect(() => forget(campaign, mine)).not.toThrow();
});
