// The same with real Kafka brokers in between: what they wrote to disk says nothing of anybody's choices.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { regions, type Region } from "../../sdk/region.ts";
import { startBroker } from "../peers/kafka/brokers.ts";
import { everybodyAnswers, expectNothingTold, publishQuinces, words } from "./amp-campaign.ts";
import { startProduct, type Product } from "./product.ts";

let folder = "";
let product: Product;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-kafka-mail-"));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const broker = await startBroker({ name: "all", dataDir: join(folder, "broker") });
  stops.push(() => broker.kill9());
  const address = `127.0.0.1:${broker.port}`;
  // Topics are named for their regions: one broker serves all three here.
  product = await startProduct({
    brokers: Object.fromEntries(regions.map((region) => [region, address])) as Record<
      Region,
      string
    >, // fromEntries loses the keys' type.
  });
  stops.push(() => product.stop());
}, 180_000);
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
}, 60_000);

test("what the edge handed to a broker of a thousand readers' answers has no label, no index, and no code twice", async () => {
  await everybodyAnswers(await publishQuinces(product));
  const choices: Record<string, string[]>[] = [];
  let opened = "";
  const found = await readdir(join(folder, "broker"), { recursive: true, withFileTypes: true });
  for (const file of found) {
    if (!file.isFile() || !file.name.endsWith(".log")) continue;
    const path = join(file.parentPath, file.name);
    const text = (await readFile(path)).toString("latin1");
    // What ingest opened is the region's own, on topics of its own: there the words are found.
    if (/\/answers\.(eu|us|apac)-\d+\//.test(path)) {
      opened += text;
      continue;
    }
    for (const word of words) expect(`${path} ${text.includes(word)}`).toBe(`${path} false`);
    for (const [, json = ""] of text.matchAll(/"choices":(\{[^{}]*\})/g))
      choices.push(JSON.parse(json) as Record<string, string[]>); // What intake wrote.
  }
  expectNothingTold(choices);
  expect(words.some((word) => opened.includes(word))).toBe(true);
});
