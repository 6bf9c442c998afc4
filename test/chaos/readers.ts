// All the readers of a run: devices in every region that go through their visits, and a ledger of what they were told.
import { setTimeout as sleep } from "node:timers/promises";
import { fromBase64url } from "../../sdk/bytes.ts";
import { regions, type Region } from "../../sdk/region.ts";
import { Devices } from "./device.ts";
import { Feelings } from "./felt.ts";
import { unnamedChoices, type LedgerWriter, type Outcome } from "./ledger.ts";
import { RegionVisits, type Step } from "./visits.ts";
import type { World } from "./world.ts";

export interface ReadersOptions {
  readonly world: World;
  readonly visitsFolder: string;
  readonly workers: number;
  readonly ledger: LedgerWriter;
  /** Answers a second over all regions, while nothing holds them up; what was held up is made up for. */
  readonly perSecond: number;
  /** Devices a region that send at the same time; one that is refused waits and does not hold up other regions. */
  readonly devicesPerRegion: number;
  readonly giveUpMilliseconds: number;
  /** So many answers may a region be ahead of the slowest: every fault is to strike a run of all regions. */
  readonly leadAnswersMax: number;
}

/** Nothing is broken, and nothing was until so long ago: what a reader feels then is what the product is like. */
const quietAfterMilliseconds = 5_000;
/** How far behind its pace a run may fall and still make up for it. */
const behindMillisecondsMax = 10_000;
const heldLookMilliseconds = 10;

function idWithoutReceipt({ kind, submissionId, reader }: Step): Uint8Array {
  if (kind === "answer") return submissionId;
  return kind === "choices" ? unnamedChoices(reader) : reader;
}

export class Readers {
  readonly feelings = new Feelings();
  /** Answers, without withdrawals and repeats. */
  acknowledged = 0;
  /** Statuses that refused an honest reader for good. */
  readonly refusals = new Map<string, number>();
  readonly #options: ReadersOptions;
  readonly #devices: Devices;
  /** Answers begun in each region that has not sent all of its own. */
  readonly #begun = new Map<Region, number>(regions.map((region) => [region, 0]));
  #dueAt = 0;
  /** Answers that were begun, and of which nobody knows yet what becomes of them. */
  #underWay = 0;
  #holdAt = Infinity;
  #noisyUntil = Infinity;

  constructor(options: ReadersOptions) {
    this.#options = options;
    const [key] = options.world.keys.deployment.directory.receiptKeys;
    const receiptKey = fromBase64url(key?.publicKey ?? "");
    if (receiptKey === undefined) throw new Error("a deployment without a receipt key");
    this.#devices = new Devices(
      options.world.edgeProxy.port,
      regions.length * options.devicesPerRegion,
      receiptKey,
    );
  }

  get statuses(): ReadonlyMap<string, number> {
    return this.#devices.statuses;
  }

  /** Told when faults begin, and when the last one is over. */
  noise(isBroken: boolean): void {
    this.#noisyUntil = isBroken ? Infinity : performance.now() + quietAfterMilliseconds;
  }

  /**
   * Nobody begins more than so many answers, those under way among them, until told otherwise: a fault must strike where the
   * schedule says, and while somebody answers.
   */
  holdAt(answers: number): void {
    this.#holdAt = answers;
  }

  /** Resolves when every reader is done. */
  async run(): Promise<void> {
    const { visitsFolder, workers, devicesPerRegion } = this.#options;
    this.#dueAt = performance.now();
    await Promise.all(
      regions.map(async (region) => {
        const visits = new RegionVisits(visitsFolder, region, workers);
        await Promise.all(
          Array.from({ length: devicesPerRegion }, () => this.#device(region, visits)),
        );
        visits.close();
        this.#begun.delete(region);
      }),
    );
    this.#devices.close();
  }

  async #device(region: Region, visits: RegionVisits): Promise<void> {
    for (let visit = visits.next(); visit !== undefined; visit = visits.next())
      for (const step of visit) {
        await this.#turn(region);
        await this.#take(region, step);
      }
  }

  get #isHeld(): boolean {
    return this.acknowledged + this.#underWay >= this.#holdAt;
  }

  #isAhead(region: Region): boolean {
    const slowest = Math.min(...this.#begun.values());
    return (this.#begun.get(region) ?? 0) - slowest > this.#options.leadAnswersMax;
  }

  async #turn(region: Region): Promise<void> {
    while (this.#isHeld || this.#isAhead(region)) {
      if (this.#isHeld) this.feelings.held();
      await sleep(heldLookMilliseconds);
    }
    this.#begun.set(region, (this.#begun.get(region) ?? 0) + 1);
    const now = performance.now();
    this.#dueAt =
      Math.max(this.#dueAt, now - behindMillisecondsMax) + 1_000 / this.#options.perSecond;
    if (this.#dueAt > now) await sleep(this.#dueAt - now);
  }

  async #take(region: Region, step: Step): Promise<void> {
    const deadline = performance.now() + this.#options.giveUpMilliseconds;
    const begun = performance.now();
    const counts = Number(step.kind !== "withdrawal");
    this.#underWay += counts;
    const delivered = await this.#devices.deliver(step, deadline);
    this.#underWay -= counts;
    const append = (outcome: Outcome, id: Uint8Array): void =>
      this.#options.ledger.append({ outcome, region, kind: step.kind, id, reader: step.reader });
    if (delivered.outcome !== "acknowledged") {
      if (delivered.outcome === "refused") {
        const { status } = delivered;
        this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
      }
      append(delivered.outcome, idWithoutReceipt(step));
      return;
    }
    const now = performance.now();
    const isQuiet = begun > this.#noisyUntil && delivered.tries === 1;
    this.feelings.acknowledged(isQuiet ? now - begun : undefined);
    const { receipt } = delivered;
    const id = await this.#devices.readReceipt(receipt, step, region);
    if (id === undefined) {
      append("other-receipt", step.submissionId);
      append("acknowledged", idWithoutReceipt(step));
      return;
    }
    append("acknowledged", id);
    this.acknowledged += counts;
    // As a device does whose network dropped the answer: the same submission must bring the same receipt.
    if (!step.repeats) return;
    const again = await this.#devices.deliver(step, deadline);
    if (again.outcome === "open") return;
    if (again.outcome === "refused" || again.receipt !== receipt) append("other-receipt", id);
  }
}
