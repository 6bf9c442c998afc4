// Agents' keys and tokens of a deployment without an authorization server: agents.json for the servers, a signer for one person.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { AgentsFile, AgentSigner, agentLimits, type AgentClaims } from "../../sdk/schema/agents.ts";
import { generateSigner, issueToken } from "../../server/agents/token-issue.ts";
import { readJson } from "../read-json.ts";
import { writeWhole } from "../write-whole.ts";

export const agentsFile = (folder: string): string => join(folder, "agents.json");
export const signerFile = (folder: string): string => join(folder, "agents-signer.json");
const remedy = { remedy: "Run `maily agents keygen`, or name the folder with --keys." };

/** Where agents call, of one server or of each region's. */
export type Servers = string | Readonly<Partial<Record<Region, string>>>;

const resourceAt = (server: string): string => `${server}/mcp`;
const resourcesOf = (servers: Servers): AgentsFile["resource"] =>
  typeof servers === "string"
    ? resourceAt(servers)
    : Object.fromEntries(
        Object.entries(servers).map(([region, server]) => [region, resourceAt(server)]),
      );

const pretty = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;

/** Makes both files; nothing is overwritten. */
export async function makeAgents(
  folder: string,
  { issuer, tenants, servers }: { issuer: string; tenants: number[]; servers: Servers },
): Promise<string[]> {
  const files = [agentsFile(folder), signerFile(folder)] as const;
  const there = files.find((file) => existsSync(file));
  if (there !== undefined)
    throw new Problem("configuration-invalid", {
      detail: `${there} is there already. Name another folder, or remove it by hand: its tokens are then taken no more.`,
    });
  const { signer, publicKey } = await generateSigner(issuer);
  const parsed = AgentsFile.safeParse({
    resource: resourcesOf(servers),
    issuers: [{ issuer, tenants, keys: [publicKey] }],
  });
  if (!parsed.success)
    throw new Problem("configuration-invalid", {
      detail: "agents.json cannot be made of these settings.",
      errors: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(files[1], pretty(signer), 0o600);
  await writeWhole(files[0], pretty(parsed.data), 0o644);
  return [...files];
}

export interface TokenRequest extends Pick<AgentClaims, "sub" | "tenant" | "role" | "purposes"> {
  readonly regions: readonly Region[];
  readonly minutes: number;
}

export interface IssuedToken {
  readonly region: Region;
  readonly token: string;
}

/** A token for each region's server: none is good for another's, whoever carries it there. */
export async function makeTokens(
  folder: string,
  { regions, minutes, ...named }: TokenRequest,
): Promise<IssuedToken[]> {
  const { resource, issuers } = await readJson(agentsFile(folder), AgentsFile, remedy);
  const signer = await readJson(signerFile(folder), AgentSigner, remedy);
  const seconds = minutes * 60;
  const errors = [
    ...(seconds >= 1 && seconds <= agentLimits.tokenSecondsMax
      ? []
      : [`--minutes: 1 to ${agentLimits.tokenSecondsMax / 60}`]),
    ...(issuers.some(
      ({ issuer, tenants }) => issuer === signer.issuer && tenants.includes(named.tenant),
    )
      ? []
      : [`--tenant: agents.json does not let ${signer.issuer} name agents of ${named.tenant}`]),
    ...regions
      .filter((region) => typeof resource !== "string" && resource[region] === undefined)
      .map((region) => `--regions: agents.json names no address of ${region}`),
  ];
  if (errors.length > 0)
    throw new Problem("configuration-invalid", { detail: "No token was made.", errors });
  const tokens: IssuedToken[] = [];
  for (const region of regions) {
    const at = typeof resource === "string" ? resource : (resource[region] ?? "");
    const order = { ...named, regions: [region], resource: at, seconds };
    tokens.push({ region, token: await issueToken(signer, order) });
  }
  return tokens;
}

/** Adds to the list of what is taken no more; servers read it within a second. */
export async function revoke(
  folder: string,
  {
    tokens,
    subjects,
  }: { readonly tokens: readonly string[]; readonly subjects: readonly string[] },
): Promise<void> {
  const file = await readJson(agentsFile(folder), AgentsFile, remedy);
  const revoked = {
    tokens: [...new Set([...(file.revoked?.tokens ?? []), ...tokens])],
    subjects: [...new Set([...(file.revoked?.subjects ?? []), ...subjects])],
  };
  await writeWhole(agentsFile(folder), pretty({ ...file, revoked }), 0o644);
}
