// Runs the whole product on this machine: one edge (workerd) and one server a region. The demo and the tests start it here.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deploymentFile, edgeFile, regionFile } from "../cli/keygen.ts";
import { regions, type Region } from "../sdk/region.ts";
import { Child } from "./child.ts";
import { workerdConfig } from "./workerd-config.ts";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));

export interface Ports {
  readonly edge: number;
  readonly servers: Readonly<Record<Region, number>>;
}

export interface Launch {
  /** Holds the processes' data and logs. */
  readonly folder: string;
  /** What `maily keygen` wrote. */
  readonly keysFolder: string;
  readonly pageFolder: string;
  readonly workerFile: string;
  readonly ports: Ports;
  /** Kafka brokers a region, such as "127.0.0.1:9092"; without it each region has its embedded stream. */
  readonly brokers?: Readonly<Record<Region, string>>;
  /** Where the edge finds each region's server, where something stands between them; else at the server itself. */
  readonly serverOrigins?: Readonly<Record<Region, string>>;
  /** What servers are started with beside the product's own. */
  readonly servers?: (region: Region) => ServerStart;
  /** The edge's binding TELEMETRY (edge/env.ts). */
  readonly telemetry?: string;
  /** A second port of the edge, for the entrypoint `control` of a worker that has one. */
  readonly controlPort?: number;
}

export interface ServerStart {
  /** Node's own, before the server's file. */
  readonly nodeArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Running {
  readonly edge: string;
  readonly servers: Readonly<Record<Region, string>>;
  readonly children: Readonly<Record<Region | "edge", Child>>;
  stop(): Promise<void>;
}

/** apac has no jurisdiction on the edge network: its answers are acknowledged by its own region's stream. */
export const durability = { eu: "outbox", us: "outbox", apac: "stream" } as const;

/** Outbox objects a region; on the network a region's peak a second ÷ 250, on one machine more add nothing. */
const shards = 1;

/** No proxy stands before this edge, which listens on this machine alone: whoever asks says where from. */
const countryHeader = "x-visitor-country";

const local = (port: number): string => `http://127.0.0.1:${port}`;

/** Where each region's server will be. */
export const originsOf = ({ servers }: Ports): Readonly<Record<Region, string>> => ({
  eu: local(servers.eu),
  us: local(servers.us),
  apac: local(servers.apac),
});

function serverOf(options: Launch, region: Region): Child {
  const port = options.ports.servers[region];
  const more = options.servers?.(region);
  return new Child({
    name: `the ${region} server`,
    command: process.execPath,
    arguments: [...(more?.nodeArguments ?? []), join(root, "server/main.ts")],
    environment: {
      MAILY_REGION: region,
      MAILY_HOST: "127.0.0.1",
      MAILY_PORT: String(port),
      MAILY_DATA_DIR: join(options.folder, region),
      MAILY_DEPLOYMENT: deploymentFile(options.keysFolder),
      MAILY_SECRETS: regionFile(options.keysFolder, region),
      MAILY_DURABILITY: durability[region],
      ...(options.brokers === undefined
        ? { MAILY_STREAM: "embedded" }
        : { MAILY_STREAM: "kafka", MAILY_KAFKA_BROKERS: options.brokers[region] }),
      ...more?.environment,
    },
    healthUrl: `${local(port)}/healthz`,
    logFile: join(options.folder, "log", `${region}.log`),
    mayBeAway: true,
  });
}

/** The platform's workerd binary: started directly, so that a kill reaches it and not the npm shim before it. */
function workerdBinary(): string {
  const { default: binary } = require("workerd") as { default: string }; // The package exports its binary's path.
  if (existsSync(binary)) return binary;
  throw new Error("workerd's binary is missing: run npm install again");
}

async function edgeOf(options: Launch): Promise<Child> {
  const dataDir = join(options.folder, "edge");
  const configFile = join(dataDir, "workerd.capnp");
  await mkdir(dataDir, { recursive: true });
  const links = Object.fromEntries(
    regions.map((region) => [
      region,
      {
        server: options.serverOrigins?.[region] ?? local(options.ports.servers[region]),
        durability: durability[region],
        shards,
      },
    ]),
  );
  const config = workerdConfig({
    workerFile: options.workerFile,
    pageDir: options.pageFolder,
    dataDir,
    port: options.ports.edge,
    ...(options.controlPort !== undefined && { controlPort: options.controlPort }),
    env: {
      REGIONS: JSON.stringify(links),
      DEPLOYMENT: await readFile(deploymentFile(options.keysFolder), "utf8"),
      SECRETS: await readFile(edgeFile(options.keysFolder), "utf8"),
      VISITORS: JSON.stringify({ countryHeader }),
      ...(options.telemetry !== undefined && { TELEMETRY: options.telemetry }),
    },
  });
  await writeFile(configFile, config, { mode: 0o600 });
  return new Child({
    name: "the edge",
    command: workerdBinary(),
    arguments: ["serve", "--experimental", configFile],
    environment: {},
    healthUrl: `${local(options.ports.edge)}/healthz`,
    logFile: join(options.folder, "log", "edge.log"),
    mayBeAway: true,
  });
}

/** Starts the region servers, then the edge; resolves when all answer, and stops what it started if one does not. */
export async function launch(options: Launch): Promise<Running> {
  const servers = Object.fromEntries(
    regions.map((region) => [region, serverOf(options, region)]),
  ) as Record<Region, Child>; // fromEntries loses the keys' type.
  const children = { ...servers, edge: await edgeOf(options) };
  const stop = async (): Promise<void> => {
    // The edge first: what it holds is durable, and the servers then drain what reached them.
    await children.edge.stop();
    await Promise.all(regions.map((region) => children[region].stop()));
  };
  try {
    await Promise.all(regions.map((region) => children[region].start()));
    await children.edge.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    edge: local(options.ports.edge),
    servers: originsOf(options.ports),
    children,
    stop,
  };
}
