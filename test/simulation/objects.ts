// Durable Objects as the platform runs them: one life after another on the same storage. What leaves an object, an answer or
// a request, waits until everything it had written is on disk; an alarm rings at least once.
import { startProcess, type Clock, type Process } from "./clock.ts";
import { Life, type ObjectClass } from "./life.ts";
import type { Random } from "./random.ts";
import { alarmOf, type Journal } from "./storage.ts";

/** Milliseconds: from a write to its being on disk, a call between isolates, how late an alarm rings. */
const diskMilliseconds = [0.2, 6] as const;
const slowDiskMilliseconds = [50, 400] as const;
const callMilliseconds = [0.05, 1.5] as const;
const alarmLateMilliseconds = [0, 40] as const;
/** After so many failures in a row the platform gives an alarm up; the first pause, doubled each time. */
const alarmTriesMax = 6;
const alarmRetryMilliseconds = 2_000;
/** How often an alarm that did well rings once more. */
const alarmTwice = 0.03;
/** How often a write that was under way when its process died is on disk all the same. */
const writtenAnyway = 0.5;

type Method = (...values: readonly unknown[]) => unknown;

/** What a life of an object is started from: its code evaluated in a process of its own. */
export type Start = (life: Life) => { readonly type: ObjectClass; readonly env: object };

/** How disks and calls behave now. */
export interface Conditions {
  diskFull: boolean;
  diskSlow: boolean;
  /** How often a call to an object is lost, before or after it did its work. */
  callsLost: number;
}

export class ObjectHost {
  readonly name: string;
  readonly #clock: Clock;
  readonly #platform: Process;
  readonly #random: Random;
  readonly #conditions: Conditions;
  readonly #start: Start;
  #journal: Journal = [];
  #lives = 0;
  #alarm = 0;
  #failures = 0;
  /** Before it a failed alarm does not ring again. */
  #pausesUntil = 0;
  life: Life | undefined;
  /** Alarms that the platform gave up. */
  givenUp = 0;

  constructor(
    name: string,
    clock: Clock,
    platform: Process,
    random: Random,
    conditions: Conditions,
    start: Start,
  ) {
    this.name = name;
    this.#clock = clock;
    this.#platform = platform;
    this.#random = random;
    this.#conditions = conditions;
    this.#start = start;
  }

  /** What would survive a crash now. */
  get durableAlarm(): number | undefined {
    return alarmOf(this.#journal);
  }

  get random(): Random {
    return this.#random;
  }

  /** The object, started where it is not. Throws what its constructor throws. */
  #alive(): Life {
    if (this.life !== undefined) return this.life;
    const process = startProcess(`${this.name}#${++this.#lives}`);
    const life: Life = new Life(
      process,
      this.#journal,
      () => this.#wrote(life),
      () => this.#conditions.diskFull,
    );
    this.life = life;
    this.#clock.tell(`${process.name} starts, ${this.#journal.length} writes on disk`);
    try {
      const { type, env } = this.#start(life);
      const ctx = {
        storage: life.storage,
        id: { name: this.name, toString: () => this.name },
        waitUntil: () => undefined,
        blockConcurrencyWhile: <Result>(work: () => Promise<Result>) => work(),
      };
      life.object = new type(ctx, env);
    } catch (error) {
      this.crash("its constructor threw");
      throw error;
    }
    return life;
  }

