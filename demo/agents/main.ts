// node demo/agents/main.ts --agent toolsmith --server http://127.0.0.1:4323 --token-file token.jwt [--follow] [--models file]
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Problem } from "../../sdk/problem.ts";
import { agentNames } from "./agent.ts";
import { Connection } from "./connection.ts";
import { readModelConfig } from "./model-config.ts";
import { Models } from "./model.ts";
import { runAgent, type AgentName, type Said } from "./run.ts";

const usage = `node demo/agents/main.ts --agent <${agentNames.join(" | ")}>
  --server <origin of a region's server> --token-file <what maily agents token printed>
  [--follow]            go on until interrupted (campaign_strategist)
  [--models <file>]     such as config/models.yaml: lets a model put findings into words`;

const isAgentName = (name: string | undefined): name is AgentName =>
  agentNames.some((known) => known === name);

function print({ kind, text, tool, decision, reasons = [], attachment }: Said): void {
  const of = [tool, decision].filter((part) => part !== undefined).join(" ");
  console.log(`${kind.padEnd(8)} ${text}${of === "" ? "" : `  [${of}]`}`);
  for (const reason of reasons) console.log(`           why: ${reason}`);
  if (attachment !== undefined) console.log(attachment.replace(/^/gm, "           | ").trimEnd());
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      agent: { type: "string" },
      server: { type: "string" },
      "token-file": { type: "string" },
      models: { type: "string" },
      follow: { type: "boolean", default: false },
    },
  });
  const { agent, server, "token-file": file } = values;
  if (!isAgentName(agent) || server === undefined || file === undefined) throw new Error(usage);
  const ended = new AbortController();
  process.once("SIGINT", () => ended.abort());
  const models =
    values.models === undefined
      ? undefined
      : new Models(await readModelConfig(values.models), process.env);
  const connection = new Connection(server, async () => (await readFile(file, "utf8")).trim());
  await runAgent(agent, connection, print, {
    models,
    ...(values.follow && { signal: ended.signal }),
  });
  await connection.close();
}

main().catch((error: unknown) => {
  const errors = error instanceof Problem ? error.members["errors"] : undefined;
  const message = error instanceof Error ? error.message : "It failed.";
  console.error(Array.isArray(errors) ? errors.join("\n") : message);
  process.exitCode = 1;
});
