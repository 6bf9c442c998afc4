import { Results } from "../sdk/schema/results.ts";
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

/** The results as lines for a terminal. */
export function* resultLines(results: Results): Generator<string> {
  yield `${results.title} (${results.region}): ${results.answers} readers, ${results.submissions} submissions`;
  for (const question of results.questions) {
    yield "";
    yield `${question.text} — ${question.answered} answered`;
    for (const option of question.options ?? [])
      yield `  ${String(option.count).padStart(6)}  ${bar(option.share)} ${option.text}`;
    if (question.numbers !== undefined) {
      const { mean, nps } = question.numbers;
      yield `  mean ${mean === null ? "–" : mean.toFixed(2)}${typeof nps === "number" ? `, NPS ${nps}` : ""}`;
    }
    if (question.texts !== undefined) yield `  ${question.texts.count} texts, withheld`;
  }
}
