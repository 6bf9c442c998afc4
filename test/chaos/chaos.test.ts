// Promise 1, by counting: three regions on three real Kafka brokers, one edge on plain workerd, and every kind of fault while
// answers arrive. The same engine as `npm run chaos`, with one seed.
import { expect, test } from "vitest";
import { regions } from "../../sdk/region.ts";
import { ledgerFile, reckon, runChaos, type ChaosOptions } from "./chaos.ts";
import { LedgerWriter } from "./ledger.ts";
import type { Reckoned } from "./reconcile.ts";
import { faultsOf, tableOf, unfeltIn } from "./report.ts";
import { faultKinds } from "./schedule.ts";

const options: ChaosOptions = {
  seed: 20_261_121,
  answers: 6_000,
  kinds: faultKinds,
  stream: "kafka",
  perSecond: 450,
  awayMilliseconds: 8_000,
  brokenDrain: false,
  keep: false,
};
const log = (line: string): void => console.log(line);

test(
  `counts every one of ${options.answers} acknowledged answers once in its region through every fault`,
  { timeout: 600_000 },
  async () => {
    let withOneMore: Reckoned | undefined;
    const report = await runChaos(options, log, async (world) => {
      // The control: an acknowledgement of what was never sent must be reported by the same reckoning.
      const ledger = new LedgerWriter(ledgerFile(world.folder));
      const id = Buffer.from("this was not it!");
      ledger.append({ outcome: "acknowledged", region: "eu", kind: "answer", id, reader: id });
      ledger.close();
      withOneMore = await reckon(world);
    });
    console.log(tableOf(report));
    expect(faultsOf(report)).toEqual([]);
    const answered = regions.map((region) => report.counts[region].acknowledged);
    expect(Math.min(...answered)).toBeGreaterThan(options.answers / 4);
    // The faults must have been felt, or nothing was shown; and what cannot be done on this machine is said.
    expect(Object.keys(report.statuses)).toEqual(
      expect.arrayContaining(["202", "503 region-unavailable", "unreachable"]),
    );
    // A full disk may go unseen on a busy machine; test/edge-process/disk-full.test.ts meets one for certain.
    expect(unfeltIn(report).filter((kind) => kind !== "disk")).toEqual([]);
    expect(withOneMore?.counts.eu).toMatchObject({
      ...report.counts.eu,
      sent: report.counts.eu.sent + 1,
      acknowledged: report.counts.eu.acknowledged + 1,
      lost: 1,
      missingInTopic: 1,
      missingInOpened: 1,
      missingInSnowflake: 1,
    });
  },
);

test(
  "finds answers lost where the outbox forgets them before the region's server has them",
  { timeout: 300_000 },
  async () => {
    const report = await runChaos(
      { ...options, answers: 600, kinds: ["kill", "cut"], stream: "embedded", brokenDrain: true },
      log,
    );
    expect(report.counts.eu.lost + report.counts.us.lost).toBeGreaterThan(0);
    expect(faultsOf(report)).not.toEqual([]);
  },
);
