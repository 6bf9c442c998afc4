// Room on the disk, looked for before a commit: DuckDB 1.5 ends the whole process where a commit that changed a reader who was
// there fails in its last step, the flush of its log (taking it back, it finds the reader's key in the index twice).
import { statfsSync } from "node:fs";

/** As much as the sealed records of the largest commit (server/commits.ts). With less free than this nothing is written. */
export const roomBytesMin = 8_388_608;

/** Whether the folder's disk has it; not where the disk does not say. Some microseconds. */
export function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= roomBytesMin;
  } catch {
    return false; // Gone, or failing: that passes or is mended, and is no fault of what is to be written.
  }
}
