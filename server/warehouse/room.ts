// Room on the disk, looked for before a commit: DuckDB 1.5 ends the whole process where a commit that changed a reader who was
// there fails in its last step, the flush of its log (taking it back, it finds the reader's key in the index twice).
import { statfsSync } from "node:fs";
import { Problem } from "../../sdk/problem.ts";

/** More than the log of the largest commit (server/commits.ts). With less free than this nothing is written. */
export const roomBytesMin = 8_388_608;
const retryAfterSeconds = 2;

/** Throws Problem `region-unavailable` where the folder's disk has too little. Some microseconds. */
export function requireRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < roomBytesMin) throw new Problem("region-unavailable", { retryAfterSeconds });
}
