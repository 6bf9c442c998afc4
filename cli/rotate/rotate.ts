// New keys beside the old ones: each rotation returns the folder as it is to be, and the order in which processes get it.
import { base64url } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519 } from "../../sdk/ed25519.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Deployment } from "../../sdk/schema/deployment.ts";
import type { SignedKeyConfig } from "../../sdk/schema/key-config.ts";
import { siteLimits } from "../../sdk/schema/site.ts";
import { signedBytes } from "../../sdk/signed.ts";
import { dayMilliseconds, epochOf, fresh } from "../keygen.ts";
import { bytesOf } from "../key-bytes.ts";
import { needed, type Folder } from "./folder.ts";

export interface Rotation {
  readonly folder: Folder;
  /** In order: each is done before the next. */
  readonly steps: readonly string[];
}

/** A region's next epoch begins so long before its last one ends: whoever seals to the old one still may. */
const overlapMilliseconds = 7 * dayMilliseconds;
/** Before an epoch begins its server must hold it: the time to hand out files and restart. */
const leadMilliseconds = 3_600_000;
/** A tenant's old operator key is taken for so long. */
const operatorOverlapMilliseconds = 7 * dayMilliseconds;
const keyIdMax = 255;

export const withDirectory = (
  { deployment }: Folder,
  changes: Partial<Deployment["directory"]>,
): Deployment => ({ ...deployment, directory: { ...deployment.directory, ...changes } });

/** Never one that was used, in files that are here or in what is published. */
function nextKeyId(ids: readonly number[], what: string): number {
  const next = Math.max(0, ...ids) + 1;
  if (next <= keyIdMax) return next;
  throw new Problem("configuration-invalid", {
    detail: `There is no ${what} id left: ids are a byte, and none is used twice. Begin a new deployment.`,
  });
}

/** `name-3` after `name-2`. */
const successorOf = (keyId: string): string =>
  keyId.replace(/(?:-(\d+))?$/, (_, number: string | undefined) => `-${Number(number ?? 1) + 1}`);

function unusedAfter(keyId: string, used: readonly string[]): string {
  let next = successorOf(keyId);
  // At most as often as there are ids in use.
  while (used.includes(next)) next = successorOf(next);
  return next;
}

/**
 * The next epoch of a region, from `starts` on; without it a week before the last one ends. Unix milliseconds. Problem
 * configuration-invalid for a `starts` that is over, or that would leave the region without a key for a while.
 */
export async function rotateRegion(
  folder: Folder,
  region: Region,
  { starts, now }: { readonly starts?: number | undefined; readonly now: number },
): Promise<Rotation> {
  const { rootSeed } = needed(folder.operator, "operator.json", "the root key signs the new epoch");
  const own = needed(folder.regions[region], `region-${region}.json`, "it gets the new seed");
  const { keys } = folder.deployment.directory;
  const ends = keys.filter((key) => key.region === region).map((key) => Date.parse(key.notAfter));
  const end = Math.max(...ends, now);
  const start = starts ?? Math.max(now + leadMilliseconds, end - overlapMilliseconds);
  if (start <= now || (end > now && start > end)) {
    const until = new Date(Math.max(end, now + leadMilliseconds)).toISOString();
    throw new Problem("configuration-invalid", {
      detail: `An epoch of ${region} may begin after now and no later than ${until}: its server has it first, and ${region} is never without an active key. Name such a time with --starts, or leave it out.`,
    });
  }
  const keyId = nextKeyId(
    [...keys, ...own.keys].map((key) => key.keyId),
    "region key",
  );
  const { config, seed } = await epochOf(region, keyId, start, bytesOf(rootSeed));
  const begins = config.notBefore;
  return {
    folder: {
      ...folder,
      deployment: withDirectory(folder, { keys: [...keys, config] }),
      regions: { ...folder.regions, [region]: { ...own, keys: [...own.keys, { keyId, seed }] } },
    },
    steps: [
      `before ${begins}: restart the ${region} server with region-${region}.json and deployment.json`,
      `then deploy the edge with deployment.json: pages seal to key ${keyId} from ${begins} on`,
      "the other regions' servers take deployment.json when they restart next",
      "two weeks after the old key's end: `maily rotate retire` destroys its seed",
    ],
  };
}

/** A new key between the edge and one region's server, which from now on knows both. */
export function rotateForward(folder: Folder, region: Region): Rotation {
  const own = needed(folder.regions[region], `region-${region}.json`, "its server goes first");
  const edge = needed(folder.edge, "edge.json", "the edge signs with the new key");
  const old = needed(
    edge.forwardKeys[region],
    `${region}'s forward key`,
    "there is none to replace",
  );
  const keyId = unusedAfter(
    old.keyId,
    own.forwardKeys.map((key) => key.keyId),
  );
  const key = { keyId, secret: base64url(fresh()) };
  return {
    folder: {
      ...folder,
      edge: { ...edge, forwardKeys: { ...edge.forwardKeys, [region]: key } },
      regions: {
        ...folder.regions,
        [region]: { ...own, forwardKeys: [...own.forwardKeys, key] },
      },
    },
    steps: [
      `restart the ${region} server with region-${region}.json: it takes both keys`,
      "then deploy the edge with edge.json: it signs with the new one",
      `then \`maily rotate retire --forward\`, and restart the ${region} server: it takes the new one alone`,
    ],
  };
}

