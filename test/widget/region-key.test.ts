import { beforeAll, expect, test } from "vitest";
import { epochDays, generateKeys, type Keys } from "../../cli/keygen.ts";
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { regions } from "../../sdk/region.ts";
import type { SignedKeyConfig } from "../../sdk/schema/key-config.ts";
import { chooseKey } from "../../widget/web/region-key.ts";

const dayMilliseconds = 86_400_000;
const now = Date.parse("2026-11-20T12:00:00Z");

let keys: Keys;
let root: Bytes;
let configs: readonly SignedKeyConfig[];
beforeAll(async () => {
  keys = await generateKeys(1, now - dayMilliseconds);
  root = bytesOf(keys.deployment.directory.root);
  configs = keys.deployment.directory.keys;
});

function bytesOf(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
}

for (const region of regions)
  test(`an answer of ${region} is sealed to ${region}'s active key`, async () => {
    const chosen = await chooseKey(configs, region, root, now);
    const config = configs.find(({ keyId }) => keyId === chosen?.keyId);
    expect(config?.region).toBe(region);
    expect(Date.parse(config?.notBefore ?? "")).toBeLessThanOrEqual(now);
    expect(chosen?.publicKey).toEqual(bytesOf(config?.publicKey ?? ""));
  });

test("where two epochs overlap, the later one is taken", async () => {
  const later = now + epochDays * dayMilliseconds;
  const first = await chooseKey(configs, "eu", root, now);
  const next = await chooseKey(configs, "eu", root, later);
  expect(next?.keyId).not.toBe(first?.keyId);
});

test("no key is taken before its first epoch, or after its last", async () => {
  expect(await chooseKey(configs, "eu", root, now - 2 * dayMilliseconds)).toBeUndefined();
  const end = now + 2 * epochDays * dayMilliseconds;
  expect(await chooseKey(configs, "eu", root, end)).toBeUndefined();
});

test("a key of another region is never taken", async () => {
  const others = configs.filter(({ region }) => region !== "eu");
  expect(await chooseKey(others, "eu", root, now)).toBeUndefined();
});

test("a key that another root signed is never taken", async () => {
  const other = await generateKeys(1, now - dayMilliseconds);
  expect(await chooseKey(other.deployment.directory.keys, "eu", root, now)).toBeUndefined();
});

const changes: Readonly<Record<string, Partial<SignedKeyConfig>>> = {
  region: { region: "eu" },
  keyId: { keyId: 77 },
  notAfter: { notAfter: "2099-01-01T00:00:00.000Z" },
  notBefore: { notBefore: "2020-01-01T00:00:00.000Z" },
};
for (const [member, change] of Object.entries(changes))
  test(`a key whose ${member} was changed after it was signed is never taken`, async () => {
    const changed = configs
      .filter(({ region }) => region === (member === "region" ? "us" : "eu"))
      .map((config) => ({ ...config, ...change }));
    expect(changed.length).toBeGreaterThan(0);
    expect(await chooseKey(changed, "eu", root, now)).toBeUndefined();
  });

test("a public key put in place of the signed one is never taken, and the genuine one beside it is", async () => {
  const [us] = configs.filter(({ region }) => region === "us");
  const genuine = configs.filter(({ region }) => region === "eu");
  const swapped = genuine.map((config) => ({ ...config, publicKey: us?.publicKey ?? "" }));
  expect(await chooseKey(swapped, "eu", root, now)).toBeUndefined();
  expect((await chooseKey([...swapped, ...genuine], "eu", root, now))?.keyId).toBe(
    genuine[0]?.keyId,
  );
});

test("a signature or key that is not base64url is passed over", async () => {
  const broken = configs.map((config) => ({ ...config, signature: "!" }));
  expect(await chooseKey(broken, "eu", root, now)).toBeUndefined();
});

test("anything in place of a suite or a time is passed over, and the genuine key beside it is taken", async () => {
  // What JSON can say, and no text can be made of; a suite that is none.
  const notBefore = JSON.parse('{"toString": 1}') as string;
  const suite = JSON.parse("null") as SignedKeyConfig["suite"];
  const broken = configs.flatMap((config) => [
    { ...config, notBefore },
    { ...config, suite },
  ]);
  const genuine = configs.filter(({ region }) => region === "eu");
  expect(await chooseKey(broken, "eu", root, now)).toBeUndefined();
  expect((await chooseKey([...broken, ...genuine], "eu", root, now))?.keyId).toBe(
    genuine[0]?.keyId,
  );
});
