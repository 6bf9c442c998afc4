// Texts that were stored while no recogniser of names could be asked: looked at later, and their answers published again.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { CampaignRegistry } from "../campaigns.ts";
import { faultOf, log } from "../log.ts";
import { clearTexts } from "../redact/clear.ts";
import type { Presidio } from "../redact/presidio.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import { commitNumber, storeOutgoing } from "../warehouse/outgoing.ts";
import { storeCleared, unclearedAnswers, type KeptSubmission } from "../warehouse/uncleared.ts";
import { answerRecord } from "./records.ts";
import type { Publisher } from "./publish.ts";

/** Answers read back at a time, and in one recheck. */
const pageAnswers = 100;
const answersMax = 20_000;
const everyMs = 60_000;
const firstKey = "00000000-0000-0000-0000-000000000000";

export interface ClearingParts {
  readonly region: Region;
  readonly warehouse: Pick<Warehouse, "read" | "change">;
  readonly campaigns: Pick<CampaignRegistry, "revisionsOf">;
  readonly publisher: Pick<Publisher, "wake">;
  /** Without one nothing is ever cleared. */
  readonly names: Presidio | undefined;
}

/** How a recheck went, in answers. */
export interface Recheck {
  readonly cleared: number;
  /** Looked at and not cleared: in a language without names, or the recogniser went away. */
  readonly uncleared: number;
}

export class Clearing {
  readonly #parts: ClearingParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<Recheck> | undefined;
  #closed = false;

  constructor(parts: ClearingParts) {
    this.#parts = parts;
  }

  /** From now on by itself, about every minute. */
  start(): void {
    if (this.#parts.names === undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.recheck()
        .catch((error: unknown) => {
          log("recheck-postponed", { fault: faultOf(error) });
        })
        .finally(() => this.start());
    }, everyMs).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  /** At once; one that is under way already is waited for. Problem: `recogniser-missing`, `region-unavailable`. */
  recheck(): Promise<Recheck> {
    if (this.#parts.names === undefined) throw new Problem("recogniser-missing");
    return (this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    }));
  }

  async #run(): Promise<Recheck> {
    const { warehouse, publisher } = this.#parts;
    let [cleared, seen, after] = [0, 0, firstKey];
    while (seen < answersMax && !this.#closed && this.#parts.names?.awake === true) {
      const from = after;
      const page = await warehouse.read((reader) => unclearedAnswers(reader, from, pageAnswers));
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.key;
      seen += page.length;
      cleared += await this.#clear(page);
      publisher.wake();
    }
    if (cleared > 0) log("rechecked", { cleared, uncleared: seen - cleared });
    return { cleared, uncleared: seen - cleared };
  }

  /** How many answers of a page have no uncleared text any more. */
  async #clear(page: readonly KeptSubmission[]): Promise<number> {
    const { region, warehouse, names } = this.#parts;
    const { answers } = await clearTexts(page, names);
    const changed = answers.filter((answer, index) =>
      answer.answers.some((row, place) => row !== page[index]?.answers[place]),
    );
    if (changed.length === 0) return 0;
    await warehouse.change(async (writer) => {
      const texts = changed.flatMap(({ key, answers: rows }) =>
        rows.filter(({ cleared }) => cleared === true).map((row) => ({ key, row })),
      );
      const stored = await storeCleared(writer, texts);
      const commit = await commitNumber(writer);
      const corrections = changed
        .filter(({ key, test }) => stored.has(key) && !test)
        .map((answer) => answerRecord(region, this.#withContacts(answer), Number(commit)));
      await storeOutgoing(writer, corrections, commit);
    });
    return changed.filter(({ answers: rows }) => rows.every(({ cleared }) => cleared !== false))
      .length;
  }

  /** What was asked for as an address is one, whatever the tables say of its text. */
  #withContacts(answer: KeptSubmission): KeptSubmission {
    const revisions = this.#parts.campaigns.revisionsOf(answer.campaign);
    const contacts = new Map(
      revisions.flatMap(({ definition }) =>
        definition.questions.flatMap(({ id, kind }) =>
          kind === "email" || kind === "phone" ? [[id, kind] as const] : [],
        ),
      ),
    );
    return {
      ...answer,
      answers: answer.answers.map((row) => {
        const contact = contacts.get(row.question);
        return contact === undefined || row.text === undefined ? row : { ...row, contact };
      }),
    };
  }
}
