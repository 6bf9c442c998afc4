// What is live: what the edge says of itself, and what the last `maily deploy` wrote down.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { KeyDirectory } from "../../sdk/schema/key-config.ts";
import { ask } from "../ask.ts";
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

/** Problems: server-unreachable, and what the edge refuses with. */
export async function askLive(edge: string): Promise<Live> {
  const health = Health.parse(await ask(`${edge}/healthz`));
  const directory = KeyDirectory.parse(await ask(`${edge}/v1/keys`));
  const routes = routesOf(OpenApi.parse(await ask(`${edge}/openapi.json`)));
  return { health: health.regions, directory, routes };
}

/** What a deployment leaves beside the keys, so that the next one knows what must stay as it is. Nothing in it is secret. */
export const Deployed = z.strictObject({
  environment: z.string(),
  at: z.iso.datetime(),
  worker: z.string(),
  compatibilityDate: z.string(),
  regions: Regions,
  objects: z.array(z.strictObject({ binding: z.string(), className: z.string() })),
  migrations: z.array(z.string()),
  receiptKeyId: z.int(),
  forwardKeyIds: z.record(z.string(), z.string()),
});
export type Deployed = z.infer<typeof Deployed>;

export const deployedFile = (folder: string, environment: string): string =>
  join(folder, `deployed-${environment}.json`);

/** Undefined before the first deployment from this folder. Problem: configuration-invalid. */
export async function readDeployed(
  folder: string,
  { environment }: Target,
): Promise<Deployed | undefined> {
  const file = deployedFile(folder, environment);
  return existsSync(file) ? readJson(file, Deployed) : undefined;
}
