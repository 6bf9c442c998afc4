// The environment of one region's server, parsed once; this file is its reference (SPEC §8).
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { Deployment, RegionSecrets } from "../sdk/schema/deployment.ts";
import { OtlpEndpoint, OtlpHeaders } from "../sdk/schema/telemetry.ts";
import type { Collector } from "../sdk/span-exporter.ts";
import { log } from "./log.ts";
import { segmentSourceOf, segmentVariables } from "./segments/environment.ts";
import type { Source } from "./segments/followed.ts";
import { snowflakeOf, snowflakeVariables } from "./snowflake/environment.ts";
import type { SnowflakeSettings } from "./snowflake/settings.ts";
import type { KafkaConfig } from "./stream/kafka.ts";

const portMax = 65_535;

/** A setting that is missing, empty or wrong is answered with what to set it to. */
const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, { error: `set it to ${names.join(" or ")}` });
const path = (what: string) => z.string({ error: `set it to the path of ${what}` });

const Environment = z
  .object({
    MAILY_REGION: oneOf(["eu", "us", "apac"]).describe("The one region of this process."),
    MAILY_HOST: z.string().default("127.0.0.1").describe("The address to listen on."),
    MAILY_PORT: z
      .string()
      .regex(/^\d{1,5}$/, "set it to a port number, or to 0 for any free port")
      .transform(Number)
      .refine((port) => port <= portMax, `set it to at most ${portMax}`)
      .default(4401),
    MAILY_DATA_DIR: path("the folder that holds this region's data"),
    MAILY_DEPLOYMENT: path("deployment.json, which `maily keygen` writes"),
    MAILY_SECRETS: path("region-<region>.json, which `maily keygen` writes"),
    MAILY_DURABILITY: oneOf(["outbox", "stream"]).describe(
      "Where an answer is durable when it is acknowledged; as the edge's REGIONS has it.",
    ),
    MAILY_STREAM: oneOf(["embedded", "kafka"]).default("embedded"),
    MAILY_PRESIDIO_URL: z
      .url({ protocol: /^https?$/, error: "set it to the address of Presidio's analyzer" })
      .optional(),
    MAILY_AGENTS: path("agents.json, which `maily agents keygen` writes").optional(),
    MAILY_OTLP_ENDPOINT: OtlpEndpoint.optional(),
    MAILY_OTLP_HEADERS_FILE: path(
      "a file with the collector's headers as a JSON object",
    ).optional(),
    MAILY_KAFKA_BROKERS: z
      .string()
      .regex(/^[\w.[\]:-]+:\d+(,[\w.[\]:-]+:\d+)*$/, "set it to host:port, several with commas")
      .optional(),
    MAILY_KAFKA_TLS: oneOf(["on", "off"]).default("off"),
    MAILY_KAFKA_CA_FILE: path("the authorities' PEM file").optional(),
    MAILY_KAFKA_SASL_MECHANISM: oneOf(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]).optional(),
    MAILY_KAFKA_SASL_USERNAME: z.string().optional(),
    MAILY_KAFKA_SASL_PASSWORD_FILE: path("a file that holds the password alone").optional(),
    ...snowflakeVariables,
    ...segmentVariables,
  })
  .superRefine((environment, context) => {
    const require = (name: keyof typeof environment, what: string): void => {
      if (environment[name] === undefined)
        context.addIssue({ code: "custom", path: [name], message: what });
    };
    if (environment.MAILY_STREAM === "kafka")
      require("MAILY_KAFKA_BROKERS", "set it to host:port, several with commas");
    if (environment.MAILY_KAFKA_SASL_MECHANISM !== undefined) {
      require("MAILY_KAFKA_SASL_USERNAME", "set it to the user's name");
      require("MAILY_KAFKA_SASL_PASSWORD_FILE", "set it to the path of a file with the password");
    }
  });
type Environment = z.infer<typeof Environment>;

export interface Config {
  readonly region: Region;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly durability: "outbox" | "stream";
  readonly stream:
    | { readonly kind: "embedded" }
    | { readonly kind: "kafka"; readonly kafka: KafkaConfig };
  readonly deployment: Deployment;
  readonly secrets: RegionSecrets;
  /** Presidio's analyzer; without it no text is cleared of names. */
  readonly presidio?: string;
  /** The path of agents.json; without it no agent is let in. */
  readonly agents?: string;
  /** Where spans go; without it nothing is traced here. */
  readonly collector?: Omit<Collector, "resource">;
  /** Where rows go beside the warehouse of this process; without it nowhere. */
  readonly snowflake: SnowflakeSettings | undefined;
  /** Another engine in the place of the segments' own. */
  readonly segmentSource?: Source | undefined;
}

