// One region's server: the real `startServer`, in a process that may be killed at any moment and started again on its disk.
import { join } from "node:path";
import type { Hono } from "hono";
import type { Region as RegionName } from "../../sdk/region.ts";
import type { Config } from "../../server/config.ts";
import type { RunningServer } from "../../server/main.ts";
import type { Script } from "./bundles.ts";
import { startProcess, type Clock, type Process } from "./clock.ts";
import { Disk } from "./disk.ts";
import { surroundingsOf } from "./globals.ts";
import { Broker } from "./kafka.ts";
import type { Link } from "./network.ts";
import type { Random } from "./random.ts";
import { unpublished, WarehouseDisk } from "./warehouse.ts";

/** A start that fails, its warehouse or stream being away, is tried again by whatever watches over the process. */
const restartMilliseconds = [300, 1_500] as const;

interface ServerModule {
  readonly startServer: (config: Config) => Promise<RunningServer>;
}

export interface RegionParts {
  readonly clock: Clock;
  readonly platform: Process;
  readonly random: Random;
  readonly script: Script;
  readonly link: Link;
  readonly config: Omit<Config, "host" | "port" | "dataDir">;
  readonly log: (process: string, line: string) => void;
}

export class Region {
  readonly name: RegionName;
  readonly link: Link;
  readonly disk = new Disk();
  readonly warehouse = new WarehouseDisk();
  readonly broker: Broker;
  readonly #parts: RegionParts;
  #process: Process | undefined;
  #running: RunningServer | undefined;
  #starts = 0;
  /** Whether it is meant to run: a start that fails is then tried again. */
  #wanted = false;

  constructor(parts: RegionParts) {
    this.#parts = parts;
    this.name = parts.config.region;
    this.link = parts.link;
    this.broker = new Broker(parts.clock, parts.random.of("brokers"));
  }

  get process(): Process | undefined {
    return this.#process;
  }

  start(): void {
    const { clock, config, log } = this.#parts;
    const process = startProcess(`${this.name} server#${++this.#starts}`);
    this.#process = process;
    this.#wanted = true;
    clock.tell(`${process.name} starts`);
    const random = this.#parts.random.of(process.name);
    const { globals, modules } = surroundingsOf(clock, process, random, (line) =>
      log(process.name, line),
    );
    const server = this.#parts.script(
      {
        ...modules,
        "node:sqlite": this.disk.module,
        ...unpublished,
        "simulated:warehouse": this.warehouse.moduleOf(
          clock,
          process,
          random.of("warehouse"),
          this.name,
        ),
        "simulated:kafka": this.broker.moduleOf(process),
        "simulated:listen": { listen: (app: Hono) => this.#listen(process, app) },
      },
      globals,
    ) as ServerModule; // The bundle of server/main.ts.
    clock.later(process, 0, () => {
      const place = { host: "127.0.0.1", port: 0, dataDir: join("/", this.name) };
      void this.#run(process, server.startServer({ ...config, ...place }));
    });
  }

  async #run(process: Process, starting: Promise<RunningServer>): Promise<void> {
    try {
      const running = await starting;
      if (process.alive) this.#running = running;
    } catch {
      this.#failed(process);
    }
  }

  #failed(process: Process): void {
    const { clock, platform, random } = this.#parts;
    clock.tell(`${process.name} could not start`);
    process.alive = false;
    clock.later(platform, random.between(...restartMilliseconds), () => {
      if (this.#wanted && this.#process === process) this.start();
    });
  }

  async #listen(process: Process, app: Hono) {
    this.link.endpoint = { process, answer: async (request) => app.fetch(request) };
    const close = async (): Promise<void> => {
      if (this.link.endpoint?.process === process) this.link.endpoint = undefined;
    };
    return { port: 1, close };
  }

  /** kill -9. */
  kill(): void {
    this.#wanted = false;
    const process = this.#process;
    if (process === undefined || !process.alive) return;
    this.#parts.clock.tell(`${process.name} dies`);
    process.alive = false;
    this.link.endpoint = undefined;
    this.link.breakOff(process);
    this.#running = undefined;
  }

  /** As SIGTERM: what is under way is finished, or cut off when the process is killed in the end. */
  stop(): void {
    this.#wanted = false;
    const running = this.#running;
    this.#parts.clock.tell(`${this.#process?.name} is asked to stop`);
    if (running === undefined) this.kill();
    else
      void running.close().then(
        () => this.kill(),
        () => this.kill(),
      );
  }

  close(): void {
    this.kill();
    this.disk.close();
  }
}
