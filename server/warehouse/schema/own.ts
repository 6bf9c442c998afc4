// How the embedded warehouse keeps its books: what came, what is still to go out, what is counted.
import { declared, type Table } from "./columns.ts";
import { place } from "./shared.ts";

const at1 = declared(1);
const at3 = declared(3);
const at4 = declared(4);

export const deadLetters: Table = {
  name: "dead_letters",
  description: "Records that could not be read, sealed as they came.",
  key: ["partition", "offset"],
  since: 1,
  kind: "own",
  columns: [
    ...place(1),
    at1("topic", "text", "The stream's topic."),
    at1("code", "text", "Why: a problem code."),
    at1("campaign", "text", "The campaign, where the record named one.", { nullable: true }),
    at1("record_key", "text", "`tenant|reader`.", { personal: "pseudonym" }),
    at1("headers", "text", "The record's headers as JSON."),
    at1("value", "bytes", "The record, still sealed."),
    at1("appended_at", "instant", "When it was appended to the stream."),
    at1("failed_at", "instant", "When it was last tried."),
    at1("attempts", "uint32", "How often."),
  ],
};

export const offsets: Table = {
  name: "offsets",
  description: "How far the stream of sealed answers is in these tables.",
  key: ["partition"],
  since: 1,
  kind: "own",
  columns: [
    at1("partition", "int32", "The stream's partition."),
    at1("next_offset", "int64", "The first offset that is not in the tables."),
  ],
};

export const eventOffsets: Table = {
  name: "event_offsets",
  description: "The same of the stream of sealed events.",
  key: ["partition"],
  since: 3,
  kind: "own",
  columns: [
    at3("partition", "int32", "The stream's partition."),
    at3("next_offset", "int64", "The first offset that is not in the tables."),
  ],
};

export const outgoing: Table = {
  name: "outgoing",
  description: "Opened records that wait to be appended to the stream.",
  key: [],
  since: 4,
  kind: "own",
  columns: [
    at4("seq", "int64", "Their order."),
    at4("topic", "text", "The topic they go to."),
    at4("key", "text", "The record's key.", { personal: "pseudonym" }),
    at4("schema", "text", "The value of the header `schema`."),
    at4("value", "bytes", "The record's value.", { personal: "writing" }),
  ],
};

export const counters: Table = {
  name: "counters",
  description: "Numbers that only rise.",
  key: ["name"],
  since: 4,
  kind: "own",
  columns: [
    at4("name", "text", "What is numbered."),
    at4("value", "int64", "No number that was given is above it."),
  ],
};

export const tallies: Table = {
  name: "tallies",
  description:
    "Counts over the answers that count, kept with each commit, so that results need no look at the answers.",
  key: ["key"],
  since: 4,
  kind: "own",
  columns: [
    at4("key", "uuid", "128 bits of SHA-256 over tenant, campaign and what is counted."),
    at4("tenant", "uint32", "Whose campaign."),
    at4("campaign", "text", "The campaign."),
    at4("measure", "text", "value, reader, site, submission, held or outcome."),
    at4("question", "text", "Of a value: the question.", { nullable: true }),
    at4("option", "text", "Of a value: the option; of an outcome: its id.", { nullable: true }),
    at4("number", "number", "Of a value without an option: the number.", { nullable: true }),
    at4("count", "int64", "How many."),
    at4("firsts", "int64", "How many of them in first place."),
    at4("places", "int64", "The sum of their places, from 0."),
    at4("points", "number", "The sum of the points given to the option."),
  ],
};

export const tallied: Table = {
  name: "tallied",
  description: "What each reader adds to the tallies now, to be taken off when that changes.",
  key: [],
  since: 4,
  kind: "own",
  columns: [
    at4("reader_key", "uuid", "The reader's `key`.", { personal: "pseudonym" }),
    at4("adds", "text", "What is added, as JSON without texts.", { personal: "choice" }),
  ],
};
