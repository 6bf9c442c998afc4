// Every kind of key is replaced while readers go on answering: each answer that was acknowledged arrives, and nobody is refused.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askLive } from "../../cli/deploy/live.ts";
import { readKeyFiles } from "../../cli/deploy/key-files.ts";
import { planOf, refusals } from "../../cli/deploy/plan.ts";
import { readTarget } from "../../cli/deploy/target.ts";
import { deploymentFile, edgeFile, tenantFile } from "../../cli/keygen.ts";
import { publish } from "../../cli/publish.ts";
import { readJson } from "../../cli/read-json.ts";
import { buildPage } from "../../demo/build.ts";
import { durability } from "../../demo/launch.ts";
import { workerdConfig } from "../../demo/workerd-config.ts";
import { fromBase64url } from "../../sdk/bytes.ts";
import { verifyEd25519 } from "../../sdk/ed25519.ts";
import { verifyReceipt } from "../../sdk/receipt.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Deployment, TenantSecrets } from "../../sdk/schema/deployment.ts";
import { KeyDirectory } from "../../sdk/schema/key-config.ts";
import { signedBytes } from "../../sdk/signed.ts";
import { Readers } from "./answering-readers.ts";
import {
  invite,
  publishWidget,
  resultsOf,
  resultsWith,
  sampleWidget,
  startProduct,
  submissionOf,
  yearMilliseconds,
  type Product,
} from "./product.ts";

const run = promisify(execFile);
/** Until a new region key begins: its server and the edge are restarted before. */
const aheadMilliseconds = 12_000;

let product: Product;
let manifest: Manifest;
let keysFolder: string;
let pageFolder: string;
beforeAll(async () => {
  product = await startProduct();
  keysFolder = join(product.folder, "keys");
  pageFolder = join(product.folder, "build", "page");
  manifest = await publishWidget(product);
}, 120_000);
afterAll(() => product.stop());

const bytes = (text: string) => fromBase64url(text) ?? new Uint8Array();

const maily = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, ["cli/main.ts", ...args, "--keys", keysFolder])).stdout;

const restart = async (region: Region): Promise<void> => {
  await product.running.children[region].stop();
  await product.running.children[region].start();
};

/** As `maily deploy` does on the network: refused where it would lose anything, then the edge with what the folder has. */
async function deployEdge(part: "all" | "public" = "all"): Promise<void> {
  const { edge: origin, servers, children } = product.running;
  const target = await readTarget(join(product.folder, "wrangler.toml"), "production");
  const plan = await planOf({
    target,
    keys: await readKeyFiles(keysFolder),
    live: await askLive(origin),
    deployed: undefined,
    adopt: true,
    routes: [...(await askLive(origin)).routes.keys()],
    now: Date.now(),
  });
  expect(refusals(plan)).toEqual([]);
  const links = Object.fromEntries(
    regions.map((region) => [
      region,
      { server: servers[region], durability: durability[region], shards: 1 },
    ]),
  );
  secrets = part === "public" ? secrets : await readFile(edgeFile(keysFolder), "utf8");
  const dataDir = join(product.folder, "edge");
  const config = workerdConfig({
    workerFile: join(product.folder, "build", "worker.js"),
    pageDir: pageFolder,
    dataDir,
    port: Number(new URL(origin).port),
    env: {
      REGIONS: JSON.stringify(links),
      DEPLOYMENT: await readFile(deploymentFile(keysFolder), "utf8"),
      SECRETS: secrets,
    },
  });
  await writeFile(join(dataDir, "workerd.capnp"), config, { mode: 0o600 });
  await children.edge.stop();
  await children.edge.start();
}
/** What the edge runs with. */
let secrets: string;

const directory = async (): Promise<KeyDirectory> =>
  KeyDirectory.parse(await (await fetch(`${product.running.edge}/v1/keys`)).json());

