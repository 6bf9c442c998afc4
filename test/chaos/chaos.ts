// One run of the suite: prepare, break, settle, reckon.
import { join } from "node:path";
import { regions, type Region } from "../../sdk/region.ts";
import { yearMilliseconds } from "../flow/product.ts";
import type { Felt } from "./felt.ts";
import { entriesIn, LedgerWriter, readLedger } from "./ledger.ts";
import { prepare, workers } from "./prepare.ts";
import { Readers } from "./readers.ts";
import { Reconciliation, type Reckoned } from "./reconcile.ts";
import { saidIn } from "./said.ts";
import { lineOf, scheduleOf, type FaultKind } from "./schedule.ts";
import {
  countTopic,
  countWarehouse,
  nobodyKnows,
  refusedIn,
  settled,
  waitingIn,
  type Refused,
  type Waiting,
} from "./stores.ts";
import {
  countedBySql,
  countLanded,
  countOpened,
  putSegments,
  segmentSizes,
  type Sizes,
} from "./sinks.ts";
import { strikeAll, type Struck } from "./strike-all.ts";
import { startWorld, type World } from "./world.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly answers: number;
  readonly kinds: readonly FaultKind[];
  readonly stream: "kafka" | "embedded";
  readonly perSecond: number;
  readonly awayMilliseconds: number;
  readonly brokenDrain: boolean;
  readonly keep: boolean;
}

export interface ChaosReport extends Reckoned {
  /** What the logs say of what should not be, and how often. */
  readonly said: Readonly<Record<string, number>>;
  readonly options: ChaosOptions;
  readonly folder: string;
  readonly seconds: {
    readonly preparing: number;
    readonly sending: number;
    readonly settling: number;
    readonly counting: number;
  };
  readonly faults: readonly Struck[];
  /** What was asked for and could not be done here, and why. */
  readonly skipped: readonly string[];
  readonly refused: Readonly<Record<Region, Refused>>;
  readonly stillWaiting: Waiting;
  /** Readers of each segment: as the servers told them last, and by SQL of their warehouses. */
  readonly segments: { readonly told: Sizes; readonly counted: Sizes };
  readonly statuses: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly felt: Felt;
}

const devicesPerRegion = 96;
/** Longer than the longest absence. */
const giveUpMargin = 600_000;
const leadShare = 0.05;
const leadAnswersMin = 500;
const progressMilliseconds = 10_000;
/** Consents are given before any clock that jumps back. */
const consentAgeMilliseconds = 6 * 3_600_000;

export const ledgerFile = (folder: string): string => join(folder, "ledger");

export async function reckon(world: World): Promise<Reckoned> {
  const file = ledgerFile(world.folder);
  const reconciliation = new Reconciliation(readLedger(file), entriesIn(file));
  for (const region of regions) {
    await countTopic(world, region, reconciliation);
    await countWarehouse(world, region, reconciliation);
    await countOpened(world, region, reconciliation);
    countLanded(world, region, reconciliation);
  }
  return reconciliation.result();
}

/** Sends everything while the schedule strikes. */
async function sendUnderFire(
  world: World,
  options: ChaosOptions,
  log: (line: string) => void,
): Promise<Pick<ChaosReport, "faults" | "statuses" | "refusals" | "felt">> {
  const ledger = new LedgerWriter(ledgerFile(world.folder));
  const readers = new Readers({
    world,
    visitsFolder: join(world.folder, "visits"),
    workers,
    ledger,
    perSecond: options.perSecond,
    devicesPerRegion,
    giveUpMilliseconds: options.awayMilliseconds + giveUpMargin,
    leadAnswersMax: Math.max(leadAnswersMin, options.answers * leadShare),
  });
  const brokers = options.stream === "kafka";
  const schedule = scheduleOf({ ...options, brokers });
  log(`${schedule.length} faults, by answers acknowledged before each:`);
  for (const fault of schedule) log(lineOf(fault));
  const begun = performance.now();
  let told = 0;
  const telling = setInterval(() => {
    const { acknowledged } = readers;
    const rate = ((acknowledged - told) * 1_000) / progressMilliseconds;
    told = acknowledged;
    const seconds = Math.round((performance.now() - begun) / 1_000);
    const memory = Math.round(process.memoryUsage.rss() / 1_048_576);
    waitingIn(world)
      .catch(() => nobodyKnows)
      .then(({ outbox, lag, beyond }) =>
        log(
          `${seconds} s: ${acknowledged} acknowledged, ${Math.round(rate)} a second; ${outbox} in outboxes, ${lag} to ingest, ${beyond} beyond; ${memory} MB here`,
        ),
      )
      .catch(log);
  }, progressMilliseconds);
  let over = false;
  try {
    const sending = readers.run().finally(() => {
      over = true;
    });
    const [faults] = await Promise.all([
      strikeAll(world, schedule, readers, () => over, log),
      sending,
    ]);
    return {
      faults,
      statuses: Object.fromEntries(readers.statuses),
      refusals: Object.fromEntries(readers.refusals),
      felt: readers.feelings.result(),
    };
  } finally {
    clearInterval(telling);
    ledger.close();
  }
}

