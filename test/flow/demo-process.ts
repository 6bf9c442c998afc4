// `npm start` as a child process, in a folder and on ports of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { writeKeys } from "../../cli/keygen.ts";
import { keptBuild } from "./kept-build.ts";
import { freePorts, isFree } from "./product.ts";

/** A first build takes ten seconds, or its minutes beside others. */
const readyMilliseconds = 150_000;

export interface DemoProcess {
  readonly origin: string;
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves to its exit status. */
  readonly ended: Promise<number | null>;
}

/** A port with a free one after it for the edge. */
export async function freePortPair(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const [port = 0] = await freePorts(1);
    if (await isFree(port + 1)) return port;
  }
  throw new Error("no two free ports in a row");
}

/** Puts keys and their build into a demo's folder, for tests of something else than its first start. */
export async function prepareDemo(folder: string): Promise<void> {
  const { keys } = await keptBuild(join(folder, "build"));
  await writeKeys(join(folder, "keys"), keys);
}

export function startDemo(port: number, folder: string, ...more: string[]): DemoProcess {
  const child = spawn(process.execPath, ["demo/main.ts", "--data", folder, ...more], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { origin: `http://127.0.0.1:${port}`, process: child, output: () => output, ended };
}

/** Resolves when it has said that it is ready. Throws Error with what it printed instead. */
export async function ready(demo: DemoProcess): Promise<void> {
  const line = `Maily is ready: ${demo.origin}`;
  const printed = new Promise<"ready">((resolve) => {
    const look = (): void => {
      if (demo.output().includes(line)) resolve("ready");
    };
    demo.process.stdout?.on("data", look);
    look();
  });
  const late = new Promise<"late">((resolve) => {
    setTimeout(() => resolve("late"), readyMilliseconds).unref();
  });
  if ((await Promise.race([printed, demo.ended, late])) !== "ready")
    throw new Error(`not ready: ${demo.output()}`);
}
