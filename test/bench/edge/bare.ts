// What an edge cannot be faster than: Hono on workerd that reads a body, looks at none of it, and keeps nothing.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Child } from "../../../demo/child.ts";
import { compatibilityDate } from "../../../demo/workerd-config.ts";
import { freePorts } from "../../flow/product.ts";
import type { Contender } from "./contender.ts";
import { endWithUs } from "./processes.ts";

const require = createRequire(import.meta.url);
const { default: binary } = require("workerd") as { default: string }; // The package exports its binary's path.
export const workerdBinary = binary;

/** As long as a receipt. */
const worker = `
import { Hono } from "hono";
const app = new Hono();
app.post("/v1/answers", async (context) => {
  await context.req.arrayBuffer();
  return context.json({ receipt: "x".repeat(1400) }, 202);
});
app.get("/healthz", (context) => context.text("ok"));
export default app;
`;

export async function startBare(): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), "maily-bare-"));
  const [port = 0] = await freePorts(1);
  await build({
    stdin: { contents: worker, resolveDir: import.meta.dirname },
    outfile: join(folder, "bare.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
  });
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bare", worker = (
    modules = [(name = "bare.js", esModule = embed "bare.js")],
    compatibilityDate = "${compatibilityDate}"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "bare")],
);`;
  await writeFile(join(folder, "bare.capnp"), config);
  const child = new Child({
    name: "bare Hono",
    command: workerdBinary,
    arguments: ["serve", join(folder, "bare.capnp")],
    environment: {},
    healthUrl: `http://127.0.0.1:${port}/healthz`,
    logFile: join(folder, "bare.log"),
  });
  endWithUs(child);
  await child.start();
  const stop = async (): Promise<void> => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    name: "bare Hono on workerd",
    port,
    processes: [{ name: "workerd", pid: () => child.pid ?? 0 }],
    stop,
  };
}
