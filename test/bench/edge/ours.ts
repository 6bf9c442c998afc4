// Our edge as an operator runs it on plain workerd: before a peer that takes all, or before a real region's server.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  deploymentFile,
  generateKeys,
  regionFile,
  writeKeys,
  type Keys,
} from "../../../cli/keygen.ts";
import { buildWorker } from "../../../demo/edge-build.ts";
import { Child } from "../../../demo/child.ts";
import { workerdConfig } from "../../../demo/workerd-config.ts";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import { campaignOf, publication, signCampaign } from "../../edge-process/fixture.ts";
import { IntakePeer } from "../../edge-process/intake-peer.ts";
import { freePorts } from "../../flow/product.ts";
import type { Contender } from "./contender.ts";
import { workerdBinary } from "./bare.ts";
import { endWithUs } from "./processes.ts";

const local = (port: number): string => `http://127.0.0.1:${port}`;

export interface OursOptions {
  readonly name: string;
  /** Kafka, behind a real server of the region; without it a peer takes what is delivered. */
  readonly broker?: string;
  /** Where the edge reaches the region, if not directly: a link that can be cut. */
  readonly through?: (port: number) => Promise<number>;
  /** Another worker than the edge itself, written to the file it is given. */
  readonly build?: (outFile: string) => Promise<void>;
  /** Changes the text of workerd's configuration. */
  readonly configure?: (text: string) => string;
}

export interface Ours extends Contender {
  readonly keys: Keys;
  readonly campaign: Campaign;
  readonly folder: string;
  readonly edge: Child;
  readonly server: Child | undefined;
  readonly peer: IntakePeer | undefined;
}

async function startServer(
  folder: string,
  broker: string,
): Promise<{ child: Child; port: number }> {
  const [port = 0] = await freePorts(1);
  const child = new Child({
    name: "the eu server",
    command: process.execPath,
    arguments: [new URL("../../../server/main.ts", import.meta.url).pathname],
    environment: {
      MAILY_REGION: "eu",
      MAILY_HOST: "127.0.0.1",
      MAILY_PORT: String(port),
      MAILY_DATA_DIR: join(folder, "eu"),
      MAILY_DEPLOYMENT: deploymentFile(join(folder, "keys")),
      MAILY_SECRETS: regionFile(join(folder, "keys"), "eu"),
      MAILY_DURABILITY: "outbox",
      MAILY_STREAM: "kafka",
      MAILY_KAFKA_BROKERS: broker,
    },
    healthUrl: `${local(port)}/healthz`,
    logFile: join(folder, "eu.log"),
  });
  endWithUs(child);
  await child.start();
  return { child, port };
}

interface EdgeOptions extends Pick<OursOptions, "build" | "configure"> {
  readonly folder: string;
  readonly keys: Keys;
  readonly port: number;
  readonly server: string;
}

async function startEdge(options: EdgeOptions): Promise<Child> {
  const { folder, keys, port, server, build = buildWorker, configure = (text) => text } = options;
  const dataDir = join(folder, "edge");
  const pageDir = join(folder, "page");
  const workerFile = join(folder, "worker.js");
  await mkdir(dataDir, { recursive: true });
  await mkdir(pageDir, { recursive: true });
  await build(workerFile);
  const env = {
    REGIONS: JSON.stringify({ eu: { server, durability: "outbox", shards: 1 } }),
    DEPLOYMENT: JSON.stringify(keys.deployment),
    SECRETS: JSON.stringify(keys.edge),
  };
  const configFile = join(dataDir, "workerd.capnp");
  await writeFile(
    configFile,
    configure(workerdConfig({ workerFile, pageDir, dataDir, port, env })),
  );
  const child = new Child({
    name: "the edge",
    command: workerdBinary,
    arguments: ["serve", "--experimental", configFile],
    environment: {},
    healthUrl: `${local(port)}/v1/keys`,
    logFile: join(folder, "edge.log"),
  });
  endWithUs(child);
  await child.start();
  return child;
}

async function publish(edge: string, keys: Keys): Promise<Campaign> {
  const campaign = await campaignOf(keys.tenant, { regions: ["eu"] });
  const { path, ...request } = await publication(
    await signCampaign(campaign, keys.tenant),
    keys.tenant,
  );
  const response = await fetch(edge + path, request);
  if (response.status !== 201) throw new Error(`publishing answered ${await response.text()}`);
  return campaign;
}

/** Everything started, and a campaign published. */
export async function startOurs(options: OursOptions): Promise<Ours> {
  const folder = await mkdtemp(join(tmpdir(), "maily-bench-edge-"));
  const keys = await generateKeys(1, Date.now() - 60_000);
  await writeKeys(join(folder, "keys"), keys);
  const server =
    options.broker === undefined ? undefined : await startServer(folder, options.broker);
  const key = keys.edge.forwardKeys.eu;
  if (key === undefined) throw new Error("no forward key");
  const peer = server === undefined ? new IntakePeer("eu", key, true) : undefined;
  await peer?.listen();
  const direct = server?.port ?? Number(new URL(peer?.origin ?? "").port);
  const intake = local(options.through === undefined ? direct : await options.through(direct));
  const [port = 0] = await freePorts(1);
  const shared = { folder, keys, port };
  const { configure, build } = options;
  const edge = await startEdge({
    ...shared,
    server: intake,
    ...(build && { build }),
    ...(configure && { configure }),
  });
  const campaign = await publish(local(port), keys);
  const drained = async (answers: number): Promise<void> => {
    if (peer === undefined) return;
    while (peer.taken.length < answers) await sleep(20);
    // What it has seen is of no more use, and would fill the memory of a long run.
    peer.taken.splice(0);
  };
  const stop = async (): Promise<void> => {
    await edge.stop();
    await server?.child.stop();
    await peer?.close();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    name: options.name,
    port,
    processes: [
      { name: "workerd", pid: () => edge.pid ?? 0 },
      ...(server ? [{ name: "server", pid: () => server.child.pid ?? 0 }] : []),
    ],
    keys,
    campaign,
    folder,
    edge,
    server: server?.child,
    peer,
    drained,
    stop,
  };
}
