// The configuration of a workerd that runs the edge by itself: one worker, its Durable Objects on disk, the page's files.
import { relative } from "node:path";

/** wrangler.toml names the same date. */
export const compatibilityDate = "2026-10-01";

export interface WorkerdOptions {
  /** What `buildWorker` wrote. */
  readonly workerFile: string;
  readonly pageDir: string;
  /** An existing folder: this text is to be written there, and the Durable Objects are kept there. */
  readonly dataDir: string;
  readonly port: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** The texts that edge/env.ts parses. */
  readonly env: Readonly<Record<"REGIONS" | "DEPLOYMENT" | "SECRETS", string>>;
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
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "page", disk = (path = ${text(options.pageDir)})),
    (name = "objects", disk = (path = ${text(dataDir)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = ${text(`${host}:${port}`)}, http = (), service = "edge")],
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
