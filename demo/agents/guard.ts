// Compliance Guard: what agents asked for, what they were refused and why, and whether what was given is what policy promises.
import type { ToolOutput } from "../../sdk/schema/agent-tools.ts";
import type { LoggedDecision } from "../../sdk/schema/agents.ts";
import { ask, comment, type Run } from "./agent.ts";

/** The least floor that the embedded policy keeps. */
const floorMin = 5;
const segmentsMax = 50;
/** So many refusals of one kind are no slip. */
const repeated = 3;
/** Given together they let what a stranger wrote meet what is worth stealing. */
const secrets = ["reader", "preferences", "amount", "orders"] as const;
/** No role is ever given these. */
const never = ["text.uncleared", "contact", "invitation", "receipt"] as const;

type Row = ToolOutput<"list_segments">["segments"][number];

export async function guard(run: Run): Promise<void> {
  const listed = await ask(run, "list_segments", {}, "Looks which segments agents can use.");
  if (listed !== undefined && listed.withheld > 0)
    finding(
      run,
      `${listed.withheld === 1 ? "One segment is" : `${listed.withheld} segments are`} kept from this guard: its token lacks the purpose, or the notice does.`,
    );
  for (const row of listed?.segments.slice(0, segmentsMax) ?? []) await checkSegment(run, row);
  const given = await ask(run, "explain_decision", { limit: 50 }, "Reads what was decided last.");
  const why = "Reads what was refused last.";
  const denied = await ask(run, "explain_decision", { denied: true, limit: 50 }, why);
  const faults = [...faultsOf(given?.decisions ?? []), ...refusals(denied?.decisions ?? [])];
  for (const { text, decision, reasons } of faults) finding(run, text, decision, reasons);
  if (given !== undefined && faults.length === 0)
    run.say({
      agent: run.agent,
      kind: "noticed",
      text: `${given.decisions.length} decisions read: every one gave no more than its role may have.`,
    });
  await comment(run, faults);
}

function finding(
  { agent, say }: Run,
  text: string,
  decision?: string,
  reasons?: readonly string[],
): void {
  say({ agent, kind: "finding", text, decision, reasons });
}

/** A purpose that the notice no longer has shows by being refused; a floor by standing in the answer. */
async function checkSegment(run: Run, { segment, name = segment, ...row }: Row): Promise<void> {
  const told = await run.connection.call("get_segment", { segment });
  if (!told.ok) {
    const gone = told.reasons.some((reason) => reason.startsWith("purpose-not-consented"));
    const why = gone ? "its purpose is no longer in the campaign's notice" : told.code;
    return finding(run, `“${name}” gives nothing: ${why}.`, told.decision, told.reasons);
  }
  const { consent, size, floor = 0, questions, decision } = told.value;
  if (consent.purpose === undefined)
    finding(run, `“${name}” does not say what for it is counted.`, decision);
  if (floor < floorMin || (size !== undefined && size < floor))
    finding(run, `“${name}” tells ${size ?? 0} readers at a floor of ${floor}.`, decision);
  const small = (questions ?? []).flatMap(({ options = [] }) =>
    options.filter(({ count }) => count !== undefined && count > 0 && count < floor),
  );
  if (small.length > 0)
    finding(run, `“${name}” tells counts below its floor of ${floor}.`, decision);
  if (row.purpose !== undefined && consent.purpose !== undefined && row.purpose !== consent.purpose)
    finding(run, `“${name}” is listed for ${row.purpose} and counted for ${consent.purpose}.`);
}

interface Fault {
  readonly text: string;
  readonly decision: string;
  readonly reasons: readonly string[];
}

/** What was given that should not have been. */
export function faultsOf(decisions: readonly LoggedDecision[]): Fault[] {
  const faults = decisions.flatMap(
    ({ allowed, columns, decision, reasons, role, subject, tool }) => {
      if (!allowed) return [];
      const has = (column: string): boolean => columns.includes(column);
      const of = { decision, reasons };
      const who = `${subject} (${role}) by ${tool ?? "a segment"}`;
      return [
        ...never.filter(has).map((column) => ({ ...of, text: `${who} was given ${column}.` })),
        ...(has("text") && secrets.some(has)
          ? [
              {
                ...of,
                text: `${who} was given texts together with ${secrets.filter(has).join(", ")}.`,
              },
            ]
          : []),
        ...(has("amount") && role !== "campaign_strategist"
          ? [{ ...of, text: `${who} was given revenue.` }]
          : []),
      ];
    },
  );
  const [newest] = decisions;
  const other = decisions.find(({ policy }) => policy !== newest?.policy);
  return newest === undefined || other === undefined
    ? faults
    : [
        ...faults,
        {
          text: "The policy was changed between the last decisions.",
          decision: other.decision,
          reasons: [],
        },
      ];
}

/** Refusals of one kind together; one that repeats, or reaches for another tenant or for money, is worth a person's look. */
export function refusals(decisions: readonly LoggedDecision[]): Fault[] {
  const groups = new Map<string, [LoggedDecision, ...LoggedDecision[]]>();
  for (const decision of decisions) {
    const { subject, role, tool = "a segment", reasons } = decision;
    const words = reasons.map((reason) => reason.split(":")[0]).join(", ");
    const key = `${subject} (${role}) was refused ${tool}: ${words}`;
    groups.set(key, [decision, ...(groups.get(key) ?? [])]);
  }
  return Array.from(groups).flatMap(([text, [latest, ...others]]) => {
    const times = others.length + 1;
    const grave = latest.reasons.some((reason) =>
      /^(tenant-mismatch|revenue-reserved)/.test(reason),
    );
    if (times < repeated && !grave) return [];
    return [
      {
        text: `${text}, ${times === 1 ? "once" : `${times} times`}.`,
        decision: latest.decision,
        reasons: latest.reasons,
      },
    ];
  });
}
