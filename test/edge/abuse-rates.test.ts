// How much one caller may ask for, and what is never counted.
import { createExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { app, routes } from "../../edge/app.ts";
import { settingsOf, type Bindings } from "../../edge/env.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { invite, randomCode, siteOf, submissionOf } from "../edge-process/fixture.ts";
import {
  asking,
  bindings,
  deployment,
  expectProblem,
  formOf,
  formType,
  logged,
  origin,
  publishMail,
  receiptOf,
  sender,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

const good = () => invite(tenant, campaign, "eu");

/** An edge with limits of its own, counting from nothing. */
function limited(limits: Record<string, unknown>, more: Partial<Bindings> = {}) {
  // White space makes each text one that this isolate has not parsed.
  const env: Bindings = {
    ...bindings,
    ...more,
    LIMITS: JSON.stringify(limits) + " ".repeat(++made),
  };
  return async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.fetch(new Request(origin + path, init), env, createExecutionContext());
}
let made = 0;

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

const from = (address: string) => ({ "cf-connecting-ip": address });
const one = { perSecond: 0.001, burst: 1 };

async function expectLimited(response: Response, scope: string): Promise<void> {
  const retryAfter = Number(response.headers.get("retry-after"));
  expect(retryAfter).toBeGreaterThan(0);
  expect(await expectProblem(response, "rate-limited")).toMatchObject({
    scope,
    retryAfterSeconds: retryAfter,
  });
}

describe("by address", () => {
  const limits = { clientAddress: "cf-connecting-ip", address: { perSecond: 0.001, burst: 2 } };

  test("a network is refused before its body is read, and no other with it", async () => {
    const ask = limited(limits);
    for (const address of ["192.0.2.1", "192.0.2.2"])
      await expectProblem(await ask("/v1/answers", json({}, from(address))), "malformed-request");
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(1_024));
        },
      },
      { highWaterMark: 0 },
    );
    const flood = await ask("/v1/answers", { ...json({}, from("192.0.2.3")), body });
    await expectLimited(flood, "address");
    expect(pulled).toBe(0);
    await expectProblem(await ask("/v1/answers", json({}, from("192.0.3.1"))), "malformed-request");
  });

  test("without a configured header no caller's header is believed", async () => {
    const ask = limited({ address: one });
    for (let time = 0; time < 5; time++)
      await expectProblem(
        await ask("/v1/answers", json({}, from("192.0.2.1"))),
        "malformed-request",
      );
  });

  test("forwarded headers and lists are no address", async () => {
    const ask = limited({ ...limits, address: one });
    const listed = {
      "x-forwarded-for": "192.0.2.1",
      forwarded: "for=192.0.2.1",
      "cf-connecting-ip": "192.0.2.1, 198.51.100.1",
    };
    for (let time = 0; time < 5; time++)
      await expectProblem(await ask("/v1/answers", json({}, listed)), "malformed-request");
    for (const clientAddress of ["x-forwarded-for", "forwarded", "CF-Connecting-IP", ""])
      expect(() =>
        settingsOf({ ...bindings, LIMITS: JSON.stringify({ clientAddress }) }),
      ).toThrow();
  });

  test("mail providers post for many readers from one address, and readers take back from any", async () => {
    const ask = limited({ ...limits, address: one });
    for (let time = 0; time < 5; time++) {
      const invitation = await good();
      const amp = await ask("/v1/amp/answers", {
        method: "POST",
        headers: { "content-type": formType, "amp-email-sender": sender, ...from("192.0.2.1") },
        body: String(formOf(invitation, { "q.drink": randomCode() })),
      });
      await receiptOf(amp);
      const click = await ask(`/u/${invitation}`, {
        method: "POST",
        headers: { "content-type": formType, ...from("192.0.2.1") },
        body: "List-Unsubscribe=One-Click",
      });
      expect(click.status).toBe(200);
      await receiptOf(await ask("/v1/withdrawals", json({ invitation }, from("192.0.2.1"))));
      const erased = await ask(
        "/v1/requests",
        json(asking(invitation, "erase"), from("192.0.2.1")),
      );
      expect(erased.status).toBe(202);
    }
  });

  test("no log line names an address", async () => {
    const ask = limited({ ...limits, address: one });
    const lines = await logged(async () => {
      for (let time = 0; time < 3; time++)
        await (await ask("/v1/answers", json({}, from("192.0.2.1")))).text();
    });
    expect(lines.join()).toContain("rate-limited");
    expect(lines.join()).not.toContain("192.0.2");
  });
});

