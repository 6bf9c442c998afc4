// A disk of its own for a folder, that can be made full and roomy again: a tmpfs whose size is cut down to what is in use.
// Needs the right to mount; where there is none, the run says what it could not show.
import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { mkdir, statfs } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
/** More than a run of a million answers keeps; memory is only taken for what is written. */
const roomyMegabytes = 6_144;
const kilobyte = 1_024;
/** Left free when full, so that it is the next write of any size that fails, and not the one under way. */
const leftKilobytes = 8;
const fillTriesMax = 50;
/** With less than this left the next page of a database does not fit, or has failed already. */
const fullBytes = 4_097;

export class Volume {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Throws Error where mounting is not permitted, with what the system said. */
  static async mount(folder: string): Promise<Volume> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const options = `size=${roomyMegabytes}m,mode=0700`;
    await run("mount", ["-t", "tmpfs", "-o", options, "maily-chaos", folder]);
    return new Volume(folder);
  }

  async fill(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { blocks, bfree, bsize } = await statfs(this.folder);
      const usedKilobytes = Math.ceil(((blocks - bfree) * bsize) / kilobyte);
      try {
        await this.#resize(usedKilobytes + leftKilobytes * tries);
        return;
      } catch (error) {
        // More was written between the look and the cut than was left.
        if (tries === fillTriesMax) throw error;
      }
    }
  }

  /** Whether what was left was written too. */
  isFull(): boolean {
    const { bfree, bsize } = statfsSync(this.folder);
    return bfree * bsize < fullBytes;
  }

  empty(): Promise<void> {
    return this.#resize(roomyMegabytes * kilobyte);
  }

  async unmount(): Promise<void> {
    // Lazily: a process that is ending may still have a file open.
    await run("umount", ["-l", this.folder]);
  }

  async #resize(kilobytes: number): Promise<void> {
    await run("mount", ["-o", `remount,size=${kilobytes}k`, this.folder]);
  }
}
