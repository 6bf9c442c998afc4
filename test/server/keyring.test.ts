import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { createKeyring, stateOf } from "../../server/keyring.ts";
import { dayMs } from "./sealed.ts";

const keys = await generateKeys(1, Date.now());
const keyring = createKeyring(keys.regions.eu, keys.deployment);
const keyIdOf = (region: string, epoch: number): number =>
  keys.deployment.directory.keys.filter((key) => key.region === region)[epoch]?.keyId ?? -1;

test("holds an opener for each epoch of its region", () => {
  expect(keyring.openerFor(keyIdOf("eu", 0))).toBeTypeOf("function");
  expect(keyring.openerFor(keyIdOf("eu", 1))).toBeTypeOf("function");
});

test("tells another region's key from one that nobody has", () => {
  expect(() => keyring.openerFor(keyIdOf("us", 0))).toThrow("belongs to another region");
  expect(() => keyring.openerFor(250)).toThrow("a key that is not in use");
});

test("an epoch is pending, then active, then expired", () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  const config = {
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2026-04-01T00:00:00Z",
  };
  expect(stateOf(config, start - 1)).toBe("pending");
  expect(stateOf(config, start)).toBe("active");
  expect(stateOf(config, Date.parse(config.notAfter) - 1)).toBe("active");
  expect(stateOf(config, Date.parse(config.notAfter))).toBe("expired");
  expect(keyring.states(Date.now() + dayMs).map(({ state }) => state)).toEqual([
    "active",
    "pending",
  ]);
});

test("names the published keys of its region whose seed it lacks, until they are over", () => {
  expect(keyring.missing(Date.now())).toEqual([]);
  const [first, second] = keys.regions.eu.keys;
  const half = createKeyring({ ...keys.regions.eu, keys: [first!] }, keys.deployment);
  expect(half.missing(Date.now())).toEqual([second?.keyId]);
  expect(half.missing(Date.now() + 181 * dayMs)).toEqual([]);
});

test("refuses to start with a seed whose public key was not published, without naming the seed", async () => {
  const other = await generateKeys(1, Date.now());
  const [own] = other.regions.eu.keys;
  const start = (): unknown => createKeyring(other.regions.eu, keys.deployment);
  expect(start).toThrow(
    expect.objectContaining({
      code: "configuration-invalid",
      members: {
        errors: expect.arrayContaining([expect.stringContaining(`key ${own?.keyId} is not eu's`)]),
      },
    }),
  );
  expect(start).not.toThrow(own?.seed);
});
