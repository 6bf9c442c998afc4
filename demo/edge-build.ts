// Bundles the edge into the one ES module that workerd runs.
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

export interface WorkerBuild {
  /** The worker's own module; else edge/worker.ts. */
  readonly entry?: string;
  readonly plugins?: readonly Plugin[];
}

/** Writes the worker to `outFile`; the same sources give the same bytes. */
export async function buildWorker(
  outFile: string,
  { entry, plugins = [] }: WorkerBuild = {},
): Promise<void> {
  await build({
    entryPoints: [entry ?? fileURLToPath(new URL("../edge/worker.ts", import.meta.url))],
    plugins: [...plugins],
    outfile: outFile,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
  });
}
