// One run: a plan played from its first step to the end, then fair weather, and everything checked.
import type { Submission } from "../../sdk/schema/submission.ts";
import type { Config } from "../../server/config.ts";
import type { Scripts } from "./bundles.ts";
import { Clock, startProcess, type Process } from "./clock.ts";
import { Edge } from "./edge.ts";
import { strike, type Stage } from "./faults.ts";
import { rowOf, type Ending } from "./ending.ts";
import { checkEnding, isDeadLetter } from "./invariants.ts";
import { isAcknowledged } from "./ledger.ts";
import { Link } from "./network.ts";
import { People } from "./people.ts";
import type { Fault } from "./plan-faults.ts";
import type { Plan, ReaderStep } from "./plan.ts";
import { Random } from "./random.ts";
import { Region } from "./region.ts";
import { isSealedStep, sealAll } from "./sealing.ts";
import { begins, hostOf, worldRegions, type World, type WorldRegion } from "./world.ts";

/** Virtual milliseconds. A drain rests at most for minutes, and an alarm's sixth failure comes after two. */
const startMilliseconds = 3_000;
const settleMilliseconds = 1_800_000;
/** Characters told of a line that should not have been logged. */
const loggedMax = 600;
const lookMilliseconds = 500;
/** After all has arrived: for what might still come twice, or never end. */
const afterMilliseconds = 40_000;

export interface Result {
  readonly seed: number;
  /** What is broken; empty where all held. */
  readonly problems: readonly string[];
  /** SHA-256 of the trace. */
  readonly digest: string;
  /** The trace, where it was asked for. */
  readonly lines: readonly string[];
  readonly steps: number;
  readonly acknowledged: number;
  /** Virtual milliseconds. */
  readonly lasted: number;
}

/** Layouts that `before` of edge/env.ts takes. */
const layoutsBeforeMax = 3;

/** The trace's line before the first step. */
export const planBegins = "the plan begins";

class Run {
  readonly clock: Clock;
  readonly #plan: Plan;
  readonly #world: World;
  readonly #random: Random;
  readonly #platform: Process;
  readonly #edge: Edge;
  readonly #regions: Readonly<Record<WorldRegion, Region>>;
  readonly #people: People;
  readonly #sealed: Map<ReaderStep, Submission>;
  readonly #problems: string[] = [];
  #layouts: number[];

