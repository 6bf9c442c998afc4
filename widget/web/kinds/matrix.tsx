// Rows to be judged by the same columns: a table where there is room, a card a row where there is not.
import { answer } from "../asking.ts";
import { local, tongueOf } from "../page.ts";
import type { ControlOf } from "../question.tsx";

/** The cells after one was set, in the author's order; undefined where none is left. */
export function cellsAfter(
  { rows, columns, multiple }: ControlOf<"matrix">["question"],
  before: readonly string[],
  row: string,
  column: string,
  yes: boolean,
): string[] | undefined {
  const chosen = new Set(
    multiple ? before : before.filter((cell) => !yes || cell.split(":")[0] !== row),
  );
  if (yes) chosen.add(`${row}:${column}`);
  else chosen.delete(`${row}:${column}`);
  const cells = rows
    .flatMap((each) => columns.map((one) => `${each.id}:${one.id}`))
    .filter((cell) => chosen.has(cell));
  return cells.length === 0 ? undefined : cells;
}

/** More stand below each other on every screen. */
const columnsBesideMax = 6;

// Roles are written out: some browsers forget a table's own where the stylesheet stacks it.
export function Matrix({ page, question, id, value, describedBy, invalid }: ControlOf<"matrix">) {
  const { rows, columns, multiple, required } = question;
  const chosen = Array.isArray(value) ? value : [];
  return (
    <table
      class={columns.length > columnsBesideMax ? "matrix many" : "matrix"}
      role="table"
      aria-labelledby={`${id}-question`}
      aria-describedby={describedBy}
    >
      <thead role="rowgroup">
        <tr role="row">
          <td role="cell" />
          {columns.map((column) => (
            <th
              key={column.id}
              role="columnheader"
              scope="col"
              id={`${id}-column-${column.id}`}
              {...tongueOf(page, column.text)}
            >
              {local(page, column.text)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => {
          const answered = chosen.some((cell) => cell.startsWith(`${row.id}:`));
          const missing = (invalid && required && !answered) || undefined;
          return (
            <tr role="row" key={row.id} data-missing={missing}>
              <th
                role="rowheader"
                scope="row"
                id={`${id}-row-${row.id}`}
                aria-invalid={missing}
                {...tongueOf(page, row.text)}
              >
                {local(page, row.text)}
              </th>
              {columns.map((column) => (
                <td role="cell" key={column.id}>
                  <label class="option">
                    <input
                      data-wrong={missing}
                      type={multiple ? "checkbox" : "radio"}
                      name={multiple ? undefined : `${id}-${row.id}`}
                      aria-labelledby={`${id}-row-${row.id} ${id}-column-${column.id}`}
                      aria-describedby={missing && `${id}-fault`}
                      checked={chosen.includes(`${row.id}:${column.id}`)}
                      onChange={({ currentTarget: { checked } }) =>
                        answer(id, cellsAfter(question, chosen, row.id, column.id, checked))
                      }
                    />
                    <span aria-hidden="true" {...tongueOf(page, column.text)}>
                      {local(page, column.text)}
                    </span>
                  </label>
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
