// The worker that is put through the faults: the product's, with a clock that jumps; and, to see whether the suite would
// notice, one that forgets answers before the region's server has them.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { buildWorker } from "../../demo/edge-build.ts";

const entry = fileURLToPath(new URL("../edge/chaos-worker.ts", import.meta.url));
const outboxFiles = /[/\\]edge[/\\]outbox[\w-]*\.ts$/;

/** The drain hands a batch over; here the queue lets go of it first, as if the server had it. */
const handOver = /^(\s*)const delivery = await forwardBatch\(settings, region, texts, entries\);$/m;
const forget = "this.#queue.settle(segments, [], Date.now());";

function brokenDrain(): { plugin: Plugin; broken: () => number } {
  let broken = 0;
  const plugin: Plugin = {
    name: "broken-drain",
    setup: (build) => {
      build.onLoad({ filter: outboxFiles }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        const contents = source.replace(
          handOver,
          (line, indent: string) => `${indent}${forget}${line}`,
        );
        if (contents !== source) broken += 1;
        return { contents, loader: "ts" };
      });
    },
  };
  return { plugin, broken: () => broken };
}

/** Throws Error where the drain was to be broken and could not be found. */
export async function buildChaosWorker(outFile: string, broken: boolean): Promise<void> {
  if (!broken) {
    await buildWorker(outFile, { entry });
    return;
  }
  const { plugin, broken: times } = brokenDrain();
  await buildWorker(outFile, { entry, plugins: [plugin] });
  if (times() !== 1)
    throw new Error("the drain's hand-over is not where it was: mend worker-build.ts");
}
