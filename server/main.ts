// One region's server: `node server/main.ts` with the environment of config.ts.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../sdk/problem.ts";
import { fromBase64url } from "../sdk/bytes.ts";
import { CampaignRegistry } from "./campaigns.ts";
import { ChoiceRoots } from "./choice-roots.ts";
import { readConfig, type Config } from "./config.ts";
import { createApp } from "./http.ts";
import { EventIngest } from "./event-ingest.ts";
import { Ingest } from "./ingest.ts";
import { createKeyring, type Keyring } from "./keyring.ts";
import { listen } from "./listen.ts";
import { LiveResults } from "./live.ts";
import { faultOf, log, logAs } from "./log.ts";
import { MailPlans } from "./mail-plans.ts";
import { Metrics } from "./metrics.ts";
import type { ServerParts } from "./parts.ts";
import { numberRanges, resultsOf } from "./results.ts";
import { SeenTable } from "./seen.ts";
import { Telemetry } from "./telemetry.ts";
import { openEmbeddedStream } from "./stream/embedded.ts";
import type { Consumer, Stream } from "./stream/stream.ts";
import { eventsTopic, sealedTopic } from "./stream/topics.ts";
import { countCampaign, countVisitors } from "./warehouse/counts.ts";
import { countEvents } from "./warehouse/events.ts";
import { Warehouse } from "./warehouse/duckdb.ts";

/** How long a graceful stop waits for the stream to be ingested. */
const drainMsMax = 3_000;
const drainPollMs = 20;
/** A stop that takes longer ends the process: what is on disk is whole at any moment. */
const stopMsMax = 20_000;

export interface RunningServer {
  readonly port: number;
  /** Stops taking requests, ingests what the stream holds within a bounded time, and closes every file. */
  close(): Promise<void>;
}

/** Brokers come with a library of their own, loaded only where it is used. */
async function openStream({ stream, dataDir }: Config): Promise<Stream> {
  if (stream.kind === "embedded") return openEmbeddedStream({ path: join(dataDir, "stream.db") });
  const { openKafkaStream } = await import("./stream/kafka.ts");
  return openKafkaStream(stream.kafka);
}

async function drain(consumer: Consumer): Promise<void> {
  const deadline = performance.now() + drainMsMax;
  while (performance.now() < deadline && consumer.failures() === 0) {
    // With the stream away nobody can say, and nothing comes from it either.
    if ((await consumer.lag().catch(() => 0)) === 0) return;
    await sleep(drainPollMs);
  }
}

/** What is known of campaigns: registry, choice roots, compiled mails. */
async function openCampaigns(
  { region, dataDir, deployment, secrets }: Config,
  keyring: Keyring,
  opened: AsyncDisposableStack,
): Promise<Pick<ServerParts, "campaigns" | "choiceRoots" | "mailPlans" | "visitKeys">> {
  const wrapKey = fromBase64url(secrets.wrapKey);
  if (wrapKey === undefined) throw new TypeError("a key that the schema let through");
  const choiceRoots = new ChoiceRoots(join(dataDir, "choice-roots.db"), {
    region,
    wrapKey,
    keyring,
  });
  opened.defer(() => choiceRoots.close());
  const campaigns = new CampaignRegistry(join(dataDir, "campaigns.db"), {
    region,
    operatorKeys: deployment.operatorKeys,
    choiceRoots,
  });
  opened.defer(() => campaigns.close());
  // Those of files that were restored, or written before roots were kept.
  await choiceRoots.keepAll(campaigns.all());
  const mailPlans = new MailPlans(join(dataDir, "mail.db"), { region, choiceRoots });
  opened.defer(() => mailPlans.close());
  return { campaigns, choiceRoots, mailPlans, visitKeys: deployment.directory.visitKeys };
}

