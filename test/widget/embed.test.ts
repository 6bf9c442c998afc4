// When a widget shows itself, and when not again: test/browser/embed.test.ts has the rest.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isResting, restFor } from "../../widget/embed/rest.ts";
import { arm, triggers } from "../../widget/embed/triggers.ts";

const day = 86_400_000;

/** A site's storage that has, denies, or is full. */
const storages = {
  denied: () => {
    throw new DOMException("denied", "SecurityError");
  },
  full: () => ({
    getItem: () => null,
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  }),
} as const;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  Reflect.deleteProperty(globalThis, "localStorage");
});

describe("resting", () => {
  test("lasts as many days as was said, and no more than 400", () => {
    const kept = new Map<string, string>();
    Object.defineProperty(globalThis, "localStorage", {
      configurable: true,
      value: {
        getItem: (name: string) => kept.get(name) ?? null,
        setItem: (name: string, text: string) => kept.set(name, text),
      },
    });
    expect(isResting("a")).toBe(false);
    restFor("a", 2);
    restFor("b", 1e9);
    vi.setSystemTime(Date.now() + 2 * day - 1);
    expect([isResting("a"), isResting("other")]).toEqual([true, false]);
    vi.setSystemTime(Date.now() + 2);
    expect(isResting("a")).toBe(false);
    vi.setSystemTime(Date.now() + 399 * day);
    expect(isResting("b")).toBe(false);
    expect([...kept.keys()]).toEqual(["maily.a", "maily.b"]);
  });

  for (const [how, get] of Object.entries(storages))
    test(`is forgotten where storage is ${how}, without an error`, () => {
      Object.defineProperty(globalThis, "localStorage", { configurable: true, get });
      restFor("a", 2);
      expect(isResting("a")).toBe(false);
    });
});

test("a delay shows once, after its seconds, and not where the widget has gone", () => {
  const show = vi.fn();
  triggers["delay"]?.(show, "5", new AbortController().signal);
  const gone = new AbortController();
  const never = vi.fn();
  triggers["delay"]?.(never, "5", gone.signal);
  vi.advanceTimersByTime(4_999);
  expect(show).not.toHaveBeenCalled();
  gone.abort();
  vi.advanceTimersByTime(60_000);
  expect(show).toHaveBeenCalledOnce();
  expect(never).not.toHaveBeenCalled();
});

test("a trigger that is none, or names no number, is said so and shows nothing", () => {
  const show = vi.fn();
  const { signal } = new AbortController();
  for (const wrong of ["scrol:50", "delay:soon", "idle:-1", "toString", "constructor:1", ":"])
    expect([wrong, arm(wrong, show, signal)]).toEqual([wrong, false]);
  expect(arm("none", show, signal)).toBe(true);
  expect(arm("delay:99999999", show, signal)).toBe(true);
  vi.advanceTimersByTime(day - 1);
  expect(show).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(show).toHaveBeenCalledOnce();
});
