// A region and an edge in this process: the edge's routes as workerd runs them, keys, a campaign that is answered in mail and
// on the page, and the reader that judges at the end whether a record would have become a row.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scheduler as nodeScheduler } from "node:timers/promises";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import { signCampaign } from "../../cli/publish.ts";
import { app } from "../../edge/app.ts";
import type { Publication } from "../../edge/campaign-store.ts";
import type { Entry, Outcome } from "../../edge/outbox-entry.ts";
import { NonceWindow } from "../../sdk/http-signature.ts";
import { utf8 } from "../../sdk/bytes.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { recordSchemas, EdgeRecord } from "../../sdk/schema/record.ts";
import type { Site } from "../../sdk/schema/site.ts";
import { CampaignRegistry } from "../../server/campaigns.ts";
import { ChoiceRoots } from "../../server/choice-roots.ts";
import { createKeyring } from "../../server/keyring.ts";
import { readRecord } from "../../server/read-record.ts";
import type { RecordReader } from "../../server/record-reader.ts";
import type { StoredRecord } from "../../server/stream/stream.ts";
import {
  eventsTopic,
  regionHeader,
  schemaHeader,
  sealedTopic,
} from "../../server/stream/topics.ts";
import type { Row } from "../../server/warehouse/rows.ts";
import { choicesOf, mailDefinition } from "../server/in-mail.ts";
import { bytesOf, campaignOf, dayMs } from "../server/sealed.ts";
import type { Bytes } from "../../sdk/bytes.ts";

export const sender = "hello@roastery.example";

/** Two cases of one instant may be given the same receipt: entries are not taken out as they are read. */
const keptMax = 1_000;

const site: Site = {
  embedKey: "AAAAAAAAAAAAAAAAAAAAAA",
  origins: ["https://shop.example"],
  region: { is: "eu" },
  visitHours: 24,
};

export interface World {
  readonly keys: Keys;
  readonly campaign: Campaign;
  /** Of the campaign's choices in eu. */
  readonly choiceRoot: Bytes;
  readonly reader: RecordReader;
  /** What the edge would have kept, by the receipt it answered with. */
  readonly kept: Map<string, Entry>;
  /** What was published. */
  readonly published: Publication[];
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** What a kept entry becomes at the region. */
  ingest(entry: Entry): Promise<Row>;
  close(): void;
}

/** workerd has it as a global. */
function provideScheduler(): void {
  const globals = globalThis as unknown as { scheduler?: unknown };
  globals.scheduler ??= { wait: (milliseconds: number) => nodeScheduler.wait(milliseconds) };
}

/** Stands where the Durable Objects do: parsers are looked at here, and the outbox has suites of its own. */
function objectsOf(
  world: Pick<World, "kept" | "published">,
  signed: string,
): Record<"OUTBOX" | "CAMPAIGNS", unknown> {
  const add = (_: unknown, entries: readonly Entry[]): Promise<Outcome[]> =>
    Promise.resolve(
      entries.map((entry) => {
        world.kept.set(entry.receipt, entry);
        const [oldest] = world.kept.keys();
        if (world.kept.size > keptMax && oldest !== undefined) world.kept.delete(oldest);
        return { status: "stored" };
      }),
    );
  const { campaign } = JSON.parse(signed) as { campaign: { id: string; revision: number } }; // Ours.
  const nonces = new NonceWindow();
  const store = {
    missingImages: (_: number, names: readonly string[]) => Promise.resolve([...names]),
    acceptNonce: (nonce: string, now: number) => Promise.resolve(nonces.accept(nonce, now)),
    read: (id: string, revision?: number) =>
      Promise.resolve(
        id !== campaign.id ? undefined : revision === campaign.revision ? "unchanged" : signed,
      ),
    publish: (publication: Publication) => {
      world.published.push(publication);
      return Promise.resolve({ status: "published" });
    },
  };
  const outbox = { add, copyWaitSeconds: () => Promise.resolve(0) };
  // Only what the routes call; a method they lack would be a crash, and be seen.
  return {
    OUTBOX: { getByName: () => outbox },
    CAMPAIGNS: { getByName: () => store },
  };
}

async function regionOf(keys: Keys, campaign: Campaign, folder: string) {
  const keyring = createKeyring(keys.regions.eu, keys.deployment);
  const choiceRoots = new ChoiceRoots(join(folder, "roots.db"), {
    region: "eu",
    wrapKey: bytesOf(keys.regions.eu.wrapKey),
    keyring,
  });
  const campaigns = new CampaignRegistry(join(folder, "campaigns.db"), {
    region: "eu",
    operatorKeys: keys.deployment.operatorKeys,
    choiceRoots,
  });
  const signed = await signCampaign(campaign, keys.tenant);
  await campaigns.put(campaign.id, signed);
  const close = (): void => {
    choiceRoots.close();
    campaigns.close();
  };
  return {
    signed: JSON.stringify(signed),
    reader: {
      region: "eu",
      campaigns,
      keyring,
      choiceRoots,
      visitKeys: keys.deployment.directory.visitKeys,
    } as const,
    close,
  };
}

/** A kept entry as it lies on a stream. */
export function storedOf({ record }: Entry): StoredRecord {
  const { kind } = EdgeRecord.parse(JSON.parse(record));
  return {
    topic: kind === "events" ? eventsTopic("eu") : sealedTopic("eu"),
    partition: 0,
    offset: 0n,
    appendedAt: Date.now(),
    key: "",
    value: utf8(record),
    headers: { [regionHeader]: "eu", [schemaHeader]: recordSchemas[kind] },
  };
}

/** `changes` are the campaign's. */
export async function buildWorld(changes: Partial<Campaign> = {}): Promise<World> {
  provideScheduler();
  const folder = mkdtempSync(join(tmpdir(), "maily-fuzz-"));
  const keys = await generateKeys(7, Date.now() - 45 * dayMs);
  const basis = await campaignOf(keys, { definition: mailDefinition, site, ...changes });
  const { mail, root } = await choicesOf(keys, basis);
  const campaign = { ...basis, mail };
  const region = await regionOf(keys, campaign, folder);
  const kept = new Map<string, Entry>();
  const published: Publication[] = [];
  const unlimited = { perSecond: 1_000_000, burst: 10_000_000 };
  const link = { server: "http://127.0.0.1:9", durability: "outbox" };
  const env = {
    REGIONS: JSON.stringify({ eu: link, us: link, apac: link }),
    DEPLOYMENT: JSON.stringify(keys.deployment),
    SECRETS: JSON.stringify(keys.edge),
    // A brake would hide what lies behind it.
    LIMITS: JSON.stringify({
      invitation: unlimited,
      campaign: unlimited,
      tenant: unlimited,
      visits: unlimited,
    }),
    ...objectsOf({ kept, published }, region.signed),
  };
  const context = {
    waitUntil: () => undefined,
    passThroughOnException: () => undefined,
    props: {},
  };
  return {
    keys,
    campaign,
    choiceRoot: root,
    reader: region.reader,
    kept,
    published,
    fetch: async (path, init) =>
      app.fetch(new Request(`https://edge.test${path}`, init), env, context),
    ingest: async (entry) => readRecord(storedOf(entry), region.reader),
    close: () => {
      region.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
