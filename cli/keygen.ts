// Every key of a deployment, made in one place and written to one file a holder (sdk/schema/deployment.ts).
import { randomBytes, createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { base64url, concat, type Bytes } from "../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519 } from "../sdk/ed25519.ts";
import { regionPublicKey } from "../sdk/node/region-key.ts";
import { Problem } from "../sdk/problem.ts";
import { regions, type Region } from "../sdk/region.ts";
import {
  Deployment,
  EdgeSecrets,
  type OperatorSecrets,
  type RegionSecrets,
  type TenantSecrets,
} from "../sdk/schema/deployment.ts";
import type { KeyConfig, SignedKeyConfig } from "../sdk/schema/key-config.ts";
import { signedBytes } from "../sdk/signed.ts";
import { readJson } from "./read-json.ts";
import { writeWhole } from "./write-whole.ts";

const suite = { kem: 0x647a, kdf: 0x0001, aead: 0x0002 } as const;
export const dayMilliseconds = 86_400_000;

/** How long a region key is sealed to before the next epoch takes over. */
export const epochDays = 90;
/** The next epoch is published this long ahead of its start. */
export const epochsPublished = 2;

export interface Keys {
  readonly deployment: Deployment;
  readonly edge: EdgeSecrets;
  readonly regions: Readonly<Record<Region, RegionSecrets>>;
  readonly tenant: TenantSecrets;
  readonly operator: OperatorSecrets;
}

export const fresh = (): Bytes => concat(randomBytes(32));
const sha256Text = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** A region's key from `start`, Unix milliseconds, on. */
export async function epochOf(
  region: Region,
  keyId: number,
  start: number,
  rootSeed: Bytes,
): Promise<{ config: SignedKeyConfig; seed: string }> {
  const seed = fresh();
  const config: KeyConfig = {
    region,
    keyId,
    suite,
    publicKey: base64url(regionPublicKey(seed)),
    notBefore: new Date(start).toISOString(),
    notAfter: new Date(start + epochDays * dayMilliseconds).toISOString(),
  };
  const signature = base64url(await signEd25519(rootSeed, signedBytes("key-config", config)));
  return { config: { ...config, signature }, seed: base64url(seed) };
}

/** A whole deployment with one tenant; `now` in Unix milliseconds is the start of the first epoch. */
export async function generateKeys(tenant: number, now: number): Promise<Keys> {
  const rootSeed = fresh();
  const receiptSeed = fresh();
  const visitSeed = fresh();
  const operatorSeed = fresh();
  const tenantToken = base64url(fresh());
  const operatorToken = base64url(fresh());
  const operatorKeyId = `tenant-${tenant}-1`;
  const keys: SignedKeyConfig[] = [];
  const secrets: Partial<Record<Region, RegionSecrets>> = {};
  const forwardKeys: EdgeSecrets["forwardKeys"] = {};
  for (const [index, region] of regions.entries()) {
    const forwardKey = { keyId: `${region}-1`, secret: base64url(fresh()) };
    const own: { keyId: number; seed: string }[] = [];
    for (let epoch = 0; epoch < epochsPublished; epoch++) {
      // Key ids are unique among all regions, so that the edge sees an envelope sealed for another one.
      const keyId = epoch * regions.length + index + 1;
      const start = now + epoch * epochDays * dayMilliseconds;
      const { config, seed } = await epochOf(region, keyId, start, rootSeed);
      keys.push(config);
      own.push({ keyId, seed });
    }
    forwardKeys[region] = forwardKey;
    secrets[region] = {
      region,
      keys: own,
      forwardKeys: [forwardKey],
      wrapKey: base64url(fresh()),
      tokens: [{ tenant, sha256: sha256Text(tenantToken) }],
      operatorTokenSha256: sha256Text(operatorToken),
    };
  }
  return {
    deployment: {
      directory: {
        root: base64url(await publicKeyOfSeed(rootSeed)),
        keys,
        receiptKeys: [{ keyId: 1, publicKey: base64url(await publicKeyOfSeed(receiptSeed)) }],
        visitKeys: [{ keyId: 1, publicKey: base64url(await publicKeyOfSeed(visitSeed)) }],
      },
      operatorKeys: [
        { keyId: operatorKeyId, tenant, publicKey: base64url(await publicKeyOfSeed(operatorSeed)) },
      ],
    },
    edge: {
      receiptKey: { keyId: 1, seed: base64url(receiptSeed) },
      visitKey: { keyId: 1, seed: base64url(visitSeed) },
      forwardKeys,
    },
    regions: secrets as Record<Region, RegionSecrets>, // The loop above filled every region.
    tenant: {
      tenant,
      operatorKey: { keyId: operatorKeyId, seed: base64url(operatorSeed) },
      invitationKey: { keyId: 1, seed: base64url(fresh()) },
      readerKey: base64url(fresh()),
      token: tenantToken,
    },
    operator: { rootSeed: base64url(rootSeed), token: operatorToken },
  };
}

export const deploymentFile = (folder: string): string => join(folder, "deployment.json");
export const edgeFile = (folder: string): string => join(folder, "edge.json");
export const regionFile = (folder: string, region: Region): string =>
  join(folder, `region-${region}.json`);
export const tenantFile = (folder: string, tenant: number): string =>
  join(folder, `tenant-${tenant}.json`);
export const operatorFile = (folder: string): string => join(folder, "operator.json");

/** Writes each holder's file, secret ones readable by their owner alone. Refuses a folder that has keys: nothing is overwritten. */
export async function writeKeys(folder: string, keys: Keys): Promise<string[]> {
  if (existsSync(deploymentFile(folder)))
    throw new Problem("configuration-invalid", {
      detail: `${folder} already holds a deployment. Name another folder, or remove it by hand.`,
    });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: [string, unknown, number][] = [
    [edgeFile(folder), keys.edge, 0o600],
    [tenantFile(folder, keys.tenant.tenant), keys.tenant, 0o600],
    [operatorFile(folder), keys.operator, 0o600],
    ...regions.map((region): [string, unknown, number] => [
      regionFile(folder, region),
      keys.regions[region],
      0o600,
    ]),
    // Last: its presence says that the folder is whole.
    [deploymentFile(folder), keys.deployment, 0o644],
  ];
  for (const [file, content, mode] of files)
    await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode });
  return files.map(([file]) => file);
}

