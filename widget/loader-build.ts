// The loader as sites take it: embed.js, which may change, and the same named by its content, which `integrity` may name.
import { createHash } from "node:crypto";
import type { Plugin } from "vite";

const entry = "embed.js";

export const loader: Plugin = {
  name: "maily-loader",
  apply: "build",
  enforce: "post",
  generateBundle(_, bundle) {
    const output = bundle[entry];
    if (output?.type !== "chunk") return;
    // A script tag without type="module" would put its names among the site's.
    output.code = `(()=>{${output.code.trim()}})();\n`;
    const digest = createHash("sha256").update(output.code).digest("hex").slice(0, 16);
    // What it fetches later lies beside it.
    const source = output.code.replaceAll(/(["'`])\.\/embed\//g, "$1./");
    this.emitFile({ type: "asset", fileName: `embed/${digest}.js`, source });
  },
};
