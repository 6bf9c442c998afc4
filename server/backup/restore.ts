// A copy becomes a region's warehouse again: brought up to date, with all that readers took back since applied once more. The
// file in use is only replaced once the new one is whole.
import { existsSync } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { numberCell, textCell } from "../warehouse/cells.ts";
import { Warehouse } from "../warehouse/duckdb.ts";
import { refuseEvents } from "../warehouse/events.ts";
import { retally, tallyFaults } from "../warehouse/retally.ts";
import { tablesVersion } from "../warehouse/schema/tables.ts";
import { versionOf } from "../warehouse/tables.ts";
import { rowOf, TakenBack, TakenBackFile } from "../warehouse/taken-back.ts";
import { digestOf } from "./backup.ts";

/** Decisions applied in one commit. */
const appliedRowsMax = 500;
const listBytesMax = 1 << 30;

export interface Restore {
  /** What `maily backup` wrote; beside it `<file>.sha256`. */
  readonly backup: string;
  readonly region: Region;
  /** The region's data folder, whose server is stopped. */
  readonly dataDir: string;
  /** Lists of what was taken back, kept elsewhere; that of the data folder is used as well. */
  readonly lists: readonly string[];
  /** Whether to go on without any such list. */
  readonly unlisted: boolean;
  /** The stream is a new one: nothing of it is in the tables yet. */
  readonly newStream: boolean;
}

export interface Restored {
  readonly takenAt: number;
  /** Decisions that were applied, those that the copy had among them. */
  readonly applied: number;
  readonly readers: number;
  /** Where the file that was in use is now. */
  readonly replaced: string | undefined;
}

const refuse = (...errors: string[]): Problem => new Problem("backup-refused", { errors });

async function checkDigest(backup: string): Promise<void> {
  const line = await readFile(`${backup}.sha256`, "utf8").catch(() => {
    throw refuse(
      `${backup}.sha256 is missing: bring it, or run sha256sum where the copy is known to be whole`,
    );
  });
  const digest = await digestOf(backup).catch(() => {
    throw refuse(`${backup} cannot be read`);
  });
  if (!line.startsWith(Buffer.from(digest).toString("hex")))
    throw refuse(`${backup} is damaged: it is not what ${backup}.sha256 says; take another copy`);
}

/** When the copy was taken. */
async function checkCopy(path: string, region: Region): Promise<number> {
  let instance: DuckDBInstance | undefined;
  let connection: DuckDBConnection | undefined;
  try {
    instance = await DuckDBInstance.create(path, { threads: "1" });
    connection = await instance.connect();
    const version = await versionOf(connection);
    if (version > tablesVersion)
      throw refuse(`the copy has version ${version} of the tables; run a newer Maily`);
    const found = await connection.runAndReadAll("SELECT region, taken_at FROM maily_backup");
    const [of, takenAt] = found.getRowsJS()[0] ?? [];
    if (textCell(of) !== region)
      throw refuse(
        `the copy is of region ${textCell(of)}, and ${region} was named: no answer leaves its region`,
      );
    await connection.run("DROP TABLE maily_backup");
    return numberCell(takenAt);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw refuse("the file is no copy that `maily backup` wrote");
  } finally {
    connection?.closeSync();
    instance?.closeSync();
  }
}

async function entriesIn(list: string): Promise<TakenBack[]> {
  const handle = await open(list).catch(() => {
    throw refuse(`${list} cannot be read`);
  });
  try {
    if ((await handle.stat()).size > listBytesMax) throw refuse(`${list} is larger than any list`);
    const entries: TakenBack[] = [];
    let number = 0;
    for await (const line of handle.readLines({ autoClose: false })) {
      number++;
      if (line === "") continue;
      try {
        entries.push(TakenBack.parse(JSON.parse(line)));
      } catch {
        throw refuse(`${list}:${number} is no entry of such a list; bring it as it was written`);
      }
    }
    return entries;
  } finally {
    await handle.close();
  }
}

/** Those of the data folder, and of the lists. Nothing in the folder is changed. */
async function takenBackSince({ dataDir, lists, unlisted }: Restore): Promise<TakenBack[]> {
  const entries: TakenBack[] = [];
  const current = join(dataDir, "warehouse.duckdb");
  const own = existsSync(`${current}.taken-back`);
  if (!own && lists.length === 0 && !unlisted)
    throw refuse(
      `${current}.taken-back is not there: name a list with --taken-back, or with --unlisted accept that who was erased since the copy comes back until the stream says so again`,
    );
  if (own) {
    // Opening it also tells whether the region's server runs: it holds the file.
    const file = new TakenBackFile(current);
    for (const lines of file.lines())
      for (const line of lines) entries.push(TakenBack.parse(JSON.parse(line)));
    file.close();
  }
  for (const list of lists) entries.push(...(await entriesIn(list)));
  return entries;
}

async function applyTo(
  path: string,
  entries: readonly TakenBack[],
  newStream: boolean,
): Promise<number> {
  const warehouse = await Warehouse.open(path);
  try {
    for (let start = 0; start < entries.length; start += appliedRowsMax) {
      const some = entries.slice(start, start + appliedRowsMax);
      const rows = some.flatMap((entry) => (entry.kind === "refusal" ? [] : [rowOf(entry)]));
      await warehouse.write({ rows, nextOffsets: new Map(), replay: false });
      const refusals = some.filter((entry) => entry.kind === "refusal");
      await warehouse.change((writer) => refuseEvents(writer, refusals));
      warehouse.takenBack.keepEntries(refusals);
    }
    await warehouse.change(async (writer) => {
      if (newStream)
        for (const table of ["offsets", "event_offsets"]) await writer.run(`DELETE FROM ${table}`);
      if ((await tallyFaults(writer)) > 0) await retally(writer);
    });
    return await warehouse.read(async (connection) => {
      const found = await connection.runAndReadAll(
        `SELECT count(*) FROM readers WHERE "current" IS NOT NULL AND consented IS DISTINCT FROM false`,
      );
      return numberCell(found.getRowsJS()[0]?.[0]);
    });
  } finally {
    await warehouse.close();
  }
}

const parts = ["", ".wal", ".taken-back"];

/** Moves the file in use aside, and the new one into its place. */
async function replace(current: string, made: string): Promise<string | undefined> {
  const aside = `${current}.replaced-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  const there = existsSync(current);
  for (const part of parts)
    if (existsSync(current + part)) await rename(current + part, aside + part);
  // The list first: the tables are never there without it.
  for (const part of parts.toReversed())
    if (existsSync(made + part)) await rename(made + part, current + part);
  return there ? aside : undefined;
}

/**
 * Restores a copy. The server of that region must be stopped. Problems: `backup-refused`, which says why and leaves everything
 * as it was; `configuration-invalid` where a server runs.
 */
export async function restore(asked: Restore): Promise<Restored> {
  const { backup, region, dataDir, newStream } = asked;
  await checkDigest(backup);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const current = join(dataDir, "warehouse.duckdb");
  const made = join(dataDir, "restoring.duckdb");
  const forget = async (): Promise<void> => {
    for (const part of [...parts, ".taken-back-wal", ".taken-back-shm", ".tmp", ".out"])
      await rm(made + part, { recursive: true, force: true });
  };
  // What an earlier restore left behind when it was killed.
  await forget();
  try {
    const entries = await takenBackSince(asked);
    await copyFile(backup, made);
    const takenAt = await checkCopy(made, region);
    const readers = await applyTo(made, entries, newStream);
    return { takenAt, applied: entries.length, readers, replaced: await replace(current, made) };
  } finally {
    await forget();
  }
}
