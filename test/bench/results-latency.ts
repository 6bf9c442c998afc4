// `npm run bench results-latency`: from a reader's POST to the results that count it, through the whole product with its
// embedded stream: edge, outbox, intake, stream, ingest, warehouse, live results. What is promised is under a second.
import { setTimeout as sleep } from "node:timers/promises";
import type { Region } from "../../sdk/region.ts";
import { Results } from "../../sdk/schema/results.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import {
  invite,
  post,
  publishWidget,
  resultsOf,
  startProduct,
  submissionOf,
  type Product,
} from "../flow/product.ts";

const answers = 200;
const warmUp = 20;
/** Readers come at random, this far apart on average. */
const everyMs = 100;
const pollMs = 2;

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? Number.NaN;

const line = (name: string, values: readonly number[]): string =>
  `  ${name.padEnd(44)} p50 ${quantile(values, 0.5).toFixed(0).padStart(5)} ms   p99 ${quantile(values, 0.99).toFixed(0).padStart(5)} ms   largest ${Math.max(
    ...values,
  )
    .toFixed(0)
    .padStart(5)} ms`;

/** Calls back with the readers counted, each time the region's server pushes results. */
async function follow(
  product: Product,
  region: Region,
  campaign: string,
  onCount: (counted: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(
    `${product.running.servers[region]}/v1/campaigns/${campaign}/results`,
    {
      headers: {
        authorization: `Bearer ${product.keys.tenant.token}`,
        accept: "text/event-stream",
      },
      signal,
    },
  );
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) onCount(Results.parse(JSON.parse(data)).answers);
    }
  }
}

/** When each count was first reached. */
class Arrivals {
  readonly #at: number[] = [];

  reached(count: number): void {
    const now = performance.now();
    while (this.#at.length < count) this.#at.push(now);
  }

  get count(): number {
    return this.#at.length;
  }

  /** Milliseconds from each sending to the count that has it: the n-th is in once n are counted. */
  since(sent: readonly number[]): number[] {
    return sent.map((begun, index) => (this.#at[index] ?? Number.NaN) - begun);
  }
}

async function measure(product: Product, region: Region): Promise<void> {
  const manifest = await publishWidget(product);
  const submissions: Submission[] = [];
  for (let index = 0; index < answers; index++) {
    const { invitation } = await invite(product, manifest, region, `reader ${index}`);
    const given = { drink: index % 2 === 0 ? "tea" : "coffee", cups: index % 11 };
    submissions.push(await submissionOf(manifest, invitation, given));
  }
  const pushed = new Arrivals();
  const polled = new Arrivals();
  const stop = new AbortController();
  const following = follow(
    product,
    region,
    manifest.id,
    (count) => pushed.reached(count),
    stop.signal,
  ).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const polling = (async () => {
    while (polled.count < answers) {
      polled.reached((await resultsOf(product, region, manifest.id)).answers);
      await sleep(pollMs);
    }
  })();
  const sent: number[] = [];
  const acknowledged: number[] = [];
  for (const submission of submissions) {
    const begun = performance.now();
    sent.push(begun);
    const response = await post(product, submission);
    if (response.status !== 202) throw new Error(`the edge answered ${response.status}`);
    await response.arrayBuffer();
    acknowledged.push(performance.now() - begun);
    await sleep(Math.random() * 2 * everyMs);
  }
  await polling;
  while (pushed.count < answers) await sleep(pollMs);
  stop.abort();
  await following;
  console.log(`${region}, ${answers} readers, one every ${everyMs} ms on average`);
  console.log(line("acknowledged, with a receipt", acknowledged.slice(warmUp)));
  console.log(line("counted, for who asks", polled.since(sent).slice(warmUp)));
  console.log(
    line("pushed to live results (at most 4 a second)", pushed.since(sent).slice(warmUp)),
  );
}

const product = await startProduct();
try {
  // eu acknowledges from its outbox at the edge, apac from its region's stream.
  for (const region of ["eu", "apac"] as const) await measure(product, region);
} finally {
  await product.stop();
}
