// For reference: Hono on Node straight into Kafka with acks=all, with the client our own server uses. It checks nothing and
// keeps nothing. Run as a process of its own: node node-hono.ts <port> <broker> <topic>.
import { fileURLToPath } from "node:url";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Child } from "../../../demo/child.ts";
import { openKafkaStream } from "../../../server/stream/kafka.ts";
import { freePorts } from "../../flow/product.ts";
import type { Contender } from "./contender.ts";
import { endWithUs } from "./processes.ts";

const here = fileURLToPath(import.meta.url);

function listen(port: number, broker: string, topic: string): void {
  const stream = openKafkaStream({ brokers: [broker], clientId: "node-hono" });
  const app = new Hono();
  app.post("/v1/answers", async (context) => {
    const value = new Uint8Array(await context.req.arrayBuffer());
    const submission = JSON.parse(Buffer.from(value).toString()) as { submissionId: string }; // Ours.
    try {
      await stream.append(topic, [{ key: submission.submissionId, value, headers: {} }]);
    } catch {
      return context.json({ status: 503 }, 503, { "retry-after": "2" });
    }
    return context.json({ receipt: "x".repeat(1400) }, 202);
  });
  app.get("/healthz", (context) => context.text("ok"));
  serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
}

/** The topic must be there. */
export async function startNodeHono(broker: string, topic: string): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), "maily-node-hono-"));
  const [port = 0] = await freePorts(1);
  const child = new Child({
    name: "Hono on Node",
    command: process.execPath,
    arguments: [here, String(port), broker, topic],
    environment: {},
    healthUrl: `http://127.0.0.1:${port}/healthz`,
    logFile: join(folder, "node.log"),
  });
  endWithUs(child);
  await child.start();
  const stop = async (): Promise<void> => {
    await child.kill9();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    name: "Hono on Node",
    port,
    processes: [{ name: "node", pid: () => child.pid ?? 0 }],
    stop,
  };
}

if (process.argv[1] === here) {
  const [port = "", broker = "", topic = ""] = process.argv.slice(2);
  listen(Number(port), broker, topic);
}
