// What a run found, for people; and whether it is what was promised.
import { regions } from "../../sdk/region.ts";
import type { ChaosReport } from "./chaos.ts";
import type { RegionCounts } from "./reconcile.ts";
import type { FaultKind } from "./schedule.ts";

const rows: readonly (readonly [string, keyof RegionCounts])[] = [
  ["sent", "sent"],
  ["acknowledged", "acknowledged"],
  ["refused for good", "refused"],
  ["given up", "open"],
  ["in the topic", "inTopic"],
  ["  more than once there", "topicDuplicates"],
  ["in the warehouse", "inWarehouse"],
  ["opened records", "inOpened"],
  ["  again with the same id", "openedRepeats"],
  ["in Snowflake", "inSnowflake"],
  ["LOST", "lost"],
  ["not in the topic", "missingInTopic"],
  ["not among the opened", "missingInOpened"],
  ["not in Snowflake", "missingInSnowflake"],
  ["landed twice", "landedTwice"],
  ["DOUBLED", "doubled"],
  ["IN THE WRONG REGION", "misplaced"],
  ["unknown", "unknown"],
  ["receipts that differ", "otherReceipts"],
];

/** Any of these breaks a promise. */
const broken: readonly (keyof RegionCounts)[] = [
  "lost",
  "missingInTopic",
  "missingInOpened",
  "missingInSnowflake",
  "landedTwice",
  "doubled",
  "misplaced",
  "unknown",
  "otherReceipts",
  "refused",
  // Every fault is over long before a device gives up: an edge that still takes nothing is broken.
  "open",
];

const line = (name: string, values: readonly number[]): string =>
  [
    name.padEnd(24),
    ...[...values, values.reduce((sum, value) => sum + value, 0)].map((value) =>
      String(value).padStart(10),
    ),
  ].join("");

/** Kinds that were struck, and met nothing: the run says nothing about them. */
export function unfeltIn({ faults, options: { kinds } }: ChaosReport): FaultKind[] {
  return kinds.filter((kind) => {
    const struck = faults.filter(({ fault }) => fault.kind === kind);
    return struck.length > 0 && !struck.some(({ befell }) => befell);
  });
}

export function tableOf(report: ChaosReport): string {
  const { counts, refused, seconds, felt } = report;
  const head = ["".padEnd(24), ...[...regions, "all"].map((name) => name.padStart(10))].join("");
  const sending = Math.round(seconds.sending);
  const acknowledged = regions.reduce((sum, region) => sum + counts[region].acknowledged, 0);
  return [
    head,
    ...rows.map(([name, key]) =>
      line(
        name,
        regions.map((region) => counts[region][key]),
      ),
    ),
    line(
      "dead letters",
      regions.map((region) => refused[region].deadLetters),
    ),
    line(
      "parked at the edge",
      regions.map((region) => refused[region].parked),
    ),
    ...Object.keys(report.segments.told.eu).flatMap((segment) =>
      (["told", "counted"] as const).map((by) =>
        line(
          `segment ${segment}, ${by === "told" ? "told" : "by SQL"}`,
          regions.map((region) => report.segments[by][region][segment] ?? 0),
        ),
      ),
    ),
    "",
    `faults: ${report.faults.filter(({ befell }) => befell).length} of ${report.faults.length} befell something`,
    ...report.skipped.map((what) => `SKIPPED ${what}`),
    ...unfeltIn(report).map((kind) => `NOT FELT ${kind}: none of its faults befell anything`),
    `acknowledged ${Math.round(acknowledged / seconds.sending)} a second over ${sending} s; prepared in ${Math.round(seconds.preparing)} s, settled in ${Math.round(seconds.settling)} s, counted in ${Math.round(seconds.counting)} s`,
    `readers: in quiet times ${felt.quietAnswers === 0 ? "none answered" : `p50 ${felt.quietP50.toFixed(1)} ms, p99 ${felt.quietP99.toFixed(1)} ms (${felt.quietAnswers} answers)`}; longest time without any acknowledgement ${(felt.longestGap / 1_000).toFixed(1)} s`,
    `answers by status: ${Object.entries(report.statuses)
      .map(([status, count]) => `${status} × ${count}`)
      .join(", ")}`,
    ...Object.entries(report.said).map(([what, times]) => `logged: ${what} × ${times}`),
    ...Object.entries(report.samples).map(([what, ids]) => `${what}: ${ids.slice(0, 5).join(" ")}`),
  ].join("\n");
}

/** What breaks a promise, in words; empty where nothing does. */
export function faultsOf(report: ChaosReport): string[] {
  const { counts, refused, stillWaiting, segments } = report;
  const found: string[] = [];
  for (const region of regions) {
    for (const key of broken)
      if (counts[region][key] > 0) found.push(`${region}: ${key} ${counts[region][key]}`);
    for (const key of ["parked", "deadLetters"] as const)
      if (refused[region][key] !== 0) found.push(`${region}: ${key} ${refused[region][key]}`);
  }
  for (const region of regions)
    for (const [segment, counted] of Object.entries(segments.counted[region])) {
      const told = segments.told[region][segment] ?? 0;
      if (told !== counted)
        found.push(`${region}: segment ${segment} tells ${told} readers, and SQL ${counted}`);
    }
  const { outbox, lag, beyond } = stillWaiting;
  if (outbox !== 0 || lag !== 0 || beyond !== 0)
    found.push(`still waiting: ${outbox} in outboxes, ${lag} to ingest, ${beyond} beyond`);
  return found;
}
