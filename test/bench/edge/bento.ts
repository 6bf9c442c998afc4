// A peer made of parts: Bento's http_server into Kafka with acks=all, as its documentation has it. It checks nothing of what it
// is sent, and keeps nothing itself. Built once from the Go module proxy, outside the tree.
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Child } from "../../../demo/child.ts";
import { freePorts } from "../../flow/product.ts";
import type { Contender } from "./contender.ts";
import { endWithUs } from "./processes.ts";

const version = "v1.4.1";
const buildMillisecondsMax = 600_000;
const run = promisify(execFile);

const main = `package main

import (
	"context"

	_ "github.com/warpstreamlabs/bento/public/components/io"
	_ "github.com/warpstreamlabs/bento/public/components/kafka"
	_ "github.com/warpstreamlabs/bento/public/components/pure"
	"github.com/warpstreamlabs/bento/public/service"
)

func main() { service.RunCLI(context.Background()) }
`;

const module = `module maily.test/bento

go 1.22

require github.com/warpstreamlabs/bento ${version}
`;

export const hasGo = spawnSync("go", ["version"], { stdio: "ignore" }).status === 0;

/** The binary, built if it is not there yet: a minute. */
async function bentoBinary(): Promise<string> {
  const folder = join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "maily-bench",
    version,
  );
  const binary = join(folder, "bento");
  if (existsSync(binary)) return binary;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "main.go"), main);
  await writeFile(join(folder, "go.mod"), module);
  await run("go", ["build", "-o", "bento.new", "."], {
    cwd: folder,
    env: { ...process.env, GOFLAGS: "-mod=mod" },
    timeout: buildMillisecondsMax,
  });
  await rename(join(folder, "bento.new"), binary);
  return binary;
}

const configuration = (port: number, healthPort: number, broker: string, topic: string): string => `
http: { address: "127.0.0.1:${healthPort}" }
logger: { level: WARN }
input:
  http_server:
    address: "127.0.0.1:${port}"
    path: /v1/answers
    allowed_verbs: [POST]
    timeout: 30s
    sync_response: { status: "202" }
output:
  kafka_franz:
    seed_brokers: ["${broker}"]
    topic: "${topic}"
    key: '\${! json("submissionId") }'
    idempotent_write: true
    max_in_flight: 1024
`;

/** The topic must be there. */
export async function startBento(broker: string, topic: string): Promise<Contender> {
  const command = await bentoBinary();
  const folder = await mkdtemp(join(tmpdir(), "maily-bento-"));
  const [port = 0, healthPort = 0] = await freePorts(2);
  await writeFile(join(folder, "bento.yaml"), configuration(port, healthPort, broker, topic));
  const child = new Child({
    name: "Bento",
    command,
    arguments: ["-c", join(folder, "bento.yaml")],
    environment: {},
    healthUrl: `http://127.0.0.1:${healthPort}/ready`,
    logFile: join(folder, "bento.log"),
  });
  endWithUs(child);
  await child.start();
  const stop = async (): Promise<void> => {
    // Without a client it would still wait for its grace period.
    await child.kill9();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    name: `Bento ${version}`,
    port,
    processes: [{ name: "bento", pid: () => child.pid ?? 0 }],
    stop,
  };
}
