import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { signCampaign } from "../../cli/publish.ts";
import { base64url } from "../../sdk/bytes.ts";
import { signEd25519 } from "../../sdk/ed25519.ts";
import { signedBytes } from "../../sdk/signed.ts";
import { codeOf, TestRegion } from "./region.ts";
import { bytesOf, campaignOf } from "./sealed.ts";

const region = await TestRegion.start();

async function titles(): Promise<Record<string, number>> {
  const response = await region.get("/v1/campaigns", region.keys.tenant.token);
  const { campaigns } = (await response.json()) as {
    campaigns: { id: string; revision: number }[];
  };
  return Object.fromEntries(campaigns.map(({ id, revision }) => [id, revision]));
}

test("stores a signed campaign, and the same one again changes nothing", async () => {
  const campaign = await campaignOf(region.keys);
  expect((await region.publish(campaign)).status).toBe(200);
  expect((await region.publish(campaign)).status).toBe(200);
  expect((await titles())[campaign.id]).toBe(1);
});

test("verifies the campaign as it was signed, before defaults are filled in", async () => {
  const whole = await campaignOf(region.keys);
  const { theme: _theme, layout: _layout, review: _review, ...definition } = whole.definition;
  const campaign = { ...whole, definition };
  const { operatorKey } = region.keys.tenant;
  const signature = await signEd25519(bytesOf(operatorKey.seed), signedBytes("campaign", campaign));
  const response = await region.signed("PUT", `/v1/intake/campaigns/${campaign.id}`, {
    campaign,
    operatorKeyId: operatorKey.keyId,
    signature: base64url(signature),
  });
  expect(response.status).toBe(200);
});

test("a revision replaces an earlier one, and never changes once published", async () => {
  const campaign = await region.published();
  const second = { ...campaign, revision: 2, closesAt: new Date(Date.now() + 1e9).toISOString() };
  expect((await region.publish(second)).status).toBe(200);
  expect((await titles())[campaign.id]).toBe(2);
  const changed = { ...second, closesAt: new Date(Date.now() + 2e9).toISOString() };
  const conflict = await region.publish(changed);
  expect(conflict.status).toBe(409);
  expect(await codeOf(conflict)).toBe("campaign-conflict");
  // The edge may send an earlier revision again: it is known, and the later one stays.
  expect((await region.publish(campaign)).status).toBe(200);
  expect((await titles())[campaign.id]).toBe(2);
});

test("refuses a revision below the newest that it never had", async () => {
  const campaign = await region.published({ revision: 5 });
  const response = await region.publish({ ...campaign, revision: 4 });
  expect(await codeOf(response)).toBe("campaign-conflict");
});

test("keeps questions and options in the places that mails already sent name", async () => {
  const campaign = await region.published();
  const { definition } = campaign;
  const [roast, extras, ...others] = definition.questions;
  if (roast?.kind !== "single-choice" || extras === undefined) throw new Error("not the sample");
  const published = async (questions: typeof definition.questions, revision: number) =>
    region.publish({ ...campaign, revision, definition: { ...definition, questions } });
  const [light, dark] = roast.options;
  const third = { id: "medium", text: "Medium" };
  const swapped = { ...roast, options: [dark, light].filter((option) => option !== undefined) };
  const before = { ...roast, options: [third, ...roast.options] };
  for (const moved of [
    [swapped, extras, ...others],
    [before, extras, ...others],
    [extras, roast, ...others],
    [roast, ...others],
  ])
    expect(await codeOf(await published(moved, 2))).toBe("campaign-conflict");
  const added = { ...roast, options: [...roast.options, third] };
  expect((await published([added, extras, ...others], 2)).status).toBe(200);
  const shorter = await published([roast, extras, ...others], 3);
  expect(await codeOf(shorter), "what was added has its place too").toBe("campaign-conflict");
});

test("refuses what its tenant's operator did not sign", async () => {
  const campaign = await campaignOf(region.keys);
  const stranger = await generateKeys(campaign.tenant, Date.now());
  const response = await region.signed(
    "PUT",
    `/v1/intake/campaigns/${campaign.id}`,
    await signCampaign(campaign, stranger.tenant),
  );
  expect(await codeOf(response)).toBe("signature-invalid");
  const altered = await signCampaign(campaign, region.keys.tenant);
  const other = await region.signed("PUT", `/v1/intake/campaigns/${campaign.id}`, {
    ...altered,
    campaign: { ...campaign, closesAt: new Date(Date.now() + 1e9).toISOString() },
  });
  expect(await codeOf(other)).toBe("signature-invalid");
});

test("refuses an operator's campaign for another tenant", async () => {
  const response = await region.publish(await campaignOf(region.keys, { tenant: 8 }));
  expect(await codeOf(response)).toBe("signature-invalid");
});

test("refuses a campaign that is not for this region", async () => {
  const response = await region.publish(await campaignOf(region.keys, { regions: ["us", "apac"] }));
  expect(await codeOf(response)).toBe("region-mismatch");
});

test("refuses a campaign under another one's path, and one that is no campaign", async () => {
  const campaign = await campaignOf(region.keys);
  const path = `/v1/intake/campaigns/${campaign.id}`;
  const signed = await signCampaign(await campaignOf(region.keys), region.keys.tenant);
  expect(await codeOf(await region.signed("PUT", path, signed))).toBe("malformed-request");
  expect(await codeOf(await region.signed("PUT", path, { campaign: 1 }))).toBe("malformed-request");
  expect(await codeOf(await region.signed("PUT", path, "[]"))).toBe("malformed-request");
});

test("refuses a campaign that the edge did not sign", async () => {
  const campaign = await campaignOf(region.keys);
  const response = await fetch(`${region.origin}/v1/intake/campaigns/${campaign.id}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(await signCampaign(campaign, region.keys.tenant)),
  });
  expect(response.status).toBe(401);
  expect(await codeOf(response)).toBe("signature-missing");
});

test("knows its campaigns after a restart", async () => {
  const campaign = await region.published();
  await region.stop();
  await region.start();
  expect((await titles())[campaign.id]).toBe(1);
});
