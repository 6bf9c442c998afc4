import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { signCampaign } from "../../cli/publish.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import { Results, type QuestionResult } from "../../sdk/schema/results.ts";
import { codeOf, TestRegion, until } from "./region.ts";
import { answerOf, campaignOf, randomId } from "./sealed.ts";

const eu = await TestRegion.start();

/** Answers a campaign once a reader and returns its results. */
async function resultsAfter(
  questions: readonly unknown[],
  answers: readonly Record<string, unknown>[],
): Promise<Results> {
  const campaign = await eu.published({
    definition: Definition.parse({ maily: 1, title: "T", languages: ["en"], questions }),
  });
  await eu.take(
    ...(await Promise.all(answers.map((given) => answerOf(eu.keys, campaign, { answers: given })))),
  );
  await eu.ingested();
  return eu.results(campaign);
}

async function resultOf(question: object, answers: readonly unknown[]): Promise<QuestionResult> {
  const results = await resultsAfter(
    [{ id: "asked", text: "Asked?", ...question }],
    answers.map((value) => (value === undefined ? {} : { asked: value })),
  );
  expect(results.answers).toBe(answers.length);
  const [result] = results.questions;
  if (result === undefined) throw new Error("no question");
  return result;
}

const abc = ["a", "b", "c"].map((id) => ({ id, text: id.toUpperCase() }));

test("counts one option a reader, with its share of those who answered", async () => {
  const result = await resultOf({ kind: "single-choice", options: abc }, [
    "a",
    "a",
    "a",
    "c",
    undefined,
  ]);
  expect(result).toEqual({
    id: "asked",
    kind: "single-choice",
    text: "Asked?",
    answered: 4,
    options: [
      { id: "a", text: "A", count: 3, share: 0.75 },
      { id: "b", text: "B", count: 0, share: 0 },
      { id: "c", text: "C", count: 1, share: 0.25 },
    ],
  });
});

test("counts several options a reader", async () => {
  const result = await resultOf({ kind: "multiple-choice", options: abc }, [["a", "b"], ["b"]]);
  expect(result.answered).toBe(2);
  expect(result.options?.map(({ count, share }) => [count, share])).toEqual([
    [1, 0.5],
    [2, 1],
    [0, 0],
  ]);
});

test("counts who came first in a ranking, and the mean rank", async () => {
  const result = await resultOf({ kind: "ranking", options: abc }, [
    ["a", "b", "c"],
    ["b", "a", "c"],
    ["b", "c", "a"],
  ]);
  expect(result.options).toEqual(
    [
      { id: "a", text: "A", count: 1, share: 1 / 3, meanRank: 2 },
      { id: "b", text: "B", count: 2, share: 2 / 3, meanRank: 4 / 3 },
      { id: "c", text: "C", count: 0, share: 0, meanRank: 8 / 3 },
    ].map((option) => ({ ...option, meanRank: Number(option.meanRank.toPrecision(12)) })),
  );
});

test("counts ratings by step", async () => {
  const result = await resultOf({ kind: "rating", steps: 3 }, [1, 3, 3]);
  expect(result.numbers).toEqual({
    mean: 2.33333333333,
    histogram: [
      { value: 1, count: 1 },
      { value: 2, count: 0 },
      { value: 3, count: 2 },
    ],
  });
});

test("promoters less detractors make the NPS", async () => {
  const result = await resultOf({ kind: "nps" }, [0, 6, 7, 8, 9, 10, 10, 10]);
  expect(result.numbers).toMatchObject({ nps: 25, mean: 7.5 });
  expect(result.numbers?.histogram).toHaveLength(11);
});

test("a slider of few steps is counted by value, one of many by equal ranges", async () => {
  const fine = await resultOf({ kind: "slider", from: 0, to: 1, step: 0.1 }, [0.1, 0.3, 0.3, 1]);
  expect(fine.numbers?.histogram).toHaveLength(11);
  expect(fine.numbers?.histogram.filter(({ count }) => count > 0)).toEqual([
    { value: 0.1, count: 1 },
    { value: 0.3, count: 2 },
    { value: 1, count: 1 },
  ]);
  const wide = await resultOf({ kind: "slider", from: 0, to: 1000, step: 1 }, [0, 20, 21, 1000]);
  expect(wide.numbers?.histogram.length).toBeLessThanOrEqual(51);
  expect(wide.numbers?.histogram.filter(({ count }) => count > 0)).toEqual([
    { value: 0, count: 2 },
    { value: 21, count: 1 },
    { value: 987, count: 1 },
  ]);
  expect(wide.numbers?.mean).toBe(260.25);
});

