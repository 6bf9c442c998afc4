import { expect, test } from "vitest";
import { Rates } from "../../server/agents/rates.ts";

const rate = { perSecond: 2, burst: 4 };

test("takes as many calls at once as fit, then one by one as time passes", () => {
  const rates = new Rates(rate);
  for (let calls = 0; calls < 4; calls++) expect(rates.take("a", 1, 0)).toBe(0);
  expect(rates.take("a", 1, 0)).toBe(1);
  expect(rates.take("a", 1, 400)).toBe(1);
  expect(rates.take("a", 1, 600)).toBe(0);
  expect(rates.take("b", 4, 600)).toBe(0);
});

test("says how long to wait, and what was refused uses up nothing", () => {
  const rates = new Rates(rate);
  expect(rates.take("a", 4, 0)).toBe(0);
  for (let tries = 0; tries < 10; tries++) expect(rates.take("a", 4, 0)).toBe(2);
  expect(rates.take("a", 4, 2_000)).toBe(0);
});

test("never holds more than the burst, however long nothing was called", () => {
  const rates = new Rates(rate);
  expect(rates.take("a", 1, 0)).toBe(0);
  expect(rates.take("a", 5, 1e9)).toBeGreaterThan(0);
});