const invalid = (errors: readonly string[]): Problem =>
  new Problem("configuration-invalid", { errors });

/** Where and what, never the value: it may be a secret. */
const placesOf = (error: z.ZodError): string[] =>
  error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);

async function readSetting(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw invalid([`${name}: ${file} cannot be read; set it to a file that this user may read`]);
  }
}

async function readDocument<Schema extends z.ZodType>(
  name: string,
  file: string,
  schema: Schema,
  remedy = "restore it or run `maily keygen`",
): Promise<z.infer<Schema>> {
  const text = await readSetting(name, file);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid([`${name}: ${file} is not JSON; ${remedy}`]);
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success)
    throw invalid(placesOf(parsed.error).map((place) => `${name}: ${file}: ${place}`));
  return parsed.data;
}

async function kafkaOf(environment: Environment): Promise<KafkaConfig> {
  const {
    MAILY_KAFKA_CA_FILE: caFile,
    MAILY_KAFKA_SASL_MECHANISM: mechanism,
    MAILY_KAFKA_SASL_USERNAME: username = "",
    MAILY_KAFKA_SASL_PASSWORD_FILE: passwordFile = "",
  } = environment;
  const ca = caFile === undefined ? undefined : await readSetting("MAILY_KAFKA_CA_FILE", caFile);
  return {
    brokers: (environment.MAILY_KAFKA_BROKERS ?? "").split(","),
    clientId: `maily-${environment.MAILY_REGION}`,
    ...(environment.MAILY_KAFKA_TLS === "on" && { tls: ca === undefined ? {} : { ca } }),
    ...(mechanism !== undefined && {
      sasl: {
        mechanism,
        username,
        password: (await readSetting("MAILY_KAFKA_SASL_PASSWORD_FILE", passwordFile)).trim(),
      },
    }),
  };
}

async function collectorOf(environment: Environment): Promise<Pick<Config, "collector">> {
  const { MAILY_OTLP_ENDPOINT: endpoint, MAILY_OTLP_HEADERS_FILE: file } = environment;
  if (endpoint === undefined) return {};
  const headers =
    file === undefined
      ? {}
      : await readDocument(
          "MAILY_OTLP_HEADERS_FILE",
          file,
          OtlpHeaders,
          "write the collector's headers as an object of texts",
        );
  return { collector: { endpoint, headers } };
}

/** Throws Problem `configuration-invalid` whose `errors` name each variable and what to set it to. */
export async function readConfig(
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) throw invalid(placesOf(parsed.error));
  const environment = parsed.data;
  const { MAILY_REGION: region, MAILY_SECRETS: secretsFile } = environment;
  const deployment = await readDocument(
    "MAILY_DEPLOYMENT",
    environment.MAILY_DEPLOYMENT,
    Deployment,
  );
  const secrets = await readDocument("MAILY_SECRETS", secretsFile, RegionSecrets);
  if (secrets.region !== region)
    throw invalid([
      `MAILY_SECRETS: ${secretsFile} is for ${secrets.region}; set it to region-${region}.json`,
    ]);
  const { mode } = await stat(secretsFile);
  if ((mode & 0o077) !== 0)
    log("secrets-readable", { file: secretsFile, remedy: `chmod 600 ${secretsFile}` });
  return {
    region,
    host: environment.MAILY_HOST,
    port: environment.MAILY_PORT,
    dataDir: resolve(environment.MAILY_DATA_DIR),
    durability: environment.MAILY_DURABILITY,
    stream:
      environment.MAILY_STREAM === "kafka"
        ? { kind: "kafka", kafka: await kafkaOf(environment) }
        : { kind: "embedded" },
    deployment,
    secrets,
    snowflake: await snowflakeOf(environment, region, readSetting),
    segmentSource: await segmentSourceOf(environment, readSetting),
    ...(environment.MAILY_PRESIDIO_URL !== undefined && {
      presidio: environment.MAILY_PRESIDIO_URL,
    }),
    ...(environment.MAILY_AGENTS !== undefined && { agents: resolve(environment.MAILY_AGENTS) }),
    ...(await collectorOf(environment)),
  };
}
