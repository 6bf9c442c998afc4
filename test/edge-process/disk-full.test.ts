// A full disk: what does not fit is refused, nothing is half done, and with room again everything goes on by itself.
import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Submission } from "../../sdk/schema/submission.ts";
import { publishTo, startEdge, type EdgeProcess } from "./edge-process.ts";
import { invite, submissionOf } from "./fixture.ts";
import { willing } from "./intake-peer.ts";

const run = promisify(execFile);
const diskMegabytes = 8;

/** A file system of its own, in memory; needs the right to mount one. */
async function mountSmall(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "maily-small-disk-"));
  const options = ["-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", folder];
  return run("mount", options).then(
    () => folder,
    async () => {
      await rm(folder, { recursive: true });
      return undefined;
    },
  );
}

const disk = await mountSmall();
if (disk === undefined)
  console.warn("no right to mount a file system: the full disk is not tested");

let edge: EdgeProcess;
beforeAll(async () => {
  if (disk !== undefined) edge = await startEdge({ folder: disk });
});
afterAll(async () => {
  if (disk === undefined) return;
  await edge.stop();
  await run("umount", [disk]);
  await rm(disk, { recursive: true });
});

const ballast = () => join(disk ?? "", "ballast");

async function fillDisk(): Promise<void> {
  const { bavail, bsize } = await statfs(disk ?? "");
  await writeFile(ballast(), Buffer.alloc(bavail * bsize));
}

const send = async (submission: Submission) => {
  const response = await fetch(`${edge.origin}/v1/answers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(submission),
  });
  const { receipt, code } = (await response.json()) as { receipt?: string; code?: string };
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    receipt,
    code,
  };
};

const idsTaken = () => edge.peers.eu.taken.map(({ record }) => record.submissionId);

test.skipIf(disk === undefined)(
  "answers that do not fit are refused; those acknowledged before arrive, and the refused once there is room",
  async () => {
    const campaign = await publishTo(edge);
    const { tenant, deployment } = edge.keys;
    const make = async () => submissionOf(deployment, await invite(tenant, campaign, "eu"));
    edge.peers.eu.mood = { ...willing, away: true };
    const acknowledged: Submission[] = [];
    for (let sent = 0; sent < 20; sent++) {
      const own = await make();
      expect((await send(own)).status).toBe(202);
      acknowledged.push(own);
    }
    await fillDisk();
    const refused: Submission[] = [];
    // What is left of the database's own pages takes some more.
    for (let sent = 0; sent < 2_000 && refused.length < 10; sent++) {
      const own = await make();
      const { status, code, retryAfter } = await send(own);
      if (status === 202) acknowledged.push(own);
      else {
        expect({ status, code }).toEqual({ status: 503, code: "region-unavailable" });
        expect(Number(retryAfter)).toBeGreaterThan(0);
        refused.push(own);
      }
    }
    expect(refused).toHaveLength(10);
    expect(edge.child.pid).toBeDefined();
    await rm(ballast());
    for (const own of refused) {
      let answer = await send(own);
      for (let tries = 0; answer.status === 503 && tries < 50; tries++) {
        await sleep(100);
        answer = await send(own);
      }
      expect(answer.status).toBe(202);
      acknowledged.push(own);
    }
    edge.peers.eu.mood = willing;
    const ids = acknowledged.map(({ submissionId }) => submissionId);
    await expect
      .poll(() => ids.filter((id) => !idsTaken().includes(id)), { timeout: 30_000 })
      .toEqual([]);
    expect(idsTaken()).toHaveLength(ids.length);
  },
  120_000,
);
