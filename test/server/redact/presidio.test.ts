// Names are cut by a recogniser that knows some; without it nothing waits, and nothing is said to be cleared.
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { OpenedAnswer } from "../../../sdk/schema/opened.ts";
import { Presidio, presidioLimits } from "../../../server/redact/presidio.ts";
import { recordsOn } from "../opened/topic.ts";
import { codeOf, TestRegion, until } from "../region.ts";
import { answerOf, randomId, withdrawalOf } from "../sealed.ts";
import { PresidioPeer } from "./presidio-peer.ts";

const peer = await PresidioPeer.start();
afterAll(() => peer.stop());
const url = process.env["PRESIDIO_URL"] ?? peer.url;
beforeEach(() => {
  peer.mood = "well";
});

const said = "😀 Ada Lovelace of Whitby, write to ada@example.org";
const cut = "😀 [name] of [place], write to [email]";

async function regionWith(presidio: string): Promise<TestRegion> {
  const region = await TestRegion.prepare();
  region.environment["MAILY_PRESIDIO_URL"] = presidio;
  await region.start();
  afterAll(() => region.stop());
  return region;
}

async function answersOn(region: TestRegion): Promise<OpenedAnswer[]> {
  await until(async () => (await region.metric("maily_outgoing_records")) === 0);
  await region.stop();
  const records = await recordsOn(join(region.folder, "data"), "answers.eu");
  return records.flatMap(({ value }) =>
    value["kind"] === "answer" ? [OpenedAnswer.parse(value)] : [],
  );
}

test("what it finds is cut before anything is stored, and the text is cleared", async () => {
  const eu = await regionWith(url);
  const campaign = await eu.published();
  const answer = await answerOf(eu.keys, campaign, { answers: { roast: "dark", why: said } });
  await eu.take(answer);
  await eu.ingested();
  const [published, ...more] = await answersOn(eu);
  expect(more).toEqual([]);
  expect(published?.correction).toBeUndefined();
  expect(published?.values).toContainEqual({
    question: "why",
    position: 0,
    text: cut,
    redacted: expect.arrayContaining(["name", "place", "email"]),
    cleared: true,
  });
});

test("while it is away answers are stored uncleared; a recheck clears them and publishes them again", async () => {
  const eu = await regionWith(peer.url);
  const campaign = await eu.published();
  peer.mood = "refusing";
  const answer = await answerOf(eu.keys, campaign, { answers: { roast: "dark", why: said } });
  await eu.take(answer);
  await eu.ingested();
  expect(await eu.results(campaign)).toMatchObject({ answers: 1 });
  peer.mood = "well";
  const recheck = await eu.operator("/v1/uncleared/recheck", "POST");
  expect(await recheck.json()).toEqual({ cleared: 1, uncleared: 0 });
  const again = await eu.operator("/v1/uncleared/recheck", "POST");
  expect(await again.json()).toEqual({ cleared: 0, uncleared: 0 });
  const published = await answersOn(eu);
  expect(published.map(({ submissionId }) => submissionId)).toEqual(
    Array.from({ length: 2 }, () => answer.submissionId),
  );
  const [first, second] = published;
  expect(first?.values.at(-1)).toMatchObject({
    text: said.replace("ada@example.org", "[email]"),
    cleared: false,
  });
  expect(second?.values.find(({ question }) => question === "why")).toMatchObject({
    text: cut,
    cleared: true,
  });
  expect([first?.correction, second?.correction]).toEqual([undefined, expect.any(Number)]);
  expect(second?.id).not.toBe(first?.id);
});

test("what somebody wrote who has withdrawn since is not looked at, nor published again", async () => {
  const eu = await regionWith(peer.url);
  const campaign = await eu.published();
  peer.mood = "refusing";
  const reader = randomId(16);
  await eu.take(
    await answerOf(eu.keys, campaign, { reader, answers: { roast: "dark", why: said } }),
  );
  await eu.take(await withdrawalOf(eu.keys, campaign, { reader }));
  await eu.ingested();
  peer.mood = "well";
  const recheck = await eu.operator("/v1/uncleared/recheck", "POST");
  expect(await recheck.json()).toEqual({ cleared: 0, uncleared: 0 });
  expect(await answersOn(eu)).toHaveLength(1);
});

test("a recheck is the operator's, and says where there is nobody to ask", async () => {
  const eu = await TestRegion.start();
  expect((await fetch(`${eu.origin}/v1/uncleared/recheck`, { method: "POST" })).status).toBe(401);
  const response = await eu.operator("/v1/uncleared/recheck", "POST");
  expect([response.status, await codeOf(response)]).toEqual([409, "recogniser-missing"]);
});

test("a language without names is not cleared, and that is no failure", async () => {
  const presidio = new Presidio(url);
  for (let turn = 0; turn <= presidioLimits.failures; turn++)
    expect(await presidio.find(["Ada Lovelace"], "de")).toBeUndefined();
  expect(presidio.awake).toBe(true);
  expect(await presidio.find([said, "none"], "en-GB")).toMatchObject([
    [{ kind: "name" }, { kind: "place" }, ...(url === peer.url ? [] : [{}])],
    [],
  ]);
});

for (const mood of ["refusing", "silent", "talking nonsense"] as const)
  test(`after some failures in a row it is left alone: ${mood}`, async () => {
    const presidio = new Presidio(peer.url);
    await presidio.find(["x"], "en");
    peer.mood = mood;
    for (let turn = 0; turn < presidioLimits.failures; turn++) {
      expect(presidio.awake).toBe(true);
      expect(await presidio.find(["Ada Lovelace"], "en")).toBeUndefined();
    }
    expect(presidio.awake).toBe(false);
    const { requests } = peer;
    peer.mood = "well";
    expect(await presidio.find(["Ada Lovelace"], "en")).toBeUndefined();
    expect(peer.requests).toBe(requests);
  });
