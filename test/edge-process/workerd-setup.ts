// What the tests inside workerd stand on: keys, peers in place of the regions' servers, a folder with a page.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { TestProject } from "vitest/node";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import type { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { startPeers } from "./edge-process.ts";

/** What a test inside workerd is given. */
export interface ProvidedEdge {
  readonly bindings: Readonly<Record<"REGIONS" | "DEPLOYMENT" | "SECRETS" | "VISITORS", string>>;
  readonly keys: Keys;
  /** A second tenant of the same deployment. */
  readonly other: TenantSecrets;
  readonly peers: Readonly<Record<"eu" | "us" | "apac", string>>;
  readonly pageFolder: string;
}

declare module "vitest" {
  // eslint-disable-next-line typescript/consistent-type-definitions -- vitest's own interface, extended as its manual says
  interface ProvidedContext {
    edge: ProvidedEdge;
  }
}

async function writePage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "maily-page-"));
  await mkdir(join(folder, "assets"));
  await mkdir(join(folder, "embed"));
  const files = {
    "index.html": "<!doctype html><title>Page</title>",
    "preferences.html": "<!doctype html><title>Preferences</title>",
    "unsubscribe.html": "<!doctype html><title>Unsubscribe</title>",
    "docs.html": "<!doctype html><title>Docs</title>",
    "assets/page-1a2b.js": "1;",
    "sw.js": "/* worker */",
    "embed.js": "2;",
    "embed/3c4d.js": "3;",
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(text));
  }
  return folder;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const keys = await generateKeys(1, Date.now() - 60_000);
  const { tenant: other, deployment: otherDeployment } = await generateKeys(2, Date.now());
  const deployment = {
    ...keys.deployment,
    operatorKeys: [...keys.deployment.operatorKeys, ...otherDeployment.operatorKeys],
  };
  const { peers, links, close } = await startPeers(keys);
  const pageFolder = await writePage();
  project.provide("edge", {
    bindings: {
      REGIONS: JSON.stringify(links),
      DEPLOYMENT: JSON.stringify(deployment),
      SECRETS: JSON.stringify(keys.edge),
      VISITORS: JSON.stringify({ countryHeader: "x-country" }),
    },
    keys: { ...keys, deployment },
    other,
    peers: { eu: peers.eu.origin, us: peers.us.origin, apac: peers.apac.origin },
    pageFolder,
  });
  return async () => {
    await close();
    await rm(pageFolder, { recursive: true, force: true });
  };
}
