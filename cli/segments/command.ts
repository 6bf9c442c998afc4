import { Option, type Command } from "commander";
import { Problem } from "../../sdk/problem.ts";
import { isRegion, type Region } from "../../sdk/region.ts";
import { TenantSecrets } from "../../sdk/schema/deployment.ts";
import type { SqlFault } from "../../server/segments/sql/fault.ts";
import {
  engines,
  statementsFor,
  withheldFrom,
  type Engine,
} from "../../server/segments/streaming-sql/statements.ts";
import { count } from "../arguments.ts";
import { tenantFile } from "../keygen.ts";
import { readJson } from "../read-json.ts";
import { readSegments, type SegmentsText } from "./file.ts";
import {
  checkSegment,
  deleteSegment,
  listSegments,
  putSegment,
  showSegment,
  stateLine,
  type Asking,
} from "./told.ts";
import { askingRegion } from "../region-server.ts";

interface AskOptions {
  readonly server: string;
  readonly keys: string;
  readonly tenant: number;
}

interface SqlOptions extends Partial<Record<Engine, true>> {
  readonly tenant: number;
  readonly region: Region;
  readonly schema?: string;
  readonly brokers: string;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const region = (text: string): Region => {
  if (!isRegion(text))
    throw new Problem("configuration-invalid", { detail: `${text} is no region.` });
  return text;
};

const askingOf = async ({ server, keys, tenant }: AskOptions): Promise<Asking> => ({
  server,
  token: (await readJson(tenantFile(keys, tenant), TenantSecrets)).token,
});

/** Every segment of the file; a refusal of one at its lines. */
async function push({ segments, place }: SegmentsText, asking: Asking): Promise<void> {
  for (const [index, segment] of segments.entries())
    try {
      say(stateLine((await putSegment(asking, segment)).state));
    } catch (error) {
      if (!(error instanceof Problem) || !Array.isArray(error.members["errors"])) throw error;
      // The server's: places in the SQL, or texts.
      const faults = error.members["errors"] as (SqlFault | string)[];
      throw new Problem(error.code, { errors: place(index, faults) });
    }
}

async function show(id: string, asking: Asking): Promise<void> {
  const { state, definition, faults = [], divergences, rebuiltAt } = await showSegment(asking, id);
  say(stateLine(state));
  say(
    `  as of ${state.asOf}, ${definition.owner}${definition.description === undefined ? "" : `: ${definition.description}`}`,
  );
  for (const line of definition.sql.trim().split("\n")) say(`  ${line}`);
  for (const fault of faults)
    say(
      `  ✗ ${typeof fault === "string" ? fault : `${fault.line}:${fault.column} ${fault.message}`}`,
    );
  if (divergences > 0)
    say(
      `  differed from the warehouse ${divergences} times${rebuiltAt === undefined ? "" : `, last read anew at ${rebuiltAt}`}`,
    );
}

async function check(ids: readonly string[], asking: Asking): Promise<void> {
  const all = ids.length > 0 ? ids : (await listSegments(asking)).map(({ segment }) => segment);
  for (const id of all) {
    const compared = await checkSegment(asking, id);
    if (compared === null) {
      say(`? ${id}: paused, nothing to compare`);
      continue;
    }
    const { missing, extra, members, milliseconds } = compared;
    const holds = missing + extra === 0;
    say(
      `${holds ? "✓" : "✗"} ${id}: ${members} members compared in ${milliseconds.toFixed(0)} ms${holds ? "" : `, ${missing} were missing, ${extra} too many; it is read anew`}`,
    );
    if (!holds) process.exitCode = 1;
  }
}

async function printSql(file: string, options: SqlOptions, command: Command): Promise<void> {
  const [engine, ...more] = engines.filter((name) => options[name] === true);
  if (engine === undefined || more.length > 0)
    command.error(`error: name one engine: ${engines.map((name) => `--${name}`).join(", ")}`);
  const { segments } = await readSegments(file);
  const { tenant, brokers } = options;
  const schema = options.schema ?? "maily";
  for (const id of withheldFrom(engine, segments))
    complain(`${id} is left out: it asks for reader_activities, which are not on the topic`);
  for (const statement of statementsFor(
    { engine, tenant, region: options.region, schema, brokers },
    segments,
  ))
    say(`${statement};\n`);
}

/** `maily segments`. */
export function addSegmentsCommand(program: Command): void {
  const segments = program
    .command("segments")
    .description(
      "readers of a campaign who have something in common, as SQL that any warehouse runs",
    );
  const asking = (name: string, description: string): Command =>
    askingRegion(segments.command(name)).description(description);
  asking("push", "declare every segment of a file; faults by line")
    .argument("<file>", "YAML or JSON")
    .action(async (file: string, options: AskOptions) =>
      push(await readSegments(file), await askingOf(options)),
    );
  asking("list", "segments with their sizes").action(async (options: AskOptions) => {
    for (const state of await listSegments(await askingOf(options))) say(stateLine(state));
  });
  asking("show", "one segment, with its SQL and what does not fit")
    .argument("<id>")
    .action(async (id: string, options: AskOptions) => show(id, await askingOf(options)));
  asking("delete", "keep a segment no longer")
    .argument("<id>")
    .action(async (id: string, options: AskOptions) => {
      await deleteSegment(await askingOf(options), id);
      say(`${id} is deleted`);
    });
  asking("check", "compare segments with the warehouse now")
    .argument("[ids...]")
    .action(async (ids: string[], options: AskOptions) => check(ids, await askingOf(options)));
  const sql = segments
    .command("sql")
    .description("the segments of a file as views of another engine")
    .argument("<file>", "YAML or JSON")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .addOption(new Option("--region <name>", "whose topic is read").argParser(region).default("eu"))
    .option("--schema <name>", "where the flat views are, or are made; without it `maily`")
    .option("--brokers <list>", "host:port of the region's Kafka", "localhost:9092");
  for (const engine of engines) sql.option(`--${engine}`, `for ${engine}`);
  sql.action(printSql);
}
