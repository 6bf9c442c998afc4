// Runs wrangler. What is secret goes in by standard input: arguments can be listed by every process of the machine.
import { spawn, type StdioOptions } from "node:child_process";
import { Problem } from "../../sdk/problem.ts";
import type { Deployment } from "../../sdk/schema/deployment.ts";
import { deploymentVariables } from "./deployment-variables.ts";
import type { Target } from "./target.ts";

async function wrangler(
  args: readonly string[],
  { environment = {}, input }: { environment?: Record<string, string>; input?: string } = {},
): Promise<void> {
  // Whoever runs it sees wrangler's own words, and can log in where it asks.
  const stdio: StdioOptions = [input === undefined ? "inherit" : "pipe", "inherit", "inherit"];
  const child = spawn("wrangler", args, { stdio, env: { ...process.env, ...environment } });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", () =>
      reject(
        new Problem("configuration-invalid", {
          detail:
            "wrangler is not there. Run `npx maily deploy` in the checkout, after `npm install`.",
        }),
      ),
    );
    child.once("exit", resolve);
  });
  // Where it ends without reading, its status says so.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  const status = await ended;
  if (status !== 0)
    throw new Problem("configuration-invalid", {
      detail: `wrangler ${args[0]} ended with ${status ?? "a signal"}; what it says is above. Run the same command again once it is mended, before anything else is changed: part of it may be live already, and it changes nothing twice.`,
    });
}

/** The worker, the page that pins the deployment's root key, and everything public. Problem: configuration-invalid. */
export async function deployWorker(
  config: string,
  { environment }: Target,
  deployment: Deployment,
): Promise<void> {
  const variables = Object.entries(deploymentVariables(deployment)).flatMap(([name, text]) => [
    "--var",
    `${name}:${text}`,
  ]);
  await wrangler(["deploy", "--config", config, "--env", environment, ...variables], {
    environment: { MAILY_ROOT_KEY: deployment.directory.root },
  });
}

/** Problem: configuration-invalid. */
export async function putSecrets(
  config: string,
  { environment }: Target,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  await wrangler(["secret", "bulk", "--config", config, "--env", environment], {
    input: JSON.stringify(secrets),
  });
}
