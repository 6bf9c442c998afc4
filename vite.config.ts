// The page's build, and vitest's projects.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { loader } from "./widget/loader-build.ts";
import { packedWords } from "./widget/packed-words.ts";
import { shorterErrors } from "./widget/shorter-errors.ts";

/**
 * Two pages, each a build of its own by Vite's mode: one would move what both use into chunks that a reader fetches one by
 * one, and the page that asks would grow.
 */
const pages: Readonly<
  Record<string, { readonly folder: string; readonly input: readonly string[] }>
> = {
  production: { folder: "widget/web", input: ["index.html"] },
  preferences: { folder: "widget/preferences", input: ["preferences.html", "unsubscribe.html"] },
  // What a site loads: a script of the site's page, so that its names are its own.
  embed: { folder: "widget/embed", input: ["script.ts"] },
};
const embedNames = { entryFileNames: "embed.js", chunkFileNames: "embed/[hash].js" };

/** The root key that the bundle pins. */
function rootKey(): string {
  const key = process.env["MAILY_ROOT_KEY"] ?? "";
  if (!/^[\w-]{43}$/.test(key))
    throw new Error("Set MAILY_ROOT_KEY to `directory.root` of deployment.json: the page pins it.");
  return key;
}

/** `.br` beside every text, compressed once and as hard as it goes. */
const brotli: Plugin = {
  name: "maily-brotli",
  apply: "build",
  // Last: the stylesheet joins the bundle late.
  enforce: "post",
  generateBundle(_, bundle) {
    for (const [fileName, output] of Object.entries(bundle)) {
      const text = output.type === "chunk" ? output.code : output.source;
      const source = brotliCompressSync(text, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
          [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text),
        },
      });
      this.emitFile({ type: "asset", fileName: `${fileName}.br`, source });
    }
  },
};

/**
 * Vite wraps each import() to fetch stylesheets of chunks first; the page has none, and is a kilobyte smaller without.
 * test/widget/build.test.ts looks for what it would leave behind.
 */
const plainImports: Plugin = {
  name: "maily-plain-imports",
  apply: "build",
  configResolved({ plugins }) {
    const index = plugins.findIndex(({ name }) => name === "native:import-analysis-build");
    // Read-only in its types, so that it is not changed by accident.
    if (index >= 0) (plugins as Plugin[]).splice(index, 1);
  },
};

const page: Plugin = {
  name: "maily-page",
  apply: "build",
  config: ({ build }, { mode }) => {
    const { folder, input } = pages[mode] ?? { folder: "widget/web", input: ["index.html"] };
    const root = fileURLToPath(new URL(folder, import.meta.url));
    return {
      root,
      // Addresses from the edge's root: the page is served under /a/<campaign>.
      base: "/",
      publicDir: false,
      define: {
        MAILY_ROOT_KEY: JSON.stringify(rootKey()),
        // The same page whatever the environment of whoever builds it, such as a test.
        "process.env.NODE_ENV": '"production"',
      },
      oxc: { jsx: { development: false } },
      build: {
        outDir: build?.outDir ?? fileURLToPath(new URL("dist/page", import.meta.url)),
        emptyOutDir: build?.emptyOutDir ?? mode === "production",
        target: "es2022",
        // Its helper would cost more than the one chunk it fetches earlier.
        modulePreload: false,
        // Half a kilobyte smaller than what Vite minifies with by itself.
        minify: "terser",
        terserOptions: {
          module: true,
          compress: { passes: 3, pure_getters: true, ecma: 2020, lhs_constants: false },
        },
        cssCodeSplit: false,
        assetsInlineLimit: 0,
        reportCompressedSize: false,
        rollupOptions: {
          input: input.map((file) => join(root, file)),
          // Minifying hard takes its seconds, and need not be told of.
          checks: { pluginTimings: false },
          output: {
            entryFileNames: "assets/[hash].js",
            chunkFileNames: "assets/[hash].js",
            assetFileNames: "assets/[hash][extname]",
            ...(mode === "embed" && embedNames),
          },
        },
      },
    };
  },
};

// Every command, server and worker thread that a test starts finds its code compiled: a third of a start's time.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(
  new URL("node_modules/.cache/maily-compiled", import.meta.url),
);

/** What a suite beside the default one reads. */
const suites = {
  browser: ["test/browser/**/*.test.ts"],
  engines: ["test/engines/**/*.test.ts"],
  kafka: ["test/peers/kafka/**/*.test.ts", "test/**/kafka*.test.ts"],
  chaos: ["test/chaos/**/*.test.ts"],
  snowflake: ["test/peers/snowflake/**/*.test.ts"],
};

const slow = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  fileParallelism: false,
  // A loaded machine takes its time; what never comes fails all the same.
  expect: { poll: { timeout: 15_000 } },
};
/** One product and one Chromium, started once, take all files; tests wait more than they work, so that two go beside each other. */
const together: Readonly<Record<string, object>> = {
  browser: {
    globalSetup: "test/browser/global-setup.ts",
    fileParallelism: true,
    maxWorkers: 2,
  },
};
/** What is no fault of ours passes the second time: a request that Chromium drops as the machine's network changes. */
const retries: Readonly<Record<string, number>> = { browser: 1 };

export default defineConfig({
  plugins: [page, packedWords, plainImports, shorterErrors, loader, brotli],
  test: {
    // Many tests wait, for processes and for time to pass: one worker a core would leave cores idle.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/edge/**", ...Object.values(suites).flat()],
          // A loaded machine takes its time, and builds and commands take seconds on an idle one.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      // A browser, brokers or killed processes are asked for by name: `npm test` needs Node alone.
      ...(process.argv.some((argument) => argument.startsWith("--project"))
        ? Object.entries(suites).map(([name, include]) => ({
            test: {
              name,
              include,
              ...slow,
              retry: retries[name] ?? 0,
              ...together[name],
            },
          }))
        : []),
    ],
  },
});
