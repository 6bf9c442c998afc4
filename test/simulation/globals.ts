// What code finds around it: a clock, timers and chance of its own process, all of them the run's.
import * as nodeCrypto from "node:crypto";
import { CompressionStream, DecompressionStream, MemoryBlob, zlibModule } from "./compression.ts";
import type { Clock, Event, Process } from "./clock.ts";
import type { Random } from "./random.ts";
import { webcryptoOf } from "./webcrypto.ts";

/** Endless timers, such as a sweep's, are no event that a run waits for; they only cost steps. */
const intervalMillisecondsMin = 1;

/** A timer as Node gives it: what it is asked for besides being cleared changes nothing here. */
class Timer {
  event: Event | undefined;

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

function clear(timer: Timer | undefined): void {
  if (timer?.event !== undefined) timer.event.cancelled = true;
}

function timersOf(clock: Clock, process: Process) {
  return {
    setTimeout(run: (...values: unknown[]) => void, milliseconds = 0, ...values: unknown[]): Timer {
      const timer = new Timer();
      timer.event = clock.after(process, milliseconds, () => run(...values));
      return timer;
    },
    setInterval(run: () => void, milliseconds = 0): Timer {
      const timer = new Timer();
      const again = (): void => {
        timer.event = clock.after(process, Math.max(milliseconds, intervalMillisecondsMin), () => {
          again();
          run();
        });
      };
      again();
      return timer;
    },
    setImmediate(run: (...values: unknown[]) => void, ...values: unknown[]): Timer {
      const timer = new Timer();
      timer.event = clock.after(process, 0, () => run(...values));
      return timer;
    },
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
}

/** `Date` whose now is the process's. */
function dateOf(clock: Clock, process: Process): typeof Date {
  return new Proxy(Date, {
    construct(target, values: unknown[]) {
      return Reflect.construct(target, values.length === 0 ? [clock.unix(process)] : values);
    },
    get(target, name) {
      if (name === "now") return () => clock.unix(process);
      const value: unknown = Reflect.get(target, name);
      return value;
    },
  });
}

/** Rejects when the signal aborts, as Node's own promised timers do. */
function waitOf(clock: Clock, process: Process) {
  return <Value>(
    milliseconds = 0,
    value?: Value,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Value | undefined> =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        event.cancelled = true;
        reject(new DOMException("The operation was aborted", "AbortError"));
      };
      const event = clock.after(process, milliseconds, () => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      });
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
}

export interface Surroundings {
  readonly globals: Readonly<Record<string, unknown>>;
  /** Stand-ins of built-in modules. */
  readonly modules: Readonly<Record<string, unknown>>;
}

/** `log` is told each line that the process writes. */
export function surroundingsOf(
  clock: Clock,
  process: Process,
  random: Random,
  log: (line: string) => void,
): Surroundings {
  const timers = timersOf(clock, process);
  const wait = waitOf(clock, process);
  const crypto = webcryptoOf(random);
  const write = (line: unknown): boolean => {
    log(String(line));
    return true;
  };
  const globals = {
    ...timers,
    Date: dateOf(clock, process),
    Math: Object.create(Math, { random: { value: () => random.fraction() } }) as typeof Math,
    performance: { now: () => clock.now, timeOrigin: 0 },
    scheduler: { wait: (milliseconds: number) => wait(milliseconds) },
    crypto,
    console: { log: write, error: write, warn: write, info: write, debug: write },
    process: { stdout: { write }, stderr: { write }, env: {}, pid: 1, on: () => undefined },
    CompressionStream,
    DecompressionStream,
    Blob: MemoryBlob,
  };
  return {
    globals,
    modules: {
      "node:crypto": {
        ...nodeCrypto,
        randomUUID: crypto.randomUUID,
        randomBytes: (length: number) => Buffer.from(random.bytes(length)),
        randomFillSync: crypto.getRandomValues,
        webcrypto: crypto,
      },
      "node:timers/promises": {
        setTimeout: wait,
        setImmediate: () => wait(0),
        scheduler: globals.scheduler,
      },
      "node:zlib": zlibModule,
      // Folders are made and spilled files removed: there is no device here.
      "node:fs": { mkdirSync: () => undefined, rmSync: () => undefined },
      "node:fs/promises": { mkdir: async () => undefined },
    },
  };
}
