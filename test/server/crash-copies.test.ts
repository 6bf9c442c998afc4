// What is copied and exported while the process is killed, or the disk is full: nothing is lost or left behind, and answers go on.
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { hasOwnDisks, onSmallDisk, ServerProcess } from "./process.ts";
import { codeOf, TestRegion, until } from "./region.ts";
import { answerOf } from "./sealed.ts";

const words = "so many words that a copy of them takes its time ".repeat(15);

async function answered(
  region: TestRegion,
  campaign: Awaited<ReturnType<TestRegion["published"]>>,
  count: number,
): Promise<void> {
  for (let start = 0; start < count; start += 20)
    await region.take(
      ...(await Promise.all(
        Array.from({ length: Math.min(20, count - start) }, () =>
          answerOf(region.keys, campaign, { answers: { roast: "dark", why: words } }),
        ),
      )),
    );
  await region.ingested();
}

test(
  "a server killed while it copies and exports starts with every answer, and nothing of the copies",
  { timeout: 120_000 },
  async () => {
    const region = await TestRegion.prepare();
    let server = new ServerProcess(region.environment);
    region.at(await server.ready);
    const campaign = await region.published();
    const path = `/v1/campaigns/${campaign.id}/export`;
    let count = 0;
    for (const delay of [5, 20, 60, 150]) {
      await answered(region, campaign, 100);
      count += 100;
      const asked = [
        region.operator("/v1/backup"),
        region.get(`${path}?format=parquet`, region.keys.tenant.token),
        region.get(path, region.keys.tenant.token),
      ].map((response) => response.then((some) => some.arrayBuffer()).catch(() => undefined));
      // And commits meanwhile.
      const more = await answerOf(region.keys, campaign, { answers: { roast: "dark" } });
      const taken = region.take(more).catch(() => undefined);
      await sleep(delay);
      expect(await server.end("SIGKILL")).toBe("SIGKILL");
      await Promise.all([...asked, taken]);
      server = new ServerProcess(region.environment);
      region.at(await server.ready);
      // As the edge does: until it is acknowledged.
      await region.take(more);
      count++;
      await region.ingested();
      expect(await region.results(campaign)).toMatchObject({ answers: count });
      const { MAILY_DATA_DIR: data = "" } = region.environment;
      expect(await readdir(join(data, "warehouse.duckdb.out"))).toEqual([]);
    }
    expect((await region.operator("/v1/backup")).status).toBe(200);
    expect(await server.end("SIGTERM")).toBe(0);
  },
);

test.skipIf(!hasOwnDisks)(
  "a copy that the disk has no room for is refused, and answers go on",
  { timeout: 120_000 },
  async () => {
    const region = await TestRegion.prepare();
    const { MAILY_DATA_DIR: data = "" } = region.environment;
    // What the copy needs is not there, on a disk of its own; what the answers need is. Mounted from within the namespace.
    const smaller = `(until [ -e ${region.folder}/full ]; do sleep 0.1; done;
      mount -t tmpfs -o size=256k tmpfs ${data}/warehouse.duckdb.out && touch ${region.folder}/small) & exec "$@"`;
    const disk = [...onSmallDisk(data, 64, 1_000), "sh", "-c", smaller, "sh"];
    const server = new ServerProcess(region.environment, disk);
    region.at(await server.ready);
    const campaign = await region.published();
    await answered(region, campaign, 60);
    expect((await region.operator("/v1/backup")).status).toBe(200);
    await writeFile(`${region.folder}/full`, "");
    await until(async () => existsSync(`${region.folder}/small`));
    for (let time = 0; time < 3; time++) {
      const response = await region.operator("/v1/backup");
      expect(response.status).toBe(503);
      expect(await codeOf(response)).toBe("region-unavailable");
      await answered(region, campaign, 20);
    }
    const { answers } = await region.results(campaign);
    await answered(region, campaign, 5);
    expect(await region.results(campaign)).toMatchObject({ answers: answers + 5 });
    expect(await server.end("SIGTERM")).toBe(0);
  },
);
