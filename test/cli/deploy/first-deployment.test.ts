// `maily deploy` with wrangler itself, against a stand-in for the platform's interface that knows no Worker yet.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateKeys, writeKeys, type Keys } from "../../../cli/keygen.ts";

const run = promisify(execFile);
const worker = "maily-edge-development";

interface Asked {
  readonly what: string;
  readonly body: string;
}

/** What it answers where an empty list would not do, by the end of the path. */
const results: Readonly<Record<string, unknown>> = {
  "assets-upload-session": { jwt: "a.b.c", buckets: [] },
  deployments: { deployments: [] },
  subdomain: { subdomain: "tea", enabled: true, previews_enabled: false },
  [worker]: { id: worker, subdomain: { enabled: false, previews_enabled: false } },
};

let folder = "";
let platform: Server;
let keys: Keys;
const asked: Asked[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-first-deployment-"));
  keys = await generateKeys(1, Date.now() - 60_000);
  await writeKeys(join(folder, "keys"), keys);
  await mkdir(join(folder, "page"));
  await writeFile(join(folder, "page/index.html"), "a page");
  const config = (await readFile("wrangler.toml", "utf8"))
    .replaceAll(".example", ".tea.test")
    .replace('main = "edge/worker.ts"', `main = ${JSON.stringify(resolve("edge/worker.ts"))}`)
    .replace('command = "npm run build"', `command = "node --version"`)
    .replace('directory = "dist/page"', 'directory = "page"');
  await writeFile(join(folder, "wrangler.toml"), config);
  platform = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { pathname } = new URL(request.url ?? "/", "http://platform.test");
      asked.push({
        what: `${request.method} ${pathname.split("/").slice(-2).join("/")}`,
        body: Buffer.concat(parts).toString("latin1"),
      });
      // 10090: there is no such Worker.
      const unknown = pathname.endsWith(`/services/${worker}`);
      const errors = unknown ? [{ code: 10_090, message: "not there" }] : [];
      const result = unknown ? null : (results[pathname.split("/").at(-1) ?? ""] ?? []);
      response.writeHead(unknown ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ success: !unknown, errors, messages: [], result }));
    });
  }).listen(0, "127.0.0.1");
  await once(platform, "listening");
});
afterAll(async () => {
  platform.close();
  await rm(folder, { recursive: true, force: true });
});

test(
  "a Worker that does not exist yet is uploaded, then given its secrets",
  { timeout: 120_000 },
  async () => {
    const { port } = platform.address() as AddressInfo; // It listens on a port.
    await run(
      process.execPath,
      [
        "cli/main.ts",
        "deploy",
        "--env",
        "development",
        "--config",
        join(folder, "wrangler.toml"),
        "--keys",
        join(folder, "keys"),
      ],
      {
        env: {
          ...process.env,
          PATH: `${resolve("node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`,
          CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
          CLOUDFLARE_API_TOKEN: "a-token",
          CLOUDFLARE_ACCOUNT_ID: "0".repeat(32),
          CLOUDFLARE_CF_FETCH_ENABLED: "false",
          WRANGLER_SEND_METRICS: "false",
          WRANGLER_LOG_PATH: folder,
        },
        maxBuffer: 16_777_216,
      },
    );
    const upload = asked.findIndex(({ what }) => what === `PUT scripts/${worker}`);
    const secret = asked.findIndex(({ what }) => what === `PATCH ${worker}/secrets-bulk`);
    expect(upload).toBeGreaterThanOrEqual(0);
    expect(secret).toBeGreaterThan(upload);
    // What an earlier deployment was given stays.
    expect(asked[upload]?.body).toContain('"keep_bindings":["secret_text","secret_key"]');
    expect(asked[upload]?.body).toContain('"new_sqlite_classes":["Outbox","CampaignStore"]');
    const { secrets } = JSON.parse(asked[secret]?.body ?? "") as {
      secrets: { SECRETS: { text: string } };
    };
    expect(JSON.parse(secrets.SECRETS.text)).toEqual(keys.edge);
    for (const [index, { body }] of asked.entries())
      if (index !== secret) expect(body).not.toContain(keys.edge.receiptKey.seed);
  },
);
