// The numbers of sealing in the visitor's own browser. noble and hpke-js, to compare with, are in this page's script alone.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { html, type Markup } from "./html.ts";
import { pageFrame } from "./page-frame.ts";

export const numbersPage = (): Markup =>
  pageFrame(
    "Numbers",
    "/numbers",
    html`<h1>Sealing, in your browser</h1>
      <p class="lead">
        Measured here and now, everybody in turn: our constant-time WebAssembly with and without
        vectors, the browser’s own cryptography, hpke-js, and noble, which is the first of each
        table and what the others are a share of. It takes half a minute and sends nothing.
      </p>
      <noscript><p>This page measures with JavaScript, which is off.</p></noscript>
      <p class="measuring">
        <button type="button" id="run" disabled>Measure</button>
        <progress id="progress" max="1" value="0" aria-label="Measured" hidden></progress>
      </p>
      <p id="said" role="status"></p>
      <div id="tables" class="tables"></div>`,
    "/pages/numbers.js",
  );

const entry = fileURLToPath(new URL("../test/bench/numbers.ts", import.meta.url));

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2024",
    minify: true,
    write: false,
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

let script: Promise<string> | undefined;

/** Bundled for the first visitor who asks; nobody else waits for it. */
export const numbersScript = (): Promise<string> => (script ??= bundle());
