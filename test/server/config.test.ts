import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Problem } from "../../sdk/problem.ts";
import { readConfig } from "../../server/config.ts";
import { temporaryFolder, TestRegion } from "./region.ts";

const folder = temporaryFolder();
const prepared = await TestRegion.prepare({ folder });

async function errorsOf(changes: Record<string, string>): Promise<unknown> {
  const outcome: unknown = await readConfig({ ...prepared.environment, ...changes }).catch(
    (error: unknown) => error,
  );
  if (!(outcome instanceof Problem)) throw new Error("the configuration was taken");
  expect(outcome.code).toBe("configuration-invalid");
  return outcome.members["errors"];
}

test("takes a whole environment", async () => {
  const config = await readConfig(prepared.environment);
  expect(config).toMatchObject({
    region: "eu",
    host: "127.0.0.1",
    port: 0,
    durability: "outbox",
    stream: { kind: "embedded" },
  });
});

test("takes a collector with its headers, and repeats none of a file that is no JSON", async () => {
  const file = join(folder, "headers.json");
  const set = { MAILY_OTLP_ENDPOINT: "http://127.0.0.1:4318", MAILY_OTLP_HEADERS_FILE: file };
  await writeFile(file, '{"authorization":"Bearer the-collectors"}');
  const { collector } = await readConfig({ ...prepared.environment, ...set });
  expect(collector).toEqual({
    endpoint: "http://127.0.0.1:4318",
    headers: { authorization: "Bearer the-collectors" },
  });
  await writeFile(file, "authorization: Bearer the-collectors");
  expect(await errorsOf(set)).toEqual([
    `MAILY_OTLP_HEADERS_FILE: ${file} is not JSON; write the collector's headers as an object of texts`,
  ]);
});

test("names every variable that is missing, and what to set it to", async () => {
  const outcome: unknown = await readConfig({}).catch((error: unknown) => error);
  if (!(outcome instanceof Problem)) throw new Error("the configuration was taken");
  expect(outcome.members["errors"]).toEqual([
    "MAILY_REGION: set it to eu or us or apac",
    "MAILY_DATA_DIR: set it to the path of the folder that holds this region's data",
    "MAILY_DEPLOYMENT: set it to the path of deployment.json, which `maily keygen` writes",
    "MAILY_SECRETS: set it to the path of region-<region>.json, which `maily keygen` writes",
    "MAILY_DURABILITY: set it to outbox or stream",
  ]);
});

test("an empty variable is a missing one", async () => {
  expect(await errorsOf({ MAILY_DURABILITY: "" })).toEqual([
    "MAILY_DURABILITY: set it to outbox or stream",
  ]);
});

test.for([
  ["MAILY_REGION", "mars", "set it to eu or us or apac"],
  ["MAILY_PORT", "http", "set it to a port number, or to 0 for any free port"],
  ["MAILY_PORT", "70000", "set it to at most 65535"],
  ["MAILY_STREAM", "memory", "set it to embedded or kafka"],
  ["MAILY_PRESIDIO_URL", "presidio:3000", "set it to the address of Presidio's analyzer"],
  ["MAILY_OTLP_ENDPOINT", "collector:4318", "set it to a collector's address, http:// or https://"],
  ["MAILY_STREAM", "kafka", undefined],
])("refuses %s=%s", async ([name = "", value = "", message]) => {
  const expected =
    message === undefined
      ? "MAILY_KAFKA_BROKERS: set it to host:port, several with commas"
      : `${name}: ${message}`;
  expect(await errorsOf({ [name]: value })).toEqual([expected]);
});

test("reads the brokers, TLS and the password's file", async () => {
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, "a secret\n");
  const { stream } = await readConfig({
    ...prepared.environment,
    MAILY_STREAM: "kafka",
    MAILY_KAFKA_BROKERS: "one:9092,two:9093",
    MAILY_KAFKA_TLS: "on",
    MAILY_KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
    MAILY_KAFKA_SASL_USERNAME: "maily",
    MAILY_KAFKA_SASL_PASSWORD_FILE: passwordFile,
  });
  expect(stream).toEqual({
    kind: "kafka",
    kafka: {
      brokers: ["one:9092", "two:9093"],
      clientId: "maily-eu",
      tls: {},
      sasl: { mechanism: "SCRAM-SHA-512", username: "maily", password: "a secret" },
    },
  });
});

test("a SASL mechanism wants a user and a password", async () => {
  const errors = await errorsOf({
    MAILY_STREAM: "kafka",
    MAILY_KAFKA_BROKERS: "one:9092",
    MAILY_KAFKA_SASL_MECHANISM: "PLAIN",
  });
  expect(errors).toEqual([
    "MAILY_KAFKA_SASL_USERNAME: set it to the user's name",
    "MAILY_KAFKA_SASL_PASSWORD_FILE: set it to the path of a file with the password",
  ]);
});

test("refuses another region's secrets", async () => {
  expect(await errorsOf({ MAILY_REGION: "us" })).toEqual([
    `MAILY_SECRETS: ${join(folder, "region-eu.json")} is for eu; set it to region-us.json`,
  ]);
});

test("names a file that is not there, and one that is not JSON", async () => {
  const file = join(folder, "torn.json");
  expect(await errorsOf({ MAILY_SECRETS: file })).toEqual([
    `MAILY_SECRETS: ${file} cannot be read; set it to a file that this user may read`,
  ]);
  await writeFile(file, '{"region":');
  await chmod(file, 0o600);
  expect(await errorsOf({ MAILY_SECRETS: file })).toEqual([
    `MAILY_SECRETS: ${file} is not JSON; restore it or run \`maily keygen\``,
  ]);
});

test("names the place in a secrets file, and never the value", async () => {
  const file = join(folder, "wrong.json");
  const [key] = prepared.keys.regions.eu.keys;
  const secrets = { ...prepared.keys.regions.eu, keys: [{ ...key, seed: `${key?.seed}extra` }] };
  await writeFile(file, JSON.stringify(secrets));
  const errors = String(await errorsOf({ MAILY_SECRETS: file }));
  expect(errors).toContain(`MAILY_SECRETS: ${file}: keys.0.seed`);
  expect(errors).not.toContain(key?.seed);
});
