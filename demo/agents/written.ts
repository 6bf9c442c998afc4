// What readers wrote, as far as it may be repeated: words that many used.
import type { ToolOutput } from "../../sdk/schema/agent-tools.ts";
import { ask, type Run } from "./agent.ts";

const textQuestionsMax = 3;
/** As many as one call gives. */
const textsMax = 20;
/** A word that so many wrote may be an option that is missing; one of fewer is nobody's to repeat. */
const wordTextsMin = 5;

type Results = ToolOutput<"get_campaign_results">;

/** Ids are of a-z; what readers wrote is of any script. */
const optionLine = ({ word }: { readonly word: string }, index: number): string =>
  `- { id: ${/^[a-z]+$/.test(word) ? word : `option-${index + 1}`}, text: ${JSON.stringify(word)} }\n`;

/** Words that many wrote. The texts themselves go to a model as labelled data, and are never said or obeyed here. */
export async function readTexts(
  run: Run,
  { campaign, questions = [] }: Results,
  purpose: string,
): Promise<object[]> {
  const findings: object[] = [];
  const written = questions.filter(({ kind }) => kind === "short-text" || kind === "long-text");
  for (const { id, text } of written.slice(0, textQuestionsMax)) {
    const texts = { question: id, limit: textsMax };
    const why = `Reads what readers wrote at “${text}”.`;
    const results = await ask(run, "get_campaign_results", { campaign, purpose, texts }, why);
    const read = results?.texts ?? [];
    const words = frequentWords(read.map((one) => one.text));
    if (words.length > 0)
      run.say({
        agent: run.agent,
        kind: "finding",
        text: `At “${text}” ${words.map(({ word, count }) => `“${word}” (${count} of ${read.length})`).join(", ")} come up often: perhaps an option of its own.`,
        attachment: `# last among the options of a question that it fits\n${words.map(optionLine).join("")}`,
      });
    findings.push({ question: text, texts: read });
  }
  return findings;
}

/** Each word counted once a text. Words alone, of letters: a sentence that means to be obeyed does not survive it. */
export function frequentWords(texts: readonly string[]): { word: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of new Set(text.toLowerCase().match(/\p{L}{5,24}/gu)))
      counts.set(word, (counts.get(word) ?? 0) + 1);
  return Array.from(counts, ([word, count]) => ({ word, count }))
    .filter(({ count }) => count >= wordTextsMin)
    .toSorted((one, next) => next.count - one.count || one.word.localeCompare(next.word))
    .slice(0, 5);
}