/** What stands between stream and readers of results: campaigns, warehouse, live results, ingest. */
async function openStores(
  config: Config,
  opened: AsyncDisposableStack,
): Promise<Omit<ServerParts, "config" | "intake" | "vitals"> & { keyring: Keyring }> {
  const { region, dataDir, deployment, secrets } = config;
  const keyring = createKeyring(secrets, deployment);
  // A rotation whose deployment.json came here without its region's file: there is still time to bring it.
  for (const keyId of keyring.missing(Date.now())) log("seed-missing", { keyId });
  const metrics = new Metrics(region);
  const telemetry = config.collector && new Telemetry(region, config.collector);
  opened.defer(() => telemetry?.close());
  const known = await openCampaigns(config, keyring, opened);
  const { campaigns, choiceRoots, visitKeys } = known;
  const warehouse = await Warehouse.open(join(dataDir, "warehouse.duckdb"));
  opened.defer(() => warehouse.close());
  const live = new LiveResults(async (id) => {
    const [campaign] = campaigns.revisionsOf(id);
    if (campaign === undefined) throw new Problem("campaign-unknown");
    const asOf = Date.now();
    const counts = await warehouse.read(async (connection) => {
      const of = { tenant: campaign.tenant, campaign: id };
      const counted = await countCampaign(connection, of, numberRanges(campaign));
      const visitors = campaign.site && (await countVisitors(connection, of));
      return { ...counted, visitors, events: await countEvents(connection, of) };
    });
    metrics.resultsQuery.observe((Date.now() - asOf) / 1000);
    return resultsOf(campaign, counts, region, asOf);
  });
  const ingest = new Ingest({
    reader: { region, campaigns, keyring, choiceRoots, visitKeys },
    warehouse,
    metrics,
    telemetry,
    onCommit: (changed) => live.changed(changed),
  });
  return { ...known, warehouse, live, ingest, metrics, telemetry, keyring };
}

/** Starts one region. Throws Problem `configuration-invalid` that names what to mend. */
export async function startServer(config: Config): Promise<RunningServer> {
  const { region, dataDir, durability } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // Closed in the opposite order; at once, where the start fails half-way.
  await using opened = new AsyncDisposableStack();
  const { keyring, ...stores } = await openStores(config, opened);
  const { warehouse, ingest, live, metrics, telemetry } = stores;
  const { campaigns, choiceRoots, visitKeys } = stores;
  const events = new EventIngest({
    reader: { region, campaigns, keyring, choiceRoots, visitKeys },
    warehouse,
    metrics,
    onCommit: (changed) => live.changed(changed),
  });
  const seen = durability === "stream" ? new SeenTable(join(dataDir, "seen.db")) : undefined;
  opened.defer(() => seen?.close());
  const stream = await openStream(config);
  opened.defer(() => stream.close());
  const consumer = await stream.consume(
    {
      topic: sealedTopic(region),
      group: `maily.ingest.${region}`,
      nextOffsets: () => warehouse.nextOffsets(),
    },
    (records) => ingest.handle(records),
  );
  opened.defer(() => consumer.stop());
  opened.defer(() => drain(consumer));
  const watching = await stream.consume(
    {
      topic: eventsTopic(region),
      group: `maily.events.${region}`,
      nextOffsets: () => warehouse.nextOffsets("event_offsets"),
    },
    (records) => events.handle(records),
  );
  opened.defer(() => watching.stop());
  opened.defer(() => drain(watching));
  ingest.replayKnownSoon();
  const intake = { region, stream, seen, telemetry };
  const asked = { examining: undefined, asked: undefined, startedAt: Date.now(), caughtUpAt: 0 };
  const known = { region, stream, consumer, warehouse, keyring, live };
  const vitals = { ...known, ingest, metrics, telemetry, ...asked };
  const app = createApp({ config, intake, vitals, ...stores });
  const listening = await listen(app, config.host, config.port);
  opened.defer(() => listening.close());
  opened.defer(() => live.close());
  const running = opened.move();
  return { port: listening.port, close: () => running.disposeAsync() };
}

async function main(): Promise<void> {
  const config = await readConfig(process.env);
  logAs(config.region);
  const server = await startServer(config);
  log("ready", { port: server.port, pid: process.pid });
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A terminal signals the whole group, and then whoever started us asks again: that is no reason to hurry.
    if (stopping) return;
    stopping = true;
    log("stopping", { signal });
    setTimeout(() => process.exit(1), stopMsMax).unref();
    server.close().then(
      () => log("stopped"),
      (error: unknown) => {
        log("fault", { fault: faultOf(error) });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

if (import.meta.main)
  main().catch((error: unknown) => {
    if (error instanceof Problem)
      console.error([error.message, ...((error.members["errors"] ?? []) as string[])].join("\n  ")); // readConfig's.
    else console.error(error);
    process.exitCode = 1;
  });
