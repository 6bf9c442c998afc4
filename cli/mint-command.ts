// `maily mint`: an invitation a reader, and with a compiled mail the sealed choices and the whole messages; a million rows
// in constant memory.
import { createHash } from "node:crypto";
import { createReadStream, type ReadStream } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Option, type Command } from "commander";
import { base64url } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";
import { TenantSecrets } from "../sdk/schema/deployment.ts";
import { MailPlan, mailPlanLimits } from "../sdk/schema/mail-plan.ts";
import {
  codesField,
  espNamed,
  espNames,
  espTakesAmp,
  invitationField,
} from "../widget/email/esp.ts";
import { count, instant, origin } from "./arguments.ts";
import { readChoiceRoots } from "./choice-roots.ts";
import { csvLine } from "./csv.ts";
import { tenantFile } from "./keygen.ts";
import { composed, messageOf, senderOf, type Sender } from "./message.ts";
import { filledOf, mintAll, mintPlanOf, type MintedReader, type MintPlan } from "./mint.ts";
import { MintOutput, rowsPerEntry, type MintProgress } from "./mint-output.ts";
import { progressOn } from "./progress.ts";
import { fetchManifest } from "./publish.ts";
import { readJson } from "./read-json.ts";
import { columnsOf, openReaders } from "./readers.ts";

const formats = ["csv", "jsonl", "parts", "eml"] as const;
type Format = (typeof formats)[number];

const linkField = "maily_link";
const ownFields = [invitationField, codesField, linkField];
/** Faults of rows that are told one by one; the rest are only counted. */
const faultsTold = 1_000;

/** What names a campaign, its compiled mail and the keys. */
export interface PlannedOptions {
  readonly edge: string;
  readonly keys: string;
  readonly tenant: number;
  readonly campaign: string;
  readonly plan?: string;
  readonly expires?: string;
  readonly test: boolean;
}

interface MintOptions extends PlannedOptions {
  readonly readers: string;
  readonly format: Format;
  readonly out?: string;
  readonly resume: boolean;
  readonly from?: string;
  readonly esp?: string;
}

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

/** A plan that `maily compile` wrote. Problem: configuration-invalid. */
export const readPlan = (file: string): Promise<MailPlan> =>
  readJson(file, MailPlan, {
    remedy: "Run `maily compile`, and name its mail.plan.json.",
    bytesMax: mailPlanLimits.planBytes,
  });

/** Whether readers' mails differ by what only a choice root makes: codes, or the order of options. */
const isSealed = ({ choices, parts }: MailPlan): boolean =>
  choices.length > 0 ||
  Object.values(parts).some(({ text, html }) =>
    [...text, ...html].some((piece) => typeof piece !== "string" && piece.slot === "shuffled"),
  );

/** Everything that a minting needs, fetched, read and checked. Throws Problem, such as campaign-unknown. */
export async function planned(options: PlannedOptions): Promise<MintPlan> {
  const campaign = await fetchManifest(options.edge, options.campaign);
  if (campaign === undefined) throw new Problem("campaign-unknown");
  const plan = options.plan === undefined ? undefined : await readPlan(options.plan);
  return mintPlanOf({
    campaign,
    secrets: await readJson(tenantFile(options.keys, options.tenant), TenantSecrets),
    edge: options.edge,
    expiresAt: Math.floor(Date.parse(options.expires ?? campaign.closesAt) / 1000),
    test: options.test,
    plan,
    roots:
      plan !== undefined && isSealed(plan)
        ? await readChoiceRoots(options.keys, campaign)
        : undefined,
  });
}

/** One reader's line, in every format but whole messages. */
function lineOf(
  format: Exclude<Format, "eml">,
  plan: MintPlan,
  columns: readonly string[],
  reader: MintedReader,
): string {
  const { invitation, codes, link } = reader;
  if (format === "csv") {
    // A row may leave out its last cells; ours must not move up into their place.
    const cells = columns.map((_, index) => reader.cells[index] ?? "");
    return csvLine([...cells, invitation, codes, link]);
  }
  const { row, id, region, fields } = reader;
  const named = { row, id, region, campaign: reader.campaign, invitation, link, codes, fields };
  const parts = format === "parts" ? filledOf(plan, reader, reader) : {};
  return `${JSON.stringify({ ...named, ...parts })}\n`;
}

