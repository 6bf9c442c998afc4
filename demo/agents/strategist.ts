// Campaign Strategist: when a segment crosses its floor or moves, what sets it apart, what it buys, and what to do next.
import type { ToolOutput } from "../../sdk/schema/agent-tools.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, comment, percent, type Run } from "./agent.ts";
import { mostApart, type Apart } from "./apart.ts";
import type { Followed } from "./connection.ts";

/** Proposals of one look, the largest segments first. */
const proposalsMax = 5;
/** A segment has moved once it differs by so much from when it was last looked at. */
const movedShare = 0.1;
/** A stream that ended is opened again after so long. */
const againMs = 1_000;

type Row = ToolOutput<"list_segments">["segments"][number];

export async function strategist(run: Run): Promise<void> {
  const listed = await ask(run, "list_segments", {}, "Looks which segments there are.");
  const rows = listed?.segments.filter(({ size }) => size !== undefined) ?? [];
  const largest = rows.toSorted((one, next) => (next.size ?? 0) - (one.size ?? 0));
  if (listed !== undefined && largest.length === 0)
    run.say({
      agent: run.agent,
      kind: "noticed",
      text: "No segment stands above its floor yet: there is nothing to propose.",
    });
  const findings: object[] = [];
  for (const row of largest.slice(0, proposalsMax))
    findings.push(...(await propose(run, row.segment, "stands above its floor")));
  await comment(run, findings);
  if (run.signal !== undefined) await follow(run, run.signal, listed?.segments ?? []);
}

/** Until it is told to end: a stream that ends with its token is followed by another, with whatever token there is then. */
async function follow(run: Run, signal: AbortSignal, rows: readonly Row[]): Promise<void> {
  const seen = new Map(rows.map(({ segment, size }) => [segment, size] as const));
  while (!signal.aborted) {
    for await (const change of run.connection.follow(signal)) {
      const moved = movementOf(seen.get(change.segment), change);
      if (moved === undefined) continue;
      seen.set(change.segment, change.size);
      const { segment, name = segment } = change;
      run.say({ agent: run.agent, kind: "noticed", text: `“${name}” ${moved}.` });
      if (change.size !== undefined) await comment(run, await propose(run, segment, moved));
    }
    await sleep(againMs, undefined, { signal });
  }
}

/** In words what happened, where it is worth another look. Absent sizes are below the floor. */
export function movementOf(before: number | undefined, change: Followed): string | undefined {
  const { size, floor = 0, paused } = change;
  if (size === before || paused !== undefined) return undefined;
  if (size === undefined) return `fell below its floor of ${floor}; nothing is told of it now`;
  if (before === undefined) return `reached its floor of ${floor}: ${size} readers`;
  if (Math.abs(size - before) < Math.max(1, before * movedShare)) return undefined;
  return `went from ${before} to ${size} readers`;
}

async function propose(run: Run, id: string, occasion: string): Promise<object[]> {
  const segment = await ask(run, "get_segment", { segment: id }, `Looks at what ${id} chose.`);
  const { campaign, purpose, size, floor = 0, name = id, questions = [] } = segment ?? {};
  if (campaign === undefined || size === undefined) return [];
  const of = { campaign, ...(purpose !== undefined && { purpose }) };
  const all = await ask(run, "get_campaign_results", of, "Compares it with the whole campaign.");
  const apart = mostApart(questions, all?.questions ?? []);
  const money = await revenueFor(run, campaign, apart);
  const said = [
    `“${name}” ${occasion}: ${size} readers (floor ${floor}).`,
    apart === undefined
      ? "Its answers are those of everybody: say the same to them as to all."
      : `${percent(apart.within)} of them chose “${apart.option}” at “${apart.question}”, of all ${percent(apart.overall)}.`,
    ...money,
    apart !== undefined && apart.within > apart.overall
      ? `Next: a mail to this segment that begins with “${apart.option}”, to half of it, and compare.`
      : "Next: ask this segment one more question before it is mailed.",
  ];
  run.say({
    agent: run.agent,
    kind: "proposes",
    text: said.join(" "),
    decision: segment?.decision,
  });
  return [{ segment: name, size, floor, apart, money }];
}

/** What those who chose it buy, and whether that is more than chance; nothing where the policy or too few readers say so. */
async function revenueFor(run: Run, campaign: string, apart: Apart | undefined): Promise<string[]> {
  if (apart === undefined) return [];
  const { questionId: question, optionId: option } = apart;
  const why = "Looks what those who chose it buy.";
  const revenue = await ask(run, "get_revenue_metrics", { campaign, by: { question } }, why);
  if (revenue === undefined) return [];
  const bought = revenue.by?.options.find((cell) => cell.option === option)?.conversion;
  const all = revenue.total.conversion;
  if (bought === undefined || all === undefined)
    return ["Too few bought to say what follows from it."];
  const lift = { question, option, kind: "purchase" };
  const surely = "Looks whether that is more than chance.";
  const results = await ask(run, "get_campaign_results", { campaign, lift }, surely);
  const ratio = results?.lift?.anyone;
  const times =
    ratio === undefined
      ? []
      : [
          `That is ${ratio.ratio.toFixed(1)} × as many as of the others (95 %: ${ratio.low.toFixed(1)} to ${ratio.high.toFixed(1)})${ratio.low > 1 || ratio.high < 1 ? "" : ", which may be chance"}.`,
        ];
  return [
    `Of those who chose it ${percent(bought.share)} bought (95 %: ${percent(bought.low)} to ${percent(bought.high)}), of all ${percent(all.share)}.`,
    ...times,
  ];
}
