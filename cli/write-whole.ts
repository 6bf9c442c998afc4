import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file beside its place, on disk, and then puts it there: whoever reads it finds the old one or the new one, whole.
 * Once this resolves the new one outlives a power cut, and what is written after it is never there without it.
 */
export async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const handle = await open(`${file}.new`, "w", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  // The new name is in its folder, which Windows does not open.
  if (process.platform === "win32") return;
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
