// The policy as WebAssembly in this process: some microseconds a decision. The only door to @open-policy-agent/opa-wasm.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import { Problem } from "../../sdk/problem.ts";
import {
  PolicyData,
  PolicyDecision,
  policyLimits,
  type PolicySettings,
} from "../../sdk/schema/policy.ts";
import { invalid, readAtMost } from "./files.ts";
import type { Evaluator } from "./policy.ts";

type OwnFiles = Exclude<PolicySettings, { readonly url: string }>;
const entrypoint = "maily/decision";

const shipped = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Throws Problem `configuration-invalid` where a file is missing, too large, or not of its digest. */
export async function openEmbedded(own: OwnFiles, folder: string): Promise<Evaluator> {
  const digests = await shippedDigests();
  const fileOf = (name: "wasm" | "data", file: "policy.wasm" | "data.json"): Pinned => {
    const pinned = own[name];
    return pinned === undefined
      ? { name: file, path: shipped(file), sha256: digests.get(file) ?? "" }
      : { name: `policy.${name}`, path: resolve(folder, pinned.path), sha256: pinned.sha256 };
  };
  const wasm = await readPinned(fileOf("wasm", "policy.wasm"), policyLimits.wasmBytes);
  const data = await readPinned(fileOf("data", "data.json"), policyLimits.dataBytes);
  const { evaluate } = await instantiate(wasm, documentOf(data, own));
  return { digest: sha256(`${sha256(wasm)}\n${sha256(data)}\n`), evaluate };
}

async function instantiate(wasm: Buffer, data: object): Promise<Pick<Evaluator, "evaluate">> {
  const { loadPolicy } = await import("@open-policy-agent/opa-wasm");
  let loaded: Awaited<ReturnType<typeof loadPolicy>>;
  try {
    loaded = await loadPolicy(wasm);
    loaded.setData(data);
  } catch {
    throw invalid("policy.wasm: is no policy; build it by `opa build -t wasm -e maily/decision`");
  }
  if (!Object.hasOwn(loaded.entrypoints, entrypoint))
    throw invalid(
      "policy.wasm: has no entrypoint maily/decision; build it with `-e maily/decision`",
    );
  return {
    evaluate(question) {
      const [first] = loaded.evaluate(question, entrypoint) as { readonly result?: unknown }[]; // Untyped upstream.
      return PolicyDecision.parse(first?.result);
    },
  };
}

/** Our own grammar of the data is checked where our own program reads it. */
function documentOf(data: Buffer, own: OwnFiles): object {
  let document: unknown;
  try {
    document = JSON.parse(data.toString("utf8"));
  } catch {
    throw invalid("policy.data: is not JSON");
  }
  if (own.wasm === undefined) {
    const parsed = PolicyData.safeParse(document);
    if (!parsed.success)
      throw new Problem("configuration-invalid", {
        errors: parsed.error.issues.map(
          ({ path, message }) => `policy.data: ${path.join(".")}: ${message}`,
        ),
      });
    return parsed.data;
  }
  if (typeof document !== "object" || document === null) throw invalid("policy.data: is no object");
  return document;
}

interface Pinned {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

async function readPinned(file: Pinned, bytesMax: number): Promise<Buffer> {
  const bytes = await readAtMost(file, bytesMax);
  if (sha256(bytes) !== file.sha256)
    throw invalid(`${file.name}: ${file.path} is not the file of the digest that is set for it`);
  return bytes;
}

/** `policy.sha256`, in the form of sha256sum. */
async function shippedDigests(): Promise<ReadonlyMap<string, string>> {
  const path = shipped("policy.sha256");
  const lines = (await readAtMost({ name: "policy.sha256", path }, 4_096)).toString("utf8");
  return new Map(
    lines
      .trim()
      .split("\n")
      .map((line) => [line.slice(66), line.slice(0, 64)] as const),
  );
}

const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
