// `maily send`: a compiled mail to every reader of a file, over SMTP.
import type { ReadStream } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Option, type Command } from "commander";
import { base64url } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";
import { count, instant, origin } from "./arguments.ts";
import { csvLine } from "./csv.ts";
import { readDkimKey, signed, type DkimKey } from "./dkim.ts";
import { composed, messageOf, senderOf, type Sender } from "./message.ts";
import { filledOf, mintAll, type MintPlan } from "./mint.ts";
import { planned, type PlannedOptions } from "./mint-command.ts";
import { progressOn } from "./progress.ts";
import { columnsOf, openReaders } from "./readers.ts";
import { DeliveryRecorder } from "./activities/record.ts";
import { SendJournal } from "./send-journal.ts";
import { sendAll, type Bounce, type Outgoing, type SendCounts } from "./send.ts";
import { smtpServerOf } from "./smtp.ts";
import { unsubscribedFrom, type HasUnsubscribed } from "./unsubscribed.ts";

interface SendOptions extends PlannedOptions {
  readonly readers: string;
  readonly plan: string;
  readonly from: string;
  readonly smtp?: string;
  readonly rate: number;
  readonly connections: number;
  readonly attempts: number;
  readonly journal?: string;
  readonly bounces?: string;
  readonly dkim?: string;
  readonly dkimSelector?: string;
  readonly dkimDomain?: string;
  readonly server: readonly string[];
  readonly alsoUnsubscribed: readonly string[];
  readonly repeatUncertain: boolean;
  readonly record: boolean;
}

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Read from the environment, so that no password need stand in a command line that others can list. */
const smtpVariable = "MAILY_SMTP";

/** What is counted beside the messages. */
interface RowCounts {
  /** Rows that name no reader who can be written to. */
  faults: number;
  unsubscribed: number;
}

interface Run {
  readonly options: SendOptions;
  readonly plan: MintPlan;
  readonly from: Sender;
  readonly key: DkimKey | undefined;
  readonly hasLeft: HasUnsubscribed;
  readonly counts: RowCounts;
}

/** A message for every row that names a reader who wants one. */
async function* outgoing(
  { options, plan, from, key, hasLeft, counts }: Run,
  source: ReadStream,
): AsyncGenerator<Outgoing> {
  for await (const reader of mintAll(plan.minting, source, { after: 0, needsAddress: true })) {
    if ("message" in reader) {
      counts.faults++;
      complain(`${options.readers}:${reader.row}: ${reader.message}`);
    } else if (hasLeft(reader.id)) counts.unsubscribed++;
    else
      yield {
        row: reader.row,
        reader: base64url(reader.pseudonym),
        region: reader.region,
        envelope: { from: from.address, to: reader.email ?? "" },
        compose: async () => {
          const message = messageOf(plan, reader, filledOf(plan, reader, reader), reader, from);
          const bytes = await composed(message);
          return key === undefined ? bytes : signed(bytes, key);
        },
      };
  }
}

async function dkimOf(options: SendOptions, { address }: Sender): Promise<DkimKey | undefined> {
  if (options.dkim === undefined) {
    complain("no --dkim key: sign at your SMTP server, or mailbox providers refuse bulk mail");
    return undefined;
  }
  const [, domain = ""] = address.split("@");
  return readDkimKey(options.dkim, options.dkimSelector ?? "maily", options.dkimDomain ?? domain);
}

async function leaversOf(options: SendOptions, plan: MintPlan): Promise<HasUnsubscribed> {
  if (options.server.length === 0) {
    complain("no --server: readers who unsubscribed from this campaign are not left out");
    return () => false;
  }
  const { regions } = plan.minting.campaign;
  if (new Set(options.server).size < regions.length)
    complain(
      `fewer --server than regions (${regions.join(", ")}): readers who unsubscribed in the others are not left out`,
    );
  const campaigns = [options.campaign, ...options.alsoUnsubscribed];
  return unsubscribedFrom(options.server, campaigns, plan.minting.secrets);
}

/** Test sends are no deliveries. */
async function recorderOf(
  options: SendOptions,
  { minting }: MintPlan,
): Promise<DeliveryRecorder | undefined> {
  if (!options.record || options.test) return undefined;
  if (options.server.length === 0)
    throw new Problem("configuration-invalid", {
      detail: "--record needs --server: the regions' servers keep what was delivered.",
    });
  return DeliveryRecorder.open(options.server, options.campaign, minting.secrets.token);
}

/** Where a sender is not on the campaign's list, its AMP mails would be refused when they are answered. */
function refuseSender({ minting }: MintPlan, { address }: Sender): void {
  const hasAmp = Object.values(minting.plan?.parts ?? {}).some(({ amp }) => amp !== undefined);
  const senders = minting.campaign.mail?.senders ?? [];
  if (hasAmp && !senders.includes(address.toLowerCase()))
    throw new Problem("sender-unknown", {
      detail: `Answers inside mails from ${address} would be refused: publish the campaign with --senders ${address} first.`,
    });
}

function told(counts: SendCounts, { faults, unsubscribed }: RowCounts): string {
  const parts: [number, string][] = [
    [counts.sent, "sent"],
    [counts.skipped, "sent or refused by an earlier run"],
    [unsubscribed, "left out, unsubscribed"],
    [counts.refused, "refused for good"],
    [counts.postponed, "postponed: run the same command again"],
    [counts.uncertain, "uncertain: not sent again unless you say --repeat-uncertain"],
    [faults, "rows left out"],
  ];
  return parts
    .filter(([number], index) => index === 0 || number > 0)
    .map(([number, what]) => `${number.toLocaleString("en")} ${what}`)
    .join(", ");
}