  /**
   * One call of a method from `caller`: rejects where the object dies before it has answered. Arguments and results are
   * copied, as between isolates.
   */
  call(caller: Process, method: string, values: readonly unknown[]): Promise<unknown> {
    const sent = structuredClone(values);
    const random = this.#random;
    const lost = random.happens(this.#conditions.callsLost)
      ? random.one(["before", "after"] as const)
      : undefined;
    return new Promise((resolve, reject) => {
      const context = this.#clock.context();
      let answered = false;
      const answer = (run: () => void): void => {
        if (answered) return;
        answered = true;
        this.#clock.at(caller, this.#clock.now + random.between(...callMilliseconds), context, run);
      };
      const fail = (error: unknown): void => answer(() => reject(error));
      this.#clock.later(this.#platform, random.between(...callMilliseconds), () => {
        if (lost !== undefined) {
          this.#clock.tell(`call of ${this.name}.${method} lost ${lost} it`);
          fail(new Error("Network connection lost."));
        }
        if (lost === "before") return;
        void this.#answer(method, sent).then((result) => answer(() => resolve(result)), fail);
      });
    });
  }

  async #answer(method: string, values: readonly unknown[]): Promise<unknown> {
    const life = this.#alive();
    const run = life.object?.[method];
    if (typeof run !== "function") throw new TypeError(`${this.name} has no method ${method}`);
    const died = new Promise<never>((_, reject) => this.#deaths.add(reject));
    // Whoever calls hears of a death at once, not of the object's own promise, which will never settle.
    const result = (async (): Promise<unknown> => {
      const value: unknown = await this.#clock.within(undefined, () =>
        Reflect.apply(run as Method, life.object, values),
      );
      await life.gate();
      return structuredClone(value);
    })();
    return Promise.race([result, died]);
  }

  readonly #deaths = new Set<(error: Error) => void>();

  #wrote(life: Life): void {
    if (life.isDirty || life.flushing !== undefined) return;
    life.isDirty = true;
    // After this turn: what is written in one turn is on disk together or not at all.
    this.#clock.later(life.process, 0, () => this.#flush(life));
  }

  #flush(life: Life): void {
    const { journal } = life.storage;
    life.isDirty = false;
    life.flushing = journal.length;
    const [from, to] = this.#conditions.diskSlow ? slowDiskMilliseconds : diskMilliseconds;
    this.#clock.later(life.process, this.#random.between(from, to), () => {
      if (this.#conditions.diskFull) {
        this.crash("its disk is full");
        return;
      }
      life.durable = life.flushing ?? life.durable;
      life.flushing = undefined;
      this.#journal = journal.slice(0, life.durable);
      this.#clock.tell(`${life.process.name} has ${life.durable} writes on disk`);
      const open = life.held.filter(({ length }) => length <= life.durable);
      life.held = life.held.filter(({ length }) => length > life.durable);
      for (const { release } of open) release();
      this.#setAlarm();
      if (this.name.startsWith("OUTBOX")) {
        this.#clock.mark("written");
        this.#clock.mark(`written ${this.name}`);
      }
      if (journal.length > life.durable) this.#wrote(life);
    });
  }

  /** The object's process is gone, with all that was not on disk; storage stays. */
  crash(why: string): void {
    const { life } = this;
    if (life === undefined) return;
    this.life = undefined;
    life.process.alive = false;
    if (life.flushing !== undefined && this.#random.happens(writtenAnyway))
      this.#journal = life.storage.journal.slice(0, life.flushing);
    this.#clock.tell(`${life.process.name} dies, ${this.#journal.length} writes stay: ${why}`);
    life.storage.close();
    const error = new Error("The object's process died.");
    for (const reject of this.#deaths) reject(error);
    this.#deaths.clear();
    this.#setAlarm();
  }

  /** By what is on disk: an alarm that was not is none. */
  #setAlarm(): void {
    const at = alarmOf(this.#journal);
    const turn = ++this.#alarm;
    if (at === undefined) return;
    const wait = Math.max(
      0,
      at - this.#clock.unix(this.#platform),
      this.#pausesUntil - this.#clock.now,
    );
    const late = this.#random.between(...alarmLateMilliseconds);
    this.#clock.later(this.#platform, wait + late, () => {
      if (turn === this.#alarm) void this.#ring();
    });
  }

  async #ring(): Promise<void> {
    if (this.life?.ringing === true) return;
    let life: Life;
    try {
      life = this.#alive();
    } catch {
      this.#failed();
      return;
    }
    const { storage } = life;
    this.#clock.tell(`${life.process.name} alarm`);
    life.ringing = true;
    storage.alarmAt = null;
    try {
      await this.#clock.within(undefined, async () => life.object?.alarm?.());
      if (!life.process.alive) return;
      await life.gate();
    } catch {
      life.ringing = false;
      // A crash has set it again already.
      if (life.process.alive) this.#failed();
      return;
    }
    this.#failures = 0;
    // Read anew: the handler may have set another.
    const { alarmAt } = storage as { readonly alarmAt: number | null };
    life.ringing = false;
    if (alarmAt === null && !this.#random.happens(alarmTwice)) await storage.deleteAlarm();
    else this.#setAlarm();
  }

  #failed(): void {
    this.#failures += 1;
    this.#clock.tell(`${this.name} alarm failed ${this.#failures} times`);
    if (this.#failures <= alarmTriesMax) {
      this.#pausesUntil = this.#clock.now + alarmRetryMilliseconds * 2 ** (this.#failures - 1);
      this.#setAlarm();
      return;
    }
    this.givenUp += 1;
    void this.life?.storage.deleteAlarm();
  }

  close(): void {
    this.life?.storage.close();
    this.life = undefined;
  }
}