describe("by invitation", () => {
  test("one link cannot keep the edge busy, nor a forger its reader from answering", async () => {
    const ask = limited({ invitation: { perSecond: 0.001, burst: 3 } });
    const invitation = await good();
    const forged = await invite(tenant, campaign, "eu", { keyId: 9 });
    const sent = await submissionOf(deployment, invitation);
    const asForged = json({ ...sent, invitation: forged });
    for (let time = 0; time < 3; time++)
      await expectProblem(await ask("/v1/answers", asForged), "invitation-forged");
    await expectLimited(await ask("/v1/answers", asForged), "invitation");
    const receipt = await receiptOf(await ask("/v1/answers", json(sent)));
    expect(await receiptOf(await ask("/v1/answers", json(sent))), "a repeat").toBe(receipt);
    await receiptOf(await ask("/v1/answers", json({ ...sent, submissionId: randomCode() })));
    await expectLimited(await ask("/v1/answers", json(sent)), "invitation");
    await receiptOf(await ask("/v1/withdrawals", json({ invitation })));
    expect((await ask("/v1/requests", json(asking(invitation, "erase")))).status).toBe(202);
  });
});

for (const scope of ["campaign", "tenant"] as const)
  describe(`by ${scope}`, () => {
    test("genuine answers alone count, and taking back never does", async () => {
      const ask = limited({ [scope]: { perSecond: 0.001, burst: 2 } });
      const invitation = await good();
      const forged = await invite(tenant, campaign, "eu", { keyId: 9 });
      const sent = await submissionOf(deployment, invitation);
      for (let time = 0; time < 5; time++)
        await expectProblem(
          await ask("/v1/answers", json({ ...sent, invitation: forged })),
          "invitation-forged",
        );
      await receiptOf(await ask("/v1/answers", json(sent)));
      await receiptOf(await ask("/v1/preferences", json({ ...sent, submissionId: randomCode() })));
      for (const path of ["/v1/answers", "/v1/preferences"])
        await expectLimited(await ask(path, json(sent)), scope);
      const amp = await ask("/v1/amp/answers", {
        method: "POST",
        headers: { "content-type": formType, "amp-email-sender": sender },
        body: String(formOf(invitation, { "q.drink": randomCode() })),
      });
      expect(amp.headers.get("amp-email-allow-sender"), "the mail may show it").toBe(sender);
      await expectLimited(amp, scope);
      await receiptOf(await ask("/v1/withdrawals", json({ invitation })));
      expect((await ask("/v1/requests", json(asking(invitation, "unsubscribe")))).status).toBe(202);
    });
  });

test("by default none of this refuses a reader who answers, repeats, changes their mind and takes it back", async () => {
  const ask = limited({ clientAddress: "cf-connecting-ip" });
  const invitation = await good();
  const sent = await submissionOf(deployment, invitation);
  for (let change = 0; change < 10; change++) {
    const answer = json({ ...sent, submissionId: randomCode() }, from("192.0.2.1"));
    const receipt = await receiptOf(await ask("/v1/answers", answer));
    for (let repeat = 0; repeat < 5; repeat++)
      expect(await receiptOf(await ask("/v1/answers", answer))).toBe(receipt);
  }
  await receiptOf(await ask("/v1/withdrawals", json({ invitation }, from("192.0.2.1"))));
});

