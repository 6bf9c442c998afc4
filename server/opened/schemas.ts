// What each topic holds, as JSON Schema. Within a version members may be added: who reads a record ignores what it does not know.
import { z } from "zod";
import { DeadLetterNotice, OpenedEventRecord, OpenedRecord } from "../../sdk/schema/opened.ts";

const publishedSchemas = {
  "opened.v1.json": OpenedRecord,
  "event.v1.json": OpenedEventRecord,
  "dead-letter.v1.json": DeadLetterNotice,
} as const;

export const schemaNames = Object.keys(publishedSchemas) as (keyof typeof publishedSchemas)[]; // Of the literal above.

/** JSON Schema 2020-12; undefined for a name that is none of `schemaNames`. */
export function schemaDocument(name: string): object | undefined {
  const known = schemaNames.find((each) => each === name);
  if (known === undefined) return undefined;
  return z.toJSONSchema(publishedSchemas[known], {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
}