/** Goes on with the file of an earlier run, whose refusals are not told again. Problem: configuration-invalid. */
async function bouncesAt(file: string | undefined): Promise<FileHandle | undefined> {
  if (file === undefined) return undefined;
  const bounces = await open(file, "a").catch((cause: NodeJS.ErrnoException) => {
    throw new Problem("configuration-invalid", {
      detail: `${file} cannot be written (${cause.code ?? "error"}).`,
    });
  });
  if ((await bounces.stat()).size === 0)
    await bounces.appendFile(csvLine(["row", "reader", "state", "class", "reply"]));
  return bounces;
}

async function run(options: SendOptions): Promise<void> {
  const address = options.smtp ?? process.env[smtpVariable];
  if (address === undefined)
    throw new Problem("configuration-invalid", {
      detail: `Name the SMTP server: set ${smtpVariable}, or --smtp, to an address such as smtp://user:password@mail.example:587.`,
    });
  const server = smtpServerOf(address);
  const from = senderOf(options.from);
  const plan = await planned(options);
  refuseSender(plan, from);
  await columnsOf(options.readers);
  const counts: RowCounts = { faults: 0, unsubscribed: 0 };
  const [key, hasLeft] = await Promise.all([dkimOf(options, from), leaversOf(options, plan)]);
  const recorder = await recorderOf(options, plan);
  const bounces = await bouncesAt(options.bounces);
  // Beside the keys, not in the working folder: from wherever the command is run, the same mail is not sent again.
  const file =
    options.journal ??
    join(options.keys, `send-${options.campaign}${options.test ? "-test" : ""}.journal`);
  complain(`journal: ${resolve(file)}: who is in it gets no second mail`);
  const journal = await SendJournal.open(file);
  let written: Promise<unknown> = Promise.resolve();
  const onBounce = ({ row, reader, state, bounce, reply }: Bounce): void => {
    progress.clear();
    complain(`${options.readers}:${row}: ${state}, ${bounce}: ${reply}`);
    const line = csvLine([String(row), reader, state, bounce, reply]);
    written = written.then(() => bounces?.appendFile(line));
  };
  const progress = progressOn(process.stderr, "messages");
  const { size } = await stat(options.readers);
  const source = openReaders(options.readers);
  try {
    const sent = await sendAll(
      outgoing({ options, plan, from, key, hasLeft, counts }, source),
      {
        server,
        journal,
        connections: options.connections,
        messagesPerSecond: options.rate,
        attempts: options.attempts,
        repeatUncertain: options.repeatUncertain,
        ...(recorder !== undefined && {
          onKnown: ({ reader, region }, state) => recorder.note({ reader, region, state }),
        }),
      },
      onBounce,
      (so) => progress.show(source.bytesRead / size, so.sent + so.refused + so.postponed),
    );
    progress.clear();
    complain(told(sent, counts));
    const unrecorded = (await recorder?.finish()) ?? 0;
    if (unrecorded > 0) {
      complain(
        `${unrecorded.toLocaleString("en")} deliveries could not be recorded: run the same command again`,
      );
      process.exitCode = 1;
    }
    if (sent.refused + sent.postponed + sent.uncertain + counts.faults > 0) process.exitCode = 1;
  } finally {
    progress.clear();
    source.destroy();
    await journal.close();
    await written;
    await bounces?.close();
  }
}

const positive = (text: string): number => Math.max(1, count(text));
const gathered = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** Adds `maily send`. Exit status 1 where a row was left out, or a message was not taken. */
export function addSendCommand(program: Command): void {
  program
    .command("send")
    .description(
      "send a compiled mail to a file of readers over SMTP; never twice, however often run",
    )
    .addOption(
      new Option("--edge <origin>", "the edge's address").argParser(origin).makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .requiredOption("--campaign <id>", "the campaign")
    .requiredOption(
      "--readers <csv>",
      "the columns id, region, email; language; any others for the mail",
    )
    .requiredOption("--plan <json>", "the mail.plan.json of `maily compile`")
    .requiredOption("--from <sender>", 'such as "Ada <ada@sender.example>"')
    .option(
      "--smtp <address>",
      `smtp://… or smtps://…; better in ${smtpVariable}: it holds a password`,
    )
    .addOption(new Option("--rate <number>", "messages a second").argParser(positive).default(10))
    .addOption(
      new Option("--connections <number>", "to the server at a time")
        .argParser(positive)
        .default(4),
    )
    .addOption(
      new Option("--attempts <number>", "of one message in this run")
        .argParser(positive)
        .default(4),
    )
    .option("--journal <file>", "what was sent; default: send-<campaign>.journal beside the keys")
    .option("--bounces <csv>", "every message that was not taken, with its row and class")
    .option("--dkim <pem>", "the private key to sign with")
    .option("--dkim-selector <name>", "default: maily")
    .option("--dkim-domain <name>", "default: that of --from")
    .addOption(
      new Option(
        "--server <origin>",
        "a region's server, once a region: readers who unsubscribed there are left out",
      )
        .argParser((text: string, before: readonly string[]) => gathered(origin(text), before))
        .default([]),
    )
    .addOption(
      new Option("--also-unsubscribed <campaign>", "leave out who unsubscribed from this one, too")
        .argParser(gathered)
        .default([]),
    )
    .option(
      "--record",
      "tell each reader's own region, of --server, which mails were taken or refused",
      false,
    )
    .option("--repeat-uncertain", "send again what an earlier run may have sent", false)
    .addOption(
      new Option(
        "--expires <date>",
        "of the invitations; default: when the campaign closes",
      ).argParser(instant),
    )
    .option("--test", "test sends: their answers are never counted", false)
    .action(run);
}
