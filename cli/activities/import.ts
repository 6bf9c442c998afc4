// `maily activities import`: a file of what readers did, told to their region's server under their pseudonyms. Whoever reads the
// file alone knows who they are.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { z } from "zod";
import { base64url } from "../../sdk/bytes.ts";
import { pseudonymsOf } from "../../sdk/node/invitations.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { Activity } from "../../sdk/schema/activity.ts";
import type { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { csvRows, type CsvRow } from "../csv.ts";
import { bytesOf } from "../key-bytes.ts";
import { progressOn } from "../progress.ts";
import { openReaders } from "../readers.ts";
import { writeWhole } from "../write-whole.ts";
import { batchItems, postActivities, type ActivityServer } from "./post.ts";

/** Faults told one by one; the rest are only counted. */
const faultsTold = 1_000;
const needed = ["id", "reader", "kind", "happened_at"];
const known = [...needed, "label", "amount", "currency", "region"];

/** What an earlier run had done with the same file. */
const Journal = z.strictObject({
  maily: z.literal(1),
  digest: z.string(),
  /** The line up to which every row has its answer. */
  row: z.int().min(0),
});

export interface ImportCounts {
  stored: number;
  repeated: number;
  /** Of readers who do not agree to it. */
  refused: number;
  elsewhere: number;
  faults: number;
}

export interface Importing {
  readonly file: string;
  readonly server: ActivityServer;
  readonly region: Region;
  readonly secrets: TenantSecrets;
  readonly complain: (line: string) => void;
}

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

export const importJournal = ({ file, server }: Pick<Importing, "file" | "server">): string =>
  `${file}.${server.campaign}.journal`;

async function digestOf({ file, server, region }: Importing): Promise<string> {
  const digest = createHash("sha256").update(`${server.origin} ${server.campaign} ${region}\n`);
  for await (const bytes of createReadStream(file)) digest.update(bytes as Buffer); // No encoding is set.
  return digest.digest("base64url");
}

/** The line up to which an earlier run came with this very file, or 0: ids make a repeat harmless. */
async function doneBefore(journal: string, digest: string): Promise<number> {
  if (!existsSync(journal)) return 0;
  const text = await readFile(journal, "utf8");
  try {
    const parsed = Journal.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.digest === digest ? parsed.data.row : 0;
  } catch {
    return 0; // Cut short by a power cut: everything is told again, and adds nothing.
  }
}

function checkColumns(columns: readonly string[]): void {
  const missing = needed.find((name) => !columns.includes(name));
  if (missing !== undefined)
    refuse(`The file has no column \`${missing}\`; its first line must name ${needed.join(", ")}.`);
  const strange = columns.find((name) => !known.includes(name));
  // What is not asked for is not sent; a column that was meant otherwise would be lost in silence.
  if (strange !== undefined)
    refuse(`The file has a column \`${strange.slice(0, 40)}\`; it may have ${known.join(", ")}.`);
}

const given = (text: string | undefined): string | undefined => text || undefined;

/** A row as an activity; a text says what is wrong with it. */
function activityOf(
  { cells }: CsvRow,
  columns: readonly string[],
  nameOf: (id: string) => Uint8Array,
): Activity | string {
  const fields = new Map(columns.map((column, index) => [column, cells[index] ?? ""]));
  const reader = fields.get("reader") ?? "";
  if (reader === "") return "the column `reader` is empty; give the id that the mail went to";
  const amount = given(fields.get("amount"));
  if (amount !== undefined && !/^-?\d{1,16}$/.test(amount))
    return "the amount is no whole number of minor units, such as 1250 for 12.50";
  const time = Date.parse(fields.get("happened_at") ?? "");
  if (Number.isNaN(time)) return "happened_at is no time such as 2027-01-31T12:00:00Z";
  const parsed = Activity.safeParse({
    id: fields.get("id"),
    reader: base64url(new Uint8Array(nameOf(reader))),
    kind: fields.get("kind"),
    label: given(fields.get("label")),
    amount: amount === undefined ? undefined : Number(amount),
    currency: given(fields.get("currency")),
    happenedAt: new Date(time).toISOString(),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is not valid"}`;
}

interface Batch {
  readonly items: { readonly row: number; readonly activity: Activity }[];
  /** The last line read, faults among them. */
  row: number;
}

/** Streams the file in constant memory. Throws the server's Problem; the same call goes on from there. */
export async function importActivities(importing: Importing): Promise<ImportCounts> {
  const { file, server, region, secrets, complain } = importing;
  const counts: ImportCounts = { stored: 0, repeated: 0, refused: 0, elsewhere: 0, faults: 0 };
  const journal = importJournal(importing);
  const digest = await digestOf(importing);
  const done = await doneBefore(journal, digest);
  const nameOf = pseudonymsOf(bytesOf(secrets.readerKey), bytesOf(server.campaign));
  const progress = progressOn(process.stderr, "activities");
  const { size } = await stat(file);
  const source = openReaders(file);
  const fault = (row: number, message: string): void => {
    counts.faults += 1;
    progress.clear();
    if (counts.faults <= faultsTold) complain(`${file}:${row}: ${message}`);
    if (counts.faults === faultsTold) complain("further rows that are left out are only counted");
  };
  const send = async ({ items, row }: Batch): Promise<void> => {
    const results =
      items.length === 0
        ? []
        : await postActivities(
            server,
            items.map(({ activity }) => activity),
          );
    for (const [index, { status }] of results.entries())
      if (status === "stored") counts.stored += 1;
      else if (status === "repeated") counts.repeated += 1;
      else if (status === "consent-missing") counts.refused += 1;
      else fault(items[index]?.row ?? 0, "this id was told before with something else");
    await writeWhole(journal, JSON.stringify({ maily: 1, digest, row }), 0o600);
    progress.show(source.bytesRead / size, row);
  };
  let batch: Batch = { items: [], row: done };
  let columns: readonly string[] | undefined;
  try {
    for await (const rows of csvRows(source))
      for (const row of rows) {
        if (columns === undefined) {
          columns = "cells" in row ? row.cells : [];
          checkColumns(columns);
          continue;
        }
        if (row.line <= done) continue;
        batch.row = row.line;
        if ("message" in row) fault(row.line, row.message);
        else {
          const own = row.cells[columns.indexOf("region")] ?? "";
          const activity = activityOf(row, columns, nameOf);
          if (own !== "" && own !== region) counts.elsewhere += 1;
          else if (typeof activity === "string") fault(row.line, activity);
          else batch.items.push({ row: row.line, activity });
        }
        if (batch.items.length < batchItems) continue;
        await send(batch);
        batch = { items: [], row: row.line };
      }
    if (columns === undefined) checkColumns([]);
    await send(batch);
  } finally {
    progress.clear();
    source.destroy();
  }
  await rm(journal, { force: true });
  return counts;
}
