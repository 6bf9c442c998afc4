// One answer's whole way, embedded: invitation → seal → edge → outbox → region → stream → warehouse → results.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromBase64url } from "../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { pairMilliseconds } from "../../sdk/haste.ts";
import { readReceipt, verifyReceipt } from "../../sdk/receipt.ts";
import { regions } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Receipt } from "../../sdk/schema/receipt.ts";
import {
  consentNow,
  invite,
  post,
  publishWidget,
  resultsOf,
  resultsWith,
  startProduct,
  submissionOf,
  type Product,
} from "./product.ts";

let product: Product;
let manifest: Manifest;
beforeAll(async () => {
  product = await startProduct();
  manifest = await publishWidget(product);
}, 120_000);
afterAll(() => product.stop());

const secretWord = "marzipan-and-bergamot";

/** Two different answers closer together are held (SPEC §3.13). */
const aHumanPause = (): Promise<void> => sleep(pairMilliseconds + 100);

const codeOf = async (response: Response): Promise<string> => {
  const document = (await response.json()) as { code?: string };
  return `${response.status} ${document.code}`;
};

for (const region of regions)
  test(`an answer in ${region} reaches that region's results, and no other's`, async () => {
    const { invitation } = await invite(product, manifest, region, `reader-${region}@example.org`);
    const submission = await submissionOf(manifest, invitation, {
      drink: "tea",
      cups: 3,
      why: secretWord,
    });
    const response = await post(product, submission);
    expect(response.status).toBe(202);
    const { receipt } = (await response.json()) as { receipt: string };
    const { seed } = product.keys.edge.receiptKey;
    const key = await publicKeyOfSeed(fromBase64url(seed) ?? new Uint8Array());
    expect(await verifyReceipt(receipt, key)).toBeDefined();
    const read = await readReceipt(receipt);
    expect(Receipt.parse(read?.receipt)).toMatchObject({
      jurisdiction: region,
      binding: { submissionId: submission.submissionId },
    });

    const results = await resultsWith(product, region, manifest.id, 1);
    expect(results.questions[0]?.options).toMatchObject([
      { id: "tea", count: 1 },
      { id: "coffee", count: 0 },
    ]);
  });

test("a repeat answers the same receipt and counts once; another answer of the reader replaces the first", async () => {
  const { invitation } = await invite(product, manifest, "eu", "again@example.org");
  const first = await submissionOf(manifest, invitation, { drink: "tea" });
  const [one, two] = [await post(product, first), await post(product, first)];
  expect([one.status, two.status]).toEqual([202, 202]);
  expect(await two.text()).toBe(await one.text());
  await resultsWith(product, "eu", manifest.id, 2);
  await aHumanPause();
  const second = await submissionOf(manifest, invitation, { drink: "coffee" });
  expect((await post(product, second)).status).toBe(202);
  await expect
    .poll(async () => (await resultsOf(product, "eu", manifest.id)).submissions, {
      timeout: 20_000,
    })
    .toBe(3);
  const results = await resultsOf(product, "eu", manifest.id);
  expect(results.answers).toBe(2);
  expect(results.questions[0]?.options).toMatchObject([
    { id: "tea", count: 1 },
    { id: "coffee", count: 1 },
  ]);
  expect(await codeOf(await post(product, { ...second, submissionId: first.submissionId }))).toBe(
    "409 submission-reused",
  );
});

test("a test send is acknowledged and never counted", async () => {
  const { invitation } = await invite(product, manifest, "us", "test@example.org", { test: true });
  expect(
    (await post(product, await submissionOf(manifest, invitation, { drink: "tea" }))).status,
  ).toBe(202);
  const { invitation: real } = await invite(product, manifest, "us", "real@example.org");
  expect((await post(product, await submissionOf(manifest, real, { drink: "tea" }))).status).toBe(
    202,
  );
  await resultsWith(product, "us", manifest.id, 2);
});

