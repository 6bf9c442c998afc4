// The edge as a process of its own, on plain workerd, with peers in place of the regions' servers.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import { Child } from "../../demo/child.ts";
import { buildWorker } from "../../demo/edge-build.ts";
import { workerdConfig } from "../../demo/workerd-config.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { freePorts } from "../flow/product.ts";
import { campaignOf, publication, signCampaign } from "./fixture.ts";
import { IntakePeer } from "./intake-peer.ts";

const require = createRequire(import.meta.url);
const { default: workerd } = require("workerd") as { default: string }; // The package exports its binary's path.

export interface EdgeProcess {
  readonly origin: string;
  readonly folder: string;
  readonly keys: Keys;
  readonly child: Child;
  readonly peers: Readonly<Record<Region, IntakePeer>>;
  /** What the edge is configured with from its next start on, for every region that has an outbox. */
  configure(changes: LinkChanges): Promise<void>;
  stop(): Promise<void>;
}

/** Members of a `RegionLink`. */
export interface LinkChanges {
  readonly shards?: number;
  readonly before?: readonly { readonly shards: number }[];
  readonly compression?: "gzip";
}

export interface EdgeProcessOptions {
  /** Where its files are; without it a folder of its own, which is removed in the end. */
  readonly folder?: string;
  readonly shards?: number;
  /** Peers that do not check every record's shape. */
  readonly trusting?: boolean;
}

/** Peers in place of three regions' servers, and what REGIONS says of them. */
export async function startPeers(keys: Keys, { shards = 1, trusting = false } = {}) {
  const peers = {
    eu: new IntakePeer("eu", keys.edge.forwardKeys.eu!, trusting),
    us: new IntakePeer("us", keys.edge.forwardKeys.us!, trusting),
    apac: new IntakePeer("apac", keys.edge.forwardKeys.apac!, trusting),
  };
  await Promise.all(Object.values(peers).map((peer) => peer.listen()));
  const links = {
    eu: { server: peers.eu.origin, durability: "outbox", shards },
    us: { server: peers.us.origin, durability: "outbox", shards },
    apac: { server: peers.apac.origin, durability: "stream" },
  };
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(peers).map((peer) => peer.close()));
  };
  return { peers, links, close };
}

/** Peers for three regions and an edge before them; nothing is published yet. */
export async function startEdge(options: EdgeProcessOptions = {}): Promise<EdgeProcess> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "maily-edge-")));
  const keys = await generateKeys(1, Date.now() - 60_000);
  const { peers, links, close } = await startPeers(keys, options);
  const [port = 0] = await freePorts(1);
  const dataDir = join(folder, "edge");
  const pageDir = join(folder, "page");
  const workerFile = join(folder, "worker.js");
  await mkdir(dataDir, { recursive: true });
  await mkdir(pageDir, { recursive: true });
  await buildWorker(workerFile);
  const configFile = join(dataDir, "workerd.capnp");
  const configure = (changes: LinkChanges): Promise<void> =>
    writeFile(
      configFile,
      workerdConfig({
        workerFile,
        pageDir,
        dataDir,
        port,
        env: {
          REGIONS: JSON.stringify({
            ...links,
            eu: { ...links.eu, ...changes },
            us: { ...links.us, ...changes },
          }),
          DEPLOYMENT: JSON.stringify(keys.deployment),
          SECRETS: JSON.stringify(keys.edge),
        },
      }),
    );
  await configure({});
  const origin = `http://127.0.0.1:${port}`;
  const child = new Child({
    name: "the edge",
    command: workerd,
    arguments: ["serve", "--experimental", configFile],
    environment: {},
    // Wakes no object: what drains after a start, drains by itself.
    healthUrl: `${origin}/v1/keys`,
    logFile: join(folder, "edge.log"),
  });
  await child.start();
  const stop = async (): Promise<void> => {
    await child.stop();
    await close();
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  return { origin, folder, keys, child, peers, configure, stop };
}

/** Publishes a campaign that is open in all regions. */
export async function publishTo(
  edge: EdgeProcess,
  changes: Partial<Campaign> = {},
): Promise<Campaign> {
  const { tenant } = edge.keys;
  const campaign = await campaignOf(tenant, changes);
  const { path, ...request } = await publication(await signCampaign(campaign, tenant), tenant);
  const response = await fetch(edge.origin + path, request);
  if (response.status !== 201) throw new Error(`publishing answered ${await response.text()}`);
  return campaign;
}
