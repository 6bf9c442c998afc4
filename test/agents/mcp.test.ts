// The agent feed through a running server, asked by the SDK's own client.
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { beforeAll, describe, expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { QuestionCounts } from "../../sdk/schema/agent-tools.ts";
import { answerOf, definition, notice, randomId } from "../server/sealed.ts";
import { until } from "../server/region.ts";
import { AgentRegion, call, settled } from "./agent-region.ts";

let eu: AgentRegion;
let campaign: Campaign;
let light: string[];

beforeAll(async () => {
  eu = await AgentRegion.start();
  campaign = await eu.region.published();
  light = await eu.answer(campaign, 12, {
    answers: { roast: "light", extras: ["milk"], stars: 4, why: "Because Ann said so" },
    consent: { purposes: ["results", "offers"] },
  });
  await eu.answer(campaign, 25, { answers: { roast: "dark", extras: ["milk", "oat"] } });
  await eu.declare(campaign);
  await eu.declare(campaign, { id: "few", name: "Few", floor: 30 });
});

const optionsIn = (questions: unknown, id: string): Record<string, number | undefined> => {
  const found = (questions as QuestionCounts[]).find((question) => question.id === id);
  return Object.fromEntries((found?.options ?? []).map(({ id: option, count }) => [option, count]));
};

const names = async (role: string): Promise<string[]> =>
  (await (await eu.connect({ role })).listTools()).tools.map(({ name }) => name).sort();

const preferences = async (reader: string, purpose: string, purposes = ["results", "offers"]) =>
  call(await eu.connect({ purposes }), "get_reader_preferences", {
    campaign: campaign.id,
    reader,
    purpose,
  });

test("a strategist sees its tools, and a toolsmith none for money or single readers", async () => {
  expect(await names("campaign_strategist")).toEqual([
    "explain_decision",
    "get_campaign_results",
    "get_reader_preferences",
    "get_revenue_metrics",
    "get_segment",
    "list_segments",
  ]);
  expect(await names("toolsmith")).toEqual([
    "explain_decision",
    "get_campaign_results",
    "get_segment",
    "list_segments",
  ]);
  expect(await names("nobody")).toEqual([]);
});

test("every tool says that it changes nothing", async () => {
  const { tools } = await (await eu.connect()).listTools();
  for (const { annotations, outputSchema } of tools) {
    expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    expect(outputSchema?.type).toBe("object");
  }
});

test("a segment is told with its freshness, consent, decision and policy", async () => {
  const client = await eu.connect();
  await settled(client, "light-fans", 12);
  const told = await call(client, "get_segment", { segment: "light-fans" });
  expect(told).toMatchObject({
    region: "eu",
    segment: "light-fans",
    size: 12,
    belowFloor: false,
    consent: { purpose: "results" },
    uri: "segment://7/light-fans",
  });
  const { asOf, lagMilliseconds } = told["freshness"] as { asOf: string; lagMilliseconds: number };
  expect(Date.now() - Date.parse(asOf)).toBeLessThan(10_000);
  expect(lagMilliseconds).toBeGreaterThanOrEqual(0);
  expect(optionsIn(told["questions"], "extras")).toMatchObject({ milk: 12 });
});

test("below the floor there is no size, anywhere in the bytes", async () => {
  const client = await eu.connect();
  const told = await call(client, "get_segment", { segment: "few" });
  expect(told).toMatchObject({ belowFloor: true, floor: 30 });
  expect(told).not.toHaveProperty("size");
  expect(told).not.toHaveProperty("questions");
  const { segments } = (await call(client, "list_segments")) as {
    segments: Record<string, unknown>[];
  };
  expect(new Set(segments.map(({ segment }) => segment))).toEqual(new Set(["few", "light-fans"]));
  expect(segments.find(({ segment }) => segment === "few")).not.toHaveProperty("size");
});

test("results leave out small counts, and what would tell them", async () => {
  const client = await eu.connect();
  const told = await call(client, "get_campaign_results", { campaign: campaign.id });
  expect(told).toMatchObject({ readers: 37, floor: 20, belowFloor: false, title: "Coffee" });
  // 25 chose dark, 12 light: the one is small, and the other would tell it.
  expect(optionsIn(told["questions"], "roast")).toEqual({ light: undefined, dark: undefined });
  expect(optionsIn(told["questions"], "extras")).toEqual({
    milk: 37,
    oat: undefined,
    sugar: undefined,
  });
});

test("of shared points an option without any was not chosen", async () => {
  const options = ["price", "taste"].map((id) => ({ id, text: id }));
  const split = {
    id: "split",
    kind: "constant-sum",
    text: "Split?",
    required: false,
    options,
    total: 10,
  };
  const shared = await eu.region.published({
    definition: { ...definition, questions: [...definition.questions, split] } as never, // Parsed by campaignOf.
  });
  await eu.answer(shared, 40, { answers: { roast: "dark", split: ["price:10", "taste:0"] } });
  await eu.answer(shared, 20, { answers: { roast: "dark", split: ["price:4", "taste:6"] } });
  await eu.declare(shared, { id: "sharing", sql: "SELECT reader FROM current_readers" });
  const client = await eu.connect();
  await settled(client, "sharing", 60);
  const expected = { price: 60, taste: 20 };
  const results = await call(client, "get_campaign_results", { campaign: shared.id });
  expect(optionsIn(results["questions"], "split")).toEqual(expected);
  const segment = await call(client, "get_segment", { segment: "sharing" });
  expect(optionsIn(segment["questions"], "split")).toEqual(expected);
  expect((await eu.tenant("/v1/segments/sharing", "DELETE")).status).toBe(200);
});

test("only who agrees to the purpose is counted", async () => {
  const client = await eu.connect();
  const told = await call(client, "get_campaign_results", {
    campaign: campaign.id,
    purpose: "offers",
  });
  expect(told).toMatchObject({ belowFloor: true });
  expect(told).not.toHaveProperty("readers");
  expect(told).not.toHaveProperty("questions");
});

test("a count that differs from another by few readers is not told beside it", async () => {
  const apart = await eu.region.published();
  await eu.answer(apart, 24, { consent: { purposes: ["results", "offers"] } });
  await eu.answer(apart, 3, { answers: { roast: "dark" } });
  const both = await eu.connect({ purposes: ["results", "offers"] });
  const ask = (client: typeof both, purpose: string) =>
    call(client, "get_campaign_results", { campaign: apart.id, purpose });
  expect(await ask(both, "results")).toMatchObject({ readers: 27 });
  // 27 less 24 would tell what the three chose who agree to one purpose alone.
  const offers = await ask(both, "offers");
  expect(offers).toMatchObject({ belowFloor: true });
  expect(offers).not.toHaveProperty("readers");
  // Who can ask for the one alone has nothing to subtract it from.
  expect(await ask(await eu.connect({ purposes: ["offers"] }), "offers")).toMatchObject({
    readers: 24,
  });
});

test("an agent that asks the warehouse for much at once is told to wait", async () => {
  const client = await eu.connect({ sub: "eager" });
  const told = await Promise.all(
    Array.from({ length: 12 }, () =>
      call(client, "get_reader_preferences", {
        campaign: campaign.id,
        reader: light[0],
        purpose: "results",
      }),
    ),
  );
  const codes = told.map(({ code }) => code ?? "given");
  expect(codes).toContain("given");
  expect(codes).toContain("rate-limited");
});

test("texts that no recogniser has cleared are given to nobody", async () => {
  const client = await eu.connect({ role: "toolsmith" });
  const result = await client.callTool({
    name: "get_campaign_results",
    arguments: { campaign: campaign.id, texts: { question: "why" } },
  });
  expect(JSON.stringify(result)).not.toContain("Ann");
  expect(result.structuredContent).toMatchObject({ texts: [] });
});

describe("one reader's preferences", () => {
  test("are options alone, while the reader agrees", async () => {
    const told = await preferences(light[0] ?? "", "offers");
    expect(told).toMatchObject({ reader: light[0], consent: { purpose: "offers" } });
    expect(told["choices"]).toEqual([
      { question: "extras", options: ["milk"] },
      { question: "roast", options: ["light"] },
    ]);
    expect(JSON.stringify(told)).not.toContain("Ann");
  });

  test("are refused alike of a reader who does not agree and of one who does not exist", async () => {
    const [dark] = await eu.answer(campaign, 1, { answers: { roast: "dark" } });
    const other = await preferences(dark ?? "", "offers");
    const none = await preferences(randomId(16), "offers");
    expect(other).toMatchObject({ code: "policy-denied" });
    const { decision: _, ...otherwise } = other;
    const { decision: __, ...nothing } = none;
    expect(otherwise).toEqual(nothing);
  });

  test("are refused for a purpose that the token does not hold", async () => {
    expect(await preferences(light[0] ?? "", "offers", ["results"])).toMatchObject({
      code: "policy-denied",
    });
  });
});

test("money is refused to who may not see it, with the reason", async () => {
  const client = await eu.connect({ role: "toolsmith" });
  const refused = await call(client, "get_revenue_metrics", { campaign: campaign.id });
  expect(refused).toMatchObject({ code: "policy-denied", status: 403 });
  expect(JSON.stringify(refused["reasons"])).toContain("revenue-reserved");
  const why = await call(client, "explain_decision", { decision: refused["decision"] });
  expect(why["decisions"]).toMatchObject([
    { decision: refused["decision"], allowed: false, tool: "get_revenue_metrics" },
  ]);
});

test("revenue and lift are of who agrees that it is looked at, and never of few", async () => {
  const shop = await eu.region.published({
    notice: {
      ...notice,
      purposes: [...notice.purposes, { id: "shop", text: "Purchases", activities: true }],
    } as unknown as Campaign["notice"], // Parsed, with its defaults, by campaignOf.
  });
  const consent = { purposes: ["results", "shop"] };
  const buyers = await eu.answer(shop, 45, { answers: { roast: "light" }, consent });
  await eu.answer(shop, 45, { answers: { roast: "dark" }, consent });
  const activities = buyers.slice(0, 24).map((reader, index) => ({
    id: `order-${index}`,
    reader,
    kind: "purchase",
    amount: 1_000,
    currency: "EUR",
    happenedAt: new Date().toISOString(),
  }));
  const posted = await eu.tenant(`/v1/campaigns/${shop.id}/activities`, "POST", { activities });
  expect(posted.status).toBe(200);
  const strategist = await eu.connect({ purposes: ["shop"] });
  const told = await call(strategist, "get_revenue_metrics", { campaign: shop.id });
  expect(told).toMatchObject({
    consent: { purpose: "shop" },
    total: { readers: 90, buyers: 24, orders: 24, revenue: [{ currency: "EUR", amount: 24_000 }] },
  });
  const lift = { question: "roast", option: "light", kind: "purchase" };
  const results = await call(strategist, "get_campaign_results", { campaign: shop.id, lift });
  // Of those who chose dark nobody bought: too few to compare with.
  expect(results["lift"]).toMatchObject({ option: "light", withheld: "too-few" });
  const aimless = await eu.connect({ purposes: ["results"] });
  expect(await call(aimless, "get_revenue_metrics", { campaign: shop.id })).toMatchObject({
    code: "policy-denied",
  });
  expect(
    await call(aimless, "get_revenue_metrics", { campaign: shop.id, purpose: "results" }),
  ).toMatchObject({ code: "policy-denied" });
});

test("revenue that differs from other revenue by few readers is not told beside it", async () => {
  const shop = await eu.region.published({
    notice: {
      ...notice,
      purposes: [
        ...notice.purposes,
        { id: "shop", text: "Purchases", activities: true },
        { id: "mail", text: "Clicks", activities: true },
      ],
    } as unknown as Campaign["notice"], // Parsed, with its defaults, by campaignOf.
  });
  await eu.answer(shop, 45, { consent: { purposes: ["results", "shop", "mail"] } });
  await eu.answer(shop, 3, { consent: { purposes: ["results", "shop"] } });
  await eu.answer(shop, 3, { consent: { purposes: ["results"] } });
  const ask = async (purpose: string, purposes: string[]) => {
    const client = await eu.connect({ purposes });
    const told = await call(client, "get_revenue_metrics", { campaign: shop.id, purpose });
    return told["total"];
  };
  expect(await ask("shop", ["shop", "mail"])).toMatchObject({ readers: 48 });
  expect(await ask("mail", ["shop", "mail"])).toEqual({ withheld: "derivable" });
  expect(await ask("mail", ["mail"])).toMatchObject({ readers: 45 });
  // Results tell of 51: that three of them keep their purchases to themselves is not told either.
  const beside = await ask("shop", ["results", "shop"]);
  expect(beside).toMatchObject({ revenue: [] });
  for (const member of ["readers", "conversion"]) expect(beside).not.toHaveProperty(member);
});

test("input that a tool does not know is named by place", async () => {
  const client = await eu.connect();
  expect(await call(client, "get_segment", { segment: "light-fans", tenant: 8 })).toMatchObject({
    code: "malformed-request",
  });
  await expect(client.callTool({ name: "drop_tables", arguments: {} })).rejects.toThrow(
    "no such tool",
  );
});

describe("another tenant", () => {
  test("finds neither segments nor campaigns, as if there were none", async () => {
    const client = await eu.connect({ tenant: 8 });
    expect((await call(client, "list_segments"))["segments"]).toEqual([]);
    const foreign = await call(client, "get_segment", { segment: "light-fans" });
    expect(foreign).toEqual(await call(client, "get_segment", { segment: "nothing" }));
    expect(await call(client, "get_campaign_results", { campaign: campaign.id })).toEqual(
      await call(client, "get_campaign_results", { campaign: randomId(8) }),
    );
    const errorOf = (uri: string): Promise<string> =>
      client.readResource({ uri }).then(
        () => "read",
        (error: unknown) => JSON.stringify(error),
      );
    expect(await errorOf("segment://7/light-fans")).toBe(await errorOf("segment://8/light-fans"));
    expect(await errorOf("segment://7/light-fans")).toBe(await errorOf("segment://7/nothing"));
    await expect(client.subscribeResource({ uri: "segment://7/light-fans" })).rejects.toThrow(
      "no such segment",
    );
  });

  test("has none of our decisions", async () => {
    const ours = await eu.connect({ role: "compliance_guard" });
    const { decision } = await call(ours, "get_segment", { segment: "light-fans" });
    const theirs = await eu.connect({ tenant: 8, role: "compliance_guard" });
    const why = await call(theirs, "explain_decision", { decision });
    expect(why["decisions"]).toEqual([]);
  });
});

test("a guard sees what others of the tenant asked, a toolsmith its own alone", async () => {
  const strategist = await eu.connect({ sub: "s-9" });
  const { decision } = await call(strategist, "get_segment", { segment: "light-fans" });
  const guard = await eu.connect({ sub: "g-9", role: "compliance_guard" });
  expect((await call(guard, "explain_decision", { decision }))["decisions"]).toHaveLength(1);
  const smith = await eu.connect({ sub: "t-9", role: "toolsmith" });
  expect((await call(smith, "explain_decision", { decision }))["decisions"]).toEqual([]);
});

describe("a segment as a resource", () => {
  test("is listed and read", async () => {
    const client = await eu.connect();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain("segment://7/light-fans");
    const { contents } = await client.readResource({ uri: "segment://7/light-fans" });
    const [content] = contents as { text: string }[];
    expect(JSON.parse(content?.text ?? "")).toMatchObject({ segment: "light-fans", size: 12 });
  });

  test("tells its followers of a change, and of none after they stopped following", async () => {
    const changing = await eu.region.published();
    const readers = await eu.answer(changing, 6);
    await eu.declare(changing, { id: "changing", campaign: changing.id });
    const client = await eu.connect();
    await settled(client, "changing", 6);
    let updates = 0;
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      expect(params.uri).toBe("segment://7/changing");
      updates++;
    });
    await client.subscribeResource({ uri: "segment://7/changing" });
    await eu.answer(changing, 1);
    await until(() => updates > 0);
    await settled(client, "changing", 7);

    const before = updates;
    await eu.withdraw(changing, readers[0] ?? "");
    // The first call after the commit: nothing has to settle.
    expect((await call(client, "get_segment", { segment: "changing" }))["size"]).toBe(6);
    await until(() => updates > before);

    await client.unsubscribeResource({ uri: "segment://7/changing" });
    const after = updates;
    await eu.answer(changing, 1);
    await settled(client, "changing", 7);
    expect(updates).toBe(after);
  });
});

