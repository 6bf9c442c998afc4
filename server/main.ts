// One region's server: `node server/main.ts` with the environment of config.ts.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../sdk/problem.ts";
import { fromBase64url } from "../sdk/bytes.ts";
import type { AgentParts } from "./agents/agents.ts";
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
import { Announcer } from "./opened/announce.ts";
import { Clearing } from "./opened/clearing.ts";
import { Publisher } from "./opened/publish.ts";
import { Presidio } from "./redact/presidio.ts";
import { numberRanges, resultsOf } from "./results.ts";
import { Segments } from "./segments/segments.ts";
import { SeenTable } from "./seen.ts";
import { Telemetry } from "./telemetry.ts";
import { openEmbeddedStream } from "./stream/embedded.ts";
import type { Consumer, Stream } from "./stream/stream.ts";
import { derivedTopics, eventsTopic, sealedTopic } from "./stream/topics.ts";
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
async function openStream({ region, stream, dataDir }: Config): Promise<Stream> {
  if (stream.kind === "embedded")
    return openEmbeddedStream({
      path: join(dataDir, "stream.db"),
      derivedTopics: derivedTopics(region),
    });
  const { openKafkaStream } = await import("./stream/kafka.ts");
  return openKafkaStream(stream.kafka);
}

async function drain(consumer: Pick<Consumer, "lag" | "failures">): Promise<void> {
  const deadline = performance.now() + drainMsMax;
  while (performance.now() < deadline && consumer.failures() === 0) {
    // With the stream away nobody can say, and nothing comes from it either.
    if ((await consumer.lag().catch(() => 0)) === 0) return;
    await sleep(drainPollMs);
  }
}

/** Rows for Snowflake, where there is one. */
async function openSnowflake(
  { region, dataDir, snowflake: settings }: Config,
  stream: Stream,
  opened: AsyncDisposableStack,
): Promise<ServerParts["snowflake"]> {
  if (settings === undefined) return undefined;
  const { Snowflake } = await import("./snowflake/snowflake.ts");
  const snowflake = new Snowflake({ region, stream, settings, dataDir });
  opened.defer(() => snowflake.close());
  return snowflake;
}

