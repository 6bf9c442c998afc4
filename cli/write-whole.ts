import { open, rename } from "node:fs/promises";

/** Writes a file beside its place, on disk, and then puts it there: whoever reads it finds the old one or the new one, whole. */
export async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const handle = await open(`${file}.new`, "w", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