describe("the platform's own counters", () => {
  test("refuse beside ours, by what they are bound for", async () => {
    const keys: string[] = [];
    // Cloudflare's counter itself runs nowhere but there: this has its interface and counts to two.
    const ADDRESS_LIMITER = {
      limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 2 }),
    };
    const ask = limited({ clientAddress: "cf-connecting-ip" }, { ADDRESS_LIMITER });
    for (let time = 0; time < 2; time++)
      await expectProblem(
        await ask("/v1/answers", json({}, from("2001:db8:7::1"))),
        "malformed-request",
      );
    await expectLimited(await ask("/v1/answers", json({}, from("2001:db8:7::2"))), "address");
    expect(keys).toEqual(["2001:db8:7", "2001:db8:7", "2001:db8:7"]);
  });

  test("let pass where they fail", async () => {
    const ADDRESS_LIMITER = { limit: () => Promise.reject(new Error("away")) };
    const ask = limited({ clientAddress: "cf-connecting-ip" }, { ADDRESS_LIMITER });
    const lines = await logged(async () => {
      await expectProblem(
        await ask("/v1/answers", json({}, from("192.0.2.1"))),
        "malformed-request",
      );
    });
    expect(lines.join()).toContain("limiter-away");
  });
});

test("it is the limit that refuses: the same flood passes where it is raised", async () => {
  const high = { perSecond: 1_000, burst: 1_000 };
  const raised = { address: high, invitation: high, campaign: high, tenant: high };
  for (const scope of ["address", "invitation", "campaign", "tenant"] as const) {
    const statuses = async (limits: Record<string, unknown>): Promise<number[]> => {
      const ask = limited({ clientAddress: "cf-connecting-ip", ...limits });
      const sent = await submissionOf(deployment, await good());
      const answered: number[] = [];
      for (let time = 0; time < 4; time++)
        answered.push((await ask("/v1/answers", json(sent, from("192.0.2.1")))).status);
      return answered;
    };
    expect(await statuses(raised), scope).toEqual([202, 202, 202, 202]);
    expect(await statuses({ ...raised, [scope]: one }), scope).toEqual([202, 429, 429, 429]);
  }
});

test("which routes count what: a new one decides", () => {
  const counted = routes.map(({ method, path, limits }) => {
    const what = [limits?.address && "address", limits?.invitation && "invitation"];
    return [`${method} ${path}`, what.filter(Boolean).join(" ")] as const;
  });
  const byRoute = Object.fromEntries(counted);
  expect(byRoute).toMatchObject({
    "POST /v1/answers": "address invitation",
    "POST /v1/preferences": "address invitation",
    "POST /v1/my-data": "address invitation",
    "POST /v1/amp/answers": "invitation",
    "POST /v1/withdrawals": "",
    "POST /v1/requests": "",
    "POST /u/:invitation": "",
    "GET /v1/campaigns/:id": "address",
    "PUT /admin/campaigns/:id": "address",
  });
  const takesBack = ["POST /v1/withdrawals", "POST /v1/requests", "POST /u/:invitation"];
  for (const { method, path, body, limits } of routes)
    if (body !== undefined && !takesBack.includes(`${method} ${path}`))
      expect(limits, `${method} ${path}`).toBeDefined();
});

const embedded = () => publishMail({ site: siteOf({ region: { is: "eu" } }) });

describe("visits", () => {
  const shop = "https://shop.example";
  const visitOf = ({ id, site }: Campaign, address: string): RequestInit =>
    json({ campaign: id, embedKey: site?.embedKey }, { origin: shop, ...from(address) });

  test("one network becomes so many readers, whichever campaign's, and another network goes on", async () => {
    const [first, second] = [await embedded(), await embedded()];
    const ask = limited({ clientAddress: "cf-connecting-ip", visitor: one });
    expect((await ask("/v1/visits", visitOf(first, "192.0.2.1"))).status).toBe(200);
    await expectLimited(await ask("/v1/visits", visitOf(second, "192.0.2.200")), "visitor");
    expect((await ask("/v1/visits", visitOf(first, "198.51.100.1"))).status).toBe(200);
  });

  test("a campaign gives so many, and none of them is taken from the rate of its answers", async () => {
    const shared = await embedded();
    const ask = limited({ visits: one, campaign: one });
    expect((await ask("/v1/visits", visitOf(shared, "192.0.2.1"))).status).toBe(200);
    const refused = await ask("/v1/visits", visitOf(shared, "198.51.100.1"));
    // Its page can tell the visitor, and when to come again.
    expect(refused.headers.get("access-control-allow-origin")).toBe(shop);
    await expectLimited(refused, "visits");
    const submission = await submissionOf(deployment, await invite(tenant, shared, "eu"));
    await receiptOf(await ask("/v1/answers", json(submission)));
  });
});