test("free texts and dates are counted and never shown", async () => {
  const secret = "my telephone number is 030 123456";
  const results = await resultsAfter(
    [
      { id: "why", kind: "short-text", text: "Why?" },
      { id: "born", kind: "date", text: "When?" },
    ],
    [{ why: secret, born: "1990-05-05" }, { why: "x" }],
  );
  expect(results.questions).toEqual([
    { id: "why", kind: "short-text", text: "Why?", answered: 2, texts: { count: 2 } },
    { id: "born", kind: "date", text: "When?", answered: 1 },
  ]);
  expect(JSON.stringify(results)).not.toMatch(/030|1990/);
});

test("nobody has answered: zero everywhere, no mean", async () => {
  const campaign = await eu.published();
  const results = await eu.results(campaign);
  expect(results).toMatchObject({ answers: 0, submissions: 0 });
  const byId = new Map(results.questions.map((question) => [question.id, question]));
  expect(byId.get("stars")?.numbers?.mean).toBeNull();
  expect(byId.get("recommend")?.numbers?.nps).toBeNull();
  expect(byId.get("roast")?.options?.map(({ share }) => share)).toEqual([0, 0]);
  expect(results.outcomes?.map(({ count }) => count)).toEqual([0, 0]);
});

test("counts a thousand readers exactly", { timeout: 60_000 }, async () => {
  const campaign = await eu.published();
  const given = Array.from({ length: 1000 }, (_, index) => ({
    roast: index % 3 === 0 ? "dark" : "light",
    stars: (index % 5) + 1,
  }));
  for (let start = 0; start < given.length; start += 250)
    await eu.take(
      ...(await Promise.all(
        given.slice(start, start + 250).map((answers) => answerOf(eu.keys, campaign, { answers })),
      )),
    );
  await eu.ingested();
  const results = await eu.results(campaign);
  expect(results).toMatchObject({ answers: 1000, submissions: 1000 });
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([666, 334]);
  const stars = results.questions.find(({ id }) => id === "stars");
  expect(stars?.numbers).toMatchObject({ mean: 3 });
  expect(stars?.numbers?.histogram.map(({ count }) => count)).toEqual([200, 200, 200, 200, 200]);
});

test("results want a token of their tenant", async () => {
  const campaign = await eu.published();
  const path = `/v1/campaigns/${campaign.id}/results`;
  for (const token of [undefined, randomId(32), eu.keys.operator.token]) {
    const response = await eu.get(path, token);
    expect([response.status, await codeOf(response)]).toEqual([401, "token-invalid"]);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
  }
  const basic = await fetch(eu.origin + path, {
    headers: { authorization: `Basic ${eu.keys.tenant.token}` },
  });
  expect(basic.status).toBe(401);
});

const headersOf = (response: Response): string[] => Array.from(response.headers.keys()).toSorted();

test("another tenant's campaign looks exactly like one that does not exist", async () => {
  const ours = await generateKeys(7, Date.now());
  const theirs = await generateKeys(8, Date.now());
  const region = await TestRegion.start({
    keys: {
      ...ours,
      deployment: {
        ...ours.deployment,
        operatorKeys: [...ours.deployment.operatorKeys, ...theirs.deployment.operatorKeys],
      },
      regions: {
        ...ours.regions,
        eu: {
          ...ours.regions.eu,
          tokens: [...ours.regions.eu.tokens, ...theirs.regions.eu.tokens],
        },
      },
    },
  });
  const campaign = await region.published();
  await region.take(await answerOf(region.keys, campaign));
  await region.ingested();
  const foreign = await region.get(`/v1/campaigns/${campaign.id}/results`, theirs.tenant.token);
  const unknown = await region.get(`/v1/campaigns/${randomId(8)}/results`, theirs.tenant.token);
  const malformed = await region.get("/v1/campaigns/nothing/results", theirs.tenant.token);
  const text = await foreign.text();
  expect(await unknown.text()).toBe(text);
  expect(await malformed.text()).toBe(text);
  expect(JSON.parse(text)).toMatchObject({ code: "campaign-unknown", status: 404 });
  expect(foreign.status).toBe(unknown.status);
  expect(headersOf(foreign)).toEqual(headersOf(unknown));
  const listed = await region.get("/v1/campaigns", theirs.tenant.token);
  expect(await listed.json()).toEqual({ campaigns: [] });
  // Nor may they take the id over.
  const taken = await campaignOf(theirs, { id: campaign.id, revision: 9 });
  const conflict = await region.signed(
    "PUT",
    `/v1/intake/campaigns/${campaign.id}`,
    await signCampaign(taken, theirs.tenant),
  );
  expect(await codeOf(conflict)).toBe("campaign-conflict");
  expect(await region.results(campaign)).toMatchObject({ answers: 1 });
});

