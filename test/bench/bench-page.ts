// A page of no words for benchmarks in Chromium: one bundled script, under the policy of our own page.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "vite";

async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: { entry: new URL(entry, import.meta.url).pathname, formats: ["es"] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const [output] = Array.isArray(built) ? built : [];
  const [chunk] = output?.output ?? [];
  if (chunk?.type !== "chunk") throw new Error("vite built no script");
  return chunk.code;
}

/** Serves the bundle of `entry`, a file of this folder, as /bench.js. */
export async function benchPage(entry: string): Promise<{ origin: string; close: () => void }> {
  const script = await bundle(entry);
  const server = createServer(({ url }, response) => {
    const isScript = url === "/bench.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.setHeader(
      "content-security-policy",
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
    );
    response.end(isScript ? script : "<!doctype html><title>bench</title>");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // A TCP server's address is one.
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}
