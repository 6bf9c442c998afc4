// Each fault of a plan, begun and ended.
import type { Clock, Process } from "./clock.ts";
import type { Edge } from "./edge.ts";
import { fairWeather, type Link } from "./network.ts";
import type { DeviceNetwork } from "./people.ts";
import type { Fault } from "./plan-faults.ts";
import type { Region } from "./region.ts";
import type { WorldRegion } from "./world.ts";

export interface Stage {
  readonly clock: Clock;
  readonly platform: Process;
  readonly edge: Edge;
  readonly regions: Readonly<Record<WorldRegion, Region>>;
  readonly devices: DeviceNetwork;
  /** Every isolate and object gets this number of shards when it starts next. */
  readonly reshard: (shards: number) => void;
}

const devicesFair = { lost: 0, delay: [1, 30] } as const;
const devicesSlow = [200, 2_000] as const;

const nothing = (): void => undefined;

/** What a fault does now; returns what ends it. */
function begin(fault: Fault, stage: Stage): () => void {
  const { clock, platform, edge, regions, devices, reshard } = stage;
  switch (fault.fault) {
    case "weather": {
      const { link } = regions[fault.region];
      return change(link, { [fault.what]: fault.often });
    }
    case "slow-link":
      return change(regions[fault.region].link, { delay: [0, fault.milliseconds] });
    case "reader-network":
      devices.lost = fault.often;
      return () => (devices.lost = devicesFair.lost);
    case "slow-reader-network":
      devices.delay = devicesSlow;
      return () => (devices.delay = devicesFair.delay);
    case "server-killed":
      regions[fault.region].kill();
      return () => restart(regions[fault.region]);
    case "server-stopped":
      regions[fault.region].stop();
      return () => restart(regions[fault.region]);
    case "warehouse-away":
      regions[fault.region].warehouse.conditions.away = true;
      return () => (regions[fault.region].warehouse.conditions.away = false);
    case "warehouse-refuses":
      regions[fault.region].warehouse.conditions.refused = fault.often;
      return () => (regions[fault.region].warehouse.conditions.refused = 0);
    case "stream-away":
      setStream(regions[fault.region], true);
      return () => setStream(regions[fault.region], false);
    case "stream-refuses":
      regions[fault.region].broker.conditions.unacknowledged = fault.often;
      return () => (regions[fault.region].broker.conditions.unacknowledged = 0);
    case "reassigned":
      regions[fault.region].broker.generation += 1;
      regions[fault.region].broker.wake();
      return nothing;
    case "server-killed-taking":
    case "server-killed-committing":
      killWhen(fault, stage, regions[fault.region]);
      return nothing;
    case "edge-killed-writing":
      clock.whenNext("written", () =>
        clock.later(platform, fault.after, () => edge.kill("it had just written")),
      );
      return nothing;
    case "object-killed-writing":
      for (const [name, host] of edge.hosts)
        clock.whenNext(`written ${name}`, () =>
          clock.later(platform, fault.after, () => host.crash("it had just written")),
        );
      return nothing;
    case "edge-killed":
      edge.kill("the edge is killed");
      return nothing;
    case "object-killed": {
      const hosts = [...edge.hosts.values()];
      hosts[fault.which % hosts.length]?.crash("it is killed");
      return nothing;
    }
    case "isolate-killed":
      edge.killIsolate(fault.which % 2);
      return nothing;
    case "stalled":
      stall(clock, [...edge.processes, ...serversOf(regions)], fault.which, fault.lasts);
      return nothing;
    case "clock-jumps":
      // Not an object's: the platform rings its alarm by the clock of the same machine.
      return jump([...edge.isolates, ...serversOf(regions)], fault.which, fault.milliseconds);
    case "object-disk-full":
      edge.conditions.diskFull = true;
      return () => (edge.conditions.diskFull = false);
    case "object-disk-slow":
      edge.conditions.diskSlow = true;
      return () => (edge.conditions.diskSlow = false);
    case "calls-lost":
      edge.conditions.callsLost = fault.often;
      return () => (edge.conditions.callsLost = 0);
    case "shards":
      reshard(fault.shards);
      return nothing;
  }
}

/** One process's clock is ahead, or behind. */
function jump(processes: readonly Process[], which: number, milliseconds: number): () => void {
  const process = processes[which % processes.length];
  if (process === undefined) return nothing;
  process.skewMilliseconds = milliseconds;
  return () => (process.skewMilliseconds = 0);
}

function change(link: Link, weather: Partial<Link["weather"]>): () => void {
  link.weather = { ...link.weather, ...weather };
  return () => (link.weather = fairWeather);
}

/** Killed in the middle of a request or between two commits, and started again after a while. */
function killWhen(
  {
    fault,
    after,
    lasts,
  }: Extract<Fault, { fault: "server-killed-taking" | "server-killed-committing" }>,
  { clock, platform }: Stage,
  region: Region,
): void {
  const moment =
    fault === "server-killed-taking" ? `taken ${region.link.name}` : `committed ${region.name}`;
  clock.whenNext(moment, () =>
    clock.later(platform, after, () => {
      region.kill();
      clock.later(platform, lasts, () => restart(region));
    }),
  );
}

/** Not a second one, where another fault has killed it and started it again meanwhile. */
function restart(region: Region): void {
  if (region.process?.alive === true) region.kill();
  region.start();
}

/** Brokers away, or the disk full that the embedded stream lies on. */
function setStream({ broker, disk }: Region, away: boolean): void {
  broker.conditions.away = away;
  disk.full = away;
}

const serversOf = (regions: Stage["regions"]): Process[] =>
  Object.values(regions).flatMap(({ process }) => (process?.alive === true ? [process] : []));

function stall(
  clock: Clock,
  processes: readonly Process[],
  which: number,
  milliseconds: number,
): void {
  const process = processes[which % processes.length];
  if (process === undefined) return;
  clock.tell(`${process.name} stands still for ${milliseconds.toFixed()} ms`);
  process.stallsUntil = clock.now + milliseconds;
}

/** Begins a fault and has it end by itself. */
export function strike(fault: Fault, stage: Stage): void {
  const { clock, platform } = stage;
  const { kind: _, at: __, ...what } = fault;
  clock.tell(`fault ${JSON.stringify(what)}`);
  const end = begin(fault, stage);
  clock.later(platform, fault.lasts, () => {
    clock.tell(`fault ${fault.fault} ends`);
    end();
  });
}
