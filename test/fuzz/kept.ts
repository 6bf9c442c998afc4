// What was found once is tried first ever after: test/fuzz/kept/<target>.json, a list of base64.
import { readFile, writeFile, mkdir } from "node:fs/promises";

const folder = new URL("kept/", import.meta.url);

export async function keptInputs(target: string): Promise<Uint8Array[]> {
  const text = await readFile(new URL(`${target}.json`, folder), "utf8").catch(() => "[]");
  return (JSON.parse(text) as string[]).map((input) => Buffer.from(input, "base64")); // Written below.
}

/** Adds inputs, each once. */
export async function keepInputs(target: string, inputs: readonly string[]): Promise<void> {
  const known = await keptInputs(target);
  const all = new Set([...known.map((input) => Buffer.from(input).toString("base64")), ...inputs]);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${target}.json`, folder), `${JSON.stringify([...all], undefined, 2)}\n`);
}
