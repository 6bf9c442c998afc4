// Three invented readers, one a region, each invited to one of the two sample widgets.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mint } from "../cli/mint.ts";
import { newCampaignId, publish } from "../cli/publish.ts";
import { readWidget } from "../cli/widget-file.ts";
import { regions, type Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { TenantSecrets } from "../sdk/schema/deployment.ts";

const campaignDays = 365;

type Sample = "coffee-match" | "topics";

export interface Person {
  readonly region: Region;
  readonly name: string;
  readonly address: string;
  readonly language: string;
  readonly sample: Sample;
  readonly sender: string;
  readonly subject: string;
  readonly received: string;
}

const people: readonly Person[] = [
  {
    region: "eu",
    name: "Lena Vogt",
    address: "lena@berlin.example",
    language: "de",
    sample: "coffee-match",
    sender: "Morning Post Coffee",
    subject: "Welcher Kaffee passt zu dir?",
    received: "09:41",
  },
  {
    region: "us",
    name: "Marcus Hill",
    address: "marcus@austin.example",
    language: "en",
    sample: "topics",
    sender: "The Daily Orchard",
    subject: "Make this newsletter yours",
    received: "08:15",
  },
  {
    region: "apac",
    name: "Yuki Tanaka",
    address: "yuki@osaka.example",
    language: "ja",
    sample: "coffee-match",
    sender: "Morning Post Coffee",
    subject: "あなたに合うコーヒーは？",
    received: "07:02",
  },
];

interface Plan {
  readonly opensAt: string;
  readonly closesAt: string;
  readonly ids: Readonly<Record<Sample, string>>;
}

/** The campaigns' ids and dates, the same in every later run. */
async function planOf(folder: string): Promise<Plan> {
  const file = join(folder, "samples.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Plan; // Written below.
  const now = Date.now();
  const plan: Plan = {
    opensAt: new Date(now).toISOString(),
    closesAt: new Date(now + campaignDays * 86_400_000).toISOString(),
    ids: { "coffee-match": newCampaignId(), topics: newCampaignId() },
  };
  await writeFile(file, JSON.stringify(plan));
  return plan;
}

export interface Invited extends Person {
  readonly campaign: Campaign;
  readonly invitation: string;
  readonly link: string;
}

/** Publishes both samples in every region and invites the readers. */
export async function inviteReaders(
  folder: string,
  edge: string,
  secrets: TenantSecrets,
): Promise<Invited[]> {
  const plan = await planOf(folder);
  const campaigns = new Map<Sample, Campaign>();
  for (const sample of ["coffee-match", "topics"] as const) {
    const file = fileURLToPath(new URL(`widgets/${sample}.yaml`, import.meta.url));
    const { campaign } = await publish(
      edge,
      {
        widget: await readWidget(file),
        id: plan.ids[sample],
        regions,
        opensAt: plan.opensAt,
        closesAt: plan.closesAt,
      },
      secrets,
    );
    campaigns.set(sample, campaign);
  }
  return Promise.all(
    people.map(async (person) => {
      const campaign = campaigns.get(person.sample);
      if (campaign === undefined) throw new Error(`no campaign for ${person.sample}`);
      const expiresAt = Math.floor(Date.parse(campaign.closesAt) / 1000);
      const minting = { campaign, secrets, edge, expiresAt, test: false };
      const { invitation, link } = await mint(minting, {
        id: person.address,
        region: person.region,
      });
      return { ...person, campaign, invitation, link };
    }),
  );
}
