import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { agentsFile, makeAgents, makeTokens, revoke, signerFile } from "../../cli/agents/keys.ts";
import { AgentsFile } from "../../sdk/schema/agents.ts";
import { TokenVerifier } from "../../server/agents/tokens.ts";
import { temporaryFolder } from "../server/region.ts";

const folder = temporaryFolder();
const run = promisify(execFile);
const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const maily = (...given: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, [main, "agents", ...given]);

const verifierOf = async (keys: string, region: "eu" | "us"): Promise<TokenVerifier> => {
  const file = AgentsFile.parse(JSON.parse(await readFile(agentsFile(keys), "utf8")));
  const resource =
    typeof file.resource === "string" ? file.resource : (file.resource[region] ?? "");
  return new TokenVerifier(file, resource, region);
};

const servers = { eu: "https://eu.example", us: "https://us.example" };
const order = {
  sub: "s",
  tenant: 1,
  role: "toolsmith",
  purposes: ["results"],
  minutes: 5,
};

test("the command makes keys and a token that a server takes, and takes it back", async () => {
  const keys = join(folder, "command");
  await maily("keygen", "--keys", keys, "--server", "http://127.0.0.1:4411");
  const { stdout, stderr } = await maily(
    "token",
    "--keys",
    keys,
    "--role",
    "toolsmith",
    "--regions",
    "eu",
    "--purposes",
    "results,offers",
    "--minutes",
    "10",
  );
  expect(stderr).not.toContain(stdout.trim());
  const presented = `Bearer ${stdout.trim()}`;
  const claims = await (await verifierOf(keys, "eu")).verify(presented);
  expect(claims).toMatchObject({
    role: "toolsmith",
    regions: ["eu"],
    purposes: ["results", "offers"],
  });
  await maily("revoke", "--keys", keys, "--id", claims.jti);
  await expect((await verifierOf(keys, "eu")).verify(presented)).rejects.toMatchObject({
    members: { reason: "revoked" },
  });
});

test("the signing key is its owner's alone, and not in what servers get", async () => {
  const keys = join(folder, "modes");
  await makeAgents(keys, { issuer: "i", tenants: [1], servers });
  expect((await stat(signerFile(keys))).mode & 0o777).toBe(0o600);
  expect(await readFile(agentsFile(keys), "utf8")).not.toContain('"d"');
});

test("keys that are there are not overwritten", async () => {
  const keys = join(folder, "twice");
  await makeAgents(keys, { issuer: "i", tenants: [1], servers });
  await expect(makeAgents(keys, { issuer: "i", tenants: [1], servers })).rejects.toThrow();
});

test("each region's token is good for its server alone", async () => {
  const keys = join(folder, "regions");
  await makeAgents(keys, { issuer: "i", tenants: [1], servers });
  const [eu, us] = await makeTokens(keys, { ...order, regions: ["eu", "us"] });
  await (await verifierOf(keys, "eu")).verify(`Bearer ${eu?.token}`);
  await (await verifierOf(keys, "us")).verify(`Bearer ${us?.token}`);
  await expect((await verifierOf(keys, "us")).verify(`Bearer ${eu?.token}`)).rejects.toMatchObject({
    members: { reason: "audience" },
  });
});

test("what no server would take is not signed", async () => {
  const keys = join(folder, "wrong");
  await makeAgents(keys, { issuer: "i", tenants: [1], servers });
  for (const wrong of [
    { minutes: 61 },
    { minutes: 0 },
    { tenant: 2 },
    { regions: ["apac" as const] },
  ])
    await expect(makeTokens(keys, { ...order, regions: ["eu"], ...wrong })).rejects.toMatchObject({
      code: "configuration-invalid",
    });
});

test("revoking twice lists once, and keeps what was listed", async () => {
  const keys = join(folder, "revoking");
  await makeAgents(keys, { issuer: "i", tenants: [1], servers });
  await revoke(keys, { tokens: ["a"], subjects: [] });
  await revoke(keys, { tokens: ["a", "b"], subjects: ["s"] });
  const file = AgentsFile.parse(JSON.parse(await readFile(agentsFile(keys), "utf8")));
  expect(file.revoked).toEqual({ tokens: ["a", "b"], subjects: ["s"] });
});
