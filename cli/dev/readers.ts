// Whose mail the page shows: rows of the readers file, or three people who were invented to be difficult.
import { createReadStream } from "node:fs";
import { Problem } from "../../sdk/problem.ts";
import { csvRows } from "../csv.ts";
import { columnsOf } from "../readers.ts";

export interface PreviewReader {
  /** What the page calls them. */
  readonly label: string;
  /** Undefined: the widget's first. */
  readonly language?: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

/** Rows that the page offers to choose from. */
const readersMax = 50;

/** Of one name, of a long one, and of one with every character that HTML would take for its own. */
const invented: readonly {
  readonly first: string;
  readonly last: string;
  readonly city: string;
}[] = [
  { first: "Ada", last: "Obi", city: "Lagos" },
  { first: "Maximiliane-Theodora", last: "von Hohenzollern-Sigmaringen", city: "Bad Königshofen" },
  { first: `D'Arcy <b>"&`, last: "O’Neil & Söhne", city: "Saint-Louis-de-l'Isle" },
];

/** Values for the columns that a template uses, as far as their names tell what they hold. */
export function inventedReaders(columns: readonly string[]): PreviewReader[] {
  return invented.map(({ first, last, city }, index) => {
    const valueOf = (column: string): string => {
      if (/first|given|vorname|prenom|nombre/i.test(column)) return first;
      if (/last|family|surname|nachname|apellido/i.test(column)) return last;
      if (/name/i.test(column)) return `${first} ${last}`;
      if (/mail/i.test(column)) return `reader-${index + 1}@example.org`;
      if (/city|town|ort|ciudad/i.test(column)) return city;
      return column;
    };
    return {
      label: `${first} ${last} (invented)`,
      fields: Object.fromEntries(columns.map((column) => [column, valueOf(column)])),
    };
  });
}

export interface ReadersFile {
  readonly columns: readonly string[];
  readonly readers: readonly PreviewReader[];
}

/** The header and the first rows of a readers file. Problem: configuration-invalid, as `columnsOf`. */
export async function readReaders(file: string): Promise<ReadersFile> {
  const columns = await columnsOf(file);
  const readers: PreviewReader[] = [];
  let heading = true;
  for await (const batch of csvRows(createReadStream(file))) {
    for (const row of batch) {
      if ("message" in row || readers.length >= readersMax) continue;
      if (heading) {
        heading = false;
        continue;
      }
      const fields = Object.fromEntries(
        columns.map((column, index) => [column, row.cells[index] ?? ""]),
      );
      const { id, email, language } = fields;
      readers.push({
        label: id || email || `row ${row.line}`,
        ...(language && { language }),
        fields,
      });
    }
    if (readers.length >= readersMax) break;
  }
  if (readers.length === 0)
    throw new Problem("configuration-invalid", {
      detail: `${file} has no row below its header.`,
    });
  return { columns, readers };
}
