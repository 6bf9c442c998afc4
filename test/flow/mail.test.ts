// Answers given inside mails, the whole way: nobody between the readers and their regions may learn what they chose.
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pairMilliseconds, severalMilliseconds } from "../../sdk/haste.ts";
import {
  code,
  everybodyAnswers,
  expectNothingTold,
  mailed,
  postForm,
  publishQuinces,
  words,
  type AmpCampaign,
  type Mailed,
} from "./amp-campaign.ts";
import { resultsOf, resultsWith, startProduct, type Product } from "./product.ts";

let product: Product;
let campaign: AmpCampaign;
let id = "";

beforeAll(async () => {
  product = await startProduct();
  campaign = await publishQuinces(product);
  ({ id } = campaign.manifest);
}, 120_000);
afterAll(() => product.stop());

test("a thousand readers answer inside their mails, and each region counts exactly its own", () =>
  everybodyAnswers(campaign));

/** What the edge handed to the embedded streams, and the raw bytes of everything else but what regions keep opened. */
async function dump(): Promise<{ records: Record<string, unknown>[]; files: [string, Buffer][] }> {
  const records: Record<string, unknown>[] = [];
  const files: [string, Buffer][] = [];
  const found = await readdir(product.folder, { recursive: true, withFileTypes: true });
  for (const file of found) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile() || /duckdb|warehouse|build|keys|campaign/i.test(path)) continue;
    if (path.endsWith("stream.db")) {
      const sealed = await streamRecords(path);
      records.push(...sealed);
      files.push([path, Buffer.from(JSON.stringify(sealed))]);
    } else if (!path.includes("stream.db")) files.push([path, await readFile(path)]);
  }
  return { records, files };
}

/** From a copy: the server holds its own file for itself. */
async function streamRecords(path: string): Promise<Record<string, unknown>[]> {
  const folder = await mkdtemp(join(tmpdir(), "maily-dump-"));
  for (const ending of ["", "-wal"])
    if (existsSync(path + ending))
      await copyFile(path + ending, join(folder, `stream.db${ending}`));
  const database = new DatabaseSync(join(folder, "stream.db"));
  try {
    // One table a partition. What ingest opened is on topics of its own.
    const tables = database.prepare(
      "SELECT name FROM sqlite_master WHERE name LIKE 'answers.sealed.%'",
    );
    return tables
      .all()
      .flatMap(({ name }) => database.prepare(`SELECT value FROM "${String(name)}"`).all())
      .map(({ value }) => JSON.parse(Buffer.from(value as Uint8Array).toString()) as never); // What intake wrote.
  } finally {
    database.close();
    await rm(folder, { recursive: true });
  }
}

test("nothing the edge or the streams stored says what anybody chose: no label, no index, no code twice", async () => {
  const { records, files } = await dump();
  const seen = expectNothingTold(
    records
      .filter(({ kind }) => kind === "choices")
      .map(({ choices }) => choices as Record<string, string[]>), // What the schema of the kind says.
  );
  // A positive control: the dump does find what is there.
  expect(files.some(([, bytes]) => bytes.includes([...seen][0] ?? ""))).toBe(true);
  for (const [path, bytes] of files)
    for (const word of words) expect(`${path} ${bytes.includes(word)}`).toBe(`${path} false`);
});

