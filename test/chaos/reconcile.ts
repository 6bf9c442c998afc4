// Counts what readers were promised against what the regions hold, submission by submission.
import { base64url } from "../../sdk/bytes.ts";
import { regions, type Region } from "../../sdk/region.ts";
import { IdIndex } from "./id-index.ts";
import { outcomes, unnamedChoices, type LedgerEntry, type Outcome } from "./ledger.ts";

/** Where something of a region was found: its sealed topic, its warehouse, its topic of opened records, and Snowflake. */
export type Place = "topic" | "warehouse" | "opened" | "snowflake";

/** One record of a region's topic, or one row of its warehouse. */
export interface Found {
  /** 16 bytes. Of a withdrawal the reader's pseudonym: the edge names each anew. */
  readonly id: Uint8Array;
  readonly reader: Uint8Array;
  /** What a record says of its own region, where it says anything. */
  readonly region?: string | undefined;
}

export interface RegionCounts {
  /** Submissions, those that were refused among them; a repeat is none. */
  sent: number;
  acknowledged: number;
  /** Refused for good. */
  refused: number;
  /** Neither acknowledged nor refused when the device gave up. */
  open: number;
  /** Different submissions in the region's topic, */
  inTopic: number;
  /** and records there beyond one each: delivery is at least once. */
  topicDuplicates: number;
  inWarehouse: number;
  /** Acknowledged, and not in the region's warehouse. */
  lost: number;
  /** Acknowledged, and not in the region's topic. */
  missingInTopic: number;
  /** Different submissions among the opened records, */
  inOpened: number;
  /** records there that came again with the same id: delivery is at least once, */
  openedRepeats: number;
  /** and what was acknowledged and is not there. */
  missingInOpened: number;
  inSnowflake: number;
  missingInSnowflake: number;
  /** Rows there of one offset that another row has: delivery from topic to table is exactly once. */
  landedTwice: number;
  /** More than one row in the warehouse; more than one id among opened records, there or in Snowflake. */
  doubled: number;
  /** In another region's topic or warehouse, or named there as another region's. */
  misplaced: number;
  /** In this region's topic or warehouse, and in nobody's ledger. */
  unknown: number;
  /** A repeat was answered with another receipt or refused, or a receipt names something else. */
  otherReceipts: number;
}

export interface Reckoned {
  readonly counts: Readonly<Record<Region, RegionCounts>>;
  /** Some of what is wrong, by what is wrong with it: base64url ids. */
  readonly samples: Readonly<Record<string, readonly string[]>>;
}

const samplesMax = 20;
const countMax = 255;

const none = (): RegionCounts => ({
  sent: 0,
  acknowledged: 0,
  refused: 0,
  open: 0,
  inTopic: 0,
  topicDuplicates: 0,
  inWarehouse: 0,
  inOpened: 0,
  openedRepeats: 0,
  missingInOpened: 0,
  inSnowflake: 0,
  missingInSnowflake: 0,
  landedTwice: 0,
  lost: 0,
  missingInTopic: 0,
  doubled: 0,
  misplaced: 0,
  unknown: 0,
  otherReceipts: 0,
});

/** What counts a submission that is found for the first time, and one that is found nowhere. */
const counted = {
  topic: { first: "inTopic", missing: "missingInTopic" },
  warehouse: { first: "inWarehouse", missing: "lost" },
  opened: { first: "inOpened", missing: "missingInOpened" },
  snowflake: { first: "inSnowflake", missing: "missingInSnowflake" },
} as const satisfies Record<Place, Record<string, keyof RegionCounts>>;
const places = Object.keys(counted) as Place[]; // Object.keys loses the literal keys.

export class Reconciliation {
  readonly #index: IdIndex;
  readonly #regions: Uint8Array;
  readonly #outcomes: Uint8Array;
  readonly #found: Readonly<Record<Place, Uint8Array>>;
  readonly #counts: Record<Region, RegionCounts> = { eu: none(), us: none(), apac: none() };
  readonly #samples: Record<string, string[]> = {};

  /** `entries` as from `readLedger`, at most `capacity` of them. */
  constructor(entries: Iterable<LedgerEntry>, capacity: number) {
    this.#index = new IdIndex(capacity);
    this.#regions = new Uint8Array(capacity);
    this.#outcomes = new Uint8Array(capacity);
    const times = (): Uint8Array => new Uint8Array(capacity);
    this.#found = { topic: times(), warehouse: times(), opened: times(), snowflake: times() };
    for (const entry of entries) this.#promise(entry);
  }

  #promise({ outcome, region, id }: LedgerEntry): void {
    if (outcome === "other-receipt") {
      this.#counts[region].otherReceipts += 1;
      this.#sample("other receipt", id);
      return;
    }
    const before = this.#index.size;
    const number = this.#index.add(id);
    if (this.#index.size === before) throw new Error("the ledger has a submission twice");
    this.#regions[number] = regions.indexOf(region);
    this.#outcomes[number] = outcomes.indexOf(outcome);
    const counts = this.#counts[region];
    counts.sent += 1;
    counts[outcome] += 1;
  }

  /** Told of every record and every row there is. */
  found(place: Place, region: Region, { id, reader, region: named = region }: Found): void {
    const number = this.#numberOf(id, reader);
    if (number < 0) {
      this.#counts[region].unknown += 1;
      this.#sample(`unknown in the ${place} of ${region}`, id);
      return;
    }
    const home = regions[this.#regions[number] ?? 0] ?? region;
    if (home !== region || named !== region) {
      this.#counts[home].misplaced += 1;
      this.#sample(`of ${home} in the ${place} of ${region}`, id);
      return;
    }
    const found = this.#found[place];
    const times = found[number] ?? 0;
    if (times === 0) this.#counts[home][counted[place].first] += 1;
    else if (place === "topic") this.#counts[home].topicDuplicates += 1;
    else if (times === 1) {
      this.#counts[home].doubled += 1;
      this.#sample("doubled", id);
    }
    found[number] = Math.min(countMax, times + 1);
  }

  /** Told of each record that has the id, and each row that has the offset, of one before it. */
  again(place: "opened" | "snowflake", region: Region): void {
    this.#counts[region][place === "opened" ? "openedRepeats" : "landedTwice"] += 1;
  }

  /** -1 where nobody sent it. */
  #numberOf(id: Uint8Array, reader: Uint8Array): number {
    const number = this.#index.find(id);
    if (number >= 0) return number;
    // Choices that nobody was told the id of: their reader's device gave up.
    const given = this.#index.find(unnamedChoices(reader));
    return given >= 0 && this.#outcomeOf(given) === "open" ? given : -1;
  }

  /** What is missing, once all was found. */
  result(): Reckoned {
    for (let number = 0; number < this.#index.size; number++) {
      if (this.#outcomeOf(number) !== "acknowledged") continue;
      const region = regions[this.#regions[number] ?? 0] ?? "eu";
      for (const place of places) {
        if (this.#found[place][number] !== 0) continue;
        this.#counts[region][counted[place].missing] += 1;
        this.#sample(
          `acknowledged, and not in the ${place} of ${region}`,
          this.#index.idOf(number),
        );
      }
    }
    return { counts: this.#counts, samples: this.#samples };
  }

  #outcomeOf(number: number): Outcome | undefined {
    return outcomes[this.#outcomes[number] ?? -1];
  }

  #sample(what: string, id: Uint8Array): void {
    const samples = (this.#samples[what] ??= []);
    if (samples.length < samplesMax) samples.push(base64url(id));
  }
}