  constructor(
    plan: Plan,
    world: World,
    scripts: Scripts,
    sealed: Map<ReaderStep, Submission>,
    keep: boolean,
  ) {
    this.#plan = plan;
    this.#world = world;
    this.#sealed = sealed;
    this.#layouts = [plan.shards];
    const clock = new Clock(begins, keep);
    const random = new Random(`run ${plan.seed}`);
    const platform = startProcess("platform");
    this.clock = clock;
    this.#random = random;
    this.#platform = platform;
    const links = new Map(
      worldRegions.map((region) => [
        hostOf(region),
        new Link(`way to ${region}`, clock, platform, random.of(`link ${region}`)),
      ]),
    );
    const log = (process: string, line: string): void => this.#log(process, line);
    const regionOf = (region: WorldRegion): Region => {
      const link = links.get(hostOf(region));
      if (link === undefined) throw new TypeError("a region without a link");
      return new Region({
        clock,
        platform,
        link,
        log,
        random: random.of(`server ${region}`),
        script: scripts.server,
        config: this.#configOf(region),
      });
    };
    this.#regions = { eu: regionOf("eu"), apac: regionOf("apac") };
    this.#edge = new Edge(
      { clock, platform, links, log, random: random.of("edge"), script: scripts.edge },
      this.#bindings(),
    );
    this.#people = new People(clock, platform, random.of("people"), this.#edge, sealed);
  }

  #configOf(region: WorldRegion): Omit<Config, "host" | "port" | "dataDir"> {
    const kafka = { brokers: [region], clientId: region };
    return {
      region,
      durability: region === "apac" ? "stream" : "outbox",
      stream:
        this.#plan.streams[region] === "kafka" ? { kind: "kafka", kafka } : { kind: "embedded" },
      deployment: this.#world.deployment,
      secrets: this.#world.secrets[region],
      snowflake: undefined,
    };
  }

  #bindings(): Readonly<Record<string, string>> {
    const [shards = 1, ...before] = this.#layouts;
    return {
      REGIONS: JSON.stringify({
        eu: {
          server: `http://${hostOf("eu")}`,
          durability: "outbox",
          jurisdiction: "eu",
          ...(this.#plan.compressed && { compression: "gzip" }),
          shards,
          before: before.map((old) => ({ shards: old })),
        },
        apac: { server: `http://${hostOf("apac")}`, durability: "stream" },
      }),
      DEPLOYMENT: JSON.stringify(this.#world.deployment),
      SECRETS: JSON.stringify(this.#world.edgeSecrets),
    };
  }

  /** A line that a process wrote: its event is of the trace, and a fault of its own is a problem. */
  #log(process: string, line: string): void {
    let event: unknown;
    try {
      ({ event } = JSON.parse(line) as { event?: unknown }); // One object a line is what both write.
    } catch {
      event = "no JSON";
    }
    this.clock.tell(`${process} logs ${String(event)}`);
    if (process.startsWith("isolate") ? event === "failed" : event === "fault")
      this.#problems.push(`logged: ${process} ${line.slice(0, loggedMax)}`);
  }

  /** All isolates get it when they start next, which they do one after the other. */
  #reshard(shards: number): void {
    // One may be taken out 31 days after it was replaced: none is, in a run, and no more changes than fit are made.
    if (shards === this.#layouts[0] || this.#layouts.length > layoutsBeforeMax) return;
    this.#layouts = [shards, ...this.#layouts];
    this.#edge.deploy(this.#bindings());
    for (const index of [0, 1])
      this.clock.later(this.#platform, this.#random.between(0, 2_000), () =>
        this.#edge.killIsolate(index),
      );
    for (const host of this.#edge.hosts.values())
      this.clock.later(this.#platform, this.#random.between(0, 2_000), () =>
        host.crash("a new version is deployed"),
      );
  }

  async #publish(): Promise<void> {
    const { path, headers, body } = this.#world.publication;
    const request = new Request(`https://edge.simulated${path}`, { method: "PUT", headers, body });
    const { response } = this.#edge.request(0, this.#platform, request);
    let status = 0;
    const hear = async (): Promise<void> => {
      ({ status } = await response);
    };
    void hear();
    await this.clock.run(this.clock.now + startMilliseconds, () => status > 0);
    if (status !== 201) throw new Error(`the campaign was not published: ${status}`);
  }

  #hasFault(name: Fault["fault"]): boolean {
    return this.#plan.steps.some((step) => step.kind === "fault" && step.fault === name);
  }

  get #ending(): Ending {
    const { eu, apac } = this.#regions;
    return {
      world: this.#world,
      told: this.#people.told,
      sealed: this.#sealed,
      tables: { eu: eu.warehouse.tables, apac: apac.warehouse.tables },
      unixOf: (virtual) => begins + virtual,
      clocksAgree: !this.#hasFault("clock-jumps"),
      shardsStay: !this.#hasFault("shards"),
    };
  }

  /** Whether each acknowledged answer has arrived somewhere. */
  #hasArrived(): boolean {
    const ending = this.#ending;
    return this.#people.told
      .filter(isAcknowledged)
      .every(
        ({ step }) =>
          !isSealedStep(step) || rowOf(ending, step) !== undefined || isDeadLetter(ending, step),
      );
  }

  async #play(): Promise<void> {
    const { clock } = this;
    const from = clock.now;
    clock.tell(planBegins);
    const stage: Stage = {
      clock,
      platform: this.#platform,
      edge: this.#edge,
      regions: this.#regions,
      devices: this.#people.network,
      reshard: (shards) => this.#reshard(shards),
    };
    for (const step of this.#plan.steps)
      clock.later(this.#platform, step.at, () => {
        if (step.kind === "fault") strike(step, stage);
        else void this.#people.send(step);
      });
    await clock.run(from + this.#plan.lastsMilliseconds);
    const until = clock.now + settleMilliseconds;
    await clock.run(until, () => this.#people.trying === 0);
    if (this.#people.trying > 0) this.#problems.push("still trying: readers, at the end");
  }

  /** Fair weather: what is acknowledged arrives, without any reader's help. */
  async #settle(): Promise<void> {
    const { clock } = this;
    if (this.#plan.lastKill) this.#edge.kill("the last time");
    const until = clock.now + settleMilliseconds;
    while (clock.now < until && !this.#hasArrived()) await clock.run(clock.now + lookMilliseconds);
    clock.forgetMoments();
    await clock.run(clock.now + afterMilliseconds);
  }

  async #checkObjects(): Promise<void> {
    for (const [name, host] of this.#edge.hosts) {
      if (host.givenUp > 0) this.#problems.push(`alarm given up: ${name}`);
      if (!name.startsWith("OUTBOX")) continue;
      const asked = host.call(this.#platform, "backlog", []);
      let backlog: { waiting: number; parked: number } | undefined;
      const hear = async (): Promise<void> => {
        backlog = (await asked) as { waiting: number; parked: number }; // `Backlog` of edge/outbox-queue.ts.
      };
      void hear();
      await this.clock.run(this.clock.now + startMilliseconds, () => backlog !== undefined);
      if (backlog?.waiting !== 0)
        this.#problems.push(`still waiting: ${backlog?.waiting} in ${name}`);
      if (backlog?.parked !== 0) this.#problems.push(`parked: ${backlog?.parked} in ${name}`);
    }
    for (const { link } of Object.values(this.#regions))
      if ((link.statuses.get(500) ?? 0) > 0) this.#problems.push(`server 500: on the ${link.name}`);
  }

  async all(): Promise<Result> {
    try {
      for (const region of Object.values(this.#regions)) region.start();
      await this.clock.run(startMilliseconds);
      await this.#publish();
      await this.#play();
      await this.#settle();
      await this.#checkObjects();
      this.#problems.push(...this.#people.bugs, ...checkEnding(this.#ending));
    } finally {
      this.#edge.close();
      for (const region of Object.values(this.#regions)) region.close();
    }
    const { clock } = this;
    for (const problem of this.#problems) clock.tell(`problem: ${problem}`);
    return {
      seed: this.#plan.seed,
      problems: this.#problems,
      digest: clock.digest(),
      lines: clock.lines,
      steps: clock.steps,
      acknowledged: this.#people.told.filter(isAcknowledged).length,
      lasted: clock.now,
    };
  }
}

/** Plays a plan; `keep` keeps the trace as text. */
export async function play(
  plan: Plan,
  world: World,
  scripts: Scripts,
  keep = false,
): Promise<Result> {
  const steps = plan.steps.filter((step) => step.kind !== "fault");
  const sealed = await sealAll(world, steps);
  return new Run(plan, world, scripts, sealed, keep).all();
}