function skippedIn(world: World, { kinds }: ChaosOptions): string[] {
  if (world.volumesRefused === undefined || !kinds.includes("disk")) return [];
  return [`disk: no volume can be mounted here (${world.volumesRefused})`];
}

const keptLine = ({ folder, volumes }: World): string =>
  volumes === undefined
    ? `stays: ${folder}`
    : `stays: ${folder}, with volumes mounted in it; before you delete it: umount ${folder}/{edge,eu,us,apac}`;

/** Runs it all and returns what was found; `whenReckoned` sees the world before its folder goes. */
export async function runChaos(
  options: ChaosOptions,
  log: (line: string) => void,
  whenReckoned: (world: World) => Promise<void> = async () => undefined,
): Promise<ChaosReport> {
  const volumes = options.kinds.includes("disk");
  const interrupted = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined); // Heard below, perhaps after it failed.
  const interrupt = (): void => {
    log("interrupted: ending what was started");
    interrupted.abort();
    ended.reject(new Error("interrupted"));
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const world = await startWorld({ ...options, volumes });
    if (options.keep) log(keptLine(world));
    try {
      interrupted.signal.throwIfAborted();
      return await Promise.race([ended.promise, runIn(world, options, log, whenReckoned)]);
    } finally {
      await world.stop();
    }
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}

async function runIn(
  world: World,
  options: ChaosOptions,
  log: (line: string) => void,
  whenReckoned: (world: World) => Promise<void>,
): Promise<ChaosReport> {
  let at = performance.now();
  const lap = (): number => {
    const seconds = (performance.now() - at) / 1_000;
    at = performance.now();
    return seconds;
  };
  await prepare(
    {
      seed: options.seed,
      answers: options.answers,
      folder: join(world.folder, "visits"),
      manifest: world.manifest,
      roots: world.roots,
      tenant: world.keys.tenant,
      edge: world.running.edge,
      givenAt: new Date(Date.now() - consentAgeMilliseconds).toISOString(),
      expiresAt: Math.floor((Date.now() + yearMilliseconds) / 1_000),
    },
    (answers) => log(`${answers} answers sealed`),
  );
  await putSegments(world);
  const preparing = lap();
  const sent = await sendUnderFire(world, options, log);
  const sending = lap();
  let told = performance.now();
  const stillWaiting = await settled(world, ({ outbox, lag, beyond }) => {
    if (performance.now() - told < progressMilliseconds) return;
    told = performance.now();
    log(`settling: ${outbox} in outboxes, ${lag} to ingest, ${beyond} beyond`);
  });
  const refused = {
    eu: await refusedIn(world, "eu"),
    us: await refusedIn(world, "us"),
    apac: await refusedIn(world, "apac"),
  };
  const sizes = await segmentSizes(world);
  const settling = lap();
  await world.running.stop();
  const reckoned = await reckon(world);
  const counted = await countedBySql(world);
  await whenReckoned(world);
  return {
    options,
    folder: world.folder,
    seconds: { preparing, sending, settling, counting: lap() },
    skipped: skippedIn(world, options),
    refused,
    stillWaiting,
    segments: { told: sizes, counted },
    said: await saidIn(world.folder),
    ...sent,
    ...reckoned,
  };
}
