// The ways from the outbox to the topic that are measured beside each other, each over a link that can be cut and slowed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../../../demo/child.ts";
import { sealedTopic } from "../../../server/stream/topics.ts";
import { TcpProxy } from "../../chaos/proxy.ts";
import { freePorts } from "../../flow/product.ts";
import { startBroker, type Broker } from "../../peers/kafka/brokers.ts";
import type { Contender } from "../edge/contender.ts";
import { startOurs, type Ours } from "../edge/ours.ts";
import { endWithUs } from "../edge/processes.ts";
import { makeTopic, watchTopic } from "../edge/sight.ts";
import { buildTarget, withNode, type TargetName } from "./build.ts";

/** A broker, and the certificate of its SASL_SSL listener. */
export interface Ground {
  readonly folder: string;
  readonly broker: Broker;
  readonly certificate: string;
}

export interface Path {
  readonly contender: Contender;
  readonly ours: Ours;
  /** Between the outbox and what it delivers to. */
  readonly link: TcpProxy;
  readonly topic: string;
  close(): Promise<void>;
}

async function intakePath({ broker }: Ground): Promise<Path> {
  const address = `127.0.0.1:${broker.port}`;
  let link: TcpProxy | undefined;
  const through = async (port: number): Promise<number> => {
    link = await TcpProxy.open(port);
    return link.port;
  };
  const ours = await startOurs({ name: "region's intake", broker: address, through });
  if (link === undefined) throw new Error("no link");
  const topic = sealedTopic("eu");
  const sight = await watchTopic(address, topic, "sight-intake");
  return { contender: { ...ours, sight }, ours, link, topic, close: async () => undefined };
}

/** A user of the broker's SASL_SSL listener, and a certificate that workerd is told to trust. */
const login = { username: "maily", password: "a long password" };

function certificateIn(directory: string): { key: string; certificate: string } {
  const [keyFile, certificateFile] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  execFileSync(
    "openssl",
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`
      .split(" ")
      .concat("-keyout", keyFile, "-out", certificateFile),
    { stdio: "ignore" },
  );
  return {
    key: readFileSync(keyFile, "utf8"),
    certificate: readFileSync(certificateFile, "utf8"),
  };
}

/** workerd's sockets trust what its configuration names. */
const trusting =
  (certificate: string) =>
  (text: string): string =>
    withNode(text).replace(
      "trustBrowserCas = true",
      `trustBrowserCas = true, trustedCertificates = [${JSON.stringify(certificate)}]`,
    );

async function startHttpProxy(broker: string, delayMilliseconds: number, folder: string) {
  const [port = 0] = await freePorts(1);
  const child = new Child({
    name: "the HTTP proxy",
    command: process.execPath,
    arguments: [
      new URL("../../peers/kafka/http-proxy.ts", import.meta.url).pathname,
      String(port),
      broker,
      String(delayMilliseconds),
    ],
    environment: {},
    healthUrl: `http://127.0.0.1:${port}/status/ready`,
    logFile: join(folder, "http-proxy.log"),
  });
  endWithUs(child);
  await child.start();
  return { child, port };
}

interface TargetOptions {
  readonly name: string;
  readonly target: TargetName;
  /** Of the HTTP proxy's batches. */
  readonly delayMilliseconds?: number;
  /** TLS and SCRAM-SHA-256. */
  readonly secure?: boolean;
}

/** Of an edge whose peer is there for the campaign alone, and takes nothing that could be waited for. */
const drained = async (): Promise<void> => undefined;

async function targetPath(
  { broker, folder, certificate }: Ground,
  options: TargetOptions,
): Promise<Path> {
  const { name, target, delayMilliseconds = 0, secure = false } = options;
  const address = `127.0.0.1:${broker.port}`;
  const topic = `bench.${target}.${delayMilliseconds}${secure ? ".secure" : ""}`;
  await makeTopic(address, topic);
  const proxy =
    target === "http-proxy" ? await startHttpProxy(address, delayMilliseconds, folder) : undefined;
  const link = await TcpProxy.open(proxy?.port ?? (secure ? broker.securePort : broker.port));
  const reached = { host: secure ? "localhost" : "127.0.0.1", port: link.port, topic };
  const mechanism = "scram-sha-256";
  const ours = await startOurs({
    name,
    build: (file) =>
      buildTarget(file, target, { ...reached, ...(secure && { login: { mechanism, ...login } }) }),
    ...(target === "kafka" && { configure: trusting(certificate) }),
  });
  const sight = await watchTopic(address, topic, `sight-${topic}`);
  const processes = [
    ...ours.processes,
    ...(proxy ? [{ name: "proxy", pid: () => proxy.child.pid ?? 0 }] : []),
  ];
  const close = async (): Promise<void> => {
    await proxy?.child.kill9();
  };
  return { contender: { ...ours, drained, processes, sight }, ours, link, topic, close };
}

export async function startGround(folder: string): Promise<Ground> {
  const secure = certificateIn(folder);
  const broker = await startBroker({
    name: "bench",
    dataDir: join(folder, "broker"),
    fullCompiler: true,
    secure: { ...login, ...secure },
  });
  return { folder, broker, certificate: secure.certificate };
}

const viaProxy = (name: string, delayMilliseconds: number): TargetOptions => ({
  name,
  target: "http-proxy",
  delayMilliseconds,
});

export const paths: Readonly<Record<string, (ground: Ground) => Promise<Path>>> = {
  intake: intakePath,
  kafka: (ground) => targetPath(ground, { name: "Kafka protocol (kafkajs)", target: "kafka" }),
  "kafka-secure": (ground) =>
    targetPath(ground, { name: "… with TLS and SCRAM", target: "kafka", secure: true }),
  "http-proxy": (ground) => targetPath(ground, viaProxy("HTTP Proxy, as shipped", 100)),
  "http-proxy-quick": (ground) => targetPath(ground, viaProxy("HTTP Proxy, batches of 1 ms", 1)),
};
