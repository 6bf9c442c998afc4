// Readers who go on answering while a test restarts what they talk to, and what each of them was told.
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { fetchManifest } from "../../cli/publish.ts";
import { fromBase64url } from "../../sdk/bytes.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { invite, submissionOf, type Product } from "./product.ts";

const pauseMilliseconds = 50;
const retryMilliseconds = 200;
/** Longer than any restart here takes. */
const answeredWithinMilliseconds = 60_000;
const bytes = (text: string) => fromBase64url(text) ?? new Uint8Array();

/** The campaign as a page reads it now; it seals to the active key that began last (SPEC §7). */
async function current(product: Product, campaign: string): Promise<Manifest | undefined> {
  const read = await fetchManifest(product.running.edge, campaign).catch(() => undefined);
  return (
    read && { ...read, keys: read.keys.toSorted((a, b) => b.notBefore.localeCompare(a.notBefore)) }
  );
}

export interface Acknowledged {
  readonly region: Region;
  readonly keyId: number;
  readonly receipt: string;
}

/** Readers in every region, one after the other, who each try until their answer is taken. */
export class Readers {
  readonly #product: Product;
  readonly #campaign: string;
  readonly acknowledged: Acknowledged[] = [];
  /** Anything that an honest reader must never be told. */
  readonly refused: string[] = [];
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>[];

  constructor(product: Product, campaign: string) {
    this.#product = product;
    this.#campaign = campaign;
    this.#running = regions.map((region) => this.#answer(region));
  }

  async #answer(region: Region): Promise<void> {
    for (let index = 0; !this.#stopped.signal.aborted; index++) {
      const seen = await current(this.#product, this.#campaign);
      if (seen !== undefined) {
        const { invitation } = await invite(
          this.#product,
          seen,
          region,
          `${region}-${index}@example.org`,
        );
        await this.send(region, await submissionOf(seen, invitation, { drink: "tea" }));
      }
      await sleep(pauseMilliseconds);
    }
  }

  async send(region: Region, submission: Submission): Promise<void> {
    const deadline = Date.now() + answeredWithinMilliseconds;
    while (Date.now() < deadline) {
      const response = await fetch(`${this.#product.running.edge}/v1/answers`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(submission),
      }).catch(() => undefined);
      const body = (await response?.json().catch(() => undefined)) as
        | { receipt?: string; code?: string }
        | undefined; // A receipt, a problem, or a connection that broke.
      if (response?.status === 202 && body?.receipt !== undefined) {
        const [keyId = 0] = bytes(submission.envelope);
        this.acknowledged.push({ region, keyId, receipt: body.receipt });
        return;
      }
      if (response !== undefined && response.status !== 503)
        this.refused.push(`${response.status} ${body?.code}`);
      await sleep(retryMilliseconds);
    }
    this.refused.push("never taken");
  }

  /** Once so many more answers of each region are acknowledged. */
  async more(count: number): Promise<void> {
    const before = this.acknowledged.length;
    for (const region of regions)
      await expect
        .poll(
          () => this.acknowledged.slice(before).filter((each) => each.region === region).length,
          { timeout: answeredWithinMilliseconds },
        )
        .toBeGreaterThanOrEqual(count);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running);
  }
}
