// Toolsmith: questions nobody answers, options nobody takes, segments nobody can use, with what would mend them ready to paste.
import type { ToolOutput } from "../../sdk/schema/agent-tools.ts";
import { ask, comment, percent, type Run } from "./agent.ts";
import { readTexts } from "./written.ts";

const campaignsMax = 10;
const segmentsProposedMax = 3;
const questionsSaidMax = 3;
/** A question that fewer answer is in the way. */
const answeredShareMin = 0.5;
/** Options chosen by such a share divide readers into two groups worth telling apart. */
const dividing = { from: 0.2, to: 0.8 } as const;

type Results = ToolOutput<"get_campaign_results">;
type Row = ToolOutput<"list_segments">["segments"][number];

export async function toolsmith(run: Run): Promise<void> {
  const listed = await ask(run, "list_segments", {}, "Looks which segments there are.");
  const rows = listed?.segments ?? [];
  if (listed !== undefined && rows.length === 0)
    run.say({
      agent: run.agent,
      kind: "noticed",
      text: "No segment is declared yet: `maily segments push` takes a file of them.",
    });
  for (const row of rows) sayOfSegment(run, row);
  const campaigns = new Map(
    rows.flatMap(({ campaign, purpose }) =>
      campaign === undefined || purpose === undefined ? [] : [[campaign, purpose] as const],
    ),
  );
  const findings: object[] = [];
  for (const [campaign, purpose] of [...campaigns].slice(0, campaignsMax)) {
    const of = { campaign, purpose };
    const why = "Looks how each question is answered.";
    const results = await ask(run, "get_campaign_results", of, why);
    if (results === undefined || results.belowFloor) continue;
    sayOfQuestions(run, results);
    proposeSegments(run, results, purpose, rows);
    findings.push({ title: results.title, questions: results.questions });
    findings.push(...(await readTexts(run, results, purpose)));
  }
  await comment(run, findings);
}

function sayOfSegment({ agent, say }: Run, { segment, name = segment, paused, ...row }: Row): void {
  if (paused !== undefined)
    say({ agent, kind: "finding", text: `“${name}” is not counted at present: ${paused}.` });
  else if (row.belowFloor === true)
    say({
      agent,
      kind: "finding",
      text: `“${name}” has fewer readers than its floor of ${row.floor ?? 0}, so no agent can use it. Widen its condition, or let it wait for more answers.`,
    });
}

/** The questions that fewest answer, and options that nobody takes. */
function sayOfQuestions(run: Run, { readers = 0, questions = [] }: Results): void {
  const shares = questions.flatMap(({ answered, id, text }) =>
    answered === undefined || readers === 0 ? [] : [{ id, text, share: answered / readers }],
  );
  const least = shares
    .filter(({ share }) => share < answeredShareMin)
    .toSorted((one, next) => one.share - next.share);
  for (const { id, text, share } of least.slice(0, questionsSaidMax))
    run.say({
      agent: run.agent,
      kind: "proposes",
      text: `${share === 0 ? "None" : `Only ${percent(share)}`} of ${readers} readers answer “${text}”. Say that it is quick, and leave it out of the next campaign if that does not help.`,
      attachment: `# in \`questions\`, where it stands; raise the revision\n- id: ${id}\n  description: One tap. Skip it if you like.\n`,
    });
  for (const { text, options = [], suppressed = 0 } of questions) {
    const none = options.filter(({ count }) => count === 0);
    if (none.length === 0 || none.length === options.length || suppressed > 0) continue;
    const said = none.map((option) => `“${option.text}”`).join(", ");
    run.say({
      agent: run.agent,
      kind: "finding",
      text: `Nobody chose ${said} at “${text}”. Other words may help; options keep their places, so new ones go last.`,
    });
  }
}

/** Segments that nobody has declared yet, as the file that `maily segments push` takes. */
function proposeSegments(
  run: Run,
  { campaign, questions = [] }: Results,
  purpose: string,
  rows: readonly Row[],
): void {
  const known = new Set(rows.map(({ segment }) => segment));
  const entries = questions.flatMap(({ id, text, options = [] }) =>
    options
      .filter(({ share }) => share !== undefined && share >= dividing.from && share <= dividing.to)
      .slice(0, 1)
      .map((option) => ({ id: segmentId(id, option.id), question: id, text, option })),
  );
  for (const { id, question, text, option } of entries
    .filter((entry) => /^[a-z][a-z0-9-]{0,31}$/.test(entry.id) && !known.has(entry.id))
    .slice(0, segmentsProposedMax))
    run.say({
      agent: run.agent,
      kind: "proposes",
      text: `${percent(option.share ?? 0)} chose “${option.text}” at “${text}”, and no segment tells them apart. This one would.`,
      attachment: `segments:\n  - id: ${id}\n    campaign: ${campaign}\n    name: ${JSON.stringify(`Chose ${option.text}`)}\n    purpose: ${purpose}\n    owner: toolsmith\n    sql: SELECT reader FROM current_answers WHERE question = ${quoted(question)} AND option_id = ${quoted(option.id)}\n`,
    });
}

const segmentId = (question: string, option: string): string =>
  `${question}-${option}`.toLowerCase().replace(/[^a-z0-9-]+/g, "-");

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
