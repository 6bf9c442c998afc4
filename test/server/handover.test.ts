// What may be handed on: facts and examples of those who agree, above the floor, and nothing of anybody else.
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { ExampleLine, FactLine } from "../../sdk/schema/handover.ts";
import { factsOf } from "../../server/handover/facts.ts";
import { trainingOf } from "../../server/handover/training.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { mailDefinition } from "./in-mail.ts";
import { dayMs, plant, plantedAt, plantedOf, type PlantedReader } from "./planted.ts";
import { codeOf, TestRegion, temporaryFolder } from "./region.ts";
import { answerOf, campaignOf, randomId, watchingNotice } from "./sealed.ts";

const notice = {
  ...watchingNotice,
  purposes: [
    ...watchingNotice.purposes,
    { id: "shop", text: "Purchases too", activities: true },
    { id: "learn", text: "Train models with what I write", training: true },
  ],
} as unknown as Campaign["notice"]; // Parsed, with its defaults, by campaignOf.
const keys = await generateKeys(7, Date.now() - 45 * dayMs);
const campaign = await campaignOf(keys, {
  tenant: plantedOf.tenant,
  id: plantedOf.campaign,
  definition: mailDefinition,
  notice,
});
const answeredAt = plantedAt - 10 * dayMs;
const asked = { campaign, purpose: "learn", floor: 20, asOf: plantedAt };

const reader = (changes: Partial<PlantedReader>): PlantedReader => ({
  chose: { roast: "dark" },
  answeredAt,
  purposes: ["results", "shop", "learn"],
  did: [],
  ...changes,
});

async function told(readers: readonly PlantedReader[], purpose = "learn") {
  const warehouse = await Warehouse.open(join(temporaryFolder(), "warehouse.duckdb"));
  await warehouse.change((writer) => plant(writer, readers));
  const found = await warehouse.read(async (connection) => {
    const facts = await factsOf(connection, { ...asked, purpose });
    return { ...facts, training: await trainingOf(connection, { ...asked, purpose }, facts.facts) };
  });
  await warehouse.close();
  return found;
}

const many = (count: number, of: (index: number) => Partial<PlantedReader>): PlantedReader[] =>
  Array.from({ length: count }, (_, index) => reader(of(index)));

