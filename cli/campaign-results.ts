import { Results, type MatrixResult, type QuestionResult } from "../sdk/schema/results.ts";
import { ask } from "./ask.ts";

const barCharacters = 24;

/** A campaign's results from one region's server. Throws its Problem. */
export async function fetchResults(
  server: string,
  campaign: string,
  token: string,
): Promise<Results> {
  const answer = await ask(`${server}/v1/campaigns/${campaign}/results`, {
    headers: { authorization: `Bearer ${token}`, accept: "application/json" },
  });
  return Results.parse(answer);
}

const bar = (share: number): string => "█".repeat(Math.round(share * barCharacters));

/** Numbers of one question that are made of what was chosen or of the number itself. */
function* questionLines(question: QuestionResult): Generator<string> {
  for (const { text, count, share, meanPoints } of question.options ?? []) {
    const points = typeof meanPoints === "number" ? ` (${meanPoints.toFixed(1)} on average)` : "";
    yield `  ${String(count).padStart(6)}  ${bar(share)} ${text}${points}`;
  }
  if (question.matrix !== undefined) yield* matrixLines(question.matrix);
  if (question.numbers !== undefined) {
    const { mean, nps } = question.numbers;
    yield `  mean ${meanText(mean)}${typeof nps === "number" ? `, NPS ${nps}` : ""}`;
  }
  if (question.texts !== undefined) yield `  ${question.texts.count} texts, withheld`;
}

const meanText = (mean: number | null): string => (mean === null ? "–" : mean.toFixed(2));

/** A table: a line a row, the counts under the numbers that its head gives the columns. */
function* matrixLines({ columns, rows }: MatrixResult): Generator<string> {
  yield `  ${columns.map(({ text }, index) => `${index + 1} ${text}`).join(" · ")}`;
  yield `  ${columns.map((_, index) => String(index + 1).padStart(6)).join("")}`;
  for (const { text, cells } of rows)
    yield `  ${cells.map(({ count }) => String(count).padStart(6)).join("")}  ${text}`;
}

/** How far readers came who agreed to be watched. */
function* funnelLines({ funnel, questions }: Results): Generator<string> {
  if (funnel === undefined) return;
  const { viewed, started, sent, abandoned } = funnel;
  const line = (count: number, text: string): string =>
    `  ${String(count).padStart(6)}  ${bar(viewed === 0 ? 0 : Math.min(1, count / viewed))} ${text}`;
  yield "";
  yield "Readers who agreed to be watched";
  yield line(viewed, "opened it");
  yield line(started, "began");
  for (const { id, seen, seconds } of funnel.questions) {
    const text = questions.find((question) => question.id === id)?.text ?? id;
    yield line(seen, seconds === null ? text : `${text} (${seconds.toFixed(1)} s)`);
  }
  yield line(sent, "sent");
  yield line(abandoned, "left without sending, at least once");
}

/** The results as lines for a terminal. */
export function* resultLines(results: Results): Generator<string> {
  const { answers, visitors, submissions } = results;
  const sites = visitors === undefined ? "" : ` (${visitors} of them visitors of sites)`;
  yield `${results.title} (${results.region}): ${answers} readers${sites}, ${submissions} submissions`;
  for (const question of results.questions) {
    yield "";
    yield `${question.text} — ${question.answered} answered`;
    yield* questionLines(question);
  }
  if (results.outcomes !== undefined) {
    yield "";
    yield "Outcomes";
    for (const { title, count } of results.outcomes)
      yield `  ${String(count).padStart(6)}  ${title}`;
  }
  for (const { id, answered, mean } of results.calculated ?? []) {
    yield "";
    yield `${id}, calculated — ${answered} readers, mean ${meanText(mean)}`;
  }
  for (const { id, answered } of results.hidden ?? []) {
    yield "";
    yield `${id}, hidden — ${answered} readers, withheld`;
  }
  yield* funnelLines(results);
}
