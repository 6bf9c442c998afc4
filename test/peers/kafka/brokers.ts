// Real Apache Kafka brokers (KRaft, one node each) for tests and benchmarks: started from the jars that pom.xml
// names, fetched once by Maven into node_modules/.cache. Needs Java 17 or newer and Maven; no container.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface BrokerOptions {
  /** Names the broker in its log and its errors. */
  readonly name: string;
  /** The plaintext port; a free one when left out. */
  readonly port?: number;
  /** The plaintext port that clients are told of, where something stands between them and the broker. */
  readonly advertisedPort?: number;
  /** Kept between runs: a broker started again on it has its records. */
  readonly dataDir: string;
  readonly heapMegabytes?: number;
  /** Adds a SASL_SSL listener: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 for this user, with this certificate. */
  readonly secure?: SecureOptions;
  /** Fewer compilations for a quick start (the default), or the full compiler for benchmarks. */
  readonly fullCompiler?: boolean;
}

export interface SecureOptions {
  readonly username: string;
  readonly password: string;
  /** PEM texts of the broker's key (PKCS#8) and certificate. */
  readonly key: string;
  readonly certificate: string;
}

export interface Broker {
  readonly name: string;
  readonly port: number;
  /** The port of the SASL_SSL listener; 0 without `secure`. */
  readonly securePort: number;
  readonly pid: number;
  /** kill -9, as a power cut or the out-of-memory killer would. */
  kill9(): Promise<void>;
  /** Sends a signal that does not end it, such as SIGSTOP. */
  signal(name: NodeJS.Signals): void;
  /** Lets the broker shut down in its own order. */
  stop(): Promise<void>;
  /** Starts it again on the same ports and data. */
  restart(): Promise<void>;
}

const startMsMax = 60_000;
const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/maily-kafka/", import.meta.url));
const execute = promisify(execFile);

