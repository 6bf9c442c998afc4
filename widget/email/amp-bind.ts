// The expressions of the AMP part. Kept to what amp-bind knows for certain: member access, arithmetic,
// conditions, `indexOf`, `concat`, `slice`, `split`, `join`, `substr`; arrow functions only for results. Texts of an author
// never come into an expression, only indices; they stand in the state as JSON, or in the markup.
import { rowsOf, type AmpQuestion } from "./amp-questions.ts";

/** An attribute whose value is an expression or actions. */
export const attribute = (name: string, value: string): string =>
  ` ${name}="${value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")}"`;

/** An element that is there while `condition` holds; `now` is whether it does when the mail opens. */
export const shownWhile = (condition: string, now: boolean): string =>
  `${now ? "" : " hidden"}${attribute("[hidden]", `!(${condition})`)}`;

export const setState = (members: string): string => `AMP.setState({${members}})`;

// One reader's state. `chosen` holds an option's index, -1 for none; of questions of several answers a text such as
// ",0,3,", where an option is found and taken out whole. A matrix of one answer a row has a column's index for each row, and
// in `any` whether there is one; one of several answers has in `done` the rows that have some, where all of them must.
export const keyOf = ({ index }: AmpQuestion): string => `q${index}`;
export const chosenOf = (question: AmpQuestion): string => `chosen.${keyOf(question)}`;
const countOf = (question: AmpQuestion): string => `${chosenOf(question)}.split(',').length-2`;
export const rowKey = (question: AmpQuestion, row: number): string => `${keyOf(question)}r${row}`;
/** The column chosen in a row of a matrix of one answer a row. */
export const chosenIn = (question: AmpQuestion, row: number): string =>
  `chosen.${rowKey(question, row)}`;
export function isChosen(question: AmpQuestion, option: number): string {
  const { control, columns = 1 } = question;
  return control === "grid"
    ? `${chosenIn(question, Math.floor(option / columns))}==${option % columns}`
    : `${chosenOf(question)}.indexOf(',${option},')>=0`;
}
export const chosenCount = (question: AmpQuestion): string => `(${countOf(question)})`;
export const isFull = (question: AmpQuestion): string => `${countOf(question)}>=${question.atMost}`;
/** Whether anything is chosen. */
export function isAnswered(question: AmpQuestion): string {
  switch (question.control) {
    case "checks":
      return `${chosenOf(question)}!=','`;
    case "grid":
      return `any.${keyOf(question)}`;
    default:
      return `${chosenOf(question)}>=0`;
  }
}

/** Whether a reader may go on only after looking at the answer. */
export const isChecked = ({ control, required, atLeast }: AmpQuestion): boolean =>
  control !== "page" && (required || (control === "checks" && atLeast > 1));
export const isFine = (question: AmpQuestion): string => `fine.${keyOf(question)}`;

/** What is set when one option is chosen; `value` is an expression for its index, -1 for none. */
function choosing(question: AmpQuestion, value: string, go: string | undefined): string {
  const key = keyOf(question);
  const members = [`chosen:{${key}:${value}}`];
  if (go !== undefined) members.push(`go:{${key}:${go}}`);
  if (isChecked(question)) members.push(`fine:{${key}:(${value})>=0}`);
  return setState(members.join(","));
}

/** For a control of which each option is an element: `option` was chosen. */
export function chooseOption(question: AmpQuestion, option: number): string {
  const { destinations } = question;
  return choosing(
    question,
    String(option),
    destinations.to === "each" ? String(destinations.go[option + 1]) : undefined,
  );
}

/** For a control that says which option: `value` is an expression over its event. */
export function chooseValue(question: AmpQuestion, value: string): string {
  return choosing(
    question,
    value,
    question.destinations.to === "each" ? `say.${keyOf(question)}[(${value})+1]` : undefined,
  );
}

/** For a box among several: the option comes in or goes out, and what depends on their count follows. */
export function toggleOption(question: AmpQuestion, option: number): string {
  const key = keyOf(question);
  const chosen = chosenOf(question);
  const toggle = setState(
    `chosen:{${key}:${chosen}.split(',${option},').join(',')+(event.checked?'${option},':'')}`,
  );
  if (!isChecked(question)) return toggle;
  if (question.columns !== undefined) return `${toggle},${rowIsDone(question, option)}`;
  const enough = `${countOf(question)}>=${question.atLeast}`;
  const fine = question.required ? enough : `${chosen}==','||${enough}`;
  return `${toggle},${setState(`fine:{${key}:${fine}}`)}`;
}

/** After a box of a matrix of which every row must be answered: whether its row is, and with it all of them. */
function rowIsDone(question: AmpQuestion, option: number): string {
  const { columns = 1 } = question;
  const key = keyOf(question);
  const rows = rowsOf(question);
  const row = Math.floor(option / columns);
  const some = (rows[row] ?? []).map((cell) => isChosen(question, cell)).join("||");
  const done = `done:{${key}:done.${key}.split(',${row},').join(',')+(${some}?'${row},':'')}`;
  return `${setState(done)},${setState(`fine:{${key}:done.${key}.split(',').length-2>=${rows.length}}`)}`;
}

/** For a cell of a matrix of one answer a row. */
export function chooseCell(question: AmpQuestion, row: number, column: number): string {
  const key = keyOf(question);
  const choose = setState(`chosen:{${rowKey(question, row)}:${column}},any:{${key}:true}`);
  if (!isChecked(question)) return choose;
  const all = rowsOf(question).map((_, each) => `${chosenIn(question, each)}>=0`);
  return `${choose},${setState(`fine:{${key}:${all.join("&&")}}`)}`;
}

/** Where Next leads: a number, or an expression. */
export function goOf(question: AmpQuestion): string {
  const { destinations } = question;
  switch (destinations.to) {
    case "one":
      return String(destinations.go);
    case "each":
      return `go.${keyOf(question)}`;
    case "rules":
      return destinations.ways.reduceRight((rest, { if: condition, go }) => {
        if (condition === "always") return String(go);
        const holds =
          typeof condition === "object"
            ? isChosen(question, condition.chosen)
            : condition === "any"
              ? isAnswered(question)
              : `!(${isAnswered(question)})`;
        return `${holds}?${go}:${rest}`;
      }, "");
  }
}
