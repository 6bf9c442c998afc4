// Everything that is put through the faults: brokers, servers, the edge, and a network of ours between every two of them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeys, writeKeys, type Keys } from "../../cli/keygen.ts";
import { fetchManifest, publish } from "../../cli/publish.ts";
import { launch, type Running } from "../../demo/launch.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { ChoiceRoots } from "../../sdk/schema/deployment.ts";
import { freePorts, sampleWidget, yearMilliseconds } from "../flow/product.ts";
import { startBroker, type Broker } from "../peers/kafka/brokers.ts";
import { DeliveryProxy } from "./delivery-proxy.ts";
import type { StreamingPeer } from "../peers/snowflake/streaming-peer.ts";
import { TcpProxy } from "./proxy.ts";
import { ofRegions, type OfRegions } from "./of-regions.ts";
import { Random } from "./random.ts";
import { startSnowflake } from "./snowflake.ts";
import { Volume } from "./volume.ts";
import { buildChaosWorker } from "./worker-build.ts";

/** Keys, the campaign and consents are older than any clock here will jump back. */
const dayMilliseconds = 86_400_000;
export const sender = "hello@tea.example";

export interface WorldOptions {
  readonly seed: number;
  readonly stream: "kafka" | "embedded";
  /** Data on volumes of their own, which can be full. */
  readonly volumes: boolean;
  readonly brokenDrain: boolean;
  /** The folder stays when all is over. */
  readonly keep: boolean;
}

export interface World {
  readonly folder: string;
  readonly keys: Keys;
  readonly running: Running;
  readonly brokers: OfRegions<Broker> | undefined;
  /** Where readers find the edge. */
  readonly edgeProxy: TcpProxy;
  readonly serverProxies: OfRegions<TcpProxy>;
  readonly deliveries: OfRegions<DeliveryProxy>;
  readonly brokerProxies: OfRegions<TcpProxy> | undefined;
  /** Each region's Snowflake, as far as its streaming interface goes. */
  readonly snowflake: OfRegions<StreamingPeer>;
  readonly volumes: Readonly<Record<Region | "edge", Volume>> | undefined;
  /** Why there are none, where they were asked for. */
  readonly volumesRefused: string | undefined;
  readonly controlPort: number;
  readonly manifest: Manifest;
  readonly roots: ChoiceRoots;
  stop(): Promise<void>;
  /** True from the moment it is asked to stop. */
  isStopping(): boolean;
}

const local = (port: number): string => `http://127.0.0.1:${port}`;

export const clockFile = (folder: string, region: Region): string =>
  join(folder, `clock-${region}`);

async function mountAll(
  folder: string,
  keep: boolean,
  opened: AsyncDisposableStack,
): Promise<World["volumes"]> {
  const mount = async (name: string): Promise<Volume> => {
    const volume = await Volume.mount(join(folder, name));
    if (!keep) opened.defer(() => volume.unmount());
    return volume;
  };
  return { edge: await mount("edge"), ...(await ofRegions(mount)) };
}

/** Brokers that tell their clients of the proxies before them. */
async function startBrokers(
  folder: string,
  opened: AsyncDisposableStack,
): Promise<{ brokers: OfRegions<Broker>; brokerProxies: OfRegions<TcpProxy> }> {
  const proxies: Partial<Record<Region, TcpProxy>> = {};
  const brokers = await ofRegions(async (region) => {
    const [port = 0] = await freePorts(1);
    const proxy = await TcpProxy.open(port);
    opened.defer(() => proxy.close());
    proxies[region] = proxy;
    const broker = await startBroker({
      name: region,
      port,
      advertisedPort: proxy.port,
      dataDir: join(folder, `broker-${region}`),
      heapMegabytes: 256,
      fullCompiler: true,
    });
    opened.defer(() => broker.kill9());
    return broker;
  });
  return { brokers, brokerProxies: proxies as OfRegions<TcpProxy> }; // Filled beside the brokers.
}

