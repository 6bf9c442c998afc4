import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { Problem } from "../sdk/problem.ts";

/** The largest configuration file that is read. */
const fileBytesMax = 4_194_304;

/**
 * A JSON file of `schema`'s shape. Throws Problem configuration-invalid that names the file and the place, never its
 * content; `remedy` is what to do where there is no such file.
 */
export async function readJson<T>(
  file: string,
  schema: z.ZodType<T>,
  {
    remedy = "Run `maily keygen`, or name the folder with --keys.",
    bytesMax = fileBytesMax,
  }: { readonly remedy?: string; readonly bytesMax?: number } = {},
): Promise<T> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Problem("configuration-invalid", {
      detail: `${file} cannot be read (${cause.code ?? "error"}). ${remedy}`,
    });
  });
  if (text.length > bytesMax)
    throw new Problem("configuration-invalid", {
      detail: `${file} is over ${bytesMax} bytes.`,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem("configuration-invalid", { detail: `${file} is not JSON.` });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem("configuration-invalid", {
    detail: `${file} does not have the expected shape.`,
    errors: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
  });
}
