// Each fault as it is done to the world, and undone.
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Region } from "../../sdk/region.ts";
import type { LinkState, TcpProxy } from "./proxy.ts";
import type { Fault, Link, Process } from "./schedule.ts";
import { clockFile, type World } from "./world.ts";

/** A process that does not start again at once may find its disk or its broker still away. */
const startTriesMax = 10;
const startPauseMilliseconds = 500;
/** A batch to be caught comes within this, or none is under way. */
const batchMilliseconds = 14_000;
const downMilliseconds = 300;

interface Killable {
  kill9(): Promise<void>;
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

const regionIn = (name: Process | Link): Region => name.split(" ").at(-1) as Region; // Their types end in one.

function processOf(world: World, name: Process): Killable {
  if (name === "edge") return world.running.children.edge;
  const region = regionIn(name);
  if (name.startsWith("server")) return world.running.children[region];
  const broker = world.brokers?.[region];
  if (broker === undefined) throw new Error("no brokers in this run");
  return {
    kill9: () => broker.kill9(),
    start: () => broker.restart(),
    signal: (signal) => broker.signal(signal),
  };
}

function linkOf(world: World, link: Link): TcpProxy {
  if (link === "readers - edge") return world.edgeProxy;
  const region = regionIn(link);
  const proxies = link.startsWith("edge") ? world.serverProxies : world.brokerProxies;
  if (proxies === undefined) throw new Error("no brokers in this run");
  return proxies[region];
}

async function startAgain(world: World, killed: Killable): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      // Nobody would stop what is started from here on.
      if (world.isStopping()) return;
      await killed.start();
      return;
    } catch (error) {
      if (tries === startTriesMax) throw error;
      await sleep(startPauseMilliseconds);
    }
}

async function jump(world: World, process: Region | "edge", seconds: number): Promise<void> {
  if (process !== "edge") {
    await writeFile(clockFile(world.folder, process), String(seconds * 1_000));
    world.running.children[process].signal("SIGUSR2");
    return;
  }
  const response = await fetch(`http://127.0.0.1:${world.controlPort}/?offset=${seconds * 1_000}`, {
    method: "POST",
  });
  if (!response.ok) throw new Error(`the edge's clock answered ${response.status}`);
}

/** True where a connection or something said on one met it. */
async function onLink(proxy: TcpProxy, state: LinkState, over: Over): Promise<boolean> {
  const before = proxy.felt;
  proxy.set(state);
  await over(() => proxy.felt > before);
  const befell = proxy.felt > before;
  proxy.set({ kind: "open" });
  return befell;
}

/** Resolves when a fault has lasted as long as the schedule says, and, within its time, has befallen something. */
export type Over = (befell?: () => boolean) => Promise<void>;

/** Does it, waits until it is `over`, undoes it. True where it befell something. */
export async function strike(world: World, fault: Fault, over: Over): Promise<boolean> {
  switch (fault.kind) {
    case "kill":
    case "away": {
      const process = processOf(world, fault.process);
      await process.kill9();
      await over();
      await startAgain(world, process);
      return true;
    }
    case "pause": {
      const process = processOf(world, fault.process);
      process.signal("SIGSTOP");
      await over();
      process.signal("SIGCONT");
      return true;
    }
    case "cut":
      return onLink(linkOf(world, fault.link), { kind: "cut" }, over);
    case "reset": {
      const link = linkOf(world, fault.link);
      const before = link.felt;
      link.reset();
      return link.felt > before;
    }
    case "delay": {
      const { milliseconds } = fault;
      return onLink(linkOf(world, fault.link), { kind: "delayed", milliseconds }, over);
    }
    case "throttle": {
      const { bytesPerSecond } = fault;
      return onLink(linkOf(world, fault.link), { kind: "throttled", bytesPerSecond }, over);
    }
    case "half-open":
      return onLink(linkOf(world, fault.link), { kind: "half-open", loses: fault.loses }, over);
    case "duplicate":
    case "reorder": {
      const proxy = world.deliveries[fault.region];
      const before = proxy.mangled;
      proxy.set(fault.kind === "duplicate" ? "duplicated" : "reordered");
      await over(() => proxy.mangled > before);
      proxy.set("in-order");
      return proxy.mangled > before;
    }
    case "disk": {
      const volume = world.volumes?.[fault.folder];
      if (volume === undefined) return false;
      await volume.fill();
      // For a moment only: an outbox that cannot write ends, and gives the room of its log back.
      let wasFull = false;
      const looking = setInterval(() => (wasFull ||= volume.isFull()), 1);
      await over(() => wasFull);
      clearInterval(looking);
      await volume.empty();
      return wasFull;
    }
    case "clock":
      await jump(world, fault.process, fault.seconds);
      await over();
      await jump(world, fault.process, 0);
      return true;
    case "snowflake": {
      const peer = world.snowflake[fault.region];
      await peer.crash();
      await over();
      await peer.listen();
      return true;
    }
    case "batch": {
      const dies = processOf(world, fault.dies === "edge" ? "edge" : `server ${fault.region}`);
      const moment = fault.dies === "edge" ? "answered" : "asked";
      const caught = await world.deliveries[fault.region].catchNext(moment, batchMilliseconds, () =>
        dies.kill9(),
      );
      if (caught) {
        await sleep(downMilliseconds);
        await startAgain(world, dies);
      }
      return caught;
    }
  }
}
