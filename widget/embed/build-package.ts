// Builds what sites install: the element and the headless client as ES modules with their types, into dist/.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { shorterErrors } from "../shorter-errors.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);
const markups = ["markup.d.ts", "preact.d.ts", "react.d.ts", "svelte.d.ts", "vue.d.ts"] as const;

/** Types are left out where nobody asks, such as tests that run what is built. */
export async function buildPackage(outDir: string, types: boolean): Promise<void> {
  await build({
    configFile: false,
    root: folder,
    logLevel: "warn",
    plugins: [shorterErrors],
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      minify: false,
      lib: {
        entry: { index: join(folder, "element.ts"), headless: join(folder, "headless.ts") },
        formats: ["es"],
      },
      rollupOptions: {
        // Of the page only what is called comes along.
        treeshake: { moduleSideEffects: false },
        output: { chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  if (!types) return;
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  await run(process.execPath, [
    join(compiler, "../bin/tsc"),
    "-p",
    join(folder, "tsconfig.build.json"),
    "--outDir",
    join(outDir, "types"),
  ]);
  // Beside the compiled types, which they name in the sources' way.
  for (const file of markups)
    await writeFile(
      join(outDir, file),
      (await readFile(join(folder, file), "utf8")).replaceAll(
        '"./element.ts"',
        '"./types/widget/embed/element.js"',
      ),
    );
}

if (import.meta.main) await buildPackage(join(folder, "dist"), true);
