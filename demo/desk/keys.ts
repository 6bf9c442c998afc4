// Who the demo's agents are: agents.json with a key made at the first start, and short-lived tokens signed with it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../cli/write-whole.ts";
import { generateSigner, issueToken } from "../../server/agents/token-issue.ts";
import type { Region } from "../../sdk/region.ts";
import { AgentSigner, type AgentsFile } from "../../sdk/schema/agents.ts";
import type { AgentName } from "../agents/run.ts";

const issuer = "https://demo.maily.invalid/agents";
const tokenSeconds = 1_800;
/** A token is renewed this long before it ends. */
const renewSeconds = 300;
/** All purposes of the sample but sharing with partners: what no agent here was given. */
const purposes = ["results", "personalisation", "shop"];

export const resourceOf = (server: string): string => `${server}/mcp`;

/** Writes agents.json for the servers, with the same key in every run; returns its path and the signer. */
export async function prepareAgents(
  keysFolder: string,
  tenant: number,
  servers: Readonly<Record<Region, string>>,
): Promise<{ file: string; signer: AgentSigner }> {
  const signerFile = join(keysFolder, "agents-signer.json");
  const kept = await readFile(signerFile, "utf8").catch(() => undefined);
  const signer =
    kept === undefined
      ? (await generateSigner(issuer)).signer
      : AgentSigner.parse(JSON.parse(kept));
  if (kept === undefined) await writeWhole(signerFile, JSON.stringify(signer), 0o600);
  const { d: _, ...publicKey } = signer.key;
  const agents: AgentsFile = {
    resource: {
      eu: resourceOf(servers.eu),
      us: resourceOf(servers.us),
      apac: resourceOf(servers.apac),
    },
    issuers: [{ issuer: signer.issuer, tenants: [tenant], keys: [publicKey] }],
  };
  const file = join(keysFolder, "agents.json");
  await writeWhole(file, JSON.stringify(agents, undefined, 2), 0o644);
  return { file, signer };
}

interface Place {
  readonly tenant: number;
  readonly region: Region;
  readonly server: string;
}

/** A token of each agent for one region's server, renewed before it ends. */
export const agentTokens = (
  signer: AgentSigner,
  place: Place,
): Readonly<Record<AgentName, () => Promise<string>>> => ({
  campaign_strategist: tokensOf(signer, "campaign_strategist", place),
  toolsmith: tokensOf(signer, "toolsmith", place),
  compliance_guard: tokensOf(signer, "compliance_guard", place),
});

function tokensOf(
  signer: AgentSigner,
  agent: AgentName,
  { tenant, region, server }: Place,
): () => Promise<string> {
  let held: { readonly token: Promise<string>; readonly until: number } | undefined;
  return () => {
    if (held === undefined || held.until < Date.now())
      held = {
        token: issueToken(signer, {
          resource: resourceOf(server),
          seconds: tokenSeconds,
          sub: `${agent}@demo`,
          tenant,
          role: agent,
          regions: [region],
          purposes,
        }),
        until: Date.now() + (tokenSeconds - renewSeconds) * 1000,
      };
    return held.token;
  };
}
