// Files that the operator names for the policy, read up to a limit.
import { open } from "node:fs/promises";
import { Problem } from "../../sdk/problem.ts";

/** `name` is the setting that names it. */
export interface NamedFile {
  readonly name: string;
  readonly path: string;
}

export const invalid = (error: string): Problem =>
  new Problem("configuration-invalid", { errors: [error] });

/** Throws Problem `configuration-invalid` where it cannot be read or is larger. */
export async function readAtMost({ name, path }: NamedFile, bytesMax: number) {
  try {
    await using file = await open(path);
    const bytes = Buffer.alloc(bytesMax + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      length += bytesRead;
      if (bytesRead === 0) break;
    }
    if (length <= bytesMax) return Buffer.from(bytes.subarray(0, length));
  } catch {
    throw invalid(`${name}: ${path} cannot be read; set it to a file that this user may read`);
  }
  throw invalid(`${name}: ${path} has more than ${bytesMax} bytes`);
}