test("facts are sentences with their numbers, of those who agree to the purpose", async () => {
  const { facts, readers } = await told([
    ...many(100, (index) => ({
      chose: { roast: index < 60 ? "dark" : "light" },
      did:
        index % 2 === 0
          ? [{ kind: "purchase", amount: 500, currency: "EUR", happenedAt: answeredAt + 1 }]
          : [],
    })),
    ...many(50, () => ({ chose: { roast: "light" }, purposes: ["results"] })),
  ]);
  expect(readers).toBe(100);
  const sentences = facts.map(({ sentence }) => sentence);
  expect(sentences[0]).toBe(
    "100 readers answered “Coffee” and agree to this purpose: Train models with what I write",
  );
  expect(sentences).toContainEqual(
    expect.stringMatching(/^Of 100 readers who answered “.+”, 60 \(60\.0 %\) chose “Dark”\.$/),
  );
  expect(sentences).toContainEqual(
    expect.stringMatching(/^Of 100 readers who agree to be followed, 50 bought \(50\.0 %; 95 %/),
  );
  expect(sentences).toContainEqual(expect.stringContaining("spent 25,000 EUR in minor units"));
  for (const fact of facts) {
    expect(fact.readers).toBeGreaterThanOrEqual(20);
    expect(fact.sentence).not.toMatch(/reader \d/);
  }
});

test("nothing is told of fewer readers than the floor, and it is said what is left out", async () => {
  const few = await told(many(19, () => ({})));
  expect(few.readers).toBeUndefined();
  expect(few.facts).toEqual([]);
  expect(few.leftOut).toEqual([{ what: "everything", why: expect.any(String) as string }]);
  const lopsided = await told(
    many(100, (index) => ({ chose: { roast: index < 5 ? "light" : "dark" } })),
  );
  expect(lopsided.facts.filter(({ id }) => id.startsWith("answers"))).toEqual([]);
  expect(lopsided.leftOut.map(({ what }) => what)).toEqual(
    expect.arrayContaining(["answers:roast:dark", "answers:roast:light"]),
  );
  expect(JSON.stringify(lopsided.leftOut)).not.toMatch(/\b(5|95)\b/);
});

test("nor of the few who answered less than the others", async () => {
  const { facts, leftOut } = await told([
    ...many(100, (index) => ({ chose: { roast: index < 60 ? "dark" : "light" } })),
    // 110 agree, 100 answered: ten did not.
    ...many(10, () => ({ chose: {} })),
    // 113 agree, 110 let themselves be followed.
    ...many(3, () => ({ chose: {}, purposes: ["results", "learn"] })),
  ]);
  expect(facts.map(({ id }) => id)).toEqual(["readers"]);
  expect(leftOut.map(({ what }) => what)).toEqual(
    expect.arrayContaining(["answers:roast", "revenue"]),
  );
});

const lifts = ({ facts }: { facts: readonly { id: string }[] }): string[] =>
  facts.map(({ id }) => id).filter((id) => id.startsWith("lift:"));

test("nor, by the two groups of a lift, of the few who chose the same and are not followed", async () => {
  // Of 200 half chose each; who chose dark buys far more often.
  const followed = (dark: number, light: number): PlantedReader[] =>
    many(dark + light, (index) => ({
      chose: { roast: index < dark ? "dark" : "light" },
      did:
        index % 4 === 0 || (index < dark && index % 4 !== 3)
          ? [{ kind: "purchase", amount: 500, currency: "EUR", happenedAt: answeredAt + 1 }]
          : [],
    }));
  const unfollowed = (chose: string, count: number): PlantedReader[] =>
    many(count, () => ({ chose: { roast: chose }, purposes: ["results", "learn"] }));
  const unfollowedSilent = (count: number): PlantedReader[] =>
    many(count, () => ({ chose: {}, purposes: ["results", "learn"] }));
  const both = ["lift:roast:dark:purchase:", "lift:roast:light:purchase:"];
  expect(lifts(await told(followed(100, 100))).toSorted()).toEqual(both);
  expect(
    lifts(
      await told([...followed(100, 100), ...unfollowed("dark", 20), ...unfollowed("light", 20)]),
    ).toSorted(),
  ).toEqual(both);
  // 101 chose dark, 100 of them are followed: one agreed to all but that. Together enough are not followed.
  const one = await told([
    ...followed(100, 100),
    ...unfollowed("dark", 1),
    ...unfollowed("light", 30),
  ]);
  expect(lifts(one)).toEqual([]);
  expect(one.facts.map(({ id }) => id)).toContain("revenue:buyers");
  expect(one.leftOut.map(({ what }) => what)).toEqual(expect.arrayContaining(both));
  // Three who are followed did not answer the question.
  const silent = await told([
    ...followed(100, 100),
    ...many(3, () => ({ chose: {} })),
    ...unfollowedSilent(30),
  ]);
  expect(lifts(silent)).toEqual([]);
  // Three neither answered it nor are followed.
  expect(lifts(await told([...followed(100, 100), ...unfollowedSilent(3)]))).toEqual([]);
});

const wrote = (text: string, cleared = true) => ({ wrote: { why: { text, cleared } } });

test("texts are examples once cleared, deduplicated, of enough readers who agree", async () => {
  const { training } = await told([
    ...many(30, (index) => wrote(`Because of the [name] who grows number ${index}`)),
    ...many(5, () => wrote("It simply tastes   BETTER.")),
    ...many(5, () => wrote("it simply tastes better")),
    ...many(1, () => wrote("nobody has looked at this text", false)),
    ...many(1, () => ({ ...wrote("I do not agree to this"), purposes: ["results", "shop"] })),
    ...many(1, () => wrote("yes")),
  ]);
  const texts = training.examples.filter(({ source }) => source === "text");
  const said = texts.map(({ messages }) => messages.at(-1)?.content);
  expect(said).toHaveLength(31);
  expect(said.filter((text) => /better/i.test(text ?? ""))).toHaveLength(1);
  expect(JSON.stringify(training.examples)).not.toMatch(/looked at|do not agree|"yes"|reader \d/);
  expect(said).not.toEqual(said.toSorted());
  const rare = await told([
    ...many(19, (index) => wrote(`one of only nineteen, number ${index}`)),
    ...many(50, () => ({})),
  ]);
  expect(rare.training.examples.filter(({ source }) => source === "text")).toEqual([]);
  expect(rare.training.leftOut).toEqual([
    { what: "texts:why", why: "cleared texts of fewer readers than the floor" },
  ]);
});

test("the routes give JSON lines to the tenant alone, for a purpose that allows it", async () => {
  const eu = await TestRegion.start();
  const own = await eu.published({ definition: mailDefinition, notice });
  const consent = { purposes: ["results", "learn"] };
  await eu.take(
    ...(await Promise.all(
      Array.from({ length: 6 }, () =>
        answerOf(eu.keys, own, {
          reader: randomId(16),
          consent,
          answers: { roast: "dark", stars: 3, why: "it is warm and dark" },
        }),
      ),
    )),
  );
  await eu.ingested();
  const get = (what: string, token: string | undefined = eu.keys.tenant.token) =>
    eu.get(`/v1/campaigns/${own.id}/${what}`, token);
  const response = await get("facts?purpose=learn&floor=5");
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const lines = (await response.text()).trimEnd().split("\n");
  const [head, ...facts] = lines.map((line) => FactLine.parse(JSON.parse(line)));
  expect(head).toMatchObject({ kind: "head", purpose: "learn", readers: 6, region: "eu" });
  expect(facts[0]).toMatchObject({ kind: "fact", readers: 6 });
  const training = (await (await get("training?purpose=learn&floor=5")).text()).trimEnd();
  for (const line of training.split("\n")) ExampleLine.parse(JSON.parse(line));
  for (const [path, code] of [
    ["facts", "malformed-request"],
    ["facts?purpose=other", "purpose-unfit"],
    ["facts?purpose=A%22", "malformed-request"],
    ["training?purpose=shop", "purpose-unfit"],
    ["training?purpose=results", "purpose-unfit"],
  ] as const)
    expect(await codeOf(await get(path))).toBe(code);
  expect((await get("facts?purpose=learn", "x".repeat(43))).status).toBe(401);
});
