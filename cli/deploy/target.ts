// What wrangler.toml says of one environment, as wrangler itself reads it.
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { RegionLink } from "../../edge/env.ts";
import { SchemaTarget } from "../../edge/schema.ts";
import { RegionName } from "../../sdk/schema/ids.ts";
import { Problem } from "../../sdk/problem.ts";

export const Regions = z.partialRecord(RegionName, RegionLink);
export type Regions = z.infer<typeof Regions>;

export interface ObjectMigration {
  readonly tag: string;
  readonly created: readonly string[];
  /** Anything but the creation of SQLite classes: it moves or ends objects. */
  readonly other: readonly string[];
}

/** What of wrangler's own reading is looked at; it has filled in the defaults. */
const WranglerConfig = z.looseObject({
  name: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  routes: z.array(z.union([z.string(), z.looseObject({ pattern: z.string() })])).default([]),
  vars: z.record(z.string(), z.unknown()),
  durable_objects: z.looseObject({
    bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })),
  }),
  migrations: z.array(
    z.looseObject({ tag: z.string(), new_sqlite_classes: z.array(z.string()).default([]) }),
  ),
  secrets: z.looseObject({ required: z.array(z.string()).default([]) }).optional(),
  assets: z.looseObject({ directory: z.string() }),
  observability: z
    .looseObject({
      enabled: z.boolean().optional(),
      logs: z.looseObject({ invocation_logs: z.boolean().optional() }).optional(),
      traces: z.looseObject({ enabled: z.boolean().optional() }).optional(),
    })
    .optional(),
});

/** One environment of wrangler.toml. */
export interface Target {
  readonly environment: string;
  /** The Worker's name: its objects belong to it. */
  readonly worker: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly addresses: readonly string[];
  readonly regions: Regions;
  readonly objects: readonly { readonly binding: string; readonly className: string }[];
  readonly migrations: readonly ObjectMigration[];
  /** Names alone. */
  readonly secrets: readonly string[];
  readonly schemaTarget: string | undefined;
  readonly assetsFolder: string;
  /** Whether the platform would log or trace the addresses of requests, in which an invitation may be. */
  readonly logsAddresses: boolean;
}

const invalid = (detail: string): Problem => new Problem("configuration-invalid", { detail });

function regionsOf(text: unknown, file: string): Regions {
  let value: unknown;
  try {
    value = JSON.parse(typeof text === "string" ? text : "");
  } catch {
    throw invalid(`REGIONS in ${file} is not a text of JSON: write it as edge/env.ts says.`);
  }
  const parsed = Regions.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(
    ({ path, message }) => `REGIONS.${path.join(".")}: ${message}`,
  );
  throw new Problem("configuration-invalid", { errors });
}

/** Every object would refuse to run with one that it cannot read. */
function schemaTargetOf(value: unknown, file: string): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "string" ? value : "";
  try {
    SchemaTarget.parse(JSON.parse(text));
  } catch {
    throw invalid(`SCHEMA_TARGET in ${file} is not a text such as '{"outbox":2}'.`);
  }
  return text;
}

const addressOf = (route: string | { readonly pattern: string }): string =>
  typeof route === "string" ? route : route.pattern;

type Read = (environment?: string) => unknown;

async function readerOf(file: string): Promise<Read> {
  // wrangler loads for a second: whoever deploys nothing does without.
  const { unstable_readConfig: readConfig } = await import("wrangler").catch(() => {
    throw invalid("wrangler is not installed. Run `npm install` in the checkout.");
  });
  return (environment) => {
    const args = { config: file, ...(environment !== undefined && { env: environment }) };
    try {
      return readConfig(args, { hideWarnings: true });
    } catch (error) {
      // wrangler's words name the place; the file has no secrets.
      throw invalid(
        `${file}: ${error instanceof Error ? error.message : "wrangler cannot read it"}`,
      );
    }
  };
}

/** Throws Problem configuration-invalid where wrangler cannot read the file, or it has no such environment. */
export async function readTarget(file: string, environment: string): Promise<Target> {
  const read = await readerOf(file);
  const { definedEnvironments } = z
    .looseObject({ definedEnvironments: z.array(z.string()).default([]) })
    .parse(read());
  if (!definedEnvironments.includes(environment))
    throw invalid(
      `${file} has no environment ${environment}: choose of ${definedEnvironments.join(", ")}.`,
    );
  const parsed = WranglerConfig.safeParse(read(environment));
  if (!parsed.success)
    throw new Problem("configuration-invalid", {
      errors: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  const { vars, observability, durable_objects: objects, ...config } = parsed.data;
  return {
    environment,
    worker: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    addresses: config.routes.map(addressOf),
    regions: regionsOf(vars["REGIONS"], file),
    objects: objects.bindings.map((bound) => ({
      binding: bound.name,
      className: bound.class_name,
    })),
    migrations: config.migrations.map(({ tag, new_sqlite_classes: created, ...more }) => ({
      tag,
      created,
      other: Object.keys(more),
    })),
    secrets: config.secrets?.required ?? [],
    schemaTarget: schemaTargetOf(vars["SCHEMA_TARGET"], file),
    assetsFolder: resolve(dirname(file), config.assets.directory),
    logsAddresses:
      observability?.traces?.enabled === true ||
      (observability?.enabled === true && observability.logs?.invocation_logs !== false),
  };
}
