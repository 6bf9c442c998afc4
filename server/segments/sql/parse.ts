// A segment's SQL, read by the rules of SPEC §10.4: one SELECT of `reader`, or several joined by UNION, INTERSECT or EXCEPT.
// All of it is of one reader at a time: whether a reader belongs follows from that reader's rows alone.
import { parseCondition } from "./expressions.ts";
import { Cursor } from "./cursor.ts";
import type { Combined, Query, Select } from "./query.ts";
import { isViewName, viewNames } from "./views.ts";

const combiners: readonly Combined["kind"][] = ["union", "intersect", "except"];

/** Throws Problem `segment-sql` that names the construct, its place and the portable way to say it. */
export function parseSegmentSql(sql: string): Query {
  const cursor = new Cursor(sql);
  const query = parseQuery(cursor);
  if (cursor.next.kind !== "end") throw cursor.unexpected("the end");
  return query;
}

/** A SELECT, or several of them. */
function parseQuery(cursor: Cursor): Query {
  let left = parsePart(cursor);
  let before: Combined["kind"] | undefined;
  for (;;) {
    const kind = combiners.find((name) => cursor.is(name));
    if (kind === undefined) return left;
    // Engines differ in which of them binds closer.
    if (before !== undefined && before !== kind)
      throw cursor.fault(`put parentheses around what ${before.toUpperCase()} joins`);
    before = kind;
    cursor.take();
    if (cursor.is("all") && kind !== "union")
      throw cursor.fault(`${kind.toUpperCase()} ALL is not taken: a segment is a set`);
    cursor.takes("all");
    cursor.takes("distinct");
    left = { kind, left, right: parsePart(cursor) };
  }
}

function parsePart(cursor: Cursor): Query {
  if (!cursor.takes("(", "symbol")) return parseSelect(cursor);
  const query = cursor.within(() => parseQuery(cursor));
  cursor.expect(")", "symbol");
  return query;
}

function parseSelect(cursor: Cursor): Select {
  if (!cursor.is("select")) throw cursor.unexpected("a SELECT");
  cursor.countSelect();
  cursor.take();
  cursor.takes("distinct");
  if (cursor.is("*", "symbol"))
    throw cursor.fault("SELECT * is not taken: a segment selects `reader` alone");
  if (!cursor.takes("reader")) throw cursor.unexpected("`reader`, which alone is selected,");
  if (cursor.is(",", "symbol")) throw cursor.fault("a segment selects `reader` alone");
  cursor.expect("from");
  const { value: view, kind } = cursor.next;
  if (kind !== "word" || !isViewName(view)) {
    if (kind === "word")
      throw cursor.fault(`\`${view}\` is not there: ask ${viewNames.join(", ")}`);
    throw cursor.unexpected(`one of ${viewNames.join(", ")}`);
  }
  cursor.take();
  if (cursor.is(",", "symbol"))
    throw cursor.fault("a join is not taken: write `reader IN (SELECT reader FROM …)`");
  const where = cursor.takes("where")
    ? parseCondition(cursor, { view, of: "rows", query: parseQuery })
    : undefined;
  const grouped = cursor.takes("group");
  if (grouped) {
    cursor.expect("by");
    if (!cursor.takes("reader")) throw cursor.fault("group by `reader` alone");
    if (cursor.is(",", "symbol")) throw cursor.fault("group by `reader` alone");
  }
  if (cursor.is("having") && !grouped) throw cursor.fault("HAVING stands after GROUP BY reader");
  const having = cursor.takes("having")
    ? parseCondition(cursor, { view, of: "groups", query: parseQuery })
    : undefined;
  return { kind: "select", view, where, grouped, having };
}
