// A region's server as a process of its own, to be stopped in every way that processes stop.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Whether this machine lets a test have a file system of its own, in a mount namespace that ends with it. */
export const hasOwnDisks =
  spawnSync("unshare", ["--map-root-user", "--mount", "true"], { stdio: "ignore" }).status === 0;

/** A command that runs what follows it where `folder` is a disk of so many megabytes, with a ballast file on it. */
export const onSmallDisk = (
  folder: string,
  megabytes: number,
  ballastBytes: number,
): readonly string[] => {
  const script = `mkdir -p ${folder} && mount -t tmpfs -o size=${megabytes}m tmpfs ${folder} &&
    head -c ${ballastBytes} /dev/zero > ${folder}/ballast && exec "$@"`;
  return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
};

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  /** What it logged, line by line. */
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  #ready: (port: number) => void = () => undefined;
  /** Resolves with the port it listens on. */
  readonly ready = new Promise<number>((resolve) => {
    this.#ready = resolve;
  });

  /** `wrapper` is a command that runs the server, such as one that gives it a file system of its own. */
  constructor(environment: Record<string, string>, wrapper: readonly string[] = []) {
    const [command = "", ...rest]: string[] = wrapper.concat(process.execPath, main);
    this.#child = spawn(command, rest, {
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#exit = once(this.#child, "exit");
    const { stdout, stderr } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on("line", (line) => this.#read(line));
    if (stderr !== null)
      createInterface({ input: stderr }).on("line", (line) => this.errors.push(line));
  }

  #read(line: string): void {
    this.lines.push(line);
    if (!line.includes('"event":"ready"')) return;
    this.#ready((JSON.parse(line) as { port: number }).port);
  }

  /** Its exit code, or the signal that ended it. */
  async ended(): Promise<number | string | null> {
    await this.#exit;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | string | null> {
    this.#child.kill(signal);
    return this.ended();
  }
}
