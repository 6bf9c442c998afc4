// Texts that a recogniser of names has looked at, among the values of answers.
import { piiKinds } from "../../sdk/schema/opened.ts";
import type { AnswerRow, Row, SubmissionRow } from "../warehouse/rows.ts";
import type { Finding } from "./finding.ts";
import { presidioLimits, type Presidio } from "./presidio.ts";
import { cut, separate } from "./redact.ts";

/** A batch of answers waits for names no longer than this. */
const batchMsMax = 3_000;

const marks = new RegExp(`\\[(?:${piiKinds.join("|")})\\]`, "g");

/** A mark is no text of the reader's. */
function outsideMarks(text: string, findings: readonly Finding[]): Finding[] {
  const taken = Array.from(text.matchAll(marks), ({ index, 0: mark }) => ({
    start: index,
    end: index + mark.length,
  }));
  return findings.filter(({ start, end }) =>
    taken.every((mark) => end <= mark.start || mark.end <= start),
  );
}

function clearedRow(row: AnswerRow, text: string, found: readonly Finding[]): AnswerRow {
  const findings = separate(outsideMarks(text, found));
  const redacted = new Set([...(row.redacted ?? []), ...findings.map(({ kind }) => kind)]);
  return {
    ...row,
    text: cut(text, findings),
    cleared: true,
    ...(redacted.size > 0 && { redacted: [...redacted] }),
  };
}

/** A text that waits, and where its row stands. */
interface Waiting {
  readonly text: string;
  readonly row: AnswerRow;
  readonly put: (row: AnswerRow) => void;
}

/** Has the texts looked at, language by language; how many were. Those that were not stay as they are. */
async function look(
  byLanguage: ReadonlyMap<string, readonly Waiting[]>,
  names: Presidio,
): Promise<number> {
  const deadline = performance.now() + batchMsMax;
  let looked = 0;
  for (const [language, waiting] of byLanguage)
    for (let start = 0; start < waiting.length; start += presidioLimits.textsPerRequest) {
      if (performance.now() > deadline) return looked;
      const some = waiting.slice(start, start + presidioLimits.textsPerRequest);
      const found = await names.find(
        some.map(({ text }) => text),
        language,
      );
      if (found === undefined) break;
      for (const [index, { row, text, put }] of some.entries())
        put(clearedRow(row, text, found[index] ?? []));
      looked += some.length;
    }
  return looked;
}

/** Answers with as many of their texts cleared as could be, how many that are, and how many stay uncleared. */
export interface Cleared<Answer> {
  readonly answers: readonly Answer[];
  readonly cleared: number;
  readonly uncleared: number;
}

/** Never rejects, and takes at most some seconds. */
export async function clearTexts<Answer extends Pick<SubmissionRow, "language" | "answers">>(
  answers: readonly Answer[],
  names: Presidio | undefined,
): Promise<Cleared<Answer>> {
  const values = answers.map((answer) => [...answer.answers]);
  const byLanguage = new Map<string, Waiting[]>();
  let waiting = 0;
  for (const [index, { language }] of answers.entries())
    for (const [place, row] of values[index]?.entries() ?? []) {
      const { text, cleared } = row;
      if (text === undefined || cleared !== false) continue;
      const put = (changed: AnswerRow): void => void values[index]?.splice(place, 1, changed);
      const known = byLanguage.get(language) ?? [];
      byLanguage.set(language, known);
      known.push({ text, row, put });
      waiting++;
    }
  const cleared = names === undefined || waiting === 0 ? 0 : await look(byLanguage, names);
  return {
    answers:
      cleared === 0
        ? answers
        : answers.map((answer, index) => ({ ...answer, answers: values[index] ?? [] })),
    cleared,
    uncleared: waiting - cleared,
  };
}

/** The same of a batch's rows: those that are no answers stay as they are. */
export async function clearRows(
  rows: readonly Row[],
  names: Presidio | undefined,
): Promise<{ rows: readonly Row[]; cleared: number; uncleared: number }> {
  const submissions = rows.filter((row) => row.kind === "submission");
  const { answers, cleared, uncleared } = await clearTexts(submissions, names);
  if (cleared === 0) return { rows, cleared, uncleared };
  const changed = new Map(submissions.map((row, index) => [row, answers[index] ?? row]));
  return {
    rows: rows.map((row) => (row.kind === "submission" ? (changed.get(row) ?? row) : row)),
    cleared,
    uncleared,
  };
}
