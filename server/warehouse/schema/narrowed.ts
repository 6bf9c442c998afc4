// Whether a definition takes something away from those who read the tables of an older one.
import type { ColumnType } from "./columns.ts";

/** What readers of a table rely on. */
export interface Shape {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly nullable: boolean;
  }[];
}

/** Types that hold everything the other holds, for whoever reads it. */
const wider: Readonly<Partial<Record<ColumnType, readonly ColumnType[]>>> = {
  uint8: ["uint16", "uint32", "int32", "int64"],
  uint16: ["uint32", "int32", "int64"],
  uint32: ["int64"],
  int32: ["int64"],
};

/** What is missing, moved, narrower or newly required, one sentence each; none where it only grew. */
export function narrowed(before: readonly Shape[], now: readonly Shape[]): string[] {
  const faults: string[] = [];
  for (const table of before) {
    const same = now.find(({ name }) => name === table.name);
    if (same === undefined) {
      faults.push(`table ${table.name} is missing`);
      continue;
    }
    for (const [index, column] of table.columns.entries()) {
      const place = `${table.name}.${column.name}`;
      const found = same.columns[index];
      if (found?.name !== column.name) faults.push(`${place} is missing or has moved`);
      else if (found.type !== column.type && !wider[column.type]?.includes(found.type))
        faults.push(`${place} is ${found.type} and was ${column.type}`);
      else if (found.nullable !== column.nullable)
        faults.push(`${place} is ${found.nullable ? "null at times" : "required"} and was not`);
    }
    for (const column of same.columns.slice(table.columns.length))
      if (!column.nullable)
        faults.push(`${table.name}.${column.name} is new and required: older rows have none`);
  }
  return faults;
}
