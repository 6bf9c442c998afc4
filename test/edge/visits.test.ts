// Visitors of a site: who is given an invitation, of which region, and what it admits.
import { expect, test } from "vitest";
import { countryOf } from "../../edge/country.ts";
import { base64url } from "../../sdk/bytes.ts";
import { parseInvitation, type Invitation, verifyInvitation } from "../../sdk/invitation.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Visit, type Site } from "../../sdk/schema/site.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import {
  bytesOf,
  campaignOf,
  consentOf,
  invite,
  publication,
  randomBytes,
  signCampaign,
  siteOf,
  submissionOf,
} from "../edge-process/fixture.ts";
import {
  asking,
  corsOf,
  deployment,
  edge,
  eventually,
  expectProblem,
  formOf,
  logged,
  origin,
  post,
  postForm,
  publish,
  publishMail,
  receiptOf,
  recordedOf,
  request,
  rowsOf,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

const site = "https://shop.example";
const inGermany = { "x-country": "DE", origin };
type Embedded = Campaign & { readonly site: Site };

const embedded = async (changes: Partial<Campaign> = {}): Promise<Embedded> =>
  (await publish({ site: siteOf(), ...changes })) as Embedded; // It has one unless a test takes it away.

const ask = (
  campaign: Embedded,
  headers: Record<string, string> = inGermany,
  changes: Record<string, unknown> = {},
): Promise<Response> =>
  post(
    "/v1/visits",
    { campaign: campaign.id, embedKey: campaign.site.embedKey, ...changes },
    headers,
  );

async function visit(...asked: Parameters<typeof ask>): Promise<Visit> {
  const response = await ask(...asked);
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return Visit.parse(body);
}

const visitKey = bytesOf(deployment.directory.visitKeys[0]!.publicKey);
const seed = bytesOf(edge.keys.edge.visitKey!.seed);
const now = () => Math.floor(Date.now() / 1000);

const readerIn = ({ invitation }: Visit): string =>
  base64url(parseInvitation(invitation).body.reader);

/** As the edge would, with what a test changes. */
const forge = (campaign: Campaign, changes: Partial<Invitation>, by = seed): Promise<string> =>
  invite({ ...tenant, invitationKey: { keyId: 1, seed: base64url(by) } }, campaign, "eu", {
    visit: true,
    ...changes,
  });

const answer = async (
  invitation: string,
  headers: Record<string, string> = { origin },
): Promise<Response> => post("/v1/answers", await submissionOf(deployment, invitation), headers);

test("a visitor is given an invitation that the edge's own key signed, of the region that the rule gives the country", async () => {
  const campaign = await embedded();
  for (const [country, region] of [
    ["DE", "eu"],
    ["US", "us"],
    ["JP", "apac"],
  ] as const) {
    const { invitation, expiresAt } = await visit(campaign, { origin, "x-country": country });
    const { body } = await verifyInvitation(invitation, () => visitKey, now());
    expect(body).toMatchObject({ visit: true, test: false, region, tenant: 1, notice: 3 });
    expect(base64url(body.campaign)).toBe(campaign.id);
    expect(Date.parse(expiresAt)).toBe(body.expiresAt * 1000);
    const hours = (body.expiresAt - now()) / 3600;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
  }
});

test("a rule that names one region asks for no country", async () => {
  const campaign = await embedded({ site: siteOf({ region: { is: "us" }, visitHours: 1 }) });
  const { invitation } = await visit(campaign, { origin });
  expect(parseInvitation(invitation).body.region).toBe("us");
});

test("an answer of a visitor is on the way to its region, marked as one of a site", async () => {
  const campaign = await embedded();
  const { invitation } = await visit(campaign);
  await receiptOf(await answer(invitation));
  const [entry] = await eventually(
    () => takenBy("eu", campaign.id),
    (taken) => taken.length > 0,
  );
  expect(entry?.record).toMatchObject({ kind: "answer", channel: "site", invitation });
  expect(await takenBy("us", campaign.id)).toEqual([]);
});

test("who shows the earlier invitation stays the same reader, when it is over too", async () => {
  const campaign = await embedded();
  const first = await visit(campaign);
  const again = await visit(campaign, inGermany, { visitor: first.invitation });
  expect(readerIn(again)).toBe(readerIn(first));
  const reader = randomBytes(16);
  const expired = await forge(campaign, { reader, expiresAt: now() - 86_400 });
  expect(readerIn(await visit(campaign, inGermany, { visitor: expired }))).toBe(base64url(reader));
  expect(readerIn(await visit(campaign))).not.toBe(readerIn(first));
});

test("who comes from another region is another reader: none is ever in two", async () => {
  const campaign = await embedded();
  const first = await visit(campaign);
  const moved = await visit(campaign, { origin, "x-country": "US" }, { visitor: first.invitation });
  expect(parseInvitation(moved.invitation).body.region).toBe("us");
  expect(readerIn(moved)).not.toBe(readerIn(first));
});

test("the whole table of refusals", async () => {
  const campaign = await embedded();
  const other = await embedded();
  const own = await visit(campaign);
  const mailed = await invite(tenant, campaign, "eu");
  const byTenant = await forge(campaign, {}, bytesOf(tenant.invitationKey.seed));
  const bent = own.invitation.slice(0, -2) + (own.invitation.endsWith("AA") ? "BA" : "AA");
  const closed = await embedded({
    opensAt: "2020-01-01T00:00:00Z",
    closesAt: "2020-02-01T00:00:00Z",
  });
  const without = (await publish()) as Embedded; // The point: it has none.
  const cases: [ProblemCode, Promise<Response>][] = [
    ["campaign-unknown", ask(campaign, inGermany, { campaign: "AAAAAAAAAAA" })],
    ["campaign-unknown", ask(campaign, inGermany, { campaign: "none" })],
    ["embed-unknown", ask(campaign, inGermany, { embedKey: other.site.embedKey })],
    ["embed-unknown", ask(campaign, inGermany, { embedKey: "none" })],
    [
      "embed-unknown",
      post("/v1/visits", { campaign: without.id, embedKey: other.site.embedKey }, inGermany),
    ],
    ["origin-unknown", ask(campaign, { ...inGermany, origin: "https://evil.example" })],
    ["origin-unknown", ask(campaign, { ...inGermany, origin: "https://evilshop.example" })],
    [
      "origin-unknown",
      ask(campaign, { ...inGermany, origin: "https://shop.example.evil.example" }),
    ],
    ["origin-unknown", ask(campaign, { ...inGermany, origin: "http://shop.example" })],
    ["origin-unknown", ask(campaign, { ...inGermany, origin: "https://shop.example:8443" })],
    ["origin-unknown", ask(campaign, { ...inGermany, origin: "http://localhost:3001" })],
    ["origin-unknown", ask(campaign, { ...inGermany, origin: "null" })],
    ["region-undecided", ask(campaign, { origin })],
    ["region-undecided", ask(campaign, { origin, "x-country": "FR" })],
    ["region-undecided", ask(campaign, { origin, "x-country": "T1" })],
    ["region-undecided", ask(campaign, { origin, "x-country": "constructor" })],
    ["campaign-closed", ask(closed)],
    ["invitation-malformed", ask(campaign, inGermany, { visitor: "x" })],
    ["invitation-malformed", ask(campaign, inGermany, { visitor: "A".repeat(136) })],
    ["invitation-forged", ask(campaign, inGermany, { visitor: bent })],
    ["invitation-forged", ask(campaign, inGermany, { visitor: mailed })],
    ["invitation-forged", ask(campaign, inGermany, { visitor: byTenant })],
    ["campaign-mismatch", ask(campaign, inGermany, { visitor: (await visit(other)).invitation })],
    ["malformed-request", ask(campaign, inGermany, { more: 1 })],
  ];
  for (const [code, response] of cases) await expectProblem(await response, code);
});

test("what a visit admits, and what it does not", async () => {
  const campaign = await embedded();
  const without = await publish();
  const other = await embedded({ site: siteOf({ region: { is: "us" } }) });
  const own = await visit(campaign);
  const cases: [ProblemCode, string][] = [
    ["invitation-forged", await forge(campaign, {}, bytesOf(tenant.invitationKey.seed))],
    ["invitation-forged", await forge(campaign, { visit: false })],
    ["invitation-forged", await forge(campaign, { keyId: 9 })],
    ["invitation-forged", await forge(campaign, { tenant: 2 })],
    ["invitation-expired", await forge(campaign, { expiresAt: now() - 1 })],
    ["embed-unknown", await forge(without, {})],
    ["region-mismatch", await forge(other, {})],
  ];
  for (const [code, invitation] of cases) await expectProblem(await answer(invitation), code);
  // Sealed for one campaign and sent with the visit of another.
  const elsewhere = await submissionOf(deployment, own.invitation);
  await expectProblem(
    await post("/v1/answers", { ...elsewhere, invitation: await forge(other, {}) }),
    "region-mismatch",
  );
  await expectProblem(
    await answer(own.invitation, { origin: "https://evil.example" }),
    "origin-unknown",
  );
  expect(await takenBy("eu", without.id)).toEqual([]);
});

test("a repeat is answered with the first receipt, and another content under its id is refused", async () => {
  const campaign = await embedded();
  const { invitation } = await visit(campaign);
  const submission = await submissionOf(deployment, invitation);
  const first = await receiptOf(await post("/v1/answers", submission));
  expect(await receiptOf(await post("/v1/answers", submission))).toBe(first);
  const other = await submissionOf(deployment, invitation, {
    submissionId: submission.submissionId,
    drink: "coffee",
  });
  await expectProblem(await post("/v1/answers", other), "submission-reused");
});

test("Global Privacy Control keeps a visitor's answer from whoever shares, as any reader's", async () => {
  const { invitation } = await visit(await embedded());
  const consent = consentOf({ purposes: ["results", "partners"] });
  const sharing = await submissionOf(deployment, invitation, { consent });
  const optedOut = { origin, "sec-gpc": "1" };
  await expectProblem(await post("/v1/answers", sharing, optedOut), "gpc-opt-out");
  await receiptOf(await post("/v1/answers", await submissionOf(deployment, invitation), optedOut));
});

test("a visitor takes back and has erased what was given, when the site is no longer one too", async () => {
  const campaign = await embedded();
  const { invitation } = await visit(campaign);
  await receiptOf(await answer(invitation));
  const { site: _site, ...without } = campaign;
  const next = await signCampaign({ ...without, revision: 2 }, tenant);
  const { path, ...init } = await publication(next, tenant);
  expect((await request(path, init)).status).toBe(201);
  await expectProblem(await answer(invitation), "embed-unknown");
  await receiptOf(await post("/v1/withdrawals", { invitation }));
  await recordedOf(await post("/v1/requests", asking(invitation, "erase")));
});

test("a mail's form takes no visit: none was made for a visitor", async () => {
  const campaign = await publishMail({ site: siteOf() });
  const { invitation } = await visit(campaign as Embedded);
  await expectProblem(await postForm(formOf(invitation)), "invitation-forged");
});

test("a page of the campaign's sites may read what is answered, and no other page", async () => {
  const campaign = await embedded();
  for (const from of [site, "https://a.b.shop.example", "http://localhost:3000"]) {
    const asked = await ask(campaign, { ...inGermany, origin: from });
    expect(corsOf(asked)).toEqual({
      "access-control-allow-origin": from,
      "access-control-expose-headers": "Retry-After",
    });
    const { invitation } = Visit.parse(await asked.json());
    const answered = await answer(invitation, { origin: from });
    expect(corsOf(answered)["access-control-allow-origin"]).toBe(from);
    await receiptOf(answered);
    const read = await request(`/v1/campaigns/${campaign.id}`, { headers: { origin: from } });
    expect(corsOf(read)["access-control-allow-origin"]).toBe(from);
    // A refusal too, or the page could not tell its reader why.
    const refused = await ask(campaign, { origin: from, "x-country": "FR" });
    expect(corsOf(refused)["access-control-allow-origin"]).toBe(from);
    await expectProblem(refused, "region-undecided");
  }
  // Whoever keeps an answer for one origin must not give it to another.
  for (const from of [site, "https://evil.example", undefined]) {
    const headers: Record<string, string> = from === undefined ? {} : { origin: from };
    const read = await request(`/v1/campaigns/${campaign.id}`, { headers });
    expect(read.headers.get("vary"), from).toContain("origin");
  }
  const from = { origin: "https://evil.example" };
  expect(corsOf(await ask(campaign, { ...inGermany, ...from }))).toEqual({});
  const mailed = await invite(tenant, campaign, "eu");
  expect(corsOf(await answer(mailed, from))).toEqual({});
  expect(corsOf(await request(`/v1/campaigns/${campaign.id}`, { headers: from }))).toEqual({});
  expect(corsOf(await request("/v1/keys", { headers: from }))).toEqual({
    "access-control-allow-origin": "*",
  });
});

test("a site's page that asks before it posts is let post, with no credentials and no header but the type", async () => {
  for (const path of ["/v1/visits", "/v1/answers", "/v1/withdrawals", "/v1/requests"]) {
    const response = await request(path, {
      method: "OPTIONS",
      headers: { origin: site, "access-control-request-method": "POST" },
    });
    expect(response.status).toBe(204);
    expect(corsOf(response)).toEqual({
      "access-control-allow-origin": site,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "Content-Type",
      "access-control-max-age": "600",
    });
  }
});

test("asking for a visit keeps nothing, and no log line has the invitation", async () => {
  const campaign = await embedded();
  const before = await rowsOf("eu");
  const given: string[] = [];
  const lines = await logged(async () => {
    const { invitation } = await visit(campaign);
    given.push(invitation);
    await ask(campaign, { origin, "x-country": "FR" }, { visitor: invitation });
    await ask(campaign, inGermany, { visitor: `${invitation.slice(0, -2)}zz` });
  });
  expect(await rowsOf("eu")).toEqual(before);
  expect(lines.length).toBeGreaterThan(0);
  for (const secret of [...given, campaign.site.embedKey])
    expect(lines.join("\n")).not.toContain(secret.slice(0, 40));
});

test.each([
  ["a region that the campaign does not run in", { regions: ["eu"] as const }, /us is not of/],
  ["one origin twice", { site: siteOf({ origins: [site, site] }) }, /names one twice/],
])("a site of %s is not published", async (_, changes, message) => {
  const campaign = await campaignOf(tenant, { site: siteOf(), ...changes } as Partial<Campaign>);
  const { path, ...init } = await publication(await signCampaign(campaign, tenant), tenant);
  const problem = await expectProblem(await request(path, init), "malformed-request");
  expect(JSON.stringify(problem["errors"])).toMatch(message);
});

test.each([
  "https://*",
  "https://*.com",
  "https://shop.example/",
  "https://shop.example/path",
  "https://SHOP.example",
  "http://shop.example",
  "https://user@shop.example",
  "https://a.*.example",
  "'self'",
  "https://shop.example; script-src *",
  "https://shop.example;script-src",
  "https://shop.example'",
  "https://[::1]",
  "https://shop.example:443",
  "https://*.shop.example:443",
  "https://*.shop.example:99999",
  "*",
])("%s is no origin of a site", async (named) => {
  const campaign = await campaignOf(tenant);
  const changed = { ...campaign, site: siteOf({ origins: [named] }) };
  const { path, ...init } = await publication(await signCampaign(changed, tenant), tenant);
  await expectProblem(await request(path, init), "malformed-request");
});

const fromCloudflare = (country: unknown) =>
  countryOf(new Request(origin, { cf: { country } }), {});

test("what is no country has no region: a rule cannot name the unknown", async () => {
  for (const country of ["XX", "de", "DEU", "T1", ""]) {
    const campaign = await campaignOf(tenant);
    const unknown = siteOf({ region: { byCountry: { [country]: "eu" } } });
    const { path, ...init } = await publication(
      await signCampaign({ ...campaign, site: unknown }, tenant),
      tenant,
    );
    await expectProblem(await request(path, init), "malformed-request");
  }
});

test("the country is Cloudflare's word where no header of one's own is named", () => {
  expect(fromCloudflare("DE")).toBe("DE");
  for (const said of ["T1", "de", "", undefined, 7]) expect(fromCloudflare(said)).toBeUndefined();
  const claimed = new Request(origin, { headers: { "x-country": "DE", "cf-ipcountry": "DE" } });
  expect(countryOf(claimed, {})).toBeUndefined();
});
