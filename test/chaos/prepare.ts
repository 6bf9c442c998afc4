// Has every answer of a run sealed before the run, by as many threads as there are cores.
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { Share } from "./prepare-worker.ts";

/** Two, whatever the machine: a file a thread and region, and the mix is the same everywhere. */
export const workers = 2;

const progressMilliseconds = 10_000;

/** Resolves when all is on disk; `progress` is told now and then how many answers are sealed. */
export async function prepare(
  share: Omit<Share, "worker" | "workers" | "prepared">,
  progress: (answers: number) => void,
): Promise<void> {
  await mkdir(share.folder, { recursive: true, mode: 0o700 });
  const prepared = new Int32Array(new SharedArrayBuffer(workers * 4));
  const telling = setInterval(
    () => progress(prepared.reduce((sum, answers) => sum + answers, 0)),
    progressMilliseconds,
  );
  try {
    await Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        const workerData: Share = { ...share, worker, workers, prepared };
        const thread = new Worker(new URL("./prepare-worker.ts", import.meta.url), { workerData });
        // An error of the thread rejects here.
        const [code] = (await once(thread, "exit")) as [number]; // What node:worker_threads emits.
        if (code !== 0) throw new Error(`a thread that seals answers ended with ${code}`);
      }),
    );
  } finally {
    clearInterval(telling);
  }
}
