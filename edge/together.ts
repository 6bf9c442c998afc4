// Calls to the same place that arrive in one turn of an isolate are made as one: the answers of many readers, one call, which
// costs what the call of a single one would.
//
// The first request makes the call. The others do not wait for its promise: workerd lets the continuation of another
// request's promise run in that other request once a garbage collection came between, and then refuses all I/O. Each looks
// with a timer of its own whether its outcome has been written.

/** Small enough for an intake batch of the largest entries. */
const entriesMax = 128;
/**
 * Entries of an isolate that wait for their outcome: four calls of the largest size. More would only make all of them wait
 * longer, and fill the memory.
 */
const underWayMax = 512;
/** The same for a place that has owed an outcome for so long: what is stuck there leaves room for what goes elsewhere. */
const stuck = { underWayMax: 128, milliseconds: 1_000 } as const;
/** Between two looks, or a quarter of a call's usual duration; the first look comes when the call should have its answer. */
const lookMilliseconds = 2;
/** However long calls to a place usually are, nobody looks more rarely. */
const lookMillisecondsMax = 50;
/** The reader of the request that makes the call may have hung up, and its call with it. */
const waitMilliseconds = 20_000;
/** No longer does a call wait for the one before, for the same reason. */
const gatherMillisecondsMax = 25;
/** Nor does an entry join a queue that has waited longer to be called. */
const queueMillisecondsMax = 250;
/** How much of the usual duration each new call decides. */
const durationWeight = 0.2;

interface Slot<Entry, Outcome> {
  readonly entry: Entry;
  outcome?: Outcome;
  failure?: unknown;
}

interface Queue<Entry, Outcome> {
  /** Unix milliseconds. */
  readonly since: number;
  readonly slots: Slot<Entry, Outcome>[];
}

/** Instants in Unix milliseconds. */
interface Place<Entry, Outcome> {
  queue: Queue<Entry, Outcome> | undefined;
  /** When the call that is under way began. */
  callingSince: number | undefined;
  usualMilliseconds: number;
  /** Whose call has not ended, oldest first. */
  readonly open: Set<Queue<Entry, Outcome>>;
  /** Entries in them. */
  underWay: number;
}

/** Keeps the request that makes the call alive for the others, even when its own reader has gone. */
export type WaitUntil = (promise: Promise<unknown>) => void;

export class Together<Entry, Outcome> {
  readonly #places = new Map<string, Place<Entry, Outcome>>();
  /** Entries that wait, in all places. */
  #underWay = 0;

  /** Whether so many wait that no more should be taken. `now` in Unix milliseconds. */
  isFull(now: number): boolean {
    if (this.#underWay < underWayMax) return false;
    for (const place of this.#places.values()) this.#forget(place, now);
    return this.#underWay >= underWayMax;
  }

  /** Whether a place answers so slowly that it should have no more. */
  isStuck(name: string, now: number): boolean {
    const place = this.#places.get(name);
    if (place === undefined || place.underWay < stuck.underWayMax) return false;
    this.#forget(place, now);
    const [oldest] = place.open;
    return (
      place.underWay >= stuck.underWayMax &&
      oldest !== undefined &&
      now - oldest.since > stuck.milliseconds
    );
  }

  /** Where the platform ended the request that made a call, nothing else would end the call. */
  #forget(place: Place<Entry, Outcome>, now: number): void {
    // Either way: a clock that was set back must not keep them.
    for (const queue of place.open)
      if (Math.abs(now - queue.since) > waitMilliseconds + queueMillisecondsMax)
        this.#end(place, queue);
  }

  #join(place: Place<Entry, Outcome>, queue: Queue<Entry, Outcome>, slot: Slot<Entry, Outcome>) {
    queue.slots.push(slot);
    place.open.add(queue);
    place.underWay += 1;
    this.#underWay += 1;
  }

