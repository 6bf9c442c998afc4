// The edge's bindings, parsed once an isolate. This file is their reference (SPEC §8).
import { z } from "zod";
import { fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { Problem, type ProblemCode } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { Deployment, EdgeSecrets } from "../sdk/schema/deployment.ts";
import { RegionName } from "../sdk/schema/ids.ts";
import type { KeyDirectory, SignedKeyConfig } from "../sdk/schema/key-config.ts";
import type { CampaignStore } from "./campaign-store.ts";
import type { Outbox } from "./outbox.ts";

export interface Bindings {
  /** JSON: a `RegionLink` for each region that this edge serves. */
  readonly REGIONS: string;
  /** JSON: `Deployment`, what `maily keygen` wrote to deployment.json. */
  readonly DEPLOYMENT: string;
  /** JSON: `EdgeSecrets`, what `maily keygen` wrote to edge.json. */
  readonly SECRETS: string;
  /** Serves the folder of the built page. */
  readonly ASSETS: Fetcher;
  readonly OUTBOX: DurableObjectNamespace<Outbox>;
  readonly CAMPAIGNS: DurableObjectNamespace<CampaignStore>;
}

const RegionLink = z.strictObject({
  server: z
    .url({ protocol: /^https?$/ })
    .refine((address) => new URL(address).pathname === "/", "is an origin without a path")
    .transform((address) => new URL(address).origin)
    .describe("The origin of the region's server."),
  durability: z
    .enum(["outbox", "stream"])
    .describe("Where an answer is on disk when it is acknowledged (SPEC §4.2)."),
  jurisdiction: z
    .enum(["eu", "us", "fedramp"])
    .optional()
    .describe(
      "Of the region's Durable Objects; only where the platform has it: local workerd throws.",
    ),
  shards: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe(
      "Outbox objects of the region: its peak of answers a second ÷ 250, or its answers a month ÷ 4 million where that is more. Never change it once answers arrived: a reader's withdrawal is kept in that reader's shard.",
    ),
});
export type RegionLink = z.infer<typeof RegionLink>;

/** A region key's epoch; times in Unix milliseconds. */
export interface KeyEpoch {
  readonly region: Region;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Settings {
  readonly links: ReadonlyMap<Region, RegionLink>;
  readonly directory: KeyDirectory;
  /** Region keys by key id, which is unique in a deployment. */
  readonly epochs: ReadonlyMap<number, KeyEpoch>;
  readonly operatorKeys: ReadonlyMap<
    string,
    { readonly tenant: number; readonly publicKey: Bytes }
  >;
  readonly receiptKey: { readonly keyId: number; readonly seed: Bytes };
  readonly forwardKeys: ReadonlyMap<Region, { readonly keyId: string; readonly secret: Bytes }>;
}

function invalid(detail: string): never {
  throw new Problem("configuration-invalid" satisfies ProblemCode, { detail });
}

/** Problem configuration-invalid names the binding and the place, never the value. */
function parseBinding<Schema extends z.ZodType>(
  name: keyof Bindings,
  text: unknown,
  schema: Schema,
): z.output<Schema> {
  if (typeof text !== "string") invalid(`The binding ${name} is missing.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    invalid(`The binding ${name} is not JSON.`); // The parser's own message would quote the text.
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.join(".") || "(root)");
  return invalid(`The binding ${name} is not valid at ${places.slice(0, 5).join(", ")}.`);
}

/** The schemas have checked form and length already. */
const bytesOf = (text: string): Bytes => fromBase64url(text) ?? invalid("A key is not base64url.");

function epochsOf(keys: readonly SignedKeyConfig[]): Map<number, KeyEpoch> {
  const epochs = new Map<number, KeyEpoch>();
  for (const { keyId, region, notBefore, notAfter } of keys) {
    if (epochs.has(keyId)) invalid(`Two region keys of DEPLOYMENT have the key id ${keyId}.`);
    epochs.set(keyId, {
      region,
      notBefore: Date.parse(notBefore),
      notAfter: Date.parse(notAfter),
    });
  }
  return epochs;
}

function parseSettings(env: Bindings): Settings {
  const regions = parseBinding("REGIONS", env.REGIONS, z.partialRecord(RegionName, RegionLink));
  const { directory, operatorKeys } = parseBinding("DEPLOYMENT", env.DEPLOYMENT, Deployment);
  const { receiptKey, forwardKeys } = parseBinding("SECRETS", env.SECRETS, EdgeSecrets);
  const links = new Map(Object.entries(regions) as [Region, RegionLink][]); // The schema allows no other key.
  const keys = new Map<Region, { keyId: string; secret: Bytes }>();
  for (const region of links.keys()) {
    const key = forwardKeys[region];
    if (key === undefined) invalid(`SECRETS has no forward key for ${region}.`);
    keys.set(region, { keyId: key.keyId, secret: bytesOf(key.secret) });
  }
  return {
    links,
    directory,
    epochs: epochsOf(directory.keys),
    operatorKeys: new Map(
      operatorKeys.map((key) => [
        key.keyId,
        { tenant: key.tenant, publicKey: bytesOf(key.publicKey) },
      ]),
    ),
    receiptKey: { keyId: receiptKey.keyId, seed: bytesOf(receiptKey.seed) },
    forwardKeys: keys,
  };
}

let parsed: { readonly from: string; readonly settings: Settings } | undefined;

/** An isolate has one set of bindings. Problem: configuration-invalid. */
export function settingsOf(env: Bindings): Settings {
  if (parsed?.from !== env.DEPLOYMENT)
    parsed = { from: env.DEPLOYMENT, settings: parseSettings(env) };
  return parsed.settings;
}

/** How to reach a region's server. Problem region-unavailable where this edge does not serve the region: there is no default. */
export function linkOf(settings: Settings, region: Region): RegionLink {
  const link = settings.links.get(region);
  if (link === undefined) throw new Problem("region-unavailable", { region });
  return link;
}
