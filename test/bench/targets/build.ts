// Bundles the edge with another module in place of edge/forward.ts: admission and outbox are the edge's own.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions, type Plugin } from "esbuild";
import type { Target } from "./target.ts";

export const targetNames = ["kafka", "http-proxy"] as const;
export type TargetName = (typeof targetNames)[number];

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What edge/ imports as ./forward.ts is the target; what the target imports is the edge's. */
const instead = (name: TargetName): Plugin => ({
  name: "maily-bench-target",
  setup: (bundle) => {
    bundle.onResolve({ filter: /\/forward\.ts$/ }, ({ importer }) =>
      importer.includes("/bench/targets/") ? undefined : { path: fileOf(`${name}.ts`) },
    );
  },
});

/** What kafkajs, which is CommonJS, requires of Node: imported once, and handed to it. */
const nodeModules = ["assert", "crypto", "events", "net", "tls", "util", "zlib"];
const forNode: BuildOptions = {
  platform: "node",
  mainFields: ["module", "main"],
  banner: {
    js: `${nodeModules.map((name) => `import node_${name} from "node:${name}";`).join("\n")}
const require = (name) => ({ ${nodeModules.map((name) => `${name}: node_${name}`).join(", ")} })[name];`,
  },
};

export async function buildTarget(
  outFile: string,
  name: TargetName,
  target: Target,
): Promise<void> {
  await build({
    entryPoints: [fileOf("../../../edge/worker.ts")],
    outfile: outFile,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    define: { MAILY_BENCH_TARGET: JSON.stringify(target) },
    plugins: [instead(name)],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    ...(name === "kafka" && forNode),
  });
}

/** Bytes of a bundle, as it is and gzipped, as the platform counts them. */
export async function sizeOf(file: string): Promise<{ bytes: number; gzipped: number }> {
  const bundle = await readFile(file);
  return { bytes: bundle.length, gzipped: gzipSync(bundle).length };
}

/** kafkajs needs Node's modules: a flag of workerd, for the whole worker. */
export const withNode = (text: string): string =>
  text.includes("nodejs_compat")
    ? text
    : text.replace(
        "compatibilityDate",
        'compatibilityFlags = ["nodejs_compat"],\n  compatibilityDate',
      );
