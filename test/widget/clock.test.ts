import { afterEach, expect, test, vi } from "vitest";
import { hearDate, now } from "../../widget/web/clock.ts";

const dayMilliseconds = 86_400_000;
const at = (milliseconds: number): string => new Date(milliseconds).toUTCString();

afterEach(() => {
  hearDate(at(Date.now()));
  vi.useRealTimers();
});

for (const days of [-30, -1, 1, 400])
  test(`a clock that is ${days} days ahead of the edge's is put right`, () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) });
    hearDate(at(Date.now() - days * dayMilliseconds));
    expect(now()).toBe(Date.now() - days * dayMilliseconds);
    // And goes on.
    vi.advanceTimersByTime(5000);
    expect(now()).toBe(Date.now() - days * dayMilliseconds);
  });

test("a slow network is not taken for a wrong clock", () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) });
  hearDate(at(Date.now() - 20_000));
  expect(now()).toBe(Date.now());
});

test("without a date, and with one that cannot be read, nothing is believed", () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) });
  hearDate(at(Date.now() + dayMilliseconds));
  hearDate(null);
  hearDate("");
  expect(now()).toBe(Date.now() + dayMilliseconds);
  hearDate("soon");
  expect(now()).toBe(Date.now());
});

test("a clock that was put right on the device is believed again", () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) });
  hearDate(at(Date.now() + dayMilliseconds));
  vi.setSystemTime(Date.now() + dayMilliseconds);
  hearDate(at(Date.now()));
  expect(now()).toBe(Date.now());
});
