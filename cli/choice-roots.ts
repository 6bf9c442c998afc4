// The roots that sealed choices are made of (SPEC §3.8): one a region, made once, kept beside the tenant's keys.
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { base64url } from "../sdk/bytes.ts";
import { verifyEd25519 } from "../sdk/ed25519.ts";
import { createChoiceRoot } from "../sdk/node/choices.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { SealedChoices } from "../sdk/schema/campaign.ts";
import { ChoiceRoots, Deployment } from "../sdk/schema/deployment.ts";
import { KeyDirectory, type SignedKeyConfig } from "../sdk/schema/key-config.ts";
import { signedBytes } from "../sdk/signed.ts";
import { ask } from "./ask.ts";
import { bytesOf } from "./key-bytes.ts";
import { deploymentFile } from "./keygen.ts";
import { readJson } from "./read-json.ts";

export const choicesFile = (folder: string, campaign: string): string =>
  join(folder, `choices-${campaign}.json`);

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

/** The roots that were kept for a campaign; undefined where none were. */
async function keptRoots(folder: string, campaign: string): Promise<ChoiceRoots | undefined> {
  const file = choicesFile(folder, campaign);
  if (!existsSync(file)) return undefined;
  const kept = await readJson(file, ChoiceRoots);
  return kept.campaign === campaign ? kept : refuse(`${file} is of the campaign ${kept.campaign}.`);
}

/** Whole or not at all, for its owner alone, and on disk before any mail is made of it. */
async function keepRoots(folder: string, roots: ChoiceRoots): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = choicesFile(folder, roots.campaign);
  const written = `${file}.${process.pid}`;
  await writeFile(written, `${JSON.stringify(roots, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(written, file);
}

/**
 * The edge's region keys, each verified by the root key of the folder's deployment.json. Without a folder the edge's own
 * word for its root is taken: for a deployment of one's own, on one's own machine.
 */
async function regionKeys(edge: string, folder: string | undefined): Promise<SignedKeyConfig[]> {
  const { root, keys } = KeyDirectory.parse(await ask(`${edge}/v1/keys`));
  const pinned =
    folder === undefined
      ? root
      : (await readJson(deploymentFile(folder), Deployment)).directory.root;
  for (const { signature, ...config } of keys)
    if (
      !(await verifyEd25519(bytesOf(pinned), bytesOf(signature), signedBytes("key-config", config)))
    )
      refuse(
        `The edge's key ${config.keyId} of ${config.region} is not signed by this deployment's root key. Check the address; if it is right, somebody is in between.`,
      );
  return keys;
}

function activeKey(keys: readonly SignedKeyConfig[], region: Region, now: number): SignedKeyConfig {
  const key = keys.find(
    (one) =>
      one.region === region && Date.parse(one.notBefore) <= now && now < Date.parse(one.notAfter),
  );
  return key ?? refuse(`The edge has no active key of ${region}; ask its operator for one.`);
}

export interface RootsNeeded {
  readonly edge: string;
  readonly tenant: number;
  readonly campaign: string;
  readonly regions: readonly Region[];
  /** What is published now: mails may have been sent with it, so it stays. */
  readonly published: readonly SealedChoices[];
  /** Where the roots are kept; without it they are only returned. */
  readonly folder: string | undefined;
}

/**
 * The roots of a campaign about to be published, old ones as they were and new ones for new regions, and what of each goes
 * into the campaign. On disk before this returns. Problem: configuration-invalid where a published root is lost, or a
 * region's key is not this deployment's.
 */
export async function rootsFor(
  needed: RootsNeeded,
): Promise<{ choices: SealedChoices[]; roots: ChoiceRoots }> {
  const { campaign, folder, published } = needed;
  const kept = (folder === undefined ? undefined : await keptRoots(folder, campaign))?.roots ?? [];
  if (folder !== undefined)
    for (const { region, enc } of published)
      if (!kept.some((root) => root.region === region && root.enc === enc))
        refuse(
          `${choicesFile(folder, campaign)} does not hold the root that this campaign is published with in ${region}: nobody can make its sealed choices any more. Put the file back from a copy, or publish a new campaign without --campaign; mails already sent stay valid.`,
        );
  const roots = [...kept];
  const choices: SealedChoices[] = [];
  let keys: SignedKeyConfig[] | undefined;
  for (const region of needed.regions) {
    const old =
      published.find((one) => one.region === region) ?? roots.find((one) => one.region === region);
    if (old !== undefined) {
      choices.push({ region, keyId: old.keyId, enc: old.enc });
      continue;
    }
    keys ??= await regionKeys(needed.edge, folder);
    const { keyId, publicKey } = activeKey(keys, region, Date.now());
    const { enc, choiceRoot } = await createChoiceRoot(bytesOf(publicKey), {
      tenant: needed.tenant,
      campaign: bytesOf(campaign),
      region,
      keyId,
    });
    const sealed = { region, keyId, enc: base64url(enc) };
    choices.push(sealed);
    roots.push({ ...sealed, choiceRoot: base64url(choiceRoot) });
  }
  if (folder !== undefined && roots.length > kept.length)
    await keepRoots(folder, { campaign, roots });
  return { choices, roots: { campaign, roots } };
}

/**
 * The kept roots that a published campaign's codes are made of. Problem: configuration-invalid where they are lost, are
 * others than the published ones, or the campaign takes no answers in mail.
 */
export async function readChoiceRoots(
  folder: string,
  campaign: {
    readonly id: string;
    readonly mail?: { choices: readonly SealedChoices[] } | undefined;
  },
): Promise<ChoiceRoots> {
  const file = choicesFile(folder, campaign.id);
  const published = campaign.mail?.choices ?? [];
  if (published.length === 0)
    refuse(`The campaign ${campaign.id} takes no answers inside mail; publish it again.`);
  const kept = await keptRoots(folder, campaign.id);
  if (kept === undefined)
    return refuse(
      `${file} is not there: without it nobody can make this campaign's sealed choices. It is written by \`maily publish\`; copy it here, or name its folder with --keys.`,
    );
  for (const { region, enc } of published)
    if (!kept.roots.some((root) => root.region === region && root.enc === enc))
      refuse(
        `${file} is not what ${campaign.id} is published with in ${region}; put back its copy.`,
      );
  return kept;
}
