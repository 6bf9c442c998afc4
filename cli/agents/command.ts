import { InvalidArgumentError, Option, type Command } from "commander";
import { isRegion, type Region } from "../../sdk/region.ts";
import { AgentRole } from "../../sdk/schema/agents.ts";
import { AuthoredId } from "../../sdk/schema/ids.ts";
import { count, origin, regionList } from "../arguments.ts";
import type { Servers } from "./keys.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** One origin, or one a region: eu=https://eu.example,us=https://us.example. */
export function serverList(text: string): Servers {
  if (!text.includes("=")) return origin(text);
  const servers: Partial<Record<Region, string>> = {};
  for (const part of text.split(",")) {
    const [region = "", address = ""] = part.trim().split("=", 2);
    if (!isRegion(region)) throw new InvalidArgumentError(`"${region}" is no region`);
    servers[region] = origin(address);
  }
  return servers;
}

const role = (text: string): string => {
  if (!AgentRole.safeParse(text).success)
    throw new InvalidArgumentError("must be a role such as campaign_strategist");
  return text;
};

const purposeList = (text: string): string[] => {
  const purposes = text.split(",").map((purpose) => purpose.trim());
  const wrong = purposes.find((purpose) => !AuthoredId.safeParse(purpose).success);
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is no purpose's id`);
  return purposes;
};

const tenantList = (text: string): number[] => text.split(",").map((each) => count(each.trim()));

const several = (text: string, before: string[] = []): string[] => [...before, text];

interface KeygenOptions {
  readonly keys: string;
  readonly server: Servers;
  readonly tenants: number[];
  readonly issuer: string;
}

interface TokenOptions {
  readonly keys: string;
  readonly role: string;
  readonly tenant: number;
  readonly regions: Region[];
  readonly purposes: string[];
  readonly subject?: string;
  readonly minutes: number;
}

const keysOption = new Option("--keys <folder>", "the folder that holds agents.json").default(
  "keys",
);

// jose is loaded where it is used alone.
function addKeygen(agents: Command): void {
  agents
    .command("keygen")
    .description("make agents.json for the servers and agents-signer.json, which signs tokens")
    .addOption(keysOption)
    .addOption(
      new Option(
        "--server <origins>",
        "where agents call: https://eu.example, or eu=https://eu.example,us=https://us.example",
      )
        .argParser(serverList)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--tenants <list>", "whose agents").argParser(tenantList).default([1], "1"),
    )
    .option("--issuer <name>", "who signs, as tokens say it", "maily-agents")
    .action(async ({ keys, server, tenants, issuer }: KeygenOptions) => {
      const { makeAgents } = await import("./keys.ts");
      for (const file of await makeAgents(keys, { issuer, tenants, servers: server })) say(file);
      complain(
        "Give agents.json to each region's server (MAILY_AGENTS); keep agents-signer.json where tokens are made.",
      );
    });
}

function addToken(agents: Command): void {
  agents
    .command("token")
    .description("print an agent's token, one line a region")
    .addOption(keysOption)
    .addOption(
      new Option("--role <role>", "campaign_strategist, toolsmith, compliance_guard or your own")
        .argParser(role)
        .makeOptionMandatory(),
    )
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .addOption(
      new Option("--regions <list>", "such as eu,us").argParser(regionList).makeOptionMandatory(),
    )
    .addOption(
      new Option("--purposes <list>", "what the agent may use answers for, as the notices name it")
        .argParser(purposeList)
        .default([], "none"),
    )
    .option("--subject <name>", "who the agent is; without it, the role")
    .addOption(
      new Option("--minutes <number>", "how long it is good, at most 60")
        .argParser(count)
        .default(60),
    )
    .action(async ({ keys, subject, minutes, ...named }: TokenOptions) => {
      const { makeTokens } = await import("./keys.ts");
      const order = { ...named, minutes, sub: subject ?? named.role };
      for (const { token } of await makeTokens(keys, order)) say(token);
      complain(
        `good for ${minutes} minutes; \`maily agents revoke --subject ${order.sub}\` ends it sooner`,
      );
    });
}

/** `maily agents`. */
export function addAgentsCommand(program: Command): void {
  const agents = program
    .command("agents")
    .description("who may ask as an agent: keys, tokens, and taking them back");
  addKeygen(agents);
  addToken(agents);
  agents
    .command("revoke")
    .description("take tokens back; servers with this agents.json end their sessions at once")
    .addOption(keysOption)
    .addOption(new Option("--subject <name>", "every token of it").argParser(several))
    .addOption(new Option("--id <jti>", "one token, by its `jti`").argParser(several))
    .action(
      async ({
        keys,
        subject = [],
        id = [],
      }: {
        keys: string;
        subject?: string[];
        id?: string[];
      }) => {
        const { revoke } = await import("./keys.ts");
        await revoke(keys, { subjects: subject, tokens: id });
        say(`${subject.length + id.length} revoked`);
      },
    );
}
