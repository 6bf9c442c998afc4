// `npm start`: the whole product on this machine, in one terminal.
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { serve, type ServerType } from "@hono/node-server";
import {
  completeKeys,
  deploymentFile,
  generateKeys,
  tenantFile,
  writeKeys,
} from "../cli/keygen.ts";
import { readJson } from "../cli/read-json.ts";
import { Deployment, TenantSecrets } from "../sdk/schema/deployment.ts";
import { buildIfStale } from "./build.ts";
import type { Child } from "./child.ts";
import { Desk } from "./desk/desk.ts";
import { fillDesk } from "./desk/fill.ts";
import { agentTokens, prepareAgents } from "./desk/keys.ts";
import { publishEverything } from "./everything.ts";
import { launch, originsOf, type Running } from "./launch.ts";
import { endLeftovers, notePids } from "./leftovers.ts";
import { inviteReaders } from "./samples.ts";
import { shopOf, shopWeb } from "./shop.ts";
import { demoWeb } from "./web.ts";

const tenant = 1;
const restartMilliseconds = 500;
/** A process that ends more often than this is not started again. */
const restartsMax = 20;

const progress = (line: string): void => console.log(`  ${line}`);

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** A port that was just left may be held a moment longer. */
const portMilliseconds = { patience: 3_000, poll: 100 } as const;

/** The port that was got, or why not: `EADDRINUSE`, say. */
const tryPort = (port: number): Promise<number | string> =>
  new Promise((done) => {
    const holder = createServer();
    holder.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    holder.listen(port, "127.0.0.1", () => {
      const address = holder.address();
      const got = typeof address === "object" && address !== null ? address.port : port;
      holder.close(() => done(got));
    });
  });

/** The port asked for, or one that the system chooses where 0 is asked. Rejects with the port's number in words. */
async function reserve(port: number): Promise<number> {
  const deadline = Date.now() + portMilliseconds.patience;
  let got = await tryPort(port);
  while (got === "EADDRINUSE" && Date.now() < deadline) {
    await sleep(portMilliseconds.poll);
    got = await tryPort(port);
  }
  if (typeof got === "number") return got;
  throw new Error(
    got === "EADDRINUSE"
      ? `Port ${port} is taken. Stop what listens there (perhaps another Maily), or choose another: PORT=5000 npm start`
      : `Port ${port} cannot be used (${got}). Choose another: PORT=5000 npm start`,
  );
}

/** Nobody links to the region servers: where the port after the edge's is taken, any other does. */
const reserveNear = (port: number): Promise<number> => reserve(port).catch(() => reserve(0));

function portAsked(): number {
  const text = process.env["PORT"] ?? "4321";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_534)
    fail(
      `PORT is "${text}"; it must be a number from 1 to 65534. The edge takes the port after it.`,
    );
  return port;
}

function keepAlive(running: Running, folder: string): void {
  let restarts = 0;
  const watch = (child: Child): void =>
    child.onLoss(() => {
      restarts += 1;
      if (restarts > restartsMax)
        fail(`${child.options.name} keeps ending; its log is ${child.options.logFile}`);
      console.error(
        `${child.options.name} ended; starting it again. Nothing acknowledged is lost.`,
      );
      setTimeout(() => {
        child.start().then(
          () => {
            watch(child);
            return notePids(folder, pidsOf(running));
          },
          (error: Error) => fail(error.message),
        );
      }, restartMilliseconds);
    });
  for (const child of Object.values(running.children)) watch(child);
}

const pidsOf = (running: Running): number[] =>
  Object.values(running.children).flatMap((child) => child.pid ?? []);

function stopOnSignal(running: Running, servers: readonly ServerType[], desk: Desk): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    desk.stop();
    for (const server of servers) server.close();
    running.stop().then(
      () => process.exit(0),
      (error: Error) => fail(error.message),
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      fresh: { type: "boolean", default: false },
      data: { type: "string", default: ".maily" },
    },
  });
  const folder = resolve(values.data);
  const port = portAsked();
  await endLeftovers(folder);
  await reserve(port);
  const ports = {
    edge: await reserve(port + 1),
    servers: {
      eu: await reserveNear(port + 2),
      us: await reserveNear(port + 3),
      apac: await reserveNear(port + 4),
    },
  };
  if (values.fresh) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const keysFolder = join(folder, "keys");
  if (!existsSync(deploymentFile(keysFolder))) {
    progress("making keys");
    await writeKeys(keysFolder, await generateKeys(tenant, Date.now()));
  }
  await completeKeys(keysFolder);
  const deployment = await readJson(deploymentFile(keysFolder), Deployment);
  const secrets = await readJson(tenantFile(keysFolder, tenant), TenantSecrets);
  const built = await buildIfStale(join(folder, "build"), deployment.directory.root, progress);

  progress("starting the edge and three regions");
  const agents = await prepareAgents(keysFolder, tenant, originsOf(ports));
  const servers = () => ({ nodeArguments: [], environment: { MAILY_AGENTS: agents.file } });
  const running = await launch({ folder, keysFolder, ...built, ports, servers });
  await notePids(folder, pidsOf(running));
  const shopPort = await reserveNear(port + 5);
  const shopOrigin = `http://127.0.0.1:${shopPort}`;
  const readers = await inviteReaders(folder, keysFolder, running.edge, secrets, shopOrigin);
  const origin = `http://127.0.0.1:${port}`;
  const [lena] = readers;
  if (lena === undefined) throw new Error("the demo has no reader");
  const server = running.servers.eu;
  const tokens = agentTokens(agents.signer, { tenant, region: "eu", server });
  const desk = new Desk({ tenant: { server, token: secrets.token }, tokens });
  const [everything] = await Promise.all([
    publishEverything(folder, keysFolder, running.edge, secrets),
    fillDesk(desk, { folder, edge: running.edge, server, secrets, ...lena }),
  ]);
  const app = demoWeb({
    edge: running.edge,
    origin,
    servers: running.servers,
    token: secrets.token,
    readers,
    mails: [...readers, everything.mail],
    everything,
    shop: shopOrigin,
    agents: { desk, reader: { ...lena, campaign: lena.campaign.id } },
  });
  const shop = serve({
    fetch: shopWeb(shopOf(running.edge, readers)).fetch,
    port: shopPort,
    hostname: "127.0.0.1",
  });
  const web = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => {
    console.log(`Maily is ready: ${origin}`);
  });
  keepAlive(running, folder);
  stopOnSignal(running, [web, shop], desk);
}

await start().catch((error: Error) => fail(error.message));
