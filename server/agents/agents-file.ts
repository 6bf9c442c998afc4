// agents.json while the server runs: who may ask is read again when the file changes, so that a revocation needs no restart.
import { readFile, stat } from "node:fs/promises";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { AgentsFile } from "../../sdk/schema/agents.ts";
import { log } from "../log.ts";
import { TokenVerifier } from "./tokens.ts";

/** How soon a change of the file is seen. */
const lookEveryMs = 500;
const fileBytesMax = 2_097_152;

const invalid = (file: string, error: string): Problem =>
  new Problem("configuration-invalid", { errors: [`MAILY_AGENTS: ${file}${error}`] });

async function read(file: string): Promise<AgentsFile> {
  const text = await readFile(file, "utf8").catch(() => {
    throw invalid(
      file,
      " cannot be read; set it to agents.json, which `maily agents keygen` writes",
    );
  });
  if (text.length > fileBytesMax) throw invalid(file, ` is over ${fileBytesMax} bytes`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid(file, " is not JSON; restore it or run `maily agents keygen`");
  }
  const parsed = AgentsFile.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new Problem("configuration-invalid", {
    errors: parsed.error.issues.map(
      ({ path, message }) => `MAILY_AGENTS: ${file}: ${path.join(".")}: ${message}`,
    ),
  });
}

/** What is known of a file without reading it. */
const stampOf = async (file: string): Promise<string> => {
  const { mtimeMs, size, ino } = await stat(file);
  return `${mtimeMs}|${size}|${ino}`;
};

/** The address by which agents of this region call. Throws Problem `configuration-invalid`. */
function resourceOf(file: string, { resource }: AgentsFile, region: Region): string {
  const own = typeof resource === "string" ? resource : resource[region];
  if (own === undefined) throw invalid(file, `: resource.${region}: name this region's address`);
  return own;
}

/** The file and the verifier made of it. `close` ends the looking. */
export class KnownAgents {
  readonly #file: string;
  readonly #region: Region;
  readonly #timer: NodeJS.Timeout;
  #stamp: string;
  #agents: AgentsFile;
  #verifier: TokenVerifier;

  private constructor(file: string, region: Region, agents: AgentsFile, stamp: string) {
    [this.#file, this.#region, this.#agents, this.#stamp] = [file, region, agents, stamp];
    this.#verifier = new TokenVerifier(agents, resourceOf(file, agents, region), region);
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref();
  }

  /** Throws Problem `configuration-invalid`. */
  static async open(file: string, region: Region): Promise<KnownAgents> {
    const agents = await read(file);
    return new KnownAgents(file, region, agents, await stampOf(file));
  }

  get file(): AgentsFile {
    return this.#agents;
  }

  get verifier(): TokenVerifier {
    return this.#verifier;
  }

  get resource(): string {
    return this.#verifier.resource;
  }

  /** A file that is half written or wrong changes nothing: it is said, and looked at again when it changes. */
  async #look(): Promise<void> {
    try {
      const stamp = await stampOf(this.#file);
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      const agents = await read(this.#file);
      this.#verifier = new TokenVerifier(
        agents,
        resourceOf(this.#file, agents, this.#region),
        this.#region,
      );
      this.#agents = agents;
      log("agents-file-read", { revoked: this.#verifier.revokedCount });
    } catch (error) {
      const [first] = error instanceof Problem ? ((error.members["errors"] ?? []) as string[]) : []; // As `read` throws it.
      log("agents-file-refused", { fault: first ?? "it cannot be looked at" });
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