  #end(place: Place<Entry, Outcome>, queue: Queue<Entry, Outcome>): void {
    if (!place.open.delete(queue)) return;
    place.underWay -= queue.slots.length;
    this.#underWay -= queue.slots.length;
  }

  /** The outcome of `entry` in the one call for all entries that wait for a place; `call` answers one outcome an entry. */
  async add(
    name: string,
    entry: Entry,
    call: (entries: Entry[]) => Promise<readonly Outcome[]>,
    waitUntil: WaitUntil,
  ): Promise<Outcome> {
    const slot: Slot<Entry, Outcome> = { entry };
    const place = this.#place(name);
    const { queue } = place;
    const now = Date.now();
    if (
      queue !== undefined &&
      queue.slots.length < entriesMax &&
      now - queue.since <= queueMillisecondsMax
    ) {
      this.#join(place, queue, slot);
      await look(slot, leftOf(place, now) + place.usualMilliseconds, place.usualMilliseconds);
    } else {
      const own: Queue<Entry, Outcome> = { since: now, slots: [] };
      this.#join(place, own, slot);
      place.queue = own;
      const called = callFor(place, own, call).finally(() => this.#end(place, own));
      waitUntil(called);
      await called;
    }
    if (slot.outcome === undefined) throw slot.failure ?? new Error("no outcome in time");
    return slot.outcome;
  }

  #place(name: string): Place<Entry, Outcome> {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place: Place<Entry, Outcome> = {
      queue: undefined,
      callingSince: undefined,
      usualMilliseconds: 0,
      open: new Set(),
      underWay: 0,
    };
    this.#places.set(name, place);
    return place;
  }
}

const lookAfter = (milliseconds: number): Promise<void> =>
  scheduler.wait(Math.min(Math.max(milliseconds, lookMilliseconds), lookMillisecondsMax));

async function look(
  slot: Slot<unknown, unknown>,
  firstMilliseconds: number,
  usualMilliseconds: number,
): Promise<void> {
  const began = Date.now();
  await lookAfter(firstMilliseconds);
  while (slot.outcome === undefined && slot.failure === undefined) {
    const waited = Math.abs(Date.now() - began);
    if (waited >= waitMilliseconds) return;
    // What takes long is looked for less and less often.
    await lookAfter(Math.max(usualMilliseconds, waited) / 4);
  }
}

/** How long the call under way should still take, in milliseconds. */
function leftOf({ callingSince, usualMilliseconds }: Place<unknown, unknown>, now: number): number {
  if (callingSince === undefined || !isRecent(callingSince, now)) return 0;
  return Math.max(0, callingSince + usualMilliseconds - now);
}

/** An instant ahead is of a clock that was set back since, and no reason to wait. */
const isRecent = (since: number | undefined, now: number): boolean =>
  since !== undefined && since <= now && now - since < gatherMillisecondsMax;

/** Never rejects: what went wrong is written for everybody who waits. */
async function callFor<Entry, Outcome>(
  place: Place<Entry, Outcome>,
  queue: Queue<Entry, Outcome>,
  call: (entries: Entry[]) => Promise<readonly Outcome[]>,
): Promise<void> {
  const { slots } = queue;
  let started = Date.now();
  try {
    await scheduler.wait(0);
    // While a call is under way the next one gathers: under load few large calls are made, and each is one commit.
    while (isRecent(place.callingSince, started)) {
      await scheduler.wait(Math.min(Math.max(leftOf(place, started), 1), gatherMillisecondsMax));
      started = Date.now();
    }
    if (place.queue === queue) place.queue = undefined;
    place.callingSince = started;
    const outcomes = await call(slots.map(({ entry }) => entry));
    for (const [index, slot] of slots.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) slot.failure = new Error("an entry without its outcome");
      else slot.outcome = outcome;
    }
  } catch (error) {
    for (const slot of slots) slot.failure = error;
  } finally {
    if (place.callingSince === started) place.callingSince = undefined;
  }
  place.usualMilliseconds += durationWeight * (Date.now() - started - place.usualMilliseconds);
}
