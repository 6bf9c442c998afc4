// The edge's bindings, parsed once an isolate. This file is their reference (SPEC §8).
import { z } from "zod";
import { fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { Problem, type ProblemCode } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { Deployment, EdgeSecrets } from "../sdk/schema/deployment.ts";
import { RegionName } from "../sdk/schema/ids.ts";
import type { KeyDirectory, SignedKeyConfig } from "../sdk/schema/key-config.ts";
import { EdgeTelemetry } from "../sdk/schema/telemetry.ts";
import { verifyingKey, type SignatureKey } from "./at-once.ts";
import type { CampaignStore } from "./campaign-store.ts";
import { Visitors } from "./country.ts";
import { Limits, type LimiterBindings } from "./limits.ts";
import type { Outbox } from "./outbox.ts";

export interface Bindings extends LimiterBindings {
  /** JSON: a `RegionLink` for each region that this edge serves. */
  readonly REGIONS: string;
  /** JSON: `Deployment`, what `maily keygen` wrote to deployment.json. */
  readonly DEPLOYMENT: string;
  /** The rest of DEPLOYMENT, where it is longer than a variable of the platform may be: DEPLOYMENT_2, DEPLOYMENT_3 and so on. */
  readonly [piece: `DEPLOYMENT_${number}`]: string;
  /** JSON: `EdgeSecrets`, what `maily keygen` wrote to edge.json. */
  readonly SECRETS: string;
  /** JSON: `SchemaTarget` of edge/schema.ts, where an operator brings objects' tables back; usually absent. */
  readonly SCHEMA_TARGET?: string;
  /** JSON: `EdgeTelemetry`; a secret. Without it nothing is traced, and /metrics does not exist. */
  readonly TELEMETRY?: string;
  /** JSON: `Limits` of edge/limits.ts; absent, its defaults hold and no address is read. */
  readonly LIMITS?: string;
  /** JSON: `Visitors` of edge/country.ts; absent, the country is the one that Cloudflare says. */
  readonly VISITORS?: string;
  /** Serves the folder of the built page. */
  readonly ASSETS: Fetcher;
  readonly OUTBOX: DurableObjectNamespace<Outbox>;
  readonly CAMPAIGNS: DurableObjectNamespace<CampaignStore>;
}

/** Outbox objects of a region, and layouts that one configuration may name beside the one that holds. */
const shardsMax = 1_024;
const layoutsMax = 3;

/** Pieces of DEPLOYMENT that are looked for: 64 region keys and their like fit. */
export const deploymentPiecesMax = 40;

function piecesOf(env: Bindings): string[] {
  const pieces = [env.DEPLOYMENT];
  for (let number = 2; number <= deploymentPiecesMax; number++) {
    const piece = env[`DEPLOYMENT_${number}`];
    if (piece === undefined) break;
    pieces.push(piece);
  }
  return pieces;
}

export const RegionLink = z.strictObject({
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
    .max(shardsMax)
    .default(1)
    .describe(
      "Outbox objects of the region: its peak of answers a second ÷ 250, or its answers a month ÷ 4 million where that is more. Who changes it puts the number it had in front of `before`.",
    ),
  compression: z
    .literal("gzip")
    .optional()
    .describe(
      "How batches are compressed on their way to the region's server. Where the way is paid by the byte: batches shrink to half, for half as much processor time again at the outbox. The server must be of a version that inflates.",
    ),
  before: z
    .array(z.strictObject({ shards: z.int().min(1).max(shardsMax) }))
    .max(layoutsMax)
    .default([])
    .describe(
      "The numbers of shards it had, newest first: what they remember of a reader is fetched when the reader comes again. One may be taken out 31 days after it was replaced, once /healthz counts nothing waiting or parked.",
    ),
});
export type RegionLink = z.infer<typeof RegionLink>;

/** A region key's epoch; times in Unix milliseconds. */
export interface KeyEpoch {
  readonly region: Region;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Instants in Unix milliseconds; what the key signs is taken from the first on and before the second. */
interface OperatorKey {
  readonly tenant: number;
  readonly publicKey: Bytes;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Takes what it signed before `notAfter`, Unix milliseconds. */
interface KnownVisitKey {
  readonly key: SignatureKey;
  readonly notAfter: number;
}

export interface Settings {
  readonly links: ReadonlyMap<Region, RegionLink>;
  readonly directory: KeyDirectory;
  /** Region keys by key id, which is unique in a deployment. */
  readonly epochs: ReadonlyMap<number, KeyEpoch>;
  readonly operatorKeys: ReadonlyMap<string, OperatorKey>;
  readonly receiptKey: { readonly keyId: number; readonly seed: Bytes };
  /** What this edge signs visitors' invitations with; without it no site is served. */
  readonly visitKey: { readonly keyId: number; readonly seed: Bytes } | undefined;
  readonly visitKeys: ReadonlyMap<number, KnownVisitKey>;
  readonly visitors: Visitors;
  readonly forwardKeys: ReadonlyMap<Region, { readonly keyId: string; readonly secret: Bytes }>;
  readonly telemetry: EdgeTelemetry | undefined;
  readonly limits: Limits;
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

const visitKeysOf = ({ visitKeys }: KeyDirectory): Map<number, KnownVisitKey> =>
  new Map(
    visitKeys.map(({ keyId, publicKey, notAfter }) => [
      keyId,
      {
        key: verifyingKey(bytesOf(publicKey)),
        notAfter: notAfter === undefined ? Infinity : Date.parse(notAfter),
      },
    ]),
  );

function parseSettings(env: Bindings): Settings {
  const regions = parseBinding("REGIONS", env.REGIONS, z.partialRecord(RegionName, RegionLink));
  const { directory, operatorKeys } = parseBinding(
    "DEPLOYMENT",
    env.DEPLOYMENT && piecesOf(env).join(""),
    Deployment,
  );
  const { receiptKey, visitKey, forwardKeys } = parseBinding("SECRETS", env.SECRETS, EdgeSecrets);
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
      operatorKeys.map(({ keyId, tenant, publicKey, notBefore, notAfter }) => [
        keyId,
        {
          tenant,
          publicKey: bytesOf(publicKey),
          notBefore: notBefore === undefined ? -Infinity : Date.parse(notBefore),
          notAfter: notAfter === undefined ? Infinity : Date.parse(notAfter),
        },
      ]),
    ),
    receiptKey: { keyId: receiptKey.keyId, seed: bytesOf(receiptKey.seed) },
    visitKey: visitKey && { keyId: visitKey.keyId, seed: bytesOf(visitKey.seed) },
    visitKeys: visitKeysOf(directory),
    visitors: parseBinding("VISITORS", env.VISITORS ?? "{}", Visitors),
    forwardKeys: keys,
    telemetry:
      env.TELEMETRY === undefined
        ? undefined
        : parseBinding("TELEMETRY", env.TELEMETRY, EdgeTelemetry),
    limits: parseBinding("LIMITS", env.LIMITS ?? "{}", Limits),
  };
}

let parsed:
  | { readonly from: readonly (string | undefined)[]; readonly settings: Settings }
  | undefined;

/** An isolate has one set of bindings. Problem: configuration-invalid. */
export function settingsOf(env: Bindings): Settings {
  // A platform may change bindings under an isolate that goes on: any one of them that changed is noticed.
  const from = [
    env.REGIONS,
    env.SECRETS,
    env.TELEMETRY,
    env.LIMITS,
    env.VISITORS,
    ...piecesOf(env),
  ];
  if (
    parsed?.from.length !== from.length ||
    from.some((text, index) => text !== parsed?.from[index])
  )
    parsed = { from, settings: parseSettings(env) };
  return parsed.settings;
}

/** How to reach a region's server. Problem region-unavailable where this edge does not serve the region: there is no default. */
export function linkOf(settings: Settings, region: Region): RegionLink {
  const link = settings.links.get(region);
  if (link === undefined) throw new Problem("region-unavailable", { region });
  return link;
}
