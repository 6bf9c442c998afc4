// Publication: who may, what, and that the regions have it first.
import { afterEach, expect, test } from "vitest";
import { campaignStoreOf, publishedCampaign } from "../../edge/campaigns.ts";
import { base64url } from "../../sdk/bytes.ts";
import { verifyEd25519 } from "../../sdk/ed25519.ts";
import { Manifest, type SignedCampaign } from "../../sdk/schema/campaign.ts";
import type { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { signedBytes } from "../../sdk/signed.ts";
import {
  bytesOf,
  campaignOf,
  instant,
  mailOf,
  publication,
  randomBytes,
  signCampaign,
} from "../edge-process/fixture.ts";
import {
  bindings,
  campaignsOf,
  deployment,
  edge,
  expectProblem,
  publish,
  request,
  setMood,
  tenant,
} from "./edge-under-test.ts";

afterEach(async () => {
  await setMood("us");
});

async function put(
  document: SignedCampaign | { readonly campaign: { readonly id: string } },
  by: TenantSecrets = tenant,
  now?: number,
): Promise<Response> {
  const { path, ...init } = await publication(document, by, now);
  return request(path, init);
}

const manifestOf = async (id: string) =>
  Manifest.parse(await (await request(`/v1/campaigns/${id}`)).json());

test("a campaign goes to every region's server, then to readers, with the keys of its regions", async () => {
  const campaign = await publish({ regions: ["eu", "us"] });
  for (const region of ["eu", "us"] as const)
    expect(await campaignsOf(region)).toContain(campaign.id);
  expect(await campaignsOf("apac")).not.toContain(campaign.id);
  const manifest = await manifestOf(campaign.id);
  expect(manifest).toMatchObject({ ...campaign, status: "open", operatorKeyId: "tenant-1-1" });
  expect(new Set(manifest.keys.map(({ region }) => region))).toEqual(new Set(["eu", "us"]));
  const root = bytesOf(deployment.directory.root);
  for (const { signature, ...config } of manifest.keys)
    expect(await verifyEd25519(root, bytesOf(signature), signedBytes("key-config", config))).toBe(
      true,
    );
});

test("the same revision with the same content is published already", async () => {
  const document = await signCampaign(await campaignOf(tenant), tenant);
  expect((await put(document)).status).toBe(201);
  expect((await put(document)).status).toBe(200);
});

test("the same revision with other content, and a lower one, are refused; a higher one replaces", async () => {
  const campaign = await campaignOf(tenant, { revision: 2 });
  expect((await put(await signCampaign(campaign, tenant))).status).toBe(201);
  const changed = { ...campaign, closesAt: instant(5 * 86_400_000) };
  const again = (revision: number) => signCampaign({ ...changed, revision }, tenant);
  await expectProblem(await put(await again(2)), "campaign-conflict");
  await expectProblem(await put(await again(1)), "campaign-conflict");
  expect((await put(await again(3))).status).toBe(201);
  expect(await manifestOf(campaign.id)).toMatchObject({ revision: 3, closesAt: changed.closesAt });
});

test("another tenant never replaces a campaign", async () => {
  const campaign = await publish();
  const theirs = await campaignOf(edge.other, { id: campaign.id, revision: 9 });
  await expectProblem(
    await put(await signCampaign(theirs, edge.other), edge.other),
    "campaign-conflict",
  );
  expect(await manifestOf(campaign.id)).toMatchObject({ tenant: 1, revision: 1 });
});

test("a tenant does not publish in another's name", async () => {
  const inName = await campaignOf(tenant);
  await expectProblem(
    await put(await signCampaign(inName, edge.other), edge.other),
    "signature-invalid",
  );
  await expectProblem(
    await put(await signCampaign(inName, tenant), edge.other),
    "signature-invalid",
  );
  await expectProblem(
    await put(await signCampaign(inName, edge.other), tenant),
    "signature-invalid",
  );
});

test("a document changed after it was signed is refused", async () => {
  const campaign = await campaignOf(tenant);
  const document = await signCampaign(campaign, tenant);
  const changed = { ...document, campaign: { ...campaign, regions: ["us" as const] } };
  await expectProblem(await put(changed), "signature-invalid");
});

test("a request without signature, or with one of another body or another time, is refused", async () => {
  const document = await signCampaign(await campaignOf(tenant), tenant);
  const { path, method, headers, body } = await publication(document, tenant);
  const unsigned = { "content-type": "application/json" };
  await expectProblem(
    await request(path, { method, headers: unsigned, body }),
    "signature-missing",
  );
  const otherBody = JSON.stringify(document, null, 1);
  await expectProblem(
    await request(path, { method, headers, body: otherBody }),
    "signature-invalid",
  );
  await expectProblem(await put(document, tenant, Date.now() - 301_000), "signature-stale");
  expect((await request(path, { method, headers, body })).status).toBe(201);
  await expectProblem(await request(path, { method, headers, body }), "signature-stale");
});

test("the signature covers the document as it was written, before defaults", async () => {
  const { definition, ...rest } = await campaignOf(tenant);
  const { layout: _layout, review: _review, ...written } = definition;
  const campaign = { ...rest, definition: written };
  const response = await put(await signCampaign(campaign, tenant));
  expect(response.status).toBe(201);
  const manifest = await manifestOf(campaign.id);
  expect(manifest.definition).toMatchObject({ layout: "one-by-one", review: true });
});

test("a widget that leads nowhere is refused with the places", async () => {
  const campaign = await campaignOf(tenant);
  campaign.definition.questions[0]!.next = [{ go: "nowhere" }];
  const problem = await expectProblem(
    await put(await signCampaign(campaign, tenant)),
    "widget-invalid",
  );
  expect(problem["errors"]).toMatchObject([{ path: "questions.0.next.0.go" }]);
});

test("what cannot be a campaign is refused with the place", async () => {
  const good = await campaignOf(tenant);
  const cases = [
    [{ ...good, closesAt: good.opensAt }, "campaign.closesAt"],
    [{ ...good, regions: ["eu", "eu"] }, "campaign.regions"],
    [
      { ...good, invitationKeys: [...good.invitationKeys, ...good.invitationKeys] },
      "campaign.invitationKeys",
    ],
    [{ ...good, regions: [] }, "campaign.regions"],
    [{ ...good, regions: ["mars"] }, "campaign.regions.0"],
  ] as const;
  for (const [campaign, path] of cases) {
    const response = await put(await signCampaign(campaign, tenant));
    const problem = await expectProblem(response, "malformed-request");
    expect(problem["errors"]).toMatchObject([{ path }]);
  }
  const { path: _path, ...init } = await publication(await signCampaign(good, tenant), tenant);
  const elsewhere = `/admin/campaigns/${base64url(randomBytes(8))}`;
  await expectProblem(await request(elsewhere, init), "signature-invalid");
});

test("choices that no region could open are refused with the place", async () => {
  const good = await campaignOf(tenant);
  const mail = mailOf(deployment);
  const [eu, us] = mail.choices;
  const cases = [
    { ...good, mail: { ...mail, choices: [eu!, eu!] } },
    { ...good, mail: { ...mail, choices: [{ ...eu!, keyId: us!.keyId }] } },
    { ...good, mail: { ...mail, choices: [{ ...eu!, keyId: 250 }] } },
    { ...good, regions: ["us"], mail },
  ];
  for (const campaign of cases) {
    const response = await put(await signCampaign(campaign, tenant));
    const problem = await expectProblem(response, "malformed-request");
    expect(problem["errors"]).toMatchObject([{ path: "campaign.mail.choices" }]);
  }
  expect((await put(await signCampaign({ ...good, mail }, tenant))).status).toBe(201);
  expect(await manifestOf(good.id)).toMatchObject({ mail });
});

test("a campaign over 128 KB is refused", async () => {
  const good = await campaignOf(tenant);
  const document = await signCampaign({ ...good, padding: "x".repeat(131_072) }, tenant);
  await expectProblem(await put(document), "body-too-large");
});

test("a definition over 64 KB is refused", async () => {
  const good = await campaignOf(tenant);
  const [question] = good.definition.questions;
  const questions = Array.from({ length: 40 }, (_, index) => ({
    ...question!,
    id: `q${index}`,
    description: "x".repeat(1_900),
  }));
  const campaign = { ...good, definition: { ...good.definition, questions } };
  await expectProblem(await put(await signCampaign(campaign, tenant)), "widget-invalid");
});

test("while one of its regions is away nothing is published, and the problem names the region", async () => {
  await setMood("us", { away: true });
  const campaign = await campaignOf(tenant);
  const response = await put(await signCampaign(campaign, tenant));
  expect(await expectProblem(response, "region-unavailable")).toMatchObject({ region: "us" });
  expect(response.headers.get("retry-after")).not.toBeNull();
  await expectProblem(await request(`/v1/campaigns/${campaign.id}`), "campaign-unknown");
  await setMood("us");
  expect((await put(await signCampaign(campaign, tenant))).status).toBe(201);
  expect(await manifestOf(campaign.id)).toMatchObject({ id: campaign.id });
});

test("what a region will never store is refused with its own code, not as a region that is away", async () => {
  for (const [said, told] of [
    ["key-unknown", "key-unknown"],
    ["campaign-conflict", "campaign-conflict"],
    ["malformed-request", "malformed-request"],
    // Not the operator's: between edge and region.
    ["signature-invalid", "region-unavailable"],
    ["internal", "region-unavailable"],
  ] as const) {
    await setMood("us", { campaign: said });
    const response = await put(await signCampaign(await campaignOf(tenant), tenant));
    expect(await expectProblem(response, told)).toMatchObject({ region: "us" });
    expect(response.headers.has("retry-after")).toBe(told === "region-unavailable");
  }
  await setMood("us");
});

test("of two publications of one revision at once, one wins", async () => {
  const campaign = await campaignOf(tenant);
  const other = { ...campaign, closesAt: instant(5 * 86_400_000) };
  const responses = await Promise.all([
    put(await signCampaign(campaign, tenant)),
    put(await signCampaign(other, tenant)),
  ]);
  expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
});

test("what is no campaign's id is an unknown campaign", async () => {
  for (const id of ["x", "AAAAAAAAAAA", "AAAAAAAAAAB"])
    await expectProblem(await request(`/v1/campaigns/${id}`), "campaign-unknown");
});

test("what was published elsewhere is known here within ten seconds", async () => {
  const campaign = await publish();
  const closed = { ...campaign, revision: 2, closesAt: instant(-1) };
  const text = JSON.stringify(await signCampaign(closed, tenant));
  const { id, regions } = campaign;
  const revisionAt = async (time: number) =>
    (await publishedCampaign(bindings, id, time)).campaign.revision;
  const now = Date.now();
  expect(await revisionAt(now)).toBe(1);
  await campaignStoreOf(bindings, id).publish({ id, tenant: 1, revision: 2, regions, text });
  expect(await revisionAt(now)).toBe(1);
  expect(await revisionAt(now + 10_001)).toBe(2);
});
