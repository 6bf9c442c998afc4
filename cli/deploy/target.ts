// What wrangler.toml says of one environment, as wrangler itself reads it.
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { RegionLink } from "../../edge/env.ts";
import { Visitors } from "../../edge/country.ts";
import { Limits } from "../../edge/limits.ts";
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
    bindings: z.array(
      z.looseObject({
        name: z.string(),
        class_name: z.string(),
        script_name: z.string().optional(),
      }),
    ),
  }),
  migrations: z.array(
    z.looseObject({ tag: z.string(), new_sqlite_classes: z.array(z.string()).default([]) }),
  ),
  assets: z.looseObject({ directory: z.string() }),
  observability: z
    .looseObject({
      enabled: z.boolean().optional(),
      logs: z
        .looseObject({ enabled: z.boolean().optional(), invocation_logs: z.boolean().optional() })
        .optional(),
      traces: z.looseObject({ enabled: z.boolean().optional() }).optional(),
    })
    .optional(),
  logpush: z.boolean().optional(),
  tail_consumers: z.array(z.unknown()).optional(),
  streaming_tail_consumers: z.array(z.unknown()).optional(),
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
  readonly schemaTarget: string | undefined;
  readonly assetsFolder: string;
  /** Whether the platform would log or trace the addresses of requests, in which an invitation may be. */
  readonly logsAddresses: boolean;
}

const invalid = (detail: string): Problem => new Problem("configuration-invalid", { detail });

/** A variable as the edge itself reads it: with one that it cannot read it would refuse every request. */
function parseVariable<Schema extends z.ZodType>(
  { name, file, such }: { readonly name: string; readonly file: string; readonly such: string },
  text: unknown,
  schema: Schema,
): z.output<Schema> {
  const detail = `${name} in ${file} is not a text such as '${such}'.`;
  let value: unknown;
  try {
    value = JSON.parse(typeof text === "string" ? text : "");
  } catch {
    throw invalid(detail);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) =>
    [[name, ...path].join("."), message].join(": "),
  );
  throw new Problem("configuration-invalid", { detail, errors });
}

/** Every variable that is written in wrangler.toml, read. */
function readVariables(
  vars: Readonly<Record<string, unknown>>,
  file: string,
): { readonly regions: Regions; readonly schemaTarget: string | undefined } {
  const { REGIONS: regions, SCHEMA_TARGET: schemaTarget } = vars;
  const { LIMITS: limits = "{}", VISITORS: visitors = "{}" } = vars;
  const like = (name: string, such: string) => ({ name, file, such });
  parseVariable(like("LIMITS", '{"clientAddress":"cf-connecting-ip"}'), limits, Limits);
  parseVariable(like("VISITORS", '{"countryHeader":"x-country"}'), visitors, Visitors);
  if (schemaTarget !== undefined)
    parseVariable(like("SCHEMA_TARGET", '{"outbox":2}'), schemaTarget, SchemaTarget);
  const link = '{"eu":{"server":"https://eu.your.domain","durability":"outbox"}}';
  return {
    regions: parseVariable(like("REGIONS", link), regions, Regions),
    schemaTarget: typeof schemaTarget === "string" ? schemaTarget : undefined,
  };
}

/** Each of these hands on a request's address with its event. */
const logsAddresses = ({ observability, ...config }: z.infer<typeof WranglerConfig>): boolean => {
  const { enabled, logs, traces } = observability ?? {};
  const isLogging = logs?.enabled ?? enabled;
  return (
    traces?.enabled === true ||
    (isLogging === true && logs?.invocation_logs !== false) ||
    config.logpush === true ||
    (config.tail_consumers ?? []).length > 0 ||
    (config.streaming_tail_consumers ?? []).length > 0
  );
};

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
      detail: `${file} lacks what a deployment of ${environment} needs.`,
      errors: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  const { vars, durable_objects: objects, ...config } = parsed.data;
  return {
    environment,
    worker: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    addresses: config.routes.map(addressOf),
    ...readVariables(vars, file),
    objects: objects.bindings.map((bound) => ({
      binding: bound.name,
      // Objects of another Worker are others: as different as those of another class.
      className:
        bound.script_name === undefined
          ? bound.class_name
          : `${bound.class_name} of Worker ${bound.script_name}`,
    })),
    migrations: config.migrations.map(({ tag, new_sqlite_classes: created, ...more }) => ({
      tag,
      created,
      other: Object.keys(more),
    })),
    assetsFolder: resolve(dirname(file), config.assets.directory),
    logsAddresses: logsAddresses(parsed.data),
  };
}
