// `maily`: the operator's and the marketer's commands. Exit status: 0 done, 1 refused or some rows failed, 2 wrong usage.
import { createInterface } from "node:readline";
import { Command, Option } from "commander";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { TenantSecrets } from "../sdk/schema/deployment.ts";
import { addAgentsCommand } from "./agents/command.ts";
import { addActivitiesCommand } from "./activities/command.ts";
import { count, instant, origin, regionList, senderList } from "./arguments.ts";
import { addBackupCommands } from "./backup-commands.ts";
import { fetchResults, resultLines } from "./campaign-results.ts";
import { runCrypto } from "./crypto.ts";
import { fetchLifts, fetchRevenue, liftLines, revenueLines } from "./conduct-results.ts";
import { addDeadLettersCommand } from "./dead-letters-command.ts";
import { addDeployCommand } from "./deploy/command.ts";
import { examine } from "./doctor.ts";
import { addExportCommand } from "./export-command.ts";
import { completeKeys, generateKeys, tenantFile, writeKeys } from "./keygen.ts";
import { addHandoverCommand } from "./handover/command.ts";
import { addMintCommand } from "./mint-command.ts";
import { addParkedCommand } from "./parked-command.ts";
import { publish } from "./publish.ts";
import { readJson } from "./read-json.ts";
import { addSendCommand } from "./send-command.ts";
import { addRotateCommand } from "./rotate/command.ts";
import { addSegmentsCommand } from "./segments/command.ts";
import { addSnowflakeCommand } from "./snowflake/command.ts";
import { embedLines } from "./embed-lines.ts";
import { readPictured } from "./images.ts";
import { readWarned, type PlacedFault } from "./widget-file.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
// Whoever reads our output may have seen enough, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const keysOption = new Option("--keys <folder>", "the folder that `maily keygen` wrote").default(
  "keys",
);
const tenantOption = new Option("--tenant <number>", "the tenant").argParser(count).default(1);
const edgeOption = new Option("--edge <origin>", "the edge's address")
  .argParser(origin)
  .makeOptionMandatory();
const tenantSecrets = (options: { keys: string; tenant: number }): Promise<TenantSecrets> =>
  readJson(tenantFile(options.keys, options.tenant), TenantSecrets);

const program = new Command("maily")
  .description("Ask people things inside email and keep their answers theirs.")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command("keygen")
  .description("make every key of a deployment: root, regions, edge, tenant")
  .addOption(keysOption)
  .addOption(tenantOption)
  .option("--complete", "only add what the files of an earlier version lack", false)
  .action(async (options: { keys: string; tenant: number; complete: boolean }) => {
    if (options.complete) {
      for (const file of await completeKeys(options.keys)) say(file);
      return;
    }
    const files = await writeKeys(options.keys, await generateKeys(options.tenant, Date.now()));
    for (const file of files) say(file);
    complain(
      "operator.json holds the root key: move it offline. Give each other file to its holder alone.",
    );
  });

program
  .command("validate")
  .description("check a widget file; every fault with its line and what to write instead")
  .argument("<widget>", "YAML or JSON")
  .action(async (file: string) => {
    const { widget, warnings } = await readWarned(file);
    await readPictured(file);
    for (const { line, column, place, message } of warnings)
      complain(`  ${file}:${line}:${column} ${place}: ${message}`);
    say(`${file}: ${widget.questions.length} questions in ${widget.languages.join(", ")}, valid`);
  });

program
  .command("publish")
  .description("sign a widget as a campaign and put it on the edge and its regions' servers")
  .argument("<widget>", "YAML or JSON")
  .addOption(edgeOption)
  .addOption(keysOption)
  .addOption(tenantOption)
  .option("--campaign <id>", "replace this campaign; without it a new one is made")
  .addOption(
    new Option("--regions <list>", "such as eu,us").argParser(regionList).makeOptionMandatory(),
  )
  .addOption(
    new Option(
      "--senders <list>",
      "From addresses whose AMP mails may be answered, such as hello@sender.example",
    ).argParser(senderList),
  )
  .addOption(new Option("--opens <date>", "from when answers are taken").argParser(instant))
  .addOption(
    new Option("--closes <date>", "until when answers are taken")
      .argParser(instant)
      .makeOptionMandatory(),
  )
  .action(
    async (
      file: string,
      options: {
        edge: string;
        keys: string;
        tenant: number;
        campaign?: string;
        regions: Region[];
        opens?: string;
        closes: string;
        senders?: string[];
      },
    ) => {
      const { widget, images } = await readPictured(file);
      const { campaign, changed } = await publish(
        options.edge,
        {
          widget,
          images,
          id: options.campaign,
          regions: options.regions,
          opensAt: options.opens,
          closesAt: options.closes,
          senders: options.senders,
        },
        await tenantSecrets(options),
        options.keys,
      );
      say(campaign.id);
      complain(
        `revision ${campaign.revision} ${changed ? "published" : "was there already"}: ${options.edge}/a/${campaign.id}`,
      );
      for (const line of await embedLines(options.edge, campaign)) complain(line);
    },
  );

