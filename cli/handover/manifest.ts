// What a data set that was handed over was made of, by digests: later it says whether all of that may still be used.
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AuthoredId, CampaignId, Instant, RegionName } from "../../sdk/schema/ids.ts";
import { handoverLimits, type Example } from "../../sdk/schema/handover.ts";
import { readJson } from "../read-json.ts";
import { writeWhole } from "../write-whole.ts";
import { textDigest } from "./fireworks.ts";
import type { Handover } from "./lines.ts";

export const Manifest = z.strictObject({
  maily: z.literal(1),
  service: z.literal("fireworks"),
  account: z.string(),
  dataset: z.string(),
  job: z.string().optional(),
  campaign: CampaignId,
  region: RegionName,
  purpose: AuthoredId,
  floor: z.int(),
  asOf: Instant,
  /** Keys the digests: who has them without it cannot try out texts. */
  salt: z.string().min(22),
  texts: z.array(z.string().length(22)).max(handoverLimits.texts),
});
export type Manifest = z.infer<typeof Manifest>;

/** 24 characters of a digest a text, and what JSON puts around them. */
const manifestBytesMax = handoverLimits.texts * 32 + 4_096;
const nameForm = /^handover-maily-[0-9a-f]{24}\.json$/;

export const manifestFile = (keys: string, dataset: string): string =>
  join(keys, `handover-${dataset}.json`);

export function manifestOf(
  { head, lines }: Handover<Example>,
  { account, dataset }: { readonly account: string; readonly dataset: string },
): Manifest {
  const salt = randomBytes(32).toString("base64url");
  return {
    maily: 1,
    service: "fireworks",
    account,
    dataset,
    campaign: head.campaign,
    region: head.region,
    purpose: head.purpose,
    floor: head.floor,
    asOf: head.asOf,
    salt,
    texts: lines.filter(({ source }) => source === "text").map((line) => textDigest(salt, line)),
  };
}

export const writeManifest = (keys: string, manifest: Manifest): Promise<void> =>
  writeWhole(manifestFile(keys, manifest.dataset), `${JSON.stringify(manifest)}\n`, 0o600);

/** Those of one campaign, from a folder of keys. */
export async function manifestsOf(keys: string, campaign: string): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const name of (await readdir(keys)).filter((each) => nameForm.test(each)).toSorted()) {
    const manifest = await readJson(join(keys, name), Manifest, {
      remedy: "It is one that `maily handover` wrote.",
      bytesMax: manifestBytesMax,
    });
    if (manifest.campaign === campaign) found.push(manifest);
  }
  return found;
}