/** The first visit key of a folder that an earlier version wrote. Listed before it is used. */
async function completeVisitKey(folder: string): Promise<string[]> {
  const [edgePath, deploymentPath] = [edgeFile(folder), deploymentFile(folder)];
  if (!existsSync(edgePath) || !existsSync(deploymentPath)) return [];
  const edge = await readJson(edgePath, EdgeSecrets);
  const deployment = await readJson(deploymentPath, Deployment);
  const { directory } = deployment;
  if (edge.visitKey !== undefined) return [];
  const seed = fresh();
  const keyId = 1 + Math.max(0, ...directory.visitKeys.map((key) => key.keyId));
  const listed = { keyId, publicKey: base64url(await publicKeyOfSeed(seed)) };
  const visitKeys = [...directory.visitKeys, listed];
  await writeWhole(
    deploymentPath,
    `${JSON.stringify({ ...deployment, directory: { ...directory, visitKeys } }, null, 2)}\n`,
    0o644,
  );
  const whole = { ...edge, visitKey: { keyId, seed: base64url(seed) } };
  await writeWhole(edgePath, `${JSON.stringify(whole, null, 2)}\n`, 0o600);
  return [deploymentPath, edgePath];
}

/**
 * Gives files that an earlier version wrote what they lack, regions' a `wrapKey` and the edge's a visit key, and returns which
 * were changed. Nothing that is there changes.
 */
export async function completeKeys(folder: string): Promise<string[]> {
  const completed: string[] = await completeVisitKey(folder);
  for (const file of regions.map((region) => regionFile(folder, region))) {
    if (!existsSync(file)) continue; // Its holder may be elsewhere.
    const secrets: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof secrets !== "object" || secrets === null || "wrapKey" in secrets) continue;
    const whole = { ...secrets, wrapKey: base64url(fresh()) };
    // Beside it and then in its place: seeds that are lost open nothing any more.
    await writeWhole(file, `${JSON.stringify(whole, null, 2)}\n`, 0o600);
    completed.push(file);
  }
  return completed;
}