/** Messages in 4,096 folders, each named by its reader's pseudonym: a second run writes over the same ones. */
async function writeMessage(
  folder: string,
  plan: MintPlan,
  reader: MintedReader,
  from: Sender,
): Promise<void> {
  const name = base64url(reader.pseudonym);
  const inner = join(folder, name.slice(0, 2));
  const message = messageOf(plan, reader, filledOf(plan, reader, reader), reader, from);
  const bytes = await composed(message);
  const file = join(inner, `${name}.eml`);
  const write = (): Promise<void> => writeFile(file, bytes, { mode: 0o600 });
  await write().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await mkdir(inner, { recursive: true, mode: 0o700 });
    await write();
  });
}

/** Of everything that decides what is written, the readers file among it: what is resumed must be the same. */
async function digestOf(options: MintOptions, { minting }: MintPlan): Promise<string> {
  const digest = createHash("sha256");
  const { campaign, edge, expiresAt, test, plan, roots, secrets } = minting;
  const { id, revision, notice, regions } = campaign;
  const { keyId } = secrets.invitationKey;
  const encs = roots?.roots.map(({ enc }) => enc);
  const { format, from } = options;
  const all = {
    id,
    revision,
    notice,
    regions,
    edge,
    expiresAt,
    test,
    plan,
    keyId,
    encs,
    format,
    from,
  };
  digest.update(JSON.stringify(all));
  for await (const bytes of createReadStream(options.readers)) digest.update(bytes as Buffer); // No encoding is set.
  return digest.digest("base64url");
}

/** What the codes need of a field of the service that sends, where its limit is known; false where they do not fit. */
function tellCodes({ blocks, minting }: MintPlan, name: string | undefined): boolean {
  const characters = (blocks.length / 16) * 22;
  if (characters === 0) return true;
  const held = `${codesField}: ${blocks.length / 16} codes, ${characters.toLocaleString("en")} characters a reader`;
  if (name === undefined) {
    complain(held);
    return true;
  }
  const esp = espNamed(name);
  const { title } = esp;
  if (!espTakesAmp(esp)) {
    complain(`${title} carries no AMP part: its import needs no ${codesField}`);
    return true;
  }
  const { charactersMax, says } = esp.field;
  const fits = charactersMax === undefined || characters <= charactersMax;
  const limit =
    charactersMax === undefined
      ? "no limit is known"
      : `a field takes ${charactersMax.toLocaleString("en")}${fits ? "" : ": they do not fit; ask less in the mail, or send it yourself with `maily send`"}`;
  complain(`${held}; ${title}: ${limit} (${says})`);
  if (minting.plan !== undefined)
    complain(
      `they are of revision ${minting.plan.revision}: the template in ${title} must be compiled from that one, or answers inside the mail are taken for none`,
    );
  return fits;
}

/** Standard output at its own pace. */
async function print(text: string): Promise<void> {
  if (!process.stdout.write(text))
    await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
}

interface Run {
  readonly options: MintOptions;
  readonly plan: MintPlan;
  readonly output: MintOutput | undefined;
  readonly from: Sender | undefined;
  readonly columns: readonly string[];
}

