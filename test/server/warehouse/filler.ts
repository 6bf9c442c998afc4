// Fills a warehouse, for tests that end it or its disk: `filler.ts <path> <rows a batch> <text characters>` writes batch
// after batch from where the stored offset says, and prints `stored <offset>` after each. When one is refused it prints
// `refused`, reads what is there, prints `kept <submissions>`, deletes the ballast and goes on.
import { existsSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../../sdk/problem.ts";
import { countCampaign } from "../../../server/warehouse/counts.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { submissionRow } from "./row.ts";

const [path = "", rowsPerBatch = "100", characters = "20", ballast = ""] = process.argv.slice(2);
/** Batches written once there is room again. */
const batchesAfter = 10;

const warehouse = await Warehouse.open(path);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let next = (await warehouse.nextOffsets()).get(0) ?? 0n;
let left = Infinity;

while (left > 0) {
  const rows = Array.from({ length: Number(rowsPerBatch) }, (_, index) =>
    submissionRow(next + BigInt(index), [
      // Random, so that compression does not make the disk larger than it is.
      {
        question: "why",
        position: 0,
        text: Math.random().toString(36).repeat(200).slice(0, Number(characters)),
      },
      { question: "roast", position: 0, option: "dark" },
    ]),
  );
  const nextOffsets = new Map([[0, next + BigInt(rows.length)]]);
  try {
    await warehouse.write({ rows, nextOffsets, replay: false });
    next += BigInt(rows.length);
    left--;
    say(`stored ${next}`);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "region-unavailable") throw error;
    say("refused");
    const of = { tenant: 1, campaign: "AAAAAAAAAAA" };
    const counts = await warehouse.read((connection) => countCampaign(connection, of, []));
    say(`kept ${counts.submissions}`);
    if (existsSync(ballast)) {
      rmSync(ballast);
      left = batchesAfter;
    }
    await sleep(50);
  }
}
await warehouse.close();
