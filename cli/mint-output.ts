// Where a minting is written, so that one that was stopped goes on without a reader doubled or missing: beside the file lies
// a journal of how far it is whole. What stands behind that was not promised, and is cut off.
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { Problem } from "../sdk/problem.ts";

/** Rows between two entries of the journal: at most so many are minted twice when a run is resumed. */
export const rowsPerEntry = 5_000;
const bufferBytes = 262_144;

const Journal = z.strictObject({
  maily: z.literal(1),
  /** Of everything that decides what is written. */
  digest: z.string(),
  /** The line of the readers file up to which all is written. */
  row: z.int().min(0),
  minted: z.int().min(0),
  faults: z.int().min(0),
  /** Of the output. */
  bytes: z.int().min(0),
});
export type MintProgress = Pick<z.infer<typeof Journal>, "row" | "minted" | "faults">;

export const journalFile = (out: string): string => `${out}.journal`;

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

async function journalOf(out: string, digest: string): Promise<z.infer<typeof Journal>> {
  const file = journalFile(out);
  const text = await readFile(file, "utf8");
  const parsed = Journal.safeParse(
    await Promise.resolve(text)
      .then((json): unknown => JSON.parse(json))
      .catch(() => undefined),
  );
  if (!parsed.success) return refuse(`${file} is not a journal of \`maily mint\`.`);
  if (parsed.data.digest !== digest)
    refuse(
      `${out} was begun with other readers, another campaign or other options. Give the same ones, or remove ${out} and ${file} and begin again.`,
    );
  return parsed.data;
}

export class MintOutput {
  /** What an earlier run had done; all 0 where this is the first. */
  readonly earlier: MintProgress;
  readonly #out: string;
  readonly #digest: string;
  /** Undefined where messages go into a folder, each a file. */
  readonly #file: FileHandle | undefined;
  #bytes: number;
  /** Written again and again: a million readers leave no garbage here. */
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #filled = 0;

  private constructor(
    out: string,
    digest: string,
    file: FileHandle | undefined,
    journal: MintProgress & { bytes: number },
  ) {
    this.#out = out;
    this.#digest = digest;
    this.#file = file;
    this.#bytes = journal.bytes;
    const { row, minted, faults } = journal;
    this.earlier = { row, minted, faults };
  }

  /**
   * Begins the output at `out`, or goes on with one that was stopped. `digest` names everything that decides what is
   * written. Problem: configuration-invalid where there is something else, or nothing to resume.
   */
  static async open(
    out: string,
    { digest, resume, folder }: { digest: string; resume: boolean; folder: boolean },
  ): Promise<MintOutput> {
    await mkdir(dirname(out), { recursive: true });
    const stopped = existsSync(journalFile(out));
    if (stopped && !resume)
      refuse(`${out} is of a run that was stopped. Add --resume to go on with it, or remove it.`);
    if (!stopped && existsSync(out))
      refuse(`${out} is there already${resume ? ", and whole" : ""}. Remove it, or name another.`);
    const journal = stopped
      ? await journalOf(out, digest)
      : { row: 0, minted: 0, faults: 0, bytes: 0 };
    const file = folder ? undefined : await open(out, "a", 0o600);
    const output = new MintOutput(out, digest, file, journal);
    if (file !== undefined) {
      if ((await file.stat()).size < journal.bytes)
        refuse(`${out} is shorter than its journal says. Remove both, and begin again.`);
      await file.truncate(journal.bytes);
    }
    await output.note(output.earlier);
    return output;
  }

  /** Whether nothing was written yet: a table's first line is due. */
  get isNew(): boolean {
    return this.#bytes === 0;
  }

  async write(text: string): Promise<void> {
    const bytes = Buffer.byteLength(text);
    if (this.#filled + bytes > bufferBytes) await this.#flush();
    if (bytes > bufferBytes) await this.#append(Buffer.from(text));
    else this.#filled += this.#buffer.write(text, this.#filled);
  }

  /** Everything up to `progress` is on disk once this resolves, and never written again. */
  async note(progress: MintProgress): Promise<void> {
    await this.#flush();
    await this.#file?.datasync();
    const { row, minted, faults } = progress;
    const journal = { maily: 1, digest: this.#digest, row, minted, faults, bytes: this.#bytes };
    const written = `${journalFile(this.#out)}.new`;
    await writeFile(written, JSON.stringify(journal), { mode: 0o600, flush: true });
    await rename(written, journalFile(this.#out));
  }

  /** Ends the output: whole, and no journal beside it any more. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#file?.datasync();
    await this.#file?.close();
    await rm(journalFile(this.#out), { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (bytes.length > 0) await this.#append(bytes);
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#file?.appendFile(bytes);
    this.#bytes += bytes.length;
  }
}
