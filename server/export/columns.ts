// The columns of a table in which each answer is a row: one a question, hidden field or calculated value, of every revision that
// is known, the newest first. A matrix has one a row, shared points one an option, an answer of the reader's own one beside it.
import { otherId } from "../../sdk/other-text.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Question } from "../../sdk/schema/widget.ts";
import type { Said } from "../option-results.ts";

export interface ExportColumn {
  /** Of the question's id, for programs. */
  readonly name: string;
  /** Of the question's text, for people. */
  readonly title: string;
  /** An aggregate over the rows of one answer in table `answers`. */
  readonly sql: string;
  /** Option → what it says. */
  readonly labels?: ReadonlyMap<string, string>;
}

/** Ids were checked when the campaign was published; this is the last door before they are SQL. */
function sqlText(id: string): string {
  if (!/^[\w:-]{1,80}$/.test(id)) throw new TypeError("an id that no campaign can have");
  return `'${id}'`;
}

const of = (question: string): string => `question = ${sqlText(question)}`;
const one = (cell: string, where: string): string => `max(${cell}) FILTER (WHERE ${where})`;
const listed = (cell: string, where: string): string =>
  `list(${cell} ORDER BY position) FILTER (WHERE ${where})`;

const labelled = (
  options: readonly { readonly id: string; readonly text: Parameters<Said["textOf"]>[0] }[],
  { textOf }: Said,
): Map<string, string> => new Map(options.map(({ id, text }) => [id, textOf(text)]));

/** Of a matrix one column a row; what was chosen there. */
const matrixColumns = (
  { id, rows, columns, multiple, text }: Extract<Question, { kind: "matrix" }>,
  said: Said,
): ExportColumn[] =>
  rows.map((row) => {
    const where = `${of(id)} AND starts_with("option", ${sqlText(`${row.id}:`)})`;
    const cell = `substr("option", ${row.id.length + 2})`;
    return {
      name: `${id}_${row.id}`,
      title: `${said.textOf(text)}: ${said.textOf(row.text)}`,
      sql: multiple ? listed(cell, where) : one(cell, where),
      labels: labelled(columns, said),
    };
  });

const pointColumns = (
  { id, options, text }: Extract<Question, { kind: "constant-sum" }>,
  { textOf }: Said,
): ExportColumn[] =>
  options.map((option) => ({
    name: `${id}_${option.id}`,
    title: `${textOf(text)}: ${textOf(option.text)}`,
    sql: one(`"number"`, `${of(id)} AND "option" = ${sqlText(option.id)}`),
  }));

function choiceColumns(question: Question, said: Said): ExportColumn[] {
  const { id, text } = question;
  const title = said.textOf(text);
  const labels =
    "options" in question ? labelled(question.options, said) : new Map<string, string>();
  if (question.kind === "yes-no") labels.set("yes", "Yes").set("no", "No");
  if (question.kind === "consent") labels.set("agreed", said.textOf(question.label));
  const isList =
    question.kind === "multiple-choice" ||
    question.kind === "ranking" ||
    (question.kind === "picture-choice" && question.multiple);
  const own = "other" in question ? question.other : undefined;
  if (own !== undefined) labels.set(otherId, own === true ? "Other" : said.textOf(own.text));
  const chosen = { name: id, title, sql: (isList ? listed : one)(`"option"`, of(id)), labels };
  if (own === undefined) return [chosen];
  const written = one(`"text"`, `${of(id)} AND "option" = '${otherId}'`);
  return [chosen, { name: `${id}_other`, title: `${title}: in their own words`, sql: written }];
}

function questionColumns(question: Question, said: Said): ExportColumn[] {
  const { id, text } = question;
  const plain = (cell: string): ExportColumn[] => [
    { name: id, title: said.textOf(text), sql: one(cell, of(id)) },
  ];
  switch (question.kind) {
    case "matrix":
      return matrixColumns(question, said);
    case "constant-sum":
      return pointColumns(question, said);
    case "rating":
    case "nps":
    case "slider":
    case "number":
    case "opinion-scale":
      return plain(`"number"`);
    case "short-text":
    case "long-text":
    case "email":
    case "phone":
      return plain(`"text"`);
    case "date":
      return plain(`"date"`);
    default:
      return choiceColumns(question, said);
  }
}

/**
 * Of several revisions, each column as the newest has it. One that is called like a column of every export, `taken`, has `_` behind
 * its name, which no id has.
 */
export function columnsOf(
  revisions: readonly Campaign[],
  said: Said,
  taken: readonly string[],
): ExportColumn[] {
  const columns = new Map<string, ExportColumn>();
  const add = (column: ExportColumn): void => {
    const name = taken.includes(column.name) ? `${column.name}_` : column.name;
    if (!columns.has(name)) columns.set(name, { ...column, name });
  };
  const definitions = revisions.map(({ definition }) => definition);
  for (const { questions } of definitions)
    for (const question of questions) questionColumns(question, said).forEach(add);
  for (const { hidden = [] } of definitions)
    for (const { id } of hidden) add({ name: id, title: id, sql: one(`"text"`, of(id)) });
  for (const { calculated = [] } of definitions)
    for (const { id } of calculated) add({ name: id, title: id, sql: one(`"number"`, of(id)) });
  return [...columns.values()];
}
