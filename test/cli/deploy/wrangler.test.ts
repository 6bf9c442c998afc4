// wrangler itself reads wrangler.toml, bundles the worker, and says what each environment would be given.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTarget } from "../../../cli/deploy/target.ts";
import { compatibilityDate, workerdConfig } from "../../../demo/workerd-config.ts";

const run = promisify(execFile);
/** A tenth of what the platform takes: the worker's start is paid for by the byte. */
const bundleGzipBytesMax = 300_000;
const environments = ["development", "staging", "production"] as const;
const rootKey = createHash("sha256").update("a root key for wrangler.test.ts").digest("base64url");

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "maily-wrangler-"));
});
afterAll(() => rm(out, { recursive: true, force: true }));

async function dryRun(environment: string, folder: string): Promise<string> {
  const { stdout, stderr } = await run(
    join("node_modules", ".bin", "wrangler"),
    ["deploy", "--dry-run", "--env", environment, "--outdir", folder, "--var", "DEPLOYMENT:{}"],
    {
      env: {
        ...process.env,
        MAILY_ROOT_KEY: rootKey,
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_LOG_PATH: folder,
      },
      maxBuffer: 16_777_216,
    },
  );
  return stdout + stderr;
}

test.each(environments)(
  "wrangler bundles %s with its bindings, and the page that pins the root key",
  { timeout: 120_000 },
  async (environment) => {
    const folder = join(out, environment);
    const said = await dryRun(environment, folder);
    for (const binding of [
      "OUTBOX (Outbox)",
      "CAMPAIGNS (CampaignStore)",
      "ASSETS",
      "REGIONS",
      "DEPLOYMENT",
    ])
      expect(said).toContain(`env.${binding}`);
    expect(said).not.toMatch(/\[(WARNING|ERROR)\]/);
    expect(said).toMatch(/Read \d+ files from the assets directory/);
    const worker = await readFile(join(folder, "worker.js"));
    expect(gzipSync(worker).length).toBeLessThan(bundleGzipBytesMax);
    expect(worker.toString()).toMatch(/Outbox/);
    const { assetsFolder } = await readTarget("wrangler.toml", environment);
    const scripts = (await readdir(join(assetsFolder, "assets"))).filter((file) =>
      file.endsWith(".js"),
    );
    const texts = await Promise.all(
      scripts.map((file) => readFile(join(assetsFolder, "assets", file), "utf8")),
    );
    expect(texts.some((text) => text.includes(rootKey))).toBe(true);
  },
);

test.each(environments)("%s runs with what plain workerd runs with", async (environment) => {
  const target = await readTarget("wrangler.toml", environment);
  const env = { REGIONS: "{}", DEPLOYMENT: "{}", SECRETS: "{}" };
  const plain = workerdConfig({ workerFile: "/w.js", pageDir: "/p", dataDir: "/d", port: 1, env });
  const list = /compatibilityFlags = \[([^\]]*)\]/.exec(plain)?.[1] ?? "";
  const flags = Array.from(list.matchAll(/"([^"]+)"/g), ([, flag]) => flag);
  expect(target.compatibilityDate).toBe(compatibilityDate);
  expect(new Set(target.compatibilityFlags)).toEqual(new Set(flags));
  for (const { binding, className } of target.objects)
    expect(plain).toContain(`(name = "${binding}", durableObjectNamespace = "${className}")`);
  expect(target.objects).toHaveLength(plain.match(/durableObjectNamespace = /g)?.length ?? 0);
  expect(target.logsAddresses).toBe(false);
});

const jurisdictions = async (environment: string) => {
  const { regions } = await readTarget("wrangler.toml", environment);
  return Object.fromEntries(
    Object.entries(regions).map(([region, link]) => [region, [link.durability, link.jurisdiction]]),
  );
};

test("production and staging have jurisdictions where the platform has them, and development none", async () => {
  for (const environment of ["staging", "production"])
    expect(await jurisdictions(environment)).toEqual({
      eu: ["outbox", "eu"],
      us: ["outbox", "us"],
      apac: ["stream", undefined],
    });
  expect(await jurisdictions("development")).toMatchObject({ eu: ["outbox", undefined] });
});

test("a SCHEMA_TARGET that objects could not read is refused before it is theirs", async () => {
  const text = await readFile("wrangler.toml", "utf8");
  const file = join(out, "wrangler.toml");
  const withTarget = (value: string) =>
    writeFile(
      file,
      text.replace("[env.staging.vars]", `[env.staging.vars]\nSCHEMA_TARGET = ${value}`),
    );
  await withTarget(`'{"outbox":2}'`);
  expect((await readTarget(file, "staging")).schemaTarget).toBe('{"outbox":2}');
  for (const wrong of [`{ outbox = 2 }`, `'two'`, `'{"outbox":0}'`]) {
    await withTarget(wrong);
    await expect(readTarget(file, "staging")).rejects.toMatchObject({
      code: "configuration-invalid",
    });
  }
});

test("a LIMITS that the edge could not read is refused, and objects of another Worker are others", async () => {
  const text = await readFile("wrangler.toml", "utf8");
  const file = join(out, "wrangler.toml");
  await writeFile(file, text.replaceAll(/^LIMITS = .*$/gm, `LIMITS = '{"campagn":{}}'`));
  await expect(readTarget(file, "staging")).rejects.toMatchObject({
    members: { detail: expect.stringContaining("LIMITS") as string },
  });
  const elsewhere = 'class_name = "Outbox"\nscript_name = "other"';
  await writeFile(file, text.replaceAll('class_name = "Outbox"', elsewhere));
  expect((await readTarget(file, "staging")).objects[0]?.className).toBe("Outbox of Worker other");
});

test.each([
  ["invocations in the logs", "invocation_logs = false", "invocation_logs = true"],
  ["logs alone", "[observability]\nenabled = true", "[observability]\nenabled = false"],
  ["traces", "[observability.traces]\nenabled = false", "[observability.traces]\nenabled = true"],
  ["logpush", "send_metrics = false", "send_metrics = false\nlogpush = true"],
  ["a tail", "[env.production]", `[env.production]\ntail_consumers = [{ service = "t" }]`],
])("%s would show addresses", async (kind, from, to) => {
  const text = (await readFile("wrangler.toml", "utf8")).replace(from, to);
  const file = join(out, "wrangler.toml");
  // Logs that are switched on for themselves show addresses where they are not told otherwise.
  await writeFile(file, kind === "logs alone" ? text.replace("invocation_logs = false", "") : text);
  expect((await readTarget(file, "production")).logsAddresses).toBe(true);
});
