// One click of the mail program (RFC 8058): what it takes, what it answers, and what it never takes for one.
import { beforeAll, expect, test } from "vitest";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { instant, invite, randomBytes } from "../edge-process/fixture.ts";
import {
  asking,
  click,
  expectProblem,
  formType,
  logged,
  post,
  publish,
  recordedOf,
  recordsOf,
  rowsOf,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});

const pastExpiry = () => Math.floor(Date.now() / 1000) - 60;

const multipart = (...fields: [string, string | Blob][]): FormData => {
  const form = new FormData();
  for (const [name, value] of fields)
    if (typeof value === "string") form.append(name, value);
    else form.append(name, value, "click.txt");
  return form;
};

test("one click unsubscribes, in either encoding, with a few words and no cookie or redirect", async () => {
  for (const init of [
    {},
    { headers: { "content-type": `${formType}; charset=utf-8` } },
    { headers: { "content-type": formType }, body: "List-Unsubscribe=One-Click\r\n" },
    { headers: {}, body: multipart(["List-Unsubscribe", "One-Click"]) },
  ]) {
    const invitation = await invite(tenant, campaign, "eu");
    const response = await click(invitation, init);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("location")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toBe("You are unsubscribed.\n");
    expect(await recordsOf(invitation, 1)).toEqual([
      {
        kind: "request",
        invitation,
        submissionId: expect.stringMatching(/^[\w-]{22}$/) as string,
        request: "unsubscribe",
        via: "header",
        admittedAt: expect.any(String) as string,
      },
    ]);
  }
});

test("again and again, or many times at once, it is one request", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const before = (await rowsOf("eu"))["seen"] ?? 0;
  const responses = await Promise.all(Array.from({ length: 8 }, () => click(invitation)));
  responses.push(await click(invitation));
  expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
  expect((await rowsOf("eu"))["seen"]).toBe(before + 1);
});

test("after a resubscription it is one more", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  await click(invitation);
  await recordedOf(await post("/v1/requests", asking(invitation, "resubscribe")));
  await click(invitation);
  expect(await recordsOf(invitation, 3)).toHaveLength(3);
});

test("it works for an expired invitation of a closed campaign", async () => {
  const closed = await publish({ opensAt: instant(-2_000), closesAt: instant(-1_000) });
  const invitation = await invite(tenant, closed, "eu", { expiresAt: pastExpiry() });
  expect((await click(invitation)).status).toBe(200);
  expect(await recordsOf(invitation, 1)).toHaveLength(1);
});

test("an invitation that is forged, cut short, or to no campaign is refused", async () => {
  const forged = await invite(tenant, campaign, "eu", { keyId: 9 });
  await expectProblem(await click(forged), "invitation-forged");
  await expectProblem(await click(forged.slice(0, 100)), "invitation-malformed");
  await expectProblem(await click(encodeURIComponent("../admin")), "invitation-malformed");
  const stray = await invite(tenant, campaign, "eu", { campaign: randomBytes(8) });
  await expectProblem(await click(stray), "campaign-unknown");
});

const headers = { "content-type": formType };
const hostile: Record<string, [ProblemCode, RequestInit]> = {
  "no body": ["malformed-request", { headers, body: "" }],
  "another value": ["malformed-request", { headers, body: "List-Unsubscribe=Two-Click" }],
  "a value in other letters": [
    "malformed-request",
    { headers, body: "List-Unsubscribe=one-click" },
  ],
  "a name in other letters": ["malformed-request", { headers, body: "list-unsubscribe=One-Click" }],
  "one field more": [
    "malformed-request",
    { headers, body: "List-Unsubscribe=One-Click&request=erase" },
  ],
  "the field twice": [
    "malformed-request",
    { headers, body: "List-Unsubscribe=One-Click&List-Unsubscribe=One-Click" },
  ],
  "broken percent encoding": ["malformed-request", { headers, body: "List-Unsubscribe=%E0%A4%A" }],
  "over 4 KB": [
    "body-too-large",
    { headers, body: `List-Unsubscribe=One-Click${" ".repeat(4_096)}` },
  ],
  JSON: [
    "unsupported-media-type",
    {
      headers: { "content-type": "application/json" },
      body: '{"List-Unsubscribe":"One-Click"}',
    },
  ],
  "plain text, as another site's form could send it": [
    "unsupported-media-type",
    { headers: { "content-type": "text/plain" } },
  ],
  "no content type": ["unsupported-media-type", { headers: { "content-type": "" } }],
  "parts without the field": [
    "malformed-request",
    { headers: {}, body: multipart(["unsubscribe", "yes"]) },
  ],
  "parts with one field more": [
    "malformed-request",
    {
      headers: {},
      body: multipart(["List-Unsubscribe", "One-Click"], ["request", "erase"]),
    },
  ],
  "parts with a file": [
    "malformed-request",
    { headers: {}, body: multipart(["List-Unsubscribe", new Blob(["One-Click"])]) },
  ],
  "parts that are none": [
    "malformed-request",
    {
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: "List-Unsubscribe=One-Click",
    },
  ],
  "parts without a boundary": [
    "unsupported-media-type",
    { headers: { "content-type": "multipart/form-data" } },
  ],
};
for (const [name, [code, init]] of Object.entries(hostile))
  test(`${name}: ${code}`, async () => {
    const invitation = await invite(tenant, campaign, "eu");
    const before = await rowsOf("eu");
    let response: Response | undefined;
    const lines = await logged(async () => {
      response = await click(invitation, init);
    });
    await expectProblem(response!, code);
    expect(await rowsOf("eu")).toEqual(before);
    expect(lines.join("")).not.toContain(invitation.slice(0, 40));
  });