/** Agents, where there is a file that names them. */
async function openAgents(
  { region, dataDir, agents: file }: Config,
  parts: Omit<AgentParts, "region" | "dataDir">,
  opened: AsyncDisposableStack,
): Promise<ServerParts["agents"]> {
  if (file === undefined) return undefined;
  const { Agents } = await import("./agents/agents.ts");
  const agents = await Agents.open(file, { region, dataDir, ...parts });
  opened.defer(() => agents.close());
  return agents;
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

/** What leaves for the region's topics: opened records, campaigns, and texts that are cleared later. */
function openPublishing(
  { region, presidio }: Config,
  parts: Pick<ServerParts, "campaigns" | "warehouse" | "metrics"> & { readonly stream: Stream },
  opened: AsyncDisposableStack,
): { publisher: Publisher; names: Presidio | undefined } & Pick<
  ServerParts,
  "announcer" | "clearing"
> {
  const publisher = new Publisher({ region, ...parts });
  opened.defer(() => publisher.stop());
  publisher.start();
  const announcer = new Announcer({ region, publisher, ...parts });
  opened.defer(() => announcer.close());
  announcer.announceAllSoon();
  const names = presidio === undefined ? undefined : new Presidio(presidio);
  const clearing = new Clearing({ region, publisher, names, ...parts });
  opened.defer(() => clearing.close());
  clearing.start();
  return { publisher, names, announcer, clearing };
}

function liveResults(
  region: Config["region"],
  { campaigns, warehouse, metrics }: Pick<ServerParts, "campaigns" | "warehouse" | "metrics">,
): LiveResults {
  return new LiveResults(async (id) => {
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
}

/** What stands between stream and readers of results: campaigns, warehouse, live results, ingest. */
async function openStores(
  config: Config,
  stream: Stream,
  opened: AsyncDisposableStack,
): Promise<
  Omit<ServerParts, "config" | "intake" | "vitals" | "snowflake"> & {
    keyring: Keyring;
    publisher: Publisher;
  }
> {
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
  const publishing = openPublishing(config, { campaigns, warehouse, stream, metrics }, opened);
  const { publisher, names } = publishing;
  const live = liveResults(region, { campaigns, warehouse, metrics });
  const segments = new Segments({
    region,
    path: join(dataDir, "segments.db"),
    warehouse,
    campaigns,
    onDivergence: () => metrics.segmentDivergences.add(),
    ...(config.segmentSource !== undefined && { source: config.segmentSource }),
  });
  opened.defer(() => segments.close());
  // What an agent was told of is in what it reads then.
  const settled: Pick<Warehouse, "read"> = {
    read: async (query) => {
      await ingest.settled();
      return warehouse.read(query);
    },
  };
  const agents = await openAgents(
    config,
    { campaigns, warehouse: settled, segments, metrics, stream },
    opened,
  );
  segments.start();
  const ingest = new Ingest({
    reader: { region, campaigns, keyring, choiceRoots, visitKeys },
    warehouse,
    metrics,
    telemetry,
    publisher,
    names,
    onRead: (rows) => {
      agents?.read(rows);
      segments.expect(rows);
    },
    onCommit: (written) => {
      agents?.committed(written);
      segments.apply(written);
      live.changed(written.campaigns);
    },
    onSettled: (rows) => segments.settle(rows),
  });
  const derived = { live, segments, agents };
  const feeding = { ingest, metrics, telemetry, keyring, ...publishing };
  return { ...known, warehouse, ...derived, ...feeding };
}

/** Starts one region. Throws Problem `configuration-invalid` that names what to mend. */
export async function startServer(config: Config): Promise<RunningServer> {
  const { region, dataDir, durability } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // Closed in the opposite order; at once, where the start fails half-way.
  await using opened = new AsyncDisposableStack();
  const stream = await openStream(config);
  opened.defer(() => stream.close());
  const { keyring, publisher, ...stores } = await openStores(config, stream, opened);
  const { warehouse, ingest, live, metrics, telemetry } = stores;
  const { campaigns, choiceRoots, visitKeys } = stores;
  const events = new EventIngest({
    reader: { region, campaigns, keyring, choiceRoots, visitKeys },
    warehouse,
    metrics,
    publisher,
    onCommit: (changed) => live.changed(changed),
  });
  const seen = durability === "stream" ? new SeenTable(join(dataDir, "seen.db")) : undefined;
  opened.defer(() => seen?.close());
  const { commits } = ingest;
  opened.defer(() => commits.close());
  const reading = await stream.consume(
    {
      topic: sealedTopic(region),
      group: `maily.ingest.${region}`,
      nextOffsets: async () => {
        await commits.settled();
        return warehouse.nextOffsets();
      },
      firstHeld: (partition) => commits.firstUncommitted(partition),
    },
    (records) => ingest.handle(records),
  );
  opened.defer(() => reading.stop());
  const consumer = {
    // In this order: what is read meanwhile is counted twice, never left out.
    lag: async () => (await reading.lag()) + commits.uncommittedRows,
    failures: () => commits.failures + reading.failures(),
  };
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
  const snowflake = await openSnowflake(config, stream, opened);
  const intake = { region, stream, seen, telemetry };
  const asked = { examining: undefined, asked: undefined, startedAt: Date.now(), caughtUpAt: 0 };
  const known = { region, stream, consumer, warehouse, keyring, live };
  const { segments } = stores;
  const vitals = { ...known, ingest, publisher, metrics, telemetry, snowflake, segments, ...asked };
  const app = createApp({ config, intake, vitals, snowflake, ...stores });
  const listening = await listen(app, config.host, config.port);
  opened.defer(() => listening.close());
  opened.defer(() => live.close());
  opened.defer(() => stores.agents?.endStreams());
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
