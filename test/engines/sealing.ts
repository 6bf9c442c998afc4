// A page that seals and nothing else, under whatever policy its address says: how an engine does it, apart from the product.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "vite";

export const policies = {
  ours: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
  withoutWasm: "default-src 'none'; script-src 'self'",
} as const;

export interface SealingPage {
  readonly under: (policy: keyof typeof policies) => string;
  readonly stop: () => void;
}

export async function sealingPage(): Promise<SealingPage> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: {
        entry: new URL("../browser/seal-entry.ts", import.meta.url).pathname,
        formats: ["es"],
        fileName: () => "entry.js",
      },
    },
  });
  const scripts = new Map<string, string>();
  for (const { output } of Array.isArray(built) ? built : [])
    for (const chunk of output)
      if (chunk.type === "chunk") scripts.set(`/${chunk.fileName}`, chunk.code);
  const server = createServer(({ url = "" }, response) => {
    const script = scripts.get(url);
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    if (script === undefined)
      response.setHeader("content-security-policy", decodeURIComponent(url.slice(1)));
    response.end(
      script ??
        '<!doctype html><title>seal</title><h1>Seal</h1><script type="module" src="/entry.js"></script>',
    );
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // A TCP server's address is one.
  return {
    under: (policy) => `http://127.0.0.1:${port}/${encodeURIComponent(policies[policy])}`,
    stop: () => server.close(),
  };
}