/** Runs one of the tools that are not npm's. Throws Error that says what to install where it is not there. */
async function run(
  command: "java" | "mvn",
  given: readonly string[],
  options: { timeout?: number } = {},
): Promise<void> {
  try {
    await execute(command, given, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // What node:child_process throws.
    throw new Error(
      `There is no ${command}: brokers need Java 17 and Maven. On Debian: apt-get install openjdk-17-jre-headless maven`,
      { cause: error },
    );
  }
}

/** The folder with the jars, fetched when it is not there yet. */
export async function kafkaJars(): Promise<string> {
  const jars = join(cache, "libs");
  if (existsSync(jars)) return jars;
  const partial = `${jars}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  await run(
    "mvn",
    [
      "-q",
      "-B",
      "-f",
      join(here, "pom.xml"),
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
      "-DincludeScope=runtime",
      `-DoutputDirectory=${partial}`,
    ],
    { timeout: 10 * 60_000 },
  );
  try {
    renameSync(partial, jars);
  } catch (error) {
    // Another process was quicker; its copy is as good.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(jars)) throw error;
  }
  return jars;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // A TCP server's address is never a path.
  server.close();
  await once(server, "close");
  return port;
}

/** Starts one broker and resolves when it answers. Its log is `<dataDir>/broker.log`. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const jars = await kafkaJars();
  mkdirSync(options.dataDir, { recursive: true });
  const ports = {
    plain: options.port ?? (await freePort()),
    controller: await freePort(),
    secure: options.secure === undefined ? 0 : await freePort(),
  };
  writeFileSync(join(options.dataDir, "server.properties"), properties(options, ports));
  writeFileSync(join(options.dataDir, "log4j2.properties"), logging);
  await format(jars, options);
  let broker = await launch(jars, options);

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (broker.exitCode !== null || broker.signalCode !== null) return;
    const exited = once(broker, "exit");
    broker.kill(signal);
    await exited;
  };
  return {
    name: options.name,
    port: ports.plain,
    securePort: ports.secure,
    get pid() {
      return broker.pid ?? 0;
    },
    kill9: () => end("SIGKILL"),
    signal: (name) => void broker.kill(name),
    stop: () => end("SIGTERM"),
    restart: async () => {
      await end("SIGTERM");
      broker = await launch(jars, options);
    },
  };
}

function java(jars: string, options: BrokerOptions, heapMegabytes: number): string[] {
  return [
    `-Xms64m`,
    `-Xmx${heapMegabytes}m`,
    "-XX:+UseSerialGC",
    ...(options.fullCompiler === true ? [] : ["-XX:TieredStopAtLevel=1"]),
    "-Djava.awt.headless=true",
    `-Dlog4j2.configurationFile=${join(options.dataDir, "log4j2.properties")}`,
    "-cp",
    join(jars, "*"),
  ];
}

async function format(jars: string, options: BrokerOptions): Promise<void> {
  if (existsSync(join(options.dataDir, "data", "meta.properties"))) return;
  const { secure } = options;
  const users = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) =>
    secure === undefined
      ? []
      : ["--add-scram", `${mechanism}=[name=${secure.username},password=${secure.password}]`],
  );
  await run("java", [
    ...java(jars, options, 128),
    "kafka.tools.StorageTool",
    "format",
    // In one word: an id may begin with a dash.
    `--cluster-id=${randomBytes(16).toString("base64url")}`,
    "--config",
    join(options.dataDir, "server.properties"),
    ...users,
  ]);
}

async function launch(jars: string, options: BrokerOptions): Promise<ChildProcess> {
  const logPath = join(options.dataDir, "broker.log");
  const log = openSync(logPath, "w");
  const broker = spawn(
    "java",
    [
      ...java(jars, options, options.heapMegabytes ?? 256),
      "kafka.Kafka",
      join(options.dataDir, "server.properties"),
    ],
    { stdio: ["ignore", log, log] },
  );
  closeSync(log);
  const killWithUs = (): void => void broker.kill("SIGKILL");
  process.once("exit", killWithUs);
  broker.once("exit", () => process.removeListener("exit", killWithUs));
  const deadline = Date.now() + startMsMax;
  while (!readFileSync(logPath, "utf8").includes("Kafka Server started")) {
    if (broker.exitCode !== null || Date.now() > deadline) {
      broker.kill("SIGKILL");
      const tail = readFileSync(logPath, "utf8").slice(-2_000);
      throw new Error(`broker ${options.name} did not start:\n${tail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return broker;
}

function properties(
  options: BrokerOptions,
  ports: { plain: number; controller: number; secure: number },
): string {
  const { secure } = options;
  const listeners = [
    `PLAINTEXT://127.0.0.1:${ports.plain}`,
    ...(secure === undefined ? [] : [`SASL_SSL://127.0.0.1:${ports.secure}`]),
  ];
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${ports.controller}`,
    `listeners=${[...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(",")}`,
    `advertised.listeners=${[`PLAINTEXT://127.0.0.1:${options.advertisedPort ?? ports.plain}`, ...listeners.slice(1)].join(",")}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
    `log.dirs=${join(options.dataDir, "data")}`,
    // A topic that nobody made must be noticed, not made by accident with the broker's defaults.
    "auto.create.topics.enable=false",
    "num.network.threads=2",
    "num.io.threads=2",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.num.partitions=1",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=1000",
    // A killed broker must be able to register again at once, not after its old session ran out.
    "broker.session.timeout.ms=2000",
    "broker.heartbeat.interval.ms=500",
    "log.segment.bytes=67108864",
    "log.cleaner.dedupe.buffer.size=16777216",
    "log.cleaner.threads=1",
    ...(secure === undefined ? [] : secureProperties(secure)),
    "",
  ].join("\n");
}

/** A value of a Java properties file spans lines when each ends in a backslash. */
const pem = (text: string): string => text.trim().split("\n").join("\\n\\\n");

function secureProperties(secure: SecureOptions): string[] {
  const login = `username="${secure.username}" password="${secure.password}"`;
  const scram = `org.apache.kafka.common.security.scram.ScramLoginModule required;`;
  return [
    "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    `listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${login} user_${secure.username}="${secure.password}";`,
    `listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=${scram}`,
    `listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${scram}`,
    "listener.name.sasl_ssl.ssl.keystore.type=PEM",
    `listener.name.sasl_ssl.ssl.keystore.key=${pem(secure.key)}`,
    `listener.name.sasl_ssl.ssl.keystore.certificate.chain=${pem(secure.certificate)}`,
    "listener.name.sasl_ssl.ssl.client.auth=none",
  ];
}

const logging = `status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
logger.started.name=kafka.server.KafkaRaftServer
logger.started.level=INFO
`;