test("lists the tenant's campaigns with their state", async () => {
  const region = await TestRegion.start();
  const open = await region.published();
  const closed = await region.published({ closesAt: new Date(Date.now() - 1000).toISOString() });
  const response = await region.get("/v1/campaigns", region.keys.tenant.token);
  const { campaigns } = (await response.json()) as { campaigns: { id: string }[] };
  const byId = Object.fromEntries(campaigns.map((campaign) => [campaign.id, campaign]));
  expect(byId[open.id]).toMatchObject({ title: "Coffee", revision: 1, status: "open" });
  expect(byId[closed.id]).toMatchObject({ status: "closed" });
});

interface Following {
  readonly events: Results[];
  readonly text: () => string;
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

/** Follows a campaign's results as an event source does. */
async function follow(region: TestRegion, id: string): Promise<Following> {
  const abort = new AbortController();
  const response = await fetch(`${region.origin}/v1/campaigns/${id}/results`, {
    headers: {
      authorization: `Bearer ${region.keys.tenant.token}`,
      accept: "text/event-stream",
    },
    signal: abort.signal,
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const events: Results[] = [];
  let text = "";
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true });
      const whole = text.split("\n\n").slice(0, -1);
      events.length = 0;
      for (const event of whole) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined) events.push(Results.parse(JSON.parse(data.slice(6))));
      }
    }
  };
  return {
    events,
    text: () => text,
    ended: read().catch(() => undefined),
    stop: () => abort.abort(),
  };
}

test("live results come at once, and again after each commit that changes them", async () => {
  const campaign = await eu.published();
  const following = await follow(eu, campaign.id);
  await until(() => following.events.length === 1);
  expect(following.events[0]).toMatchObject({ answers: 0 });
  await eu.take(await answerOf(eu.keys, campaign));
  await until(() => following.events.at(-1)?.answers === 1);
  expect(following.text()).toMatch(/^retry: \d+\n\nevent: results\nid: /);
  await eu.take(await answerOf(eu.keys, await eu.published()));
  await eu.take(await answerOf(eu.keys, campaign, { answers: { roast: "dark" } }));
  await until(() => following.events.at(-1)?.answers === 2);
  expect(following.events.map(({ answers }) => answers)).toEqual([0, 1, 2]);
  following.stop();
  await following.ended;
  await until(async () => (await eu.metric("maily_live_followers")) === 0);
});

test("a burst is pushed a few times, and its end always", { timeout: 60_000 }, async () => {
  const campaign = await eu.published();
  const following = await follow(eu, campaign.id);
  const burst = await Promise.all(Array.from({ length: 60 }, () => answerOf(eu.keys, campaign)));
  const begun = performance.now();
  for (const answer of burst) await eu.take(answer);
  await until(() => following.events.at(-1)?.answers === 60);
  const seconds = (performance.now() - begun) / 1000;
  // At most four a second, the first at once and the last after the end.
  expect(following.events.length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 3);
  following.stop();
});

test("HEAD leaves no follower behind", async () => {
  const campaign = await eu.published();
  const head = await fetch(`${eu.origin}/v1/campaigns/${campaign.id}/results`, {
    method: "HEAD",
    headers: { authorization: `Bearer ${eu.keys.tenant.token}`, accept: "text/event-stream" },
  });
  expect(head.status).toBe(200);
  expect(head.headers.get("content-type")).toContain("text/event-stream");
  await until(async () => (await eu.metric("maily_live_followers")) === 0);
});

test("live results are as closed as others", async () => {
  const campaign = await eu.published();
  const sse = { accept: "text/event-stream" };
  const bare = await eu.get(`/v1/campaigns/${campaign.id}/results`, undefined, sse);
  expect(await codeOf(bare)).toBe("token-invalid");
  const unknown = await eu.get(`/v1/campaigns/${randomId(8)}/results`, eu.keys.tenant.token, sse);
  expect(await codeOf(unknown)).toBe("campaign-unknown");
});

test("a new revision reaches those who follow", async () => {
  const campaign = await eu.published();
  const following = await follow(eu, campaign.id);
  await until(() => following.events.length === 1);
  const definition = { ...campaign.definition, title: "Tea" };
  await eu.publish(await campaignOf(eu.keys, { ...campaign, revision: 2, definition }));
  await until(() => following.events.at(-1)?.title === "Tea");
  following.stop();
});

test("a graceful stop ends live results and keeps what was taken", async () => {
  const region = await TestRegion.start();
  const campaign = await region.published();
  const following = await follow(region, campaign.id);
  await until(() => following.events.length === 1);
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => answerOf(region.keys, campaign)),
  );
  await region.take(...answers);
  await region.stop();
  await following.ended;
  await region.start();
  await region.ingested();
  expect(await region.results(campaign)).toMatchObject({ answers: 50, submissions: 50 });
});
