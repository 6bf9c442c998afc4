// The root of a campaign's sealed choices outlives the region's key, and nothing else does.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { base64url } from "../../sdk/bytes.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { ChoiceRoots } from "../../server/choice-roots.ts";
import { createKeyring } from "../../server/keyring.ts";
import { choicesOf, codesOf, inMailOf, mailDefinition } from "./in-mail.ts";
import { codeOf, temporaryFolder, TestRegion } from "./region.ts";
import { bytesOf, campaignOf, dayMs, randomId } from "./sealed.ts";

const keys = await generateKeys(7, Date.now() - 45 * dayMs);
const secrets = keys.regions.eu;
const folder = temporaryFolder();
const reader = randomId(16);

async function campaignInMail(changes: Partial<Campaign> = {}) {
  const id = randomId(8);
  const { mail, root } = await choicesOf(keys, { id, tenant: 7 });
  const campaign = await campaignOf(keys, { id, definition: mailDefinition, mail, ...changes });
  return { campaign, root };
}

const open = (path: string, from: Partial<typeof secrets> = {}): ChoiceRoots => {
  const { wrapKey } = { ...secrets, ...from };
  const keyring = createKeyring({ ...secrets, ...from }, keys.deployment);
  return new ChoiceRoots(join(folder, path), {
    region: "eu",
    wrapKey: bytesOf(wrapKey),
    keyring,
  });
};

/** The secrets of a region whose first epoch is over and destroyed. */
const destroyed = { keys: secrets.keys.slice(1) };

test("codes open after the region's key was destroyed, and without the root they do not", async () => {
  const region = await TestRegion.start({ keys });
  const { campaign, root } = await campaignInMail();
  expect((await region.publish(campaign)).status).toBe(200);
  await region.stop();
  await writeFile(
    region.environment["MAILY_SECRETS"] ?? "",
    JSON.stringify({ ...secrets, ...destroyed }),
  );
  await region.start();
  const choices = codesOf(root, reader, { roast: [0, 1], stars: [2, 0] });
  await region.take(await inMailOf(keys, campaign, { reader, choices }));
  await region.ingested();
  expect(await region.results(campaign)).toMatchObject({ answers: 1 });
  // A campaign that this server meets only now could never be answered inside its mail.
  const late = await campaignInMail();
  const refused = await region.publish(late.campaign);
  expect([refused.status, await codeOf(refused)]).toEqual([409, "key-unknown"]);
  expect((await region.get("/v1/campaigns", keys.tenant.token)).ok).toBe(true);
  expect((await region.publish({ ...campaign, revision: 2 })).status).toBe(200);
});

test("campaigns that were stored without their root get it at the start", async () => {
  const region = await TestRegion.start({ keys });
  const { campaign, root } = await campaignInMail();
  await region.publish(campaign);
  await region.stop();
  for (const file of ["choice-roots.db", "choice-roots.db-wal"])
    await writeFile(join(region.folder, "data", file), "");
  await region.start();
  const choices = codesOf(root, reader, { roast: [0, 1], stars: [2, 0] });
  await region.take(await inMailOf(keys, campaign, { reader, choices }));
  await region.ingested();
  expect(await region.results(campaign)).toMatchObject({ answers: 1 });
});

test("the root is the renderer's own, kept wrapped and bound to its campaign", async () => {
  const { campaign, root } = await campaignInMail();
  const other = await campaignInMail();
  const roots = open("wrapped.db");
  await roots.keep(campaign);
  await roots.keep(other.campaign);
  expect(roots.rootOf(campaign)).toEqual(root);
  roots.close();
  const file = readFileSync(join(folder, "wrapped.db"));
  expect(file.indexOf(root)).toBe(-1);
  expect(file.indexOf(bytesOf(secrets.wrapKey))).toBe(-1);
  const again = open("wrapped.db", destroyed);
  expect(again.rootOf(campaign)).toEqual(root);
  // The other campaign's `enc` under this campaign's name is another root, which is not kept.
  const spliced = { ...campaign, mail: other.campaign.mail };
  expect(() => again.rootOf(spliced)).toThrow(expect.objectContaining({ code: "key-unknown" }));
  expect(() => again.rootOf({ ...campaign, tenant: 8 })).toThrow(
    expect.objectContaining({ code: "key-unknown" }),
  );
  again.close();
});

test("under another wrapping key nothing is unwrapped, and it is derived anew while the key is there", async () => {
  const { campaign, root } = await campaignInMail();
  const roots = open("rotated.db");
  await roots.keep(campaign);
  roots.close();
  const wrapKey = randomId(32);
  const without = open("rotated.db", { wrapKey, ...destroyed });
  expect(() => without.rootOf(campaign)).toThrow(expect.objectContaining({ code: "key-unknown" }));
  await expect(without.keep(campaign)).rejects.toMatchObject({ code: "key-unknown" });
  // The start goes on: other campaigns are none the worse.
  await without.keepAll([campaign]);
  without.close();
  const with_ = open("rotated.db", { wrapKey });
  await with_.keep(campaign);
  expect(with_.rootOf(campaign)).toEqual(root);
  with_.close();
});

test("a root is forgotten 31 days after its campaign's latest close", async () => {
  const closesAt = new Date(Date.now() + dayMs).toISOString();
  const { campaign } = await campaignInMail({ closesAt });
  const roots = open("expiry.db");
  await roots.keep(campaign);
  await roots.keep({
    ...campaign,
    closesAt: new Date(Date.parse(closesAt) + 10 * dayMs).toISOString(),
  });
  await roots.keep(campaign);
  const close = Date.parse(closesAt) + 10 * dayMs;
  roots.expire(close + 31 * dayMs);
  expect(roots.rootOf(campaign)).toHaveLength(32);
  roots.expire(close + 31 * dayMs + 1);
  expect(() => roots.rootOf(campaign)).toThrow(expect.objectContaining({ code: "key-unknown" }));
  roots.close();
});

test("refuses choices for another region's key, and an `enc` that no key could have made", async () => {
  const region = await TestRegion.start({ keys });
  const us = keys.deployment.directory.keys.find((key) => key.region === "us")?.keyId ?? 0;
  const { campaign } = await campaignInMail();
  const [choices] = campaign.mail?.choices ?? [];
  if (choices === undefined) throw new Error("no choices");
  const withChoices = (changed: Partial<typeof choices>): Campaign => ({
    ...campaign,
    mail: { senders: [], choices: [{ ...choices, ...changed }] },
  });
  const foreign = await region.publish(withChoices({ keyId: us }));
  expect(await codeOf(foreign)).toBe("region-mismatch");
  // X25519's point at zero gives every key the same secret.
  const enc = bytesOf(choices.enc);
  enc.fill(0, 1088);
  const small = await region.publish(withChoices({ enc: base64url(enc) }));
  expect(await small.json()).toMatchObject({
    code: "malformed-request",
    errors: ["campaign.mail.choices: enc is no key"],
  });
  expect((await region.publish(campaign)).status).toBe(200);
});
