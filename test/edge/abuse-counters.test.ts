// What callers are counted by: a network, and a table of one size.
import { describe, expect, test } from "vitest";
import { networkOf } from "../../edge/client-address.ts";
import { RateTable } from "../../edge/rate-table.ts";

const now = 1_795_000_000_000;

const admitted = (table: RateTable, key: string, times: number, at: number): number => {
  let count = 0;
  for (let time = 0; time < times; time++) if (table.waitSeconds(key, at) === 0) count += 1;
  return count;
};

describe("a table of rates", () => {
  test("lets a burst through, then the mean pace, and says how long to wait", () => {
    const table = new RateTable({ perSecond: 2, burst: 5 });
    expect(admitted(table, "a", 50, now)).toBe(5);
    expect(table.waitSeconds("a", now)).toBe(1);
    expect(admitted(table, "a", 50, now + 1_000)).toBe(2);
    expect(admitted(table, "a", 50, now + 60_000)).toBe(5);
  });

  test("refuses for as long as it says and no longer", () => {
    const table = new RateTable({ perSecond: 0.1, burst: 1 });
    expect(table.waitSeconds("a", now)).toBe(0);
    expect(table.waitSeconds("a", now)).toBe(10);
    expect(table.waitSeconds("a", now + 9_999)).toBe(1);
    expect(table.waitSeconds("a", now + 10_000)).toBe(0);
  });

  test("a refused arrival costs nothing later", () => {
    const table = new RateTable({ perSecond: 1, burst: 1 });
    expect(admitted(table, "a", 1_000, now)).toBe(1);
    expect(table.waitSeconds("a", now + 1_000)).toBe(0);
  });

  test("a hundred thousand invented keys, at the pace of an isolate, cost no other key its turn", () => {
    const table = new RateTable({ perSecond: 2, burst: 10 });
    for (let key = 0; key < 100_000; key++) table.waitSeconds(`invented ${key}`, now + key / 5);
    const refused = Array.from({ length: 2_000 }, (_, key) =>
      table.waitSeconds(`reader ${key}`, now + 20_000 + key / 5),
    ).filter((seconds) => seconds > 0);
    expect(refused).toEqual([]);
  });

  test("a key above its pace stays refused whatever else arrives", () => {
    const table = new RateTable({ perSecond: 0.01, burst: 1 });
    table.waitSeconds("flood", now);
    for (let key = 0; key < 50_000; key++) table.waitSeconds(`other ${key}`, now + 1);
    expect(table.waitSeconds("flood", now + 2)).toBeGreaterThan(0);
  });

  test("a clock that was set back shuts nobody out", () => {
    const table = new RateTable({ perSecond: 1, burst: 2 });
    expect(admitted(table, "a", 9, now)).toBe(2);
    expect(admitted(table, "a", 9, now - 3_600_000)).toBe(2);
  });
});

test("an address counts as its network, and what is no one address does not count", () => {
  const networks: Record<string, string | undefined> = {
    "192.0.2.7": "192.0.2",
    "192.0.2.255": "192.0.2",
    "::ffff:192.0.2.7": "192.0.2",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1",
    "2001:0DB8:0001::6": "2001:db8:1",
    "2001:db8::1": "2001:db8:0",
    "::1": "0:0:0",
    "::": "0:0:0",
    "192.0.2.256": undefined,
    "192.0.2": undefined,
    "192.0.2.7, 198.51.100.1": undefined,
    "2001:db8:1:2:3:4:5": undefined,
    "2001:db8:1:2:3:4:5:6:7": undefined,
    "2001:db8::1::2": undefined,
    "1:2:3:4:5:6:7::8": undefined,
    "2001:db8:12345::": undefined,
    "fe80::1%eth0": undefined,
    unknown: undefined,
    "": undefined,
  };
  for (const [address, network] of Object.entries(networks))
    expect(networkOf(address), address).toBe(network);
});
