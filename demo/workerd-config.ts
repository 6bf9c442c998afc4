// The configuration of a workerd that runs the edge by itself: one worker, its Durable Objects on disk, the page's files.
import { relative } from "node:path";

/** wrangler.toml names the same date. */
export const compatibilityDate = "2026-10-01";

/**
 * A young generation of one size, 8 MB in each half. Left to itself it grows to 16 and the old one with it, until one
 * mark-compact stops everything for as long as several take this way. Nothing here limits the heap: a limit that what the
 * isolate remembers of readers may reach ends the process (`--max-heap-size=12` does at once).
 */
const v8Flags = ["--min-semi-space-size=8", "--max-semi-space-size=8"] as const;

export interface WorkerdOptions {
  /** What `buildWorker` wrote. */
  readonly workerFile: string;
  readonly pageDir: string;
  /** An existing folder: this text is to be written there, and the Durable Objects are kept there. */
  readonly dataDir: string;
  readonly port: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** Another port, for the worker's entrypoint `control`; the product has none. */
  readonly controlPort?: number;
  /** The texts that edge/env.ts parses. */
  readonly env: Readonly<Record<"REGIONS" | "DEPLOYMENT" | "SECRETS", string>> & {
    readonly TELEMETRY?: string;
    readonly VISITORS?: string;
  };
}

/** A Cap'n Proto text literal: the quote, the backslash and control characters as octets, UTF-8 for the rest. */
const text = (value: string): string =>
  `"${value.replaceAll(/["\\\p{Cc}]/gu, (character) => Buffer.from(character).toString("hex").replaceAll(/../g, "\\x$&"))}"`;

/**
 * The text of `workerd serve`'s configuration. A region's server may be anywhere, so public, private and loopback addresses
 * are all reachable; the worker only ever calls the addresses of REGIONS.
 */
export function workerdConfig(options: WorkerdOptions): string {
  const { dataDir, host = "127.0.0.1", port, env } = options;
  const bindings = Object.entries(env).map(
    ([name, value]) => `    (name = ${text(name)}, text = ${text(value)}),`,
  );
  const sockets = [
    `(name = "http", address = ${text(`${host}:${port}`)}, http = (), service = "edge")`,
    ...(options.controlPort === undefined
      ? []
      : [
          `(name = "control", address = ${text(`${host}:${options.controlPort}`)}, http = (), service = (name = "edge", entrypoint = "control"))`,
        ]),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = [${v8Flags.map(text).join(", ")}],
  services = [
    (name = "edge", worker = .edge),
    (name = "page", disk = (path = ${text(options.pageDir)})),
    (name = "objects", disk = (path = ${text(dataDir)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [${sockets.join(", ")}],
);

const edge :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${text(relative(dataDir, options.workerFile))})],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [
${bindings.join("\n")}
    (name = "ASSETS", service = "page"),
    (name = "OUTBOX", durableObjectNamespace = "Outbox"),
    (name = "CAMPAIGNS", durableObjectNamespace = "CampaignStore"),
  ],
  durableObjectNamespaces = [
    (className = "Outbox", uniqueKey = "maily-outbox", enableSql = true),
    (className = "CampaignStore", uniqueKey = "maily-campaigns", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "internet",
);
`;
}
