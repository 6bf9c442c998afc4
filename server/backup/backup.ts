// A copy of the warehouse while it is written to: one state of all tables, in a new file. What was deleted before is not in it:
// rows are copied, not pages.
import { createHash, randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Region } from "../../sdk/region.ts";
import { textCell } from "../warehouse/cells.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import { literal, outFolder } from "../warehouse/file.ts";
import { outgoingFile, type OutgoingFile } from "./outgoing-file.ts";

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The copy, to be sent: its file has no name any more. Problems: `rate-limited`, `region-unavailable`, also where the disk has no
 * room for it.
 */
export async function backUp(warehouse: Warehouse, region: Region): Promise<OutgoingFile> {
  const path = join(outFolder(warehouse.path), `${randomUUID()}.duckdb`);
  try {
    await warehouse.aside(async (connection) => {
      const name = quoted(`copy ${randomUUID()}`);
      const found = await connection.runAndReadAll("SELECT current_database()");
      await connection.run(`ATTACH ${literal(path)} AS ${name}`);
      try {
        await connection.run(
          `COPY FROM DATABASE ${quoted(textCell(found.getRowsJS()[0]?.[0]))} TO ${name}`,
        );
        // So that the file says itself whose it is.
        await connection.run(
          `CREATE TABLE ${name}.maily_backup AS
           SELECT ${literal(region)} AS region, ${Date.now()}::BIGINT AS taken_at`,
        );
        // All of it in the one file that is sent: nothing is folded by itself (server/warehouse/file.ts).
        await connection.run(`CHECKPOINT ${name}`);
      } finally {
        await connection.run(`DETACH ${name}`);
      }
    });
    return await outgoingFile(path);
  } finally {
    await rm(path, { force: true });
    await rm(`${path}.wal`, { force: true });
  }
}

/** SHA-256 of a file, read piece by piece. */
export async function digestOf(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  const hash = createHash("sha256");
  for await (const part of handle.createReadStream()) hash.update(part as Uint8Array);
  return hash.digest();
}
