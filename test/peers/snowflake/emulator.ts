// Starts the emulator of Snowflake: fakesnow from PyPI, pinned, in a virtual environment that is made once and kept in
// node_modules/.cache.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(
  new URL("../../../node_modules/.cache/maily-snowflake", import.meta.url),
);
const installMsMax = 600_000;
const startMsMax = 60_000;

export interface Emulator {
  readonly origin: string;
  stop(): Promise<void>;
}

/** The Python that has what emulator-requirements.txt names. */
async function python(): Promise<string> {
  const requirements = join(here, "emulator-requirements.txt");
  const digest = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  const folder = join(cache, digest.slice(0, 12));
  const executable = join(folder, "bin", "python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return executable;
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run("python3", ["-m", "venv", folder], { timeout: installMsMax });
  const install = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-r",
    requirements,
  ];
  await run(executable, install, { timeout: installMsMax });
  await writeFile(ready, "");
  return executable;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // A TCP server's.
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An empty account, in memory. */
export async function startEmulator(): Promise<Emulator> {
  const executable = await python();
  const port = await freePort();
  const child: ChildProcess = spawn(executable, [join(here, "emulator.py"), String(port)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const origin = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + startMsMax;
  while (
    !(await fetch(origin).then(
      () => true,
      () => false,
    ))
  ) {
    if (performance.now() > deadline || child.exitCode !== null)
      throw new Error("the emulator does not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    origin,
    stop: () =>
      new Promise((resolve) => {
        child.on("exit", () => resolve());
        child.kill();
      }),
  };
}
