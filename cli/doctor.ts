// Checks the machine and the configuration, and says what to do about what it finds.
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { access, constants, mkdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { base64url, fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { publicKeyOfSeed, verifyEd25519 } from "../sdk/ed25519.ts";
import { regionPublicKey } from "../sdk/node/region-key.ts";
import { Problem } from "../sdk/problem.ts";
import { regions } from "../sdk/region.ts";
import { Deployment, EdgeSecrets, RegionSecrets } from "../sdk/schema/deployment.ts";
import { signedBytes } from "../sdk/signed.ts";
import { deploymentFile, edgeFile, regionFile } from "./keygen.ts";
import { readJson } from "./read-json.ts";

export interface Finding {
  readonly holds: boolean;
  readonly what: string;
  /** What to do; present where it does not hold. */
  readonly remedy?: string;
}

/** Warn this long before a region's last published key ends. */
const keyWarningDays = 14;

const finding = (holds: boolean, what: string, remedy: string): Finding =>
  holds ? { holds, what } : { holds, what, remedy };

function checkNode(): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const recent = major > 24 || (major === 24 && minor >= 7);
  const findings = [
    finding(
      recent,
      `Node ${process.versions.node}`,
      "Use Node 24.7 or later; `npm install` puts one into node_modules/.bin.",
    ),
  ];
  if (!recent) return findings;
  let sealed = true;
  try {
    generateKeyPairSync("ml-kem-768");
  } catch {
    sealed = false;
  }
  findings.push(
    finding(sealed, "ML-KEM-768 in node:crypto", "Use a Node built with OpenSSL 3.5 or later."),
  );
  return findings;
}

async function checkParts(data: string): Promise<Finding[]> {
  const workerd = fileURLToPath(new URL("../node_modules/.bin/workerd", import.meta.url));
  const { status } = spawnSync(workerd, ["--version"], { stdio: "ignore", timeout: 10_000 });
  const duckdb = await import("@duckdb/node-api").then(
    () => true,
    () => false,
  );
  const page = join(data, "build/page/index.html");
  const built = await stat(page).then(
    () => true,
    () => false,
  );
  return [
    finding(
      status === 0,
      "workerd runs",
      "Run `npm install` again; your platform must be Linux, macOS or Windows on x64 or arm64.",
    ),
    finding(
      duckdb,
      "DuckDB loads",
      "Run `npm install` again; the optional package @duckdb/node-bindings-* for your platform is missing.",
    ),
    finding(built, "the page is built", "Run `npm start`, which builds it."),
  ];
}

async function checkFolder(folder: string): Promise<Finding> {
  const writable = await mkdir(folder, { recursive: true })
    .then(() => access(folder, constants.W_OK))
    .then(
      () => true,
      () => false,
    );
  return finding(
    writable,
    `${folder} can be written`,
    "Give this user the right to write there, or choose another folder with --data.",
  );
}

const checkPort = (port: number): Promise<Finding> =>
  new Promise((resolve) => {
    const server = createServer();
    const answer = (free: boolean): void =>
      resolve(
        finding(
          free,
          `port ${port} is free`,
          `Stop what listens on ${port}, or set PORT to another.`,
        ),
      );
    server.once("error", () => answer(false));
    server.listen(port, "127.0.0.1", () => server.close(() => answer(true)));
  });

const bytesOf = (text: string): Bytes => fromBase64url(text) ?? new Uint8Array();

async function checkEpochs(deployment: Deployment, now: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const root = bytesOf(deployment.directory.root);
  let genuine = true;
  for (const { signature, ...config } of deployment.directory.keys)
    genuine &&= await verifyEd25519(root, bytesOf(signature), signedBytes("key-config", config));
  findings.push(
    finding(
      genuine,
      "every region key is signed by the root key",
      "Restore deployment.json; it was altered.",
    ),
  );
  for (const region of regions) {
    const ends = deployment.directory.keys
      .filter((key) => key.region === region)
      .map((key) => Date.parse(key.notAfter));
    const active = deployment.directory.keys.some(
      (key) =>
        key.region === region && Date.parse(key.notBefore) <= now && now < Date.parse(key.notAfter),
    );
    const days = Math.floor((Math.max(0, ...ends) - now) / 86_400_000);
    findings.push(
      finding(
        active,
        `${region} has an active key`,
        `Run \`maily rotate region --region ${region}\`.`,
      ),
    );
    findings.push(
      finding(
        days >= keyWarningDays,
        `${region}'s keys last ${days} more days`,
        `Run \`maily rotate region --region ${region}\` now.`,
      ),
    );
  }
  return findings;
}

async function checkVisitKey(
  { directory }: Deployment,
  { visitKey }: EdgeSecrets,
): Promise<Finding> {
  const publicKey = visitKey && base64url(await publicKeyOfSeed(bytesOf(visitKey.seed)));
  const listed = directory.visitKeys.some(
    (key) => key.keyId === visitKey?.keyId && key.publicKey === publicKey,
  );
  return finding(
    listed,
    "the edge has a visit key, and deployment.json lists it",
    visitKey === undefined
      ? "Run `maily rotate visit`: without it no site can embed a widget."
      : "Restore edge.json or deployment.json: they are of two deployments.",
  );
}

async function checkKeys(folder: string, now: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const deployment = await readJson(deploymentFile(folder), Deployment);
    findings.push(...(await checkEpochs(deployment, now)));
    const edge = await readJson(edgeFile(folder), EdgeSecrets);
    findings.push(await checkVisitKey(deployment, edge));
    for (const region of regions) {
      if (!existsSync(regionFile(folder, region))) {
        findings.push(
          finding(
            false,
            `region-${region}.json is in ${folder}`,
            `Run \`maily doctor\` where its holder keeps it; if nobody does, restore it from a backup: without its seeds no answer for ${region} opens.`,
          ),
        );
        continue;
      }
      const secrets = await readJson(regionFile(folder, region), RegionSecrets);
      const matching = secrets.keys.every(({ keyId, seed }) =>
        deployment.directory.keys.some(
          (key) =>
            key.region === region &&
            key.keyId === keyId &&
            key.publicKey === base64url(regionPublicKey(bytesOf(seed))),
        ),
      );
      const whole = deployment.directory.keys
        .filter((key) => key.region === region && now < Date.parse(key.notAfter))
        .every(({ keyId }) => secrets.keys.some((key) => key.keyId === keyId));
      const forwarded = secrets.forwardKeys.some(
        (key) => key.secret === edge.forwardKeys[region]?.secret,
      );
      const { mode } = await stat(regionFile(folder, region));
      findings.push(
        finding(
          matching,
          `${region}'s private keys belong to deployment.json`,
          `Restore region-${region}.json or deployment.json: they are of two deployments.`,
        ),
        finding(
          whole,
          `${region} has the seed of every published key`,
          `Restore region-${region}.json: it is older than deployment.json, and what is sealed to the newest key would not open.`,
        ),
        finding(
          forwarded,
          `the edge and ${region} share a forward key`,
          `Restore edge.json or region-${region}.json: they are of two deployments.`,
        ),
        finding(
          (mode & 0o077) === 0,
          `only you can read region-${region}.json`,
          `chmod 600 ${regionFile(folder, region)}`,
        ),
      );
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    findings.push(finding(false, `keys in ${folder}`, String(error.members["detail"])));
  }
  return findings;
}

async function checkEdge(edge: string): Promise<Finding> {
  const answers = await fetch(`${edge}/healthz`, { signal: AbortSignal.timeout(5_000) }).then(
    (response) => response.ok,
    () => false,
  );
  return finding(answers, `${edge} answers`, "Start the edge, or mend the address.");
}

export interface Examination {
  readonly keys: string | undefined;
  readonly data: string;
  readonly ports: readonly number[];
  readonly edge: string | undefined;
}

/** Everything that was checked, in order; `now` in Unix milliseconds. */
export async function examine(examination: Examination, now: number): Promise<Finding[]> {
  return [
    ...checkNode(),
    ...(await checkParts(examination.data)),
    await checkFolder(examination.data),
    ...(await Promise.all(examination.ports.map(checkPort))),
    ...(examination.keys === undefined ? [] : await checkKeys(examination.keys, now)),
    ...(examination.edge === undefined ? [] : [await checkEdge(examination.edge)]),
  ];
}
