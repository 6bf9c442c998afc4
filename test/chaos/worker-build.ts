// The worker that is put through the faults: the product's, with a clock that jumps; and, to see whether the suite would
// notice, one that forgets answers before the region's server has them.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { buildWorker } from "../../demo/edge-build.ts";
import { mutantOf, mutate, type Mutant } from "../simulation/mutants.ts";

const entry = fileURLToPath(new URL("../edge/chaos-worker.ts", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

/** The simulation's mutant of this name: one place to adapt where the drain changes. */
const brokenDrain = (mutant: Mutant): Plugin => ({
  name: mutant.name,
  setup: (build) => {
    build.onLoad({ filter: /[/\\]edge[/\\][\w-]+\.ts$/ }, async ({ path }) => ({
      contents: mutate(mutant, path.slice(root.length), await readFile(path, "utf8")),
      loader: "ts",
    }));
  },
});

/** Throws Error where the drain was to be broken and could not be found. */
export async function buildChaosWorker(outFile: string, broken: boolean): Promise<void> {
  if (!broken) {
    await buildWorker(outFile, { entry });
    return;
  }
  const mutant = mutantOf("broken-drain");
  await buildWorker(outFile, { entry, plugins: [brokenDrain(mutant)] });
  if (!mutant.applied) throw new Error(`${mutant.file} was not bundled`);
}
