// Bundles the edge into the one ES module that workerd runs.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Writes the worker to `outFile`; the same sources give the same bytes. */
export async function buildWorker(outFile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("../edge/worker.ts", import.meta.url))],
    outfile: outFile,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
  });
}
