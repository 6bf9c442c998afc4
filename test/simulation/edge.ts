// The edge as its platform runs it: several isolates with one bundle, and objects that both reach.
import { startProcess, type Clock, type Process, type RequestContext } from "./clock.ts";
import type { Script } from "./bundles.ts";
import { surroundingsOf } from "./globals.ts";
import { fetchOf, type Link } from "./network.ts";
import type { Life, ObjectClass } from "./life.ts";
import { ObjectHost, type Conditions } from "./objects.ts";
import type { Random } from "./random.ts";

/** Bindings of the worker's objects, and the class of each. */
const classes = { OUTBOX: "Outbox", CAMPAIGNS: "CampaignStore" } as const;
/** A request whose client has gone goes on no longer than this for what it asked to wait for. */
const waitUntilMilliseconds = 30_000;
/** A reader hears of a broken connection after this. */
const brokenMilliseconds = [1, 100] as const;

interface Worker {
  readonly default: {
    readonly fetch: (request: Request, env: object, ctx: object) => Response | Promise<Response>;
  };
  readonly [name: string]: unknown;
}

interface Isolate {
  readonly process: Process;
  readonly worker: Worker;
  readonly env: object;
  readonly calls: Set<(error: Error) => void>;
}

/** A request under way: `hangUp` is the reader who goes away. */
export interface Calling {
  readonly response: Promise<Response>;
  readonly hangUp: () => void;
}

export interface EdgeParts {
  readonly clock: Clock;
  readonly platform: Process;
  readonly random: Random;
  readonly script: Script;
  readonly links: ReadonlyMap<string, Link>;
  readonly log: (process: string, line: string) => void;
}

/** The base class of objects, as the platform has it. */
class PlatformObject {
  readonly ctx: object;
  readonly env: object;

  constructor(ctx: object, env: object) {
    this.ctx = ctx;
    this.env = env;
  }
}

export class Edge {
  readonly conditions: Conditions = { diskFull: false, diskSlow: false, callsLost: 0 };
  readonly hosts = new Map<string, ObjectHost>();
  readonly #parts: EdgeParts;
  readonly #isolates: (Isolate | undefined)[] = [];
  #bindings: Readonly<Record<string, string>>;
  #starts = 0;

  constructor(parts: EdgeParts, bindings: Readonly<Record<string, string>>) {
    this.#parts = parts;
    this.#bindings = bindings;
  }

  /** From the next start of each isolate and object on. */
  deploy(bindings: Readonly<Record<string, string>>): void {
    this.#bindings = bindings;
  }

  #evaluate(process: Process, gate: () => Promise<void>): Worker {
    const { clock, random, script, links, log } = this.#parts;
    const { globals, modules } = surroundingsOf(clock, process, random.of(process.name), (line) =>
      log(process.name, line),
    );
    return script(
      { ...modules, "cloudflare:workers": { DurableObject: PlatformObject } },
      { ...globals, fetch: fetchOf(process, links, gate) },
    ) as Worker; // The bundle of edge/worker.ts.
  }

  /** What a process is bound to. */
  #env(process: Process): object {
    const namespace = (kind: string, jurisdiction = "") => ({
      getByName: (name: string) => this.#stub(process, kind, `${jurisdiction}${name}`),
      idFromName: (name: string) => name,
      get: (name: string) => this.#stub(process, kind, `${jurisdiction}${name}`),
      jurisdiction: (name: string) => namespace(kind, `${name}:`),
    });
    return {
      ...this.#bindings,
      ...Object.fromEntries(Object.keys(classes).map((kind) => [kind, namespace(kind)])),
    };
  }

  #stub(caller: Process, kind: string, name: string): object {
    return new Proxy(
      {},
      {
        get: (_, method) =>
          // A stub is no promise.
          typeof method !== "string" || method === "then"
            ? undefined
            : (...values: unknown[]) => this.host(kind, name).call(caller, method, values),
      },
    );
  }

  /** The one object of that name, made by its first call. */
  host(kind: string, name: string): ObjectHost {
    const full = `${kind}/${name}`;
    const known = this.hosts.get(full);
    if (known !== undefined) return known;
    const { clock, platform, random } = this.#parts;
    const start = (life: Life) => ({
      // A class of the bundle, of the name that wrangler.toml binds.
      type: this.#evaluate(life.process, () => life.gate())[
        classes[kind as keyof typeof classes]
      ] as ObjectClass,
      env: this.#env(life.process),
    });
    const host = new ObjectHost(full, clock, platform, random.of(full), this.conditions, start);
    this.hosts.set(full, host);
    return host;
  }

  isolate(index: number): Isolate {
    const known = this.#isolates[index];
    if (known !== undefined) return known;
    const process = startProcess(`isolate ${index}#${++this.#starts}`);
    this.#parts.clock.tell(`${process.name} starts`);
    const isolate = {
      process,
      worker: this.#evaluate(process, () => Promise.resolve()),
      env: this.#env(process),
      calls: new Set<(error: Error) => void>(),
    };
    this.#isolates[index] = isolate;
    return isolate;
  }

  /** A reader's request that has arrived at an isolate. */
  request(index: number, reader: Process, request: Request): Calling {
    const { clock, random } = this.#parts;
    const isolate = this.isolate(index);
    const context: RequestContext = { alive: true };
    let hungUp = false;
    let waits = 0;
    const leave = (): void => {
      if (hungUp && waits === 0) context.alive = false;
    };
    const ctx = {
      waitUntil: (promise: Promise<unknown>): void => {
        waits += 1;
        const over = (): void => {
          waits -= 1;
          leave();
        };
        promise.then(over, over);
      },
      passThroughOnException: () => undefined,
    };
    const response = new Promise<Response>((resolve, reject) => {
      const fail = (error: Error): void => {
        clock.later(reader, random.between(...brokenMilliseconds), () => reject(error));
      };
      isolate.calls.add(fail);
      const serve = async (): Promise<void> => {
        try {
          const answer = await isolate.worker.default.fetch(request, isolate.env, ctx);
          isolate.calls.delete(fail);
          clock.later(reader, 0, () => resolve(answer));
        } catch (error) {
          fail(error as Error); // What Hono itself throws.
        }
      };
      clock.at(isolate.process, clock.now, context, () => void serve());
    });
    const hangUp = (): void => {
      hungUp = true;
      leave();
      clock.later(this.#parts.platform, waitUntilMilliseconds, () => {
        context.alive = false;
      });
    };
    return { response, hangUp };
  }

  /** An isolate ends, with every request in it. */
  killIsolate(index: number): void {
    const isolate = this.#isolates[index];
    if (isolate === undefined) return;
    this.#isolates[index] = undefined;
    isolate.process.alive = false;
    this.#parts.clock.tell(`${isolate.process.name} dies`);
    for (const fail of isolate.calls) fail(new Error("connection reset"));
  }

  /** Every isolate and every object, as kill -9 of workerd does. */
  kill(why: string): void {
    for (const index of this.#isolates.keys()) this.killIsolate(index);
    for (const host of this.hosts.values()) host.crash(why);
  }

  get isolates(): Process[] {
    return this.#isolates.flatMap((isolate) => isolate?.process ?? []);
  }

  get processes(): Process[] {
    return [
      ...this.isolates,
      ...[...this.hosts.values()].flatMap(({ life }) => life?.process ?? []),
    ];
  }

  close(): void {
    for (const host of this.hosts.values()) host.close();
  }
}
