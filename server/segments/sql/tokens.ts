// The words of a segment's SQL. Whatever two engines could split in another way is no word here: comments, quoted names,
// escapes, dollar quotes and operators beyond comparison, plus and minus.
import { segmentLimits } from "../../../sdk/schema/segment.ts";
import { refuse } from "./fault.ts";

export type TokenKind = "word" | "number" | "text" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** Of a word in lower case; of a text without its quotes. */
  readonly value: string;
  readonly at: number;
}

/** More than 4,000 characters of sensible SQL have. */
const tokensMax = 1_500;
/** In every engine the same letter: ids, languages, dates, and what LIKE knows. */
const plainText = /^[\w:.% -]*$/;
const scanner =
  /(?<space>[ \t\r\n]+)|(?<word>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?)|'(?<text>[^']*)'|(?<symbol><>|!=|<=|>=|[=<>(),+*.-])/y;

const strange: readonly (readonly [RegExp, string])[] = [
  [/^--|^\/\*/, "a comment is not taken: say it in the segment's `description`"],
  [/^;/, "several statements are not taken: write one SELECT without a semicolon"],
  [/^::/, "a cast is not taken: columns have their types; write a date as '2026-01-31'"],
  [/^(->|#>|@>|<@)/, "an operator on JSON is not taken: columns are flat"],
  [/^["`[]/, "a quoted name is not taken: write names plainly, as reader or option_id"],
  [/^[$?:]/, "a parameter is not taken: write the value itself"],
  [/^\|\|/, "joining texts is not taken: compare each column"],
  [/^[*/%^]/, "this operator is not taken: engines divide differently; add with SUM(CASE …)"],
  [/^'/, "a text without its closing quote"],
];

/** Throws Problem `segment-sql`. The last token is of kind `end`. */
export function tokensOf(sql: string): Token[] {
  if (sql.length > segmentLimits.sqlCharacters)
    throw refuse(sql, 0, `is longer than ${segmentLimits.sqlCharacters} characters`);
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length; at = scanner.lastIndex) {
    // A minus may stand before a number; two begin a comment, and one with an arrow's head is JSON's.
    const rest = sql.slice(at, at + 2);
    scanner.lastIndex = at;
    const groups = rest === "--" || rest === "->" ? undefined : scanner.exec(sql)?.groups;
    if (groups === undefined) {
      const [, advice] = strange.find(([form]) => form.test(rest)) ?? [];
      const first = String.fromCodePoint(sql.codePointAt(at) ?? 0);
      throw refuse(sql, at, advice ?? `\`${first}\` is not taken here`);
    }
    if (groups["space"] !== undefined) continue;
    const [kind, value] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
    if (kind === "text" && !plainText.test(value ?? ""))
      throw refuse(sql, at, "a text has letters, digits, `-`, `_`, `:`, `.`, `%` and spaces alone");
    if (tokens.length >= tokensMax) throw refuse(sql, at, `has more than ${tokensMax} words`);
    tokens.push({
      // The scanner's groups are named after the kinds.
      kind: kind as TokenKind,
      value: kind === "word" ? (value ?? "").toLowerCase() : (value ?? ""),
      at,
    });
  }
  tokens.push({ kind: "end", value: "", at: sql.length });
  return tokens;
}
