// One child process of the demo or of a test: started, watched, killed, started again.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const readyMilliseconds = 30_000;
const pollMilliseconds = 50;
const stopMilliseconds = 10_000;

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 2xx once the child is ready. */
  readonly healthUrl: string;
  readonly logFile: string;
  /** It is up when it answers 503, too: what it needs, such as a broker, may still be away. */
  readonly mayBeAway?: boolean;
}

export class Child {
  readonly options: ChildOptions;
  #process: ChildProcess | undefined;
  #wanted = false;

  constructor(options: ChildOptions) {
    this.options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it and waits until it answers. Throws Error, with where its log is, if it does not. */
  async start(): Promise<void> {
    const { name, command, arguments: args, environment, logFile } = this.options;
    this.#wanted = true;
    await mkdir(dirname(logFile), { recursive: true });
    const log = await open(logFile, "a", 0o600);
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", log.fd, log.fd],
    });
    this.#process = child;
    await log.close();
    const failed = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? code}`));
    });
    const reason = await Promise.race([failed, this.#ready(child)]);
    if (reason === undefined) return;
    this.#wanted = false;
    child.kill("SIGKILL");
    throw new Error(`${name} did not start: ${reason}. Its log is ${logFile}`);
  }

  /** Undefined once it answers, else why it did not. */
  async #ready(child: ChildProcess): Promise<string | undefined> {
    const { mayBeAway = false } = this.options;
    const deadline = Date.now() + readyMilliseconds;
    while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
      const answers = await fetch(this.options.healthUrl, {
        signal: AbortSignal.timeout(1_000),
      }).then(
        (response) => response.ok || (mayBeAway && response.status === 503),
        () => false,
      );
      if (answers) return undefined;
      await sleep(pollMilliseconds);
    }
    return `it did not answer within ${readyMilliseconds / 1000} s`;
  }

  /** Calls back once if the child ends without having been asked to. */
  onLoss(callback: (child: Child) => void): void {
    this.#process?.once("exit", () => {
      if (this.#wanted) callback(this);
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#wanted = false;
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<true>((resolve) => child.once("exit", () => resolve(true)));
    child.kill(signal);
    if (await Promise.race([ended, sleep(stopMilliseconds, false, { ref: false })])) return;
    child.kill("SIGKILL");
    await ended;
  }

  /** Sends a signal that does not end it, such as SIGSTOP; nothing where it does not run. */
  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** Asks it to end, and ends it by force after a while. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Ends it at once, as a power cut would. */
  kill9(): Promise<void> {
    return this.#end("SIGKILL");
  }
}