// mjml and its data take 80 MB: who mints or sends a million mails, or runs the edge, does without.
if (
  ![
    "mint",
    "send",
    "deploy",
    "rotate",
    "parked",
    "dead-letters",
    "agents",
    "activities",
    "handover",
    "segments",
    "snowflake",
  ].includes(process.argv[2] ?? "")
) {
  const [{ addCompileCommand }, { addDevCommand }, { addLintCommand }] = await Promise.all([
    import("./compile.ts"),
    import("./dev/command.ts"),
    import("./lint.ts"),
  ]);
  addCompileCommand(program);
  addDevCommand(program);
  addLintCommand(program);
}
addMintCommand(program);
addSendCommand(program);
addDeployCommand(program);
addRotateCommand(program);
addSegmentsCommand(program);
addSnowflakeCommand(program);
addDeadLettersCommand(program);

program
  .command("results")
  .description("a campaign's results from one region's server")
  .argument("<campaign>")
  .addOption(
    new Option("--server <origin>", "the region server's address")
      .argParser(origin)
      .makeOptionMandatory(),
  )
  .addOption(keysOption)
  .addOption(tenantOption)
  .option("--json", "as JSON", false)
  .option("--lift", "also what readers do more often who chose an option", false)
  .option("--revenue", "also what they bought", false)
  .addOption(new Option("--floor <readers>", "of lift and revenue; default: 20").argParser(count))
  .action(
    async (
      campaign: string,
      options: {
        server: string;
        keys: string;
        tenant: number;
        json: boolean;
        lift: boolean;
        revenue: boolean;
        floor?: number;
      },
    ) => {
      const { token } = await tenantSecrets(options);
      const asked = { server: options.server, campaign, token, floor: options.floor };
      const lifts = options.lift ? await fetchLifts(asked) : undefined;
      const revenue = options.revenue ? await fetchRevenue(asked) : undefined;
      const results = await fetchResults(options.server, campaign, token);
      if (options.json) say(JSON.stringify({ ...results, lifts, revenue }, null, 2));
      else {
        for (const line of resultLines(results)) say(line);
        if (revenue !== undefined) for (const line of revenueLines(revenue)) say(line);
        if (lifts !== undefined) for (const line of liftLines(lifts)) say(line);
      }
    },
  );

addExportCommand(program);
addParkedCommand(program);
addBackupCommands(program);
addActivitiesCommand(program);
addHandoverCommand(program);
addAgentsCommand(program);

program
  .command("doctor")
  .description("check the machine and the configuration, and say what to do")
  .option("--keys <folder>", "a folder that `maily keygen` wrote")
  .option("--data <folder>", "where data is kept", ".maily")
  .addOption(new Option("--edge <origin>", "an edge to ask").argParser(origin))
  .addOption(
    new Option("--port <number>", "a port that should be free").argParser(count).default(4321),
  )
  .action(async (options: { keys?: string; data: string; edge?: string; port: number }) => {
    const findings = await examine(
      { keys: options.keys, data: options.data, ports: [options.port], edge: options.edge },
      Date.now(),
    );
    for (const { holds, what, remedy } of findings)
      say(holds ? `✓ ${what}` : `✗ ${what}\n    ${remedy ?? ""}`);
    if (findings.some(({ holds }) => !holds)) process.exitCode = 1;
  });

program
  .command("crypto")
  .description("the seam for other implementations: one JSON object a line in, one a line out")
  .addCommand(
    new Command("seal")
      .description("{publicKey,…,payload} → {envelope}")
      .action(() => runSeam("seal")),
  )
  .addCommand(
    new Command("open")
      .description("{seed,…,envelope} → {payload} or {problem}")
      .action(() => runSeam("open")),
  );

const runSeam = (mode: "seal" | "open"): Promise<void> =>
  runCrypto(mode, createInterface({ input: process.stdin, crlfDelay: Infinity }), say);

function explain(problem: Problem): void {
  const { title, detail, errors } = problem.toJSON();
  if (!Array.isArray(errors)) {
    complain(`maily: ${title}. ${detail}`);
    return;
  }
  // What the Problem itself says, such as which file it is; the general words would send the reader of this elsewhere.
  const own = problem.members["detail"];
  complain(`maily: ${title}${typeof own === "string" ? `. ${own.replace(/\.$/, "")}` : ""}:`);
  for (const error of errors as (string | PlacedFault)[])
    // `errors` are texts, or the placed faults of a widget file.
    complain(
      typeof error === "string"
        ? `  ${error}`
        : `  ${error.line}:${error.column} ${error.place}: ${error.message}`,
    );
}

await program.parseAsync().catch((error: unknown) => {
  if (error instanceof Problem) {
    explain(error);
    process.exit(1);
  }
  throw error;
});
