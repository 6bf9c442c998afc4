// Whose mail may post an answer, and what lets its client show what became of it: both versions of CORS in AMP for Email.
import { beforeAll, describe, expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { invite, mailOf, randomCode } from "../edge-process/fixture.ts";
import {
  corsOf,
  deployment,
  expectProblem,
  formOf,
  postForm,
  publish,
  publishMail,
  receiptOf,
  request,
  sender,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

const client = "https://mail.example";
const v2 = { "amp-email-sender": sender };
const v1 = { origin: client };
const v1Search = `?__amp_source_origin=${encodeURIComponent(sender)}`;
const v1Leave = {
  "access-control-allow-origin": client,
  "access-control-expose-headers": "AMP-Access-Control-Allow-Source-Origin",
  "amp-access-control-allow-source-origin": sender,
};
const v2Leave = { "amp-email-allow-sender": sender };

const choosing = async () =>
  formOf(await invite(tenant, campaign, "eu"), { "q.drink": randomCode() });

interface Case {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly search?: string;
  /** Undefined where it is refused. */
  readonly leave?: Record<string, string>;
}
const cases: Case[] = [
  { name: "version 2", headers: v2, leave: v2Leave },
  {
    name: "version 2, in other letters: the same value comes back",
    headers: { "amp-email-sender": " Hello@TEA.example " },
    leave: { "amp-email-allow-sender": "Hello@TEA.example" },
  },
  {
    name: "version 2, another of the campaign's senders",
    headers: { "amp-email-sender": "desk@tea.example" },
    leave: { "amp-email-allow-sender": "desk@tea.example" },
  },
  { name: "version 1", headers: v1, search: v1Search, leave: v1Leave },
  {
    name: "both, and version 2 wins",
    headers: { ...v1, ...v2 },
    search: v1Search,
    leave: v2Leave,
  },
  {
    name: "both, and version 2 wins with a sender that is none",
    headers: { ...v1, "amp-email-sender": "forged@evil.example" },
    search: v1Search,
  },
  { name: "neither", headers: {} },
  { name: "an origin without its sender", headers: v1 },
  { name: "a sender in the address without an origin", headers: {}, search: v1Search },
  { name: "an origin that is opaque", headers: { origin: "null" }, search: v1Search },
  {
    name: "an origin with a path",
    headers: { origin: `${client}/mail` },
    search: v1Search,
  },
  {
    name: "an origin that is no web origin",
    headers: { origin: "chrome-extension://abc" },
    search: v1Search,
  },
  {
    name: "two senders in the address",
    headers: v1,
    search: `${v1Search}&__amp_source_origin=forged%40evil.example`,
  },
  { name: "an empty sender", headers: { "amp-email-sender": "" } },
  { name: "a forwarded mail's sender", headers: { "amp-email-sender": "friend@mail.example" } },
  {
    name: "two senders in one header",
    headers: { "amp-email-sender": `${sender}, forged@evil.example` },
  },
  {
    name: "a sender that begins like one",
    headers: { "amp-email-sender": `${sender}.evil.example` },
  },
  {
    name: "a letter that lower-cases to one of a sender",
    headers: v1,
    search: `?__amp_source_origin=${encodeURIComponent("des\u212A@tea.example")}`,
  },
  {
    name: "a line break in the address",
    headers: v1,
    search: `?__amp_source_origin=${encodeURIComponent(`${sender}\r\nset-cookie: a=b`)}`,
  },
];
for (const { name, headers, search, leave } of cases)
  test(`${name}: ${leave === undefined ? "refused" : "taken"}`, async () => {
    const response = await postForm(await choosing(), headers, search);
    expect(corsOf(response)).toEqual(leave ?? {});
    if (leave === undefined) await expectProblem(response, "sender-unknown");
    else await receiptOf(response);
  });

test("a campaign without mail has no sender", async () => {
  const paper = await publish();
  const invitation = await invite(tenant, paper, "eu");
  await expectProblem(
    await postForm(formOf(invitation, { "q.drink": randomCode() })),
    "sender-unknown",
  );
});

test("a sender of one campaign is none of another", async () => {
  const other = await publishMail({ mail: mailOf(deployment, ["other@tea.example"]) });
  const form = formOf(await invite(tenant, other, "eu"), { "q.drink": randomCode() });
  await expectProblem(await postForm(form), "sender-unknown");
  await receiptOf(await postForm(form, { "amp-email-sender": "other@tea.example" }));
});

const ask = (headers: Record<string, string>, search = "") =>
  request(`/v1/amp/answers${search}`, { method: "OPTIONS", headers });

describe("before it posts, a client", () => {
  test("of version 1 is told that its origin may", async () => {
    const response = await ask({ ...v1, "access-control-request-method": "POST" }, v1Search);
    expect(response.status).toBe(204);
    expect(corsOf(response)).toEqual({
      ...v1Leave,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "Content-Type, AMP-Email-Sender",
      "access-control-max-age": "600",
    });
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
  });

  test("of version 2 is told that its sender may", async () => {
    expect(corsOf(await ask(v2))).toMatchObject(v2Leave);
  });

  test("that says neither gets no leave", async () => {
    expect(corsOf(await ask(v1))).toEqual({});
    expect(corsOf(await ask({ origin: "null" }, v1Search))).toEqual({});
  });
});