/** A new key that publishes a tenant's campaigns; the old one is taken for a week more. `now` in Unix milliseconds. */
export async function rotateOperator(
  folder: Folder,
  tenant: number,
  now: number,
): Promise<Rotation> {
  const own = needed(
    folder.tenants.find((known) => known.tenant === tenant),
    `tenant-${tenant}.json`,
    "it gets the new key",
  );
  const { operatorKeys } = folder.deployment;
  const old = own.operatorKey.keyId;
  const keyId = unusedAfter(
    old,
    operatorKeys.map((key) => key.keyId),
  );
  const seed = fresh();
  const ends = new Date(now + operatorOverlapMilliseconds).toISOString();
  return {
    folder: {
      ...folder,
      deployment: {
        ...folder.deployment,
        operatorKeys: [
          ...operatorKeys.map((key) => (key.keyId === old ? { ...key, notAfter: ends } : key)),
          {
            keyId,
            tenant,
            publicKey: base64url(await publicKeyOfSeed(seed)),
            notBefore: new Date(now).toISOString(),
          },
        ],
      },
      tenants: folder.tenants.map((known) =>
        known === own ? { ...own, operatorKey: { keyId, seed: base64url(seed) } } : known,
      ),
    },
    steps: [
      "restart every region's server with deployment.json: each takes both keys",
      "then deploy the edge with deployment.json",
      `then hand tenant-${tenant}.json to the tenant: until ${ends} the old file publishes too`,
    ],
  };
}

/** A new key that signs receipts; the old one stays listed, so that receipts that readers hold can be verified. */
export async function rotateReceipt(folder: Folder): Promise<Rotation> {
  const edge = needed(folder.edge, "edge.json", "the edge signs with the new key");
  const { receiptKeys } = folder.deployment.directory;
  const keyId = nextKeyId(
    receiptKeys.map((key) => key.keyId),
    "receipt key",
  );
  const seed = fresh();
  const listed = { keyId, publicKey: base64url(await publicKeyOfSeed(seed)) };
  return {
    folder: {
      ...folder,
      deployment: withDirectory(folder, { receiptKeys: [...receiptKeys, listed] }),
      edge: { ...edge, receiptKey: { keyId, seed: base64url(seed) } },
    },
    steps: [
      "deploy the edge with deployment.json, then with edge.json: `maily deploy` does it in that order",
      "the regions' servers take deployment.json when they restart next",
      `receipt key ${edge.receiptKey.keyId} stays listed, for good`,
    ],
  };
}

/** A visit lives for so long at most, however its site has it, and its answer may be kept offline meanwhile. */
const visitOverlapMilliseconds = siteLimits.visitHoursMax * 3_600_000 + dayMilliseconds;

/**
 * A new key that signs visitors' invitations; what the old one signed is taken until the last of it is over. Also the first
 * key of a deployment that has none. `now` in Unix milliseconds.
 */
export async function rotateVisit(folder: Folder, now: number): Promise<Rotation> {
  const edge = needed(folder.edge, "edge.json", "the edge signs with the new key");
  const { visitKeys } = folder.deployment.directory;
  const keyId = nextKeyId(
    visitKeys.map((key) => key.keyId),
    "visit key",
  );
  const seed = fresh();
  const ends = new Date(now + visitOverlapMilliseconds).toISOString();
  const before = visitKeys.map((key) => ({ ...key, notAfter: key.notAfter ?? ends }));
  const listed = { keyId, publicKey: base64url(await publicKeyOfSeed(seed)) };
  return {
    folder: {
      ...folder,
      deployment: withDirectory(folder, { visitKeys: [...before, listed] }),
      edge: { ...edge, visitKey: { keyId, seed: base64url(seed) } },
    },
    steps: [
      "restart every region's server with deployment.json: each takes what either key signs",
      "then, within a day, deploy the edge with deployment.json and edge.json: it signs with the new one",
      ...(edge.visitKey === undefined
        ? []
        : [
            `what visit key ${edge.visitKey.keyId} signed admits answers until ${ends}; it stays listed, so that visitors can take back what they gave`,
          ]),
    ],
  };
}

/** A new root key, which signs every region key anew. */
export async function rotateRoot(folder: Folder): Promise<Rotation> {
  const operator = needed(folder.operator, "operator.json", "it holds the root key");
  const rootSeed = fresh();
  const keys: SignedKeyConfig[] = [];
  for (const { signature: _old, ...config } of folder.deployment.directory.keys) {
    const signature = await signEd25519(rootSeed, signedBytes("key-config", config));
    keys.push({ ...config, signature: base64url(signature) });
  }
  const root = base64url(await publicKeyOfSeed(rootSeed));
  return {
    folder: {
      ...folder,
      deployment: withDirectory(folder, { root, keys }),
      operator: { ...operator, rootSeed: base64url(rootSeed) },
    },
    steps: [
      "keep operator.json offline, as before",
      "deploy the edge with deployment.json and a page built anew, at once: `maily deploy` builds it with the new root",
      "the regions' servers take deployment.json when they restart next",
      "what it costs: a page that was opened before, or came from a cache of up to five minutes, refuses the new keys until it is loaded again. Answers sealed before are taken as ever",
    ],
  };
}
