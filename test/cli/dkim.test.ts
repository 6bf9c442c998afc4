// Which keys sign, and that no other is taken for one: a message that leaves unsigned is refused by the million.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDkimKey, signed } from "../../cli/dkim.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-dkim-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const message = Buffer.from("From: a@sender.example\r\nSubject: x\r\n\r\nhello\r\n");

async function keyFile(name: string, key: KeyObject): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, key.export({ type: "pkcs8", format: "pem" }));
  return file;
}

test("an RSA key signs", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const key = await readDkimKey(await keyFile("rsa.pem", privateKey), "maily", "sender.example");
  const text = (await signed(message, key)).toString();
  expect(text).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256;/);
  expect(text.endsWith(message.toString())).toBe(true);
});

for (const [kind, privateKey, says] of [
  ["an Ed25519 key", generateKeyPairSync("ed25519").privateKey, "of the kind ed25519"],
  ["an EC key", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, "of the kind ec"],
  ["a short one", generateKeyPairSync("rsa", { modulusLength: 768 }).privateKey, "has 768 bits"],
] as const)
  test(`${kind} is refused before anything is sent`, async () => {
    const file = await keyFile("other.pem", privateKey);
    await expect(readDkimKey(file, "maily", "sender.example")).rejects.toMatchObject({
      code: "configuration-invalid",
      members: { detail: expect.stringContaining(says) as string },
    });
  });
