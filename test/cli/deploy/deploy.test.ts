// `maily deploy` as it is run, with an executable in wrangler's place that writes down what it was given.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generateKeys, writeKeys, type Keys } from "../../../cli/keygen.ts";
import { readFolder, writeFolder } from "../../../cli/rotate/folder.ts";
import { rotateForward } from "../../../cli/rotate/rotate.ts";
import { Deployment, EdgeSecrets } from "../../../sdk/schema/deployment.ts";

interface Call {
  readonly argv: readonly string[];
  readonly stdin: string;
  readonly rootKey: string | undefined;
}

/** Notes each call on a line, then ends as it is told. */
const recorder = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require("node:fs");
const argv = process.argv.slice(2);
const stdin = argv[0] === "secret" ? readFileSync(0, "utf8") : "";
appendFileSync(process.env.CALLS, JSON.stringify({ argv, stdin, rootKey: process.env.MAILY_ROOT_KEY }) + "\\n");
console.log("wrangler says: " + argv[0]);
process.exit(argv[0] === process.env.FAILS ? 3 : 0);
`;

let folder = "";
let keys: Keys;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-deploy-"));
  keys = await generateKeys(1, Date.now() - 60_000);
  await writeKeys(join(folder, "keys"), keys);
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/wrangler"), recorder);
  await chmod(join(folder, "bin/wrangler"), 0o755);
  const config = (await readFile("wrangler.toml", "utf8"))
    .replaceAll(".example", ".tea.test")
    .replace('main = "edge/worker.ts"', `main = ${JSON.stringify(resolve("edge/worker.ts"))}`);
  await writeFile(join(folder, "wrangler.toml"), config);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function deploy(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(
    process.execPath,
    [
      "cli/main.ts",
      "deploy",
      "--config",
      join(folder, "wrangler.toml"),
      "--keys",
      join(folder, "keys"),
      ...args,
    ],
    {
      env: {
        ...process.env,
        PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
        CALLS: join(folder, "calls"),
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  const status = await new Promise<number | null>((done) => child.once("close", done));
  const text = await readFile(join(folder, "calls"), "utf8").catch(() => "");
  const calls = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Call); // Written by the recorder above.
  return { status, said, calls };
}

const variablesOf = ({ argv }: Call): Record<string, string> =>
  Object.fromEntries(
    argv.flatMap((argument, index) => {
      if (argv[index - 1] !== "--var") return [];
      const [, name = "", value = ""] = /^(\w+):(.*)$/s.exec(argument) ?? [];
      return [[name, value]];
    }),
  );

test("hands wrangler the worker with everything public, and the secrets by standard input alone", async () => {
  const { status, said, calls } = await deploy([]);
  expect(said).toContain("wrangler says: deploy");
  expect(status).toBe(0);
  expect(calls.map(({ argv }) => argv.slice(0, 2).join(" "))).toEqual([
    "deploy --config",
    "secret bulk",
  ]);
  const [worker, secret] = calls as [Call, Call]; // Two, as the line above says.
  expect(worker.argv).toContain("production");
  expect(worker.rootKey).toBe(keys.deployment.directory.root);
  const variables = variablesOf(worker);
  for (const text of Object.values(variables)) expect(text.length).toBeLessThanOrEqual(5_000);
  const names = Object.keys(variables);
  expect(names).toEqual(
    names.map((_, index) => (index === 0 ? "DEPLOYMENT" : `DEPLOYMENT_${index + 1}`)),
  );
  expect(Deployment.parse(JSON.parse(Object.values(variables).join("")))).toEqual(keys.deployment);
  const { SECRETS } = JSON.parse(secret.stdin) as { SECRETS: string };
  expect(EdgeSecrets.parse(JSON.parse(SECRETS))).toEqual(keys.edge);
  const seen = said + JSON.stringify(calls.map(({ argv }) => argv));
  for (const hidden of [
    keys.edge.receiptKey.seed,
    keys.edge.forwardKeys.eu!.secret,
    keys.operator.rootSeed,
  ])
    expect(seen).not.toContain(hidden);
});

test("the next deployment knows the last one, and refuses what must not change", async () => {
  await deploy([]);
  const record = join(folder, "keys/deployed-production.json");
  expect((await stat(record)).isFile()).toBe(true);
  const text = await readFile(record, "utf8");
  for (const hidden of [keys.edge.receiptKey.seed, keys.edge.forwardKeys.eu!.secret])
    expect(text).not.toContain(hidden);
  const config = join(folder, "wrangler.toml");
  const changed = (await readFile(config, "utf8")).replaceAll(
    '"jurisdiction": "us"',
    '"jurisdiction": "eu"',
  );
  await writeFile(config, changed);
  const { status, said, calls } = await deploy([]);
  expect(status).toBe(1);
  expect(said).toContain("us: outbox objects in us → outbox objects in eu");
  expect(calls).toHaveLength(2);
});

test("a plan runs nothing, and is JSON where it is asked for", async () => {
  const { status, said, calls } = await deploy(["--plan", "--json", "--env", "staging"]);
  expect(status).toBe(0);
  expect(calls).toEqual([]);
  expect(JSON.parse(said)).toMatchObject({
    environment: "staging",
    worker: "maily-edge-staging",
    live: null,
    refused: 0,
  });
  expect((await deploy(["--plan", "--env", "nowhere"])).said).toContain(
    "development, staging, production",
  );
});

test("a wrangler that fails is told, and nothing after it runs", async () => {
  const { status, said, calls } = await deploy([], { FAILS: "deploy" });
  expect(status).toBe(1);
  expect(said).toContain("wrangler deploy ended with 3");
  expect(calls).toHaveLength(1);
  expect((await deploy([])).status).toBe(0);
});

test("secrets that were not taken are not written down: the edge still signs with the old ones", async () => {
  await deploy([]);
  const before = await readFolder(join(folder, "keys"));
  await writeFolder(join(folder, "keys"), before, rotateForward(before, "eu").folder);
  const signing = async () => (await readFolder(join(folder, "keys"))).deployed[0]?.forwardKeyIds;
  expect((await deploy([], { FAILS: "secret" })).status).toBe(1);
  expect(await signing()).toMatchObject({ eu: "eu-1" });
  expect((await deploy([])).said).toContain("forward key of eu: eu-1 → eu-2");
  expect(await signing()).toMatchObject({ eu: "eu-2" });
});

test("a telemetry.json that the edge could not read is refused, and a good one is its secret", async () => {
  const file = join(folder, "keys/telemetry.json");
  await writeFile(file, JSON.stringify({ otlp: { endpoint: "collector" } }));
  const { status, said, calls } = await deploy([]);
  expect(status).toBe(1);
  expect(said).toContain("telemetry.json");
  expect(calls).toEqual([]);
  await writeFile(file, JSON.stringify({ otlp: { endpoint: "https://collector.tea.test" } }));
  const secret = (await deploy([])).calls[1];
  const { TELEMETRY } = JSON.parse(secret?.stdin ?? "") as { TELEMETRY: string };
  expect(JSON.parse(TELEMETRY)).toMatchObject({ otlp: { endpoint: "https://collector.tea.test" } });
});

test("another program at the edge's address is told from an edge", async () => {
  for (const body of ["<html></html>", "{}"]) {
    const server = createServer((_, response) => void response.end(body)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo; // It listens on a port.
    const { status, said } = await deploy(["--plan", "--edge", `http://127.0.0.1:${port}`]);
    server.close();
    expect(status).toBe(1);
    expect(said).toContain(
      `http://127.0.0.1:${port} answers, but at /healthz not what was expected`,
    );
  }
});
