// What is live: what the edge says of itself, and what the last `maily deploy` wrote down.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import { isRegion } from "../../sdk/region.ts";
import { KeyDirectory } from "../../sdk/schema/key-config.ts";
import { RegionName } from "../../sdk/schema/ids.ts";
import { askFor } from "../ask.ts";
import { readJson } from "../read-json.ts";
import { Regions, type Target } from "./target.ts";

/** Of /healthz: what is acknowledged and not yet with its region. */
const Health = z.looseObject({
  regions: z.record(
    z.string(),
    z.looseObject({
      waiting: z.int().optional(),
      parked: z.int().optional(),
    }),
  ),
});

export const OpenApi = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ deprecated: z.boolean().optional(), "x-sunset": z.string().optional() }),
    ),
  ),
});

export interface Live {
  readonly health: z.infer<typeof Health>["regions"];
  readonly directory: KeyDirectory;
  /** Such as "GET /v1/keys", with the instant it may go where it is deprecated. */
  readonly routes: ReadonlyMap<string, string | undefined>;
}

/** By method and path, with the sunset of those that have one. */
export const routesOf = ({ paths }: z.infer<typeof OpenApi>): Map<string, string | undefined> =>
  new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, route]) => [`${method.toUpperCase()} ${path}`, route["x-sunset"]] as const,
      ),
    ),
  );

/** Problems: server-unreachable, configuration-invalid where it is no edge of ours, and what the edge refuses with. */
export async function askLive(edge: string): Promise<Live> {
  const health = await askFor(`${edge}/healthz`, Health);
  const directory = await askFor(`${edge}/v1/keys`, KeyDirectory);
  const routes = routesOf(await askFor(`${edge}/openapi.json`, OpenApi));
  return { health: health.regions, directory, routes };
}

/** Addresses of a deployment that are tried. */
const addressesMax = 8;

/** The first of a deployment's own addresses at which an edge answers, be it that its outboxes are away. */
export async function liveAt(addresses: readonly string[]): Promise<string | undefined> {
  const edges = addresses
    .slice(0, addressesMax)
    .map((address) => `https://${address.split("/", 1)[0] ?? ""}`)
    .filter((edge) => URL.canParse(edge));
  const answers = await Promise.all(
    edges.map((edge) =>
      askFor(`${edge}/healthz`, Health).then(
        () => true,
        (error: unknown) => error instanceof Problem && error.code === "region-unavailable",
      ),
    ),
  );
  return edges.find((_, index) => answers[index]);
}

/**
 * What a deployment leaves beside the keys, so that the next one knows what must stay as it is. Nothing in it is secret. What
 * a newer release writes there besides is not looked at: the way back reads it too.
 */
export const Deployed = z.object({
  environment: z.string(),
  at: z.iso.datetime(),
  worker: z.string(),
  compatibilityDate: z.string(),
  regions: Regions,
  /** Since when the numbers of shards in `before` are former ones. */
  formerShards: z.partialRecord(
    RegionName,
    z.array(z.strictObject({ shards: z.int(), since: z.iso.datetime() })),
  ),
  objects: z.array(z.strictObject({ binding: z.string(), className: z.string() })),
  migrations: z.array(z.string()),
  /** What readers seal to and verify with, so that a key id used again is seen without asking the edge too. */
  directory: KeyDirectory,
  receiptKeyId: z.int(),
  forwardKeyIds: z.record(z.string(), z.string()),
});
export type Deployed = z.infer<typeof Deployed>;

export const deployedFile = (folder: string, environment: string): string =>
  join(folder, `deployed-${environment}.json`);

/** When each number of shards was first deployed as a former one. `at` is this deployment's instant. */
export const formerShardsOf = (
  { regions }: Target,
  deployed: Deployed | undefined,
  at: string,
): Deployed["formerShards"] =>
  Object.fromEntries(
    Object.entries(regions).map(([region, { before }]) => {
      const known = isRegion(region) ? (deployed?.formerShards[region] ?? []) : [];
      const sinceOf = (shards: number) => known.find((each) => each.shards === shards)?.since ?? at;
      return [region, before.map(({ shards }) => ({ shards, since: sinceOf(shards) }))];
    }),
  );

/** Undefined before the first deployment from this folder. Problem: configuration-invalid. */
export async function readDeployed(
  folder: string,
  { environment }: Target,
): Promise<Deployed | undefined> {
  const file = deployedFile(folder, environment);
  return existsSync(file) ? readJson(file, Deployed) : undefined;
}
