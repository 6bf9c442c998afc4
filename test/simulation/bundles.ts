// The edge and the server as one script each: evaluated anew for every isolate and every start, with clocks, timers and
// network of its own, as a process has. What is bundled is the source as it is, but for what a mutant changes.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { build, type Plugin } from "esbuild";
import { mutate, type Mutant } from "./mutants.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const load = createRequire(import.meta.url);

/** Parts of the server that have a stand-in here, and its name: what they need is no part of a simulation. */
const replaced: Readonly<Record<string, string>> = {
  // DuckDB runs on threads of its own: a model that keeps its contract, compared with it by warehouse.test.ts.
  "server/warehouse/duckdb.ts": "simulated:warehouse",
  // What ingest publishes: statements of DuckDB's. Their way is struck by test/chaos, with the real ones.
  "server/warehouse/outgoing.ts": "simulated:outgoing",
  "server/warehouse/campaigns.ts": "simulated:campaigns",
  // Sockets: requests come over the simulated network.
  "server/listen.ts": "simulated:listen",
  // A client of brokers: a log that keeps the same contract.
  "server/stream/kafka.ts": "simulated:kafka",
};

/** Shared by all that runs here: schemas are the same for everybody, hold no state, and take long to make. */
const shared = /[\\/]sdk[\\/](schema[\\/][\w-]+|problem)\.ts$/;

/** Packages that keep no time and no state of ours: loaded once. */
const packages = ["zod", "zod/*", "hono", "hono/*", "@noble/*", "@duckdb/*", "cloudflare:*"];

const partsOf = (mutant: Mutant | undefined): Plugin => ({
  name: "simulation",
  setup(bundling) {
    bundling.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path);
      const standIn = replaced[file.slice(root.length)];
      if (standIn !== undefined) return { path: standIn, external: true };
      return shared.test(file) ? { path: file, external: true } : undefined;
    });
    bundling.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: mutate(mutant, path.slice(root.length), source), loader: "ts" };
    });
  },
});

/** What a script may ask for by `require`, beside npm's packages. */
export type Modules = Readonly<Record<string, unknown>>;

/** Runs a script: its exports. `globals` stand before those of the same names. */
export type Script = (modules: Modules, globals: Readonly<Record<string, unknown>>) => unknown;

/** The names that every script is given; whatever else is global is the host's, and the same for all. */
export const globalNames = [
  "Date",
  "Math",
  "performance",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "scheduler",
  "crypto",
  "fetch",
  "console",
  "process",
  "CompressionStream",
  "DecompressionStream",
  "Blob",
] as const;

/** Built-in modules without clocks, chance, threads or devices. */
const harmless = /^node:(path|events|buffer|util|url|assert|async_hooks|net|http|string_decoder)$/;

function moduleOf(modules: Modules, name: string): unknown {
  if (name in modules) return modules[name];
  if (name.startsWith("node:") && !harmless.test(name))
    throw new Error(`${name} has no stand-in in the simulation`);
  return load(name);
}

async function scriptOf(entry: string, mutant: Mutant | undefined): Promise<Script> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "esnext",
    external: packages,
    // A dynamic import becomes a `require`: a script has no loader of its own.
    supported: { "dynamic-import": false },
    define: { "import.meta.main": "false" },
    plugins: [partsOf(mutant)],
    logLevel: "error",
  });
  const text = outputFiles[0]?.text ?? "";
  const run = compileFunction(text, ["require", "exports", "module", ...globalNames], {
    filename: join(root, dirname(entry), "simulated.js"),
  });
  return (modules, globals) => {
    const module = { exports: {} };
    const ask = (name: string): unknown => moduleOf(modules, name);
    run(ask, module.exports, module, ...globalNames.map((name) => globals[name]));
    return module.exports;
  };
}

export interface Scripts {
  readonly edge: Script;
  readonly server: Script;
}

/** Throws Error where the mutant's line is not found, or is found more than once. */
export async function buildScripts(mutant: Mutant | undefined): Promise<Scripts> {
  const [edge, server] = await Promise.all([
    scriptOf("edge/worker.ts", mutant),
    scriptOf("server/main.ts", mutant),
  ]);
  if (mutant !== undefined && !mutant.applied) throw new Error(`${mutant.file} was not bundled`);
  return { edge, server };
}
