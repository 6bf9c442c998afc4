import { array, assert, integer, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { shownAlone, shownParts } from "../../server/agents/suppress.ts";

describe("parts of one whole", () => {
  test("are told where each is large enough", () => {
    expect(shownParts([50, 30, 20], 100, 20)).toEqual([true, true, true]);
  });

  test("take another one with them where the difference would tell a small one", () => {
    expect(shownParts([50, 45, 5], 100, 20)).toEqual([true, false, false]);
  });

  test("tell all of a whole that nobody divides", () => {
    expect(shownParts([100, 0], 100, 20)).toEqual([true, false]);
  });

  test("count who is in none of them", () => {
    // Three readers answered nothing: 60 and 37 of 100 would say so.
    expect(shownParts([60, 37], 100, 20)).toEqual([true, false]);
  });

  test("never tell a small part, nor leave one to be subtracted", () => {
    assert(
      property(
        array(nat(200), { minLength: 1, maxLength: 12 }),
        nat(100),
        integer({ min: 1, max: 60 }),
        (counts, others, floor) => {
          const whole = counts.reduce((sum, count) => sum + count, others);
          const shown = shownParts(counts, whole, floor);
          let rest = whole;
          for (const [index, count] of counts.entries()) {
            if (shown[index] !== true) continue;
            expect(count).toBeGreaterThanOrEqual(floor);
            rest -= count;
          }
          expect(rest === 0 || rest >= floor || !shown.includes(true)).toBe(true);
        },
      ),
    );
  });
});

test("a part beside others is told where neither it nor the others are few", () => {
  expect(shownAlone(20, 40, 20)).toBe(true);
  expect(shownAlone(19, 100, 20)).toBe(false);
  expect(shownAlone(81, 100, 20)).toBe(false);
  expect(shownAlone(100, 100, 20)).toBe(true);
});
