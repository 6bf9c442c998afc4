// What the processes' logs say of what should not be: asked for when a run has failed and its folder has gone.
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

const telling =
  /"event":"(dead-letter|fault|parked|warehouse-refused)".*?"(?:code|fault|kind)":"([^"]*)"/;

/** `eu.log dead-letter internal` → how often; a process that ended by itself is `terminate`. */
export async function saidIn(folder: string): Promise<Readonly<Record<string, number>>> {
  const said: Record<string, number> = {};
  const count = (what: string): void => {
    said[what] = (said[what] ?? 0) + 1;
  };
  for (const name of await readdir(join(folder, "log"))) {
    const lines = createInterface({ input: createReadStream(join(folder, "log", name)) });
    for await (const line of lines) {
      const [, event, what] = telling.exec(line) ?? [];
      if (event !== undefined) count(`${name} ${event} ${what}`);
      else if (line.startsWith("terminate called")) count(`${name} terminate`);
    }
  }
  return said;
}