test("a withdrawal that is committed is in no later answer", async () => {
  const leaving = await eu.region.published();
  const readers = await eu.answer(leaving, 21);
  const client = await eu.connect();
  const ask = () => call(client, "get_campaign_results", { campaign: leaving.id });
  expect(await ask()).toMatchObject({ readers: 21 });
  await eu.withdraw(leaving, readers[0] ?? "");
  expect(await ask()).toMatchObject({ readers: 20 });
  await eu.withdraw(leaving, readers[1] ?? "");
  expect(await ask()).toMatchObject({ belowFloor: true });
  const gone = await call(client, "get_reader_preferences", {
    campaign: leaving.id,
    reader: readers[0],
    purpose: "results",
  });
  expect(gone).toMatchObject({ code: "policy-denied" });
});

test("what was decided is the tenant's to read, without anything that was answered", async () => {
  await eu.region.take(await answerOf(eu.region.keys, campaign, { answers: { roast: "dark" } }));
  const response = await eu.tenant("/v1/decisions");
  const { decisions } = (await response.json()) as { decisions: Record<string, unknown>[] };
  expect(decisions.length).toBeGreaterThan(5);
  const text = JSON.stringify(decisions);
  for (const reader of light) expect(text).not.toContain(reader);
  expect((await eu.region.get("/v1/decisions", eu.token())).status).toBe(401);
  expect((await eu.tenant("/v1/decisions?after=x")).status).toBe(400);
});
