import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  choicesFile,
  readChoiceRoots,
  rootsFor,
  type RootsNeeded,
} from "../../cli/choice-roots.ts";
import { generateKeys, writeKeys, type Keys } from "../../cli/keygen.ts";
import { fetchManifest, newCampaignId, publish, type Publication } from "../../cli/publish.ts";
import { openChoiceRoot } from "../../sdk/node/choices.ts";
import { Problem } from "../../sdk/problem.ts";
import { regions, type Region } from "../../sdk/region.ts";
import { ChoiceRoots } from "../../sdk/schema/deployment.ts";
import { sampleWidget, startProduct, yearMilliseconds, type Product } from "../flow/product.ts";
import { bytesOf } from "./minting.ts";

const problemOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof Problem ? error.toJSON().detail : error),
  );

describe("roots of sealed choices", () => {
  let keys: Keys;
  let folder = "";
  let server: Server;
  let edge = "";
  /** What the edge says of its keys; a test may have it lie. */
  let directory: unknown;

  beforeAll(async () => {
    keys = await generateKeys(9, Date.now() - 60_000);
    server = createServer((_, response) => response.end(JSON.stringify(directory)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    edge = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server's address is one.
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "maily-publish-"));
    await writeKeys(folder, keys);
    ({ directory } = keys.deployment);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const needed = (more: Partial<RootsNeeded> = {}): RootsNeeded => ({
    edge,
    tenant: 9,
    campaign: "AAAAAAAAAAA",
    regions,
    published: [],
    folder,
    ...more,
  });

  test("each region opens its own, and the file is its owner's alone", async () => {
    const { choices, roots } = await rootsFor(needed());
    expect(choices.map(({ region }) => region)).toEqual(regions);
    for (const { region, keyId, enc, choiceRoot } of roots.roots) {
      const seed = keys.regions[region].keys.find((key) => key.keyId === keyId)?.seed ?? "";
      const scope = { tenant: 9, campaign: bytesOf("AAAAAAAAAAA"), region, keyId };
      const opened = await openChoiceRoot(bytesOf(enc), bytesOf(seed), scope);
      expect(opened).toEqual(bytesOf(choiceRoot));
      expect(choices).toContainEqual({ region, keyId, enc });
    }
    const file = choicesFile(folder, "AAAAAAAAAAA");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(ChoiceRoots.parse(JSON.parse(await readFile(file, "utf8")))).toEqual(roots);
  });

  test("are made once: again they are the same, and a new region's joins them", async () => {
    const first = await rootsFor(needed({ regions: ["eu"] }));
    expect(await rootsFor(needed({ regions: ["eu"] }))).toEqual(first);
    const second = await rootsFor(needed({ regions: ["us", "eu"], published: first.choices }));
    expect(second.choices.map(({ region }) => region)).toEqual(["us", "eu"]);
    expect(second.choices[1]).toEqual(first.choices[0]);
    expect(second.roots.roots).toEqual([first.roots.roots[0], expect.anything()]);
    const kept = await readChoiceRoots(folder, {
      id: "AAAAAAAAAAA",
      mail: { choices: second.choices },
    });
    expect(kept).toEqual(second.roots);
  });

  test("a region that goes keeps its root, and has the same when it comes back", async () => {
    const first = await rootsFor(needed({ regions: ["eu", "us"] }));
    const without = await rootsFor(needed({ regions: ["eu"], published: first.choices }));
    expect(without.choices).toHaveLength(1);
    const back = await rootsFor(needed({ regions: ["eu", "us"], published: without.choices }));
    expect(back.choices).toEqual(first.choices);
  });

  test("a lost file is told, and nothing is made in its place", async () => {
    const { choices } = await rootsFor(needed());
    await rm(choicesFile(folder, "AAAAAAAAAAA"));
    expect(await problemOf(rootsFor(needed({ published: choices })))).toContain("from a copy");
    await expect(stat(choicesFile(folder, "AAAAAAAAAAA"))).rejects.toMatchObject({
      code: "ENOENT",
    });
    const campaign = { id: "AAAAAAAAAAA", mail: { choices } };
    expect(await problemOf(readChoiceRoots(folder, campaign))).toContain("maily publish");
    expect(await problemOf(readChoiceRoots(folder, { id: "AAAAAAAAAAA" }))).toContain(
      "takes no answers inside mail",
    );
  });

  test("another file in its place is told: of another campaign, other roots, another shape", async () => {
    const { choices } = await rootsFor(needed());
    const file = choicesFile(folder, "AAAAAAAAAAA");
    const mine = await readFile(file, "utf8");
    const other = await rootsFor(needed({ campaign: "AAAAAAAAAAE" }));
    const read = (): Promise<unknown> =>
      problemOf(readChoiceRoots(folder, { id: "AAAAAAAAAAA", mail: { choices } }));
    await writeFile(file, JSON.stringify(other.roots));
    expect(await read()).toContain("is of the campaign AAAAAAAAAAE");
    await writeFile(file, JSON.stringify({ ...other.roots, campaign: "AAAAAAAAAAA" }));
    expect(await read()).toContain("put back its copy");
    expect(await problemOf(rootsFor(needed({ published: choices })))).toContain("from a copy");
    await writeFile(file, mine.slice(0, 100));
    expect(await read()).toContain("is not JSON");
    await writeFile(file, mine);
    expect(await read()).toBeUndefined();
  });

  const lies: [string, (own: Keys, foreign: Keys) => unknown, string][] = [
    [
      "keys of another deployment",
      (_, foreign) => foreign.deployment.directory,
      "not signed by this deployment's root key",
    ],
    [
      "another deployment's keys under our root's name",
      (own, foreign) => ({
        ...foreign.deployment.directory,
        root: own.deployment.directory.root,
      }),
      "not signed by this deployment's root key",
    ],
    [
      "one key whose region was changed",
      ({ deployment: { directory: own } }) => ({
        ...own,
        keys: own.keys.map((key, index) => (index === 0 ? { ...key, region: "us" } : key)),
      }),
      "not signed by this deployment's root key",
    ],
    [
      "no key of a region",
      ({ deployment: { directory: own } }) => ({
        ...own,
        keys: own.keys.filter(({ region }) => region !== "apac"),
      }),
      "no active key of apac",
    ],
    [
      "keys of later alone",
      ({ deployment: { directory: own } }) => ({
        ...own,
        keys: own.keys.filter(({ notBefore }) => Date.parse(notBefore) > Date.now()),
      }),
      "no active key of eu",
    ],
  ];
  for (const [what, lie, detail] of lies)
    test(`an edge that gives ${what} gets nothing sealed`, async () => {
      directory = lie(keys, await generateKeys(9, Date.now() - 60_000));
      expect(await problemOf(rootsFor(needed()))).toContain(detail);
      await expect(stat(choicesFile(folder, "AAAAAAAAAAA"))).rejects.toMatchObject({
        code: "ENOENT",
      });
    });
});

const publication = (id: string, more: Partial<Publication> = {}): Publication => ({
  widget: sampleWidget,
  id,
  regions: ["eu"],
  opensAt: new Date(Date.now() - 60_000).toISOString(),
  closesAt: "2030-01-01T00:00:00.000Z",
  ...more,
});

describe("publishing to a whole deployment", () => {
  let product: Product;
  let folder = "";
  beforeAll(async () => {
    product = await startProduct();
    folder = join(product.folder, "keys");
  }, 120_000);
  afterAll(() => product.stop());

  test("the manifest carries each region's choices and the senders; a republication keeps them, and the roots", async () => {
    const id = newCampaignId();
    const { edge } = product.running;
    const secrets = product.keys.tenant;
    const opensAt = new Date(Date.now() - 60_000).toISOString();
    const first = await publish(
      edge,
      publication(id, { opensAt, senders: ["Hello@Sender.example"] }),
      secrets,
      folder,
    );
    const manifest = await fetchManifest(edge, id);
    expect(manifest?.mail).toEqual(first.campaign.mail);
    expect(manifest?.mail?.senders).toEqual(["hello@sender.example"]);
    const again = await publish(edge, publication(id, { opensAt }), secrets, folder);
    expect(again).toEqual({ ...first, changed: false });
    const wide: Region[] = ["eu", "us"];
    const second = await publish(edge, publication(id, { regions: wide }), secrets, folder);
    expect(second.campaign).toMatchObject({
      revision: 2,
      mail: { senders: ["hello@sender.example"] },
    });
    expect(second.campaign.mail?.choices[0]).toEqual(first.campaign.mail?.choices[0]);
    expect(second.roots.roots[0]).toEqual(first.roots.roots[0]);
    expect(await readChoiceRoots(folder, second.campaign)).toEqual(second.roots);
  });

  test("with its roots lost nothing is published, and the edge keeps what it has", async () => {
    const id = newCampaignId();
    const { edge } = product.running;
    const secrets = product.keys.tenant;
    await publish(edge, publication(id), secrets, folder);
    const before = await fetchManifest(edge, id);
    await rm(choicesFile(folder, id));
    const closesAt = new Date(Date.now() + yearMilliseconds).toISOString();
    const lost = publish(edge, publication(id, { closesAt }), secrets, folder);
    expect(await problemOf(lost)).toContain("does not hold the root");
    expect(await fetchManifest(edge, id)).toEqual(before);
  });

  test("what has a place in mails already sent keeps it; more may come after", async () => {
    const id = newCampaignId();
    const { edge } = product.running;
    const opensAt = new Date(Date.now() - 60_000).toISOString();
    const publishing = (questions: Publication["widget"]["questions"]) =>
      publish(
        edge,
        publication(id, { opensAt, widget: { ...sampleWidget, questions } }),
        product.keys.tenant,
        folder,
      );
    const [drink, ...others] = sampleWidget.questions;
    if (drink?.kind !== "single-choice") throw new Error("the sample widget is another");
    await publishing(sampleWidget.questions);
    const swapped = { ...drink, options: drink.options.toReversed() };
    expect(await problemOf(publishing([swapped, ...others]))).toContain("The option `tea`");
    expect(await problemOf(publishing([...others, drink]))).toContain("The question `drink`");
    expect(await problemOf(publishing(others))).toContain("The question `drink`");
    const more = { ...drink, options: [...drink.options, { id: "water", text: "Water" }] };
    const { campaign } = await publishing([more, ...others, { ...drink, id: "second" }]);
    expect(campaign.revision).toBe(2);
  });

  test("without a folder an earlier publication's choices stay published", async () => {
    const id = newCampaignId();
    const { edge } = product.running;
    const first = await publish(edge, publication(id), product.keys.tenant);
    expect(first.roots.roots).toHaveLength(1);
    const closesAt = new Date(Date.now() + yearMilliseconds).toISOString();
    const second = await publish(edge, publication(id, { closesAt }), product.keys.tenant);
    expect(second.campaign.mail).toEqual(first.campaign.mail);
    expect(second.roots.roots).toEqual([]);
  });
});