test(
  "region, forward, operator, receipt and root keys change under load, and nothing is lost",
  { timeout: 300_000 },
  async () => {
    secrets = await readFile(edgeFile(keysFolder), "utf8");
    const config = (await readFile("wrangler.toml", "utf8")).replaceAll(".example", ".tea.test");
    await writeFile(join(product.folder, "wrangler.toml"), config);
    const firstRoot = (await directory()).root;
    const readers = new Readers(product, manifest.id);
    await readers.more(3);

    // A region's key. What was sealed to the old one before, and is sent after, is taken.
    const { invitation } = await invite(product, manifest, "eu", "offline@example.org");
    const offline = await submissionOf(manifest, invitation, { drink: "coffee" });
    const starts = Date.now() + aheadMilliseconds;
    const said = await maily(
      "rotate",
      "region",
      "--region",
      "eu",
      "--starts",
      new Date(starts).toISOString(),
    );
    expect(said).toContain("restart the eu server with region-eu.json");
    await restart("eu");
    await deployEdge();
    await readers.more(2);
    await sleep(Math.max(0, starts - Date.now()) + 500);
    await readers.more(3);
    expect(readers.acknowledged.findLast(({ region }) => region === "eu")?.keyId).toBe(7);
    await readers.send("eu", offline);

    // A forward key: server first, edge second, then the old one out.
    await maily("rotate", "forward", "--region", "us");
    await restart("us");
    await readers.more(2);
    await deployEdge();
    await readers.more(2);
    await maily("rotate", "retire", "--forward");
    await restart("us");
    await readers.more(2);

    // A tenant's operator key: the old file publishes for a while, and the new one at once.
    const oldTenant = product.keys.tenant;
    await maily("rotate", "operator");
    for (const region of regions) await restart(region);
    await deployEdge();
    const newTenant = await readJson(tenantFile(keysFolder, 1), TenantSecrets);
    expect(newTenant.operatorKey.keyId).toBe("tenant-1-2");
    for (const tenant of [oldTenant, newTenant]) {
      const closesAt = new Date(Date.now() + yearMilliseconds).toISOString();
      const { changed } = await publish(
        product.running.edge,
        { widget: sampleWidget, regions, closesAt },
        tenant,
      );
      expect(changed).toBe(true);
    }
    await readers.more(2);

    // The receipt key: listed first, signed with second.
    await maily("rotate", "receipt");
    await deployEdge("public");
    await readers.more(2);
    await deployEdge();
    await readers.more(2);

    // The root key: a page built anew with it.
    await maily("rotate", "root");
    const rotated = await readJson(deploymentFile(keysFolder), Deployment);
    pageFolder = join(product.folder, "page-of-the-new-root");
    await buildPage(pageFolder, rotated.directory.root);
    await deployEdge();
    await readers.more(3);
    await readers.stop();

    expect(readers.refused).toEqual([]);
    const { root, keys, receiptKeys } = await directory();
    expect(root).not.toBe(firstRoot);
    for (const { signature, ...key } of keys)
      expect(
        await verifyEd25519(bytes(root), bytes(signature), signedBytes("key-config", key)),
      ).toBe(true);
    // Every receipt that any reader was given can be verified, whichever key signed it.
    expect(receiptKeys).toHaveLength(2);
    const signedBy = await Promise.all(
      readers.acknowledged.map(async ({ receipt }) => {
        const verified = await Promise.all(
          receiptKeys.map(({ publicKey }) =>
            verifyReceipt(receipt, bytes(publicKey)).catch(() => undefined),
          ),
        );
        return verified.findIndex((each) => each !== undefined);
      }),
    );
    expect(new Set(signedBy)).toEqual(new Set([0, 1]));

    for (const region of regions) {
      const acknowledged = readers.acknowledged.filter((each) => each.region === region).length;
      await resultsWith(product, region, manifest.id, acknowledged, 60_000);
      expect((await resultsOf(product, region, manifest.id)).submissions).toBe(acknowledged);
      const letters = await fetch(`${product.running.servers[region]}/v1/dead-letters`, {
        headers: { authorization: `Bearer ${product.keys.operator.token}` },
      });
      expect(await letters.json()).toMatchObject({ deadLetters: [] });
    }
    console.log(
      `${readers.acknowledged.length} answers acknowledged through five rotations, all in their region's warehouse`,
    );
  },
);

test("a deployment of other keys than the live ones is refused by its plan", async () => {
  const { generateKeys } = await import("../../cli/keygen.ts");
  const other = await generateKeys(1, Date.now());
  const plan = await planOf({
    target: await readTarget(join(product.folder, "wrangler.toml"), "production"),
    keys: { deployment: other.deployment, edge: other.edge, regions: other.regions },
    live: await askLive(product.running.edge),
    deployed: undefined,
    adopt: true,
    routes: [],
    now: Date.now(),
  });
  const refused = refusals(plan).map(({ what }) => what);
  expect(refused).toContain("region key 7 (eu) is taken out");
  expect(refused).toContain("region key 1 (eu) is another key than the one that is live");
  expect(refused).toContain("route POST /v1/answers is gone");
});
