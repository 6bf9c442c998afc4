// Columns that many tables have.
import { declared, type Column } from "./columns.ts";

/** Whose row it is. */
export function ofReader(since: number): Column[] {
  const column = declared(since);
  return [
    column("tenant", "uint32", "Whose campaign."),
    column("campaign", "text", "The campaign."),
    column("reader", "text", "The reader's pseudonym, which is one campaign's.", {
      personal: "pseudonym",
    }),
  ];
}

/** Where its record lay on the stream of sealed answers. */
export function place(since: number): Column[] {
  const column = declared(since);
  return [
    column("partition", "int32", "The stream's partition that it came from."),
    column("offset", "int64", "Its offset there."),
  ];
}