/** Mints row by row; returns how far it came. */
async function mintRows(
  { options, plan, output, from, columns }: Run,
  source: ReadStream,
  sourceBytes: number,
): Promise<MintProgress> {
  const earlier = output?.earlier ?? { row: 0, minted: 0, faults: 0 };
  const write = (text: string): Promise<void> => output?.write(text) ?? print(text);
  // Whoever reads may have had enough, as `head` has.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? 0 : 1),
  );
  const progress = progressOn(process.stderr, "readers");
  let { row, minted, faults } = earlier;
  if (options.format === "csv" && (output?.isNew ?? true))
    await write(csvLine([...columns, ...ownFields]));
  const rows = { after: row, needsAddress: from !== undefined };
  for await (const reader of mintAll(plan.minting, source, rows)) {
    row = Math.max(row, reader.row);
    if ("message" in reader) {
      faults += 1;
      progress.clear();
      if (faults <= faultsTold) complain(`${options.readers}:${reader.row}: ${reader.message}`);
      if (faults === faultsTold) complain("further rows that are left out are only counted");
    } else {
      if (options.format === "eml") {
        if (options.out !== undefined && from !== undefined)
          await writeMessage(options.out, plan, reader, from);
      } else await write(lineOf(options.format, plan, columns, reader));
      minted += 1;
    }
    if ((minted + faults) % rowsPerEntry === 0) await output?.note({ row, minted, faults });
    if (minted % 16 === 0)
      progress.show(
        source.bytesRead / sourceBytes,
        minted + faults,
        earlier.minted + earlier.faults,
      );
  }
  progress.clear();
  return { row, minted, faults };
}

async function run(options: MintOptions): Promise<void> {
  const { out, format } = options;
  const plan = await planned(options);
  const columns = await columnsOf(options.readers);
  const own = ownFields.find((name) => columns.includes(name));
  if (own !== undefined) refuse(`${options.readers} has a column \`${own}\` already.`);
  if ((format === "eml" || format === "parts") && plan.minting.plan === undefined)
    refuse(`--format ${format} needs --plan: the mail.plan.json of \`maily compile\`.`);
  const fits = format === "eml" || tellCodes(plan, options.esp);
  const from = format === "eml" ? senderOf(options.from ?? "") : undefined;
  const isFolder = format === "eml";
  const output =
    out === undefined
      ? undefined
      : await MintOutput.open(out, {
          digest: await digestOf(options, plan),
          resume: options.resume,
          folder: isFolder,
        });
  const { size } = await stat(options.readers);
  const source = openReaders(options.readers);
  const { minted, faults } = await mintRows({ options, plan, output, from, columns }, source, size);
  await output?.finish();
  complain(
    `${minted.toLocaleString("en")} invitations, ${faults.toLocaleString("en")} rows left out`,
  );
  if (faults > 0 || !fits) process.exitCode = 1;
}

/** What goes together: told before anything is fetched or made. */
function refuseUsage(command: Command, { format, out, from, resume }: MintOptions): void {
  const missing =
    format === "eml" && (out === undefined || from === undefined)
      ? "--format eml needs --out <folder> and --from <sender>"
      : resume && out === undefined
        ? "--resume needs --out <file>: the one of the run that was stopped"
        : undefined;
  if (missing !== undefined) command.error(`error: ${missing}`, { exitCode: 2 });
}

/** Adds `maily mint`. Exit status 1 where rows were left out, or the codes do not fit the service's field. */
export function addMintCommand(program: Command): void {
  program
    .command("mint")
    .description("invitations and sealed choices for a file of readers, or their whole messages")
    .addOption(
      new Option("--edge <origin>", "the edge's address").argParser(origin).makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .requiredOption("--campaign <id>", "the campaign")
    .requiredOption(
      "--readers <csv>",
      "the columns id and region; email where messages are made; language; any others for the mail",
    )
    .option("--plan <json>", "the mail.plan.json of `maily compile`; without it no sealed choices")
    .addOption(
      new Option(
        "--format <form>",
        "csv: the reader's columns and three more; jsonl; parts: jsonl with the filled mail; eml: a file a message",
      )
        .choices(formats)
        .default("csv"),
    )
    .option("--out <file>", "the file, or the folder of messages; without it standard output")
    .option("--resume", "go on with an --out that was stopped", false)
    .option("--from <sender>", 'of messages, such as "Ada <ada@sender.example>"')
    .addOption(new Option("--esp <name>", `whose fields hold the codes: ${espNames.join(", ")}`))
    .addOption(
      new Option("--expires <date>", "default: when the campaign closes").argParser(instant),
    )
    .option("--test", "test sends: they are never counted", false)
    .action(async (options: MintOptions, command: Command) => {
      refuseUsage(command, options);
      await run(options);
    });
}