test("answers that were forged, spliced or moved count nowhere", async () => {
  const before = await resultsOf(product, "eu", id);
  const [mine, other] = [
    await mailed(campaign, "eu", "mine@example.org"),
    await mailed(campaign, "eu", "o@example.org"),
  ];
  const fruit = { fruit: [code(mine, 0, 1)] };
  const refused = await Promise.all([
    // No sender, another sender, a sender in the wrong version of the protocol: not a mail of this campaign.
    postForm(campaign, mine.invitation, fruit, {}),
    postForm(campaign, mine.invitation, fruit, { "amp-email-sender": "somebody@else.example" }),
    postForm(campaign, mine.invitation, fruit, { origin: "https://mail.example" }),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
  const letters = async (): Promise<number> => {
    const response = await fetch(`${product.running.servers.eu}/v1/dead-letters`, {
      headers: { authorization: `Bearer ${product.keys.operator.token}` },
    });
    return ((await response.text()).match(/choice-invalid/g) ?? []).length;
  };
  // The edge cannot tell these from good ones; the region does.
  const wrong: [Mailed, Record<string, string[]>][] = [
    [mine, { fruit: [code(other, 0, 1)] }],
    [mine, { fruit: [code(mine, 1, 1)] }],
    [mine, { fruit: ["AAAAAAAAAAAAAAAAAAAAAA"] }],
    [other, { fruit: [code(other, 0, 1)], liking: [code(other, 0, 2)] }],
  ];
  for (const [mail, choices] of wrong) {
    expect((await postForm(campaign, mail.invitation, choices)).status).toBe(202);
    await sleep(pairMilliseconds + 100);
  }
  await expect.poll(letters, { timeout: 20_000 }).toBe(wrong.length);
  expect(await resultsOf(product, "eu", id)).toMatchObject({ answers: before.answers });
});

/** Three answers so far apart are not held (SPEC §3.13). */
const unhurried = severalMilliseconds / 2 + 100;

test("a change of mind counts once, by its last; the same again adds nothing; a test send never counts", async () => {
  const before = await resultsOf(product, "us", id);
  const mail = await mailed(campaign, "us", "changes@example.org");
  const say = async (option: number): Promise<string> => {
    const response = await postForm(campaign, mail.invitation, { fruit: [code(mail, 0, option)] });
    expect(response.status).toBe(202);
    return ((await response.json()) as { receipt: string }).receipt;
  };
  const first = await say(3);
  expect(await say(3)).toBe(first);
  await sleep(unhurried);
  await say(7);
  await sleep(unhurried);
  expect(await say(3)).not.toBe(first);
  const results = await resultsWith(product, "us", id, before.answers + 1);
  await expect
    .poll(async () => (await resultsOf(product, "us", id)).submissions, {
      timeout: 20_000,
    })
    .toBe(before.submissions + 3);
  const count = async (option: number): Promise<number | undefined> =>
    (await resultsOf(product, "us", id)).questions[0]?.options?.[option]?.count;
  const had = (option: number): number => before.questions[0]?.options?.[option]?.count ?? 0;
  expect(await count(3)).toBe(had(3) + 1);
  expect(await count(7)).toBe(had(7));
  const trial = await mailed(campaign, "us", "trial@example.org", true);
  expect((await postForm(campaign, trial.invitation, { fruit: [code(trial, 0, 1)] })).status).toBe(
    202,
  );
  await sleep(1_000);
  expect((await resultsOf(product, "us", id)).answers).toBe(results.answers);
});

test("one click unsubscribes, a look at the address does not, and the sender is told whom to leave out", async () => {
  const { invitation } = await mailed(campaign, "apac", "leaves@example.org");
  const address = `${product.running.edge}/u/${invitation}`;
  const left = async (): Promise<string[]> => {
    const response = await fetch(
      `${product.running.servers.apac}/v1/campaigns/${id}/unsubscribed`,
      { headers: { authorization: `Bearer ${product.keys.tenant.token}` } },
    );
    const { readers } = (await response.json()) as { readers: { reader: string }[] };
    return readers.map(({ reader }) => reader);
  };
  for (const method of ["GET", "HEAD"]) expect((await fetch(address, { method })).status).toBe(200);
  await sleep(1_000);
  expect(await left()).toEqual([]);
  const click = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "List-Unsubscribe=One-Click",
  });
  expect(click.status).toBe(200);
  await expect.poll(left, { timeout: 20_000 }).toHaveLength(1);
});