async function publishSample(edge: string, keys: Keys): Promise<Pick<World, "manifest" | "roots">> {
  const { campaign, roots } = await publish(
    edge,
    {
      widget: sampleWidget,
      regions,
      senders: [sender],
      opensAt: new Date(Date.now() - dayMilliseconds).toISOString(),
      closesAt: new Date(Date.now() + yearMilliseconds).toISOString(),
    },
    keys.tenant,
  );
  const manifest = await fetchManifest(edge, campaign.id);
  if (manifest === undefined) throw new Error("published, but not there");
  return { manifest, roots };
}

/** The network between edge and servers: bytes that can be lost, and then requests that can come twice. */
async function startNetwork(
  seed: number,
  edgePort: number,
  servers: OfRegions<number>,
  opened: AsyncDisposableStack,
): Promise<Pick<World, "edgeProxy" | "serverProxies" | "deliveries">> {
  const deliveries = await ofRegions(async (region) => {
    const random = new Random(seed, 16 + regions.indexOf(region));
    const delivery = await DeliveryProxy.open(servers[region], random);
    opened.defer(() => delivery.close());
    return delivery;
  });
  const open = async (port: number): Promise<TcpProxy> => {
    const proxy = await TcpProxy.open(port);
    opened.defer(() => proxy.close());
    return proxy;
  };
  const serverProxies = await ofRegions((region) => open(deliveries[region].port));
  return { edgeProxy: await open(edgePort), serverProxies, deliveries };
}

/** Starts it all and publishes one campaign; stops what it started where something does not start. */
export async function startWorld(options: WorldOptions): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "maily-chaos-"));
  if (!options.keep) opened.defer(() => rm(folder, { recursive: true, force: true }));
  let volumesRefused: string | undefined;
  const volumes = options.volumes
    ? await mountAll(folder, options.keep, opened).catch((error: Error) => {
        volumesRefused = error.message.trim().split("\n").at(-1) ?? "refused";
        return undefined;
      })
    : undefined;
  const keys = await generateKeys(1, Date.now() - 2 * dayMilliseconds);
  const keysFolder = join(folder, "keys");
  await writeKeys(keysFolder, keys);
  const workerFile = join(folder, "worker.js");
  await buildChaosWorker(workerFile, options.brokenDrain);
  const pageFolder = join(folder, "page");
  await mkdir(pageFolder);
  for (const region of regions) await writeFile(clockFile(folder, region), "0");

  const kafka = options.stream === "kafka" ? await startBrokers(folder, opened) : undefined;
  const [edge = 0, controlPort = 0, eu = 0, us = 0, apac = 0] = await freePorts(5);
  const servers = { eu, us, apac };
  const network = await startNetwork(options.seed, edge, servers, opened);
  const { snowflake, environment } = await startSnowflake(options.seed, keysFolder, opened);
  const running = await launch({
    folder,
    keysFolder,
    pageFolder,
    workerFile,
    ports: { edge, servers },
    controlPort,
    serverOrigins: await ofRegions(async (region) => local(network.serverProxies[region].port)),
    servers: (region) => ({
      nodeArguments: ["--import", new URL("server-clock.ts", import.meta.url).href],
      environment: { MAILY_TEST_CLOCK: clockFile(folder, region), ...environment(region) },
    }),
    ...(kafka !== undefined && {
      brokers: await ofRegions(async (region) => `127.0.0.1:${kafka.brokerProxies[region].port}`),
    }),
  });
  opened.defer(() => running.stop());
  const published = await publishSample(running.edge, keys);
  const started = opened.move();
  let stopping = false;
  return {
    folder,
    keys,
    running,
    brokers: kafka?.brokers,
    brokerProxies: kafka?.brokerProxies,
    ...network,
    snowflake,
    volumes,
    volumesRefused,
    controlPort,
    ...published,
    stop: () => {
      stopping = true;
      return started.disposeAsync();
    },
    isStopping: () => stopping,
  };
}