test("a withdrawal takes the reader out of the results, and a later consent brings the next answer in", async () => {
  const { invitation } = await invite(product, manifest, "apac", "leaves@example.org");
  // Given before the withdrawal, however long the machine takes from here to there.
  const consent = consentNow();
  const answer = () => submissionOf(manifest, invitation, { drink: "tea" }, consent);
  const early = await answer();
  expect((await post(product, early)).status).toBe(202);
  await resultsWith(product, "apac", manifest.id, 2);
  const withdrawn = await fetch(`${product.running.edge}/v1/withdrawals`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ invitation }),
  });
  expect(withdrawn.status).toBe(202);
  await resultsWith(product, "apac", manifest.id, 1);
  expect(await codeOf(await post(product, await answer()))).toBe("403 consent-withdrawn");
  await aHumanPause();
  const later = { ...consentNow(), givenAt: new Date(Date.now() + 2000).toISOString() };
  expect(
    (await post(product, await submissionOf(manifest, invitation, { drink: "tea" }, later))).status,
  ).toBe(202);
  await resultsWith(product, "apac", manifest.id, 2);
});

test("an answer that does not fit the campaign is acknowledged sealed, and ends as a dead letter", async () => {
  const { invitation } = await invite(product, manifest, "eu", "odd@example.org");
  expect(
    (await post(product, await submissionOf(manifest, invitation, { drink: "cocoa" }))).status,
  ).toBe(202);
  const letters = () =>
    fetch(`${product.running.servers.eu}/v1/dead-letters`, {
      headers: { authorization: `Bearer ${product.keys.operator.token}` },
    });
  await expect
    .poll(async () => JSON.stringify(await (await letters()).json()), { timeout: 20_000 })
    .toContain("answer-invalid");
  expect((await resultsOf(product, "eu", manifest.id)).answers).toBe(2);
});

test("a server that is away and comes back has every acknowledged answer; apac says 503 instead", async () => {
  const before = (await resultsOf(product, "us", manifest.id)).answers;
  await product.running.children.us.kill9();
  await product.running.children.apac.kill9();
  for (let index = 0; index < 5; index++) {
    const { invitation } = await invite(product, manifest, "us", `away-${index}@example.org`);
    expect(
      (await post(product, await submissionOf(manifest, invitation, { drink: "tea" }))).status,
    ).toBe(202);
  }
  const { invitation } = await invite(product, manifest, "apac", "away@example.org");
  const refused = await post(product, await submissionOf(manifest, invitation, { drink: "tea" }));
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await codeOf(refused)).toBe("503 region-unavailable");
  await product.running.children.us.start();
  await product.running.children.apac.start();
  await resultsWith(product, "us", manifest.id, before + 5, 40_000);
});

const words = (): readonly string[] => [secretWord, "cocoa", "@example.org"];

test("nothing the edge stored, and no log, has an answer in the clear", async () => {
  const files = await readdir(product.folder, { recursive: true, withFileTypes: true });
  let looked = 0;
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    // Warehouse and stream are the region's own stores: opened answers are there and only there.
    // The built page is older than any answer, and its texts have addresses of their own.
    if (!file.isFile() || /duckdb|warehouse|stream\.db|\/build\//.test(path)) continue;
    looked += 1;
    const bytes = await readFile(path);
    for (const word of words()) expect(`${path} ${bytes.includes(word)}`).toBe(`${path} false`);
  }
  expect(looked).toBeGreaterThan(10);
});

test.each(regions)("what the edge handed to the stream of %s is sealed there", async (region) => {
  // One process at a time has the file.
  await product.running.children[region].stop();
  const stream = new DatabaseSync(join(product.folder, region, "stream.db"), { readOnly: true });
  /** Every key, header and value of the topics whose name begins so, as text. */
  const textOf = (prefix: string): string =>
    stream
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE ? || '%'")
      .all(prefix)
      .flatMap(({ name }) =>
        stream.prepare(`SELECT key, headers, hex(value) AS value FROM "${String(name)}"`).all(),
      )
      .map(({ key, headers, value }) =>
        [key, headers, Buffer.from(String(value), "hex").toString("latin1")].join(" "),
      )
      .join("\n");
  const sealed = textOf("answers.sealed.");
  expect(sealed).toContain("envelope");
  for (const word of words()) expect(sealed).not.toContain(word);
  // What ingest opened is beside it, or this test would find nothing anywhere.
  if (region === "eu") expect(textOf(`answers.${region}/`)).toContain(secretWord);
  stream.close();
});
