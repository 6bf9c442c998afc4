// What readers did: on the page, and beyond it.
import { declared, type Column, type Table } from "./columns.ts";
import { ofReader } from "./shared.ts";

const at3 = declared(3);
const at4 = declared(4);

export const events: Table = {
  name: "events",
  description:
    "What readers did on the page who agreed to that, one row an event; never what was typed.",
  key: ["key"],
  since: 3,
  kind: "shared",
  columns: [
    at3("key", "uuid", "128 bits of SHA-256 over reader, batch and position."),
    at3("reader_key", "uuid", "The reader's `key` in `readers`.", { personal: "pseudonym" }),
    ...ofReader(3),
    at3("batch", "text", "The submissionId of the batch it came with."),
    at3("position", "uint8", "Its place in the batch."),
    at3("revision", "uint32", "The campaign's revision."),
    at3("test", "boolean", "Of a test send: counted nowhere."),
    at3("channel", "text", "Where: page or site."),
    at3("language", "text", "BCP 47, of the page.", { personal: "choice" }),
    at3("notice", "uint16", "The version of the notice agreed to.", { personal: "consent" }),
    at3("kind", "text", "view, start, question, hover, click, time or abandon.", {
      personal: "behaviour",
    }),
    at3("question", "text", "The question it is about.", { nullable: true, personal: "behaviour" }),
    at3("option", "uint16", "The option's place in the definition.", {
      nullable: true,
      personal: "behaviour",
    }),
    at3("milliseconds", "uint32", "How long a question was before the reader.", {
      nullable: true,
      personal: "behaviour",
    }),
    at3("happened_at", "instant", "By the device's clock, no later than its admission.", {
      personal: "behaviour",
    }),
    at3("given_at", "instant", "When consent to it was given.", { personal: "consent" }),
    at3("admitted_at", "instant", "When the edge took it.", { personal: "behaviour" }),
  ],
};

const reported: readonly Column[] = [
  at4("happened_at", "instant", "When, as the sender says.", { personal: "behaviour" }),
  at4("received_at", "instant", "When the region's server took it."),
];

export const activities: Table = {
  name: "activities",
  description:
    "What readers did beyond the page, such as clicks and purchases, as the sender reports it.",
  key: ["key"],
  since: 4,
  kind: "shared",
  columns: [
    at4("key", "uuid", "128 bits of SHA-256 over tenant, campaign and the activity's id."),
    at4("reader_key", "uuid", "The reader's `key` in `readers`.", { personal: "pseudonym" }),
    ...ofReader(4),
    at4("activity_id", "text", "The sender's id of it."),
    at4("kind", "text", "Such as click or purchase.", { personal: "behaviour" }),
    at4("label", "text", "What it was about.", { nullable: true, personal: "behaviour" }),
    at4("amount", "int64", "In the currency's minor unit.", {
      nullable: true,
      personal: "behaviour",
    }),
    at4("currency", "text", "ISO 4217.", { nullable: true, personal: "behaviour" }),
    at4("purposes", "texts", "The purposes that allowed it when it was stored.", {
      personal: "consent",
    }),
    ...reported,
  ],
};

export const deliveries: Table = {
  name: "deliveries",
  description: "What became of mails, as the sender reports it: the sender's own record.",
  key: ["key"],
  since: 4,
  kind: "shared",
  columns: [
    at4("key", "uuid", "128 bits of SHA-256 over tenant, campaign and the delivery's id."),
    at4("reader_key", "uuid", "The reader's `key` in `readers`.", { personal: "pseudonym" }),
    ...ofReader(4),
    at4("delivery_id", "text", "The sender's id of it."),
    at4("kind", "text", "delivered or bounced.", { personal: "behaviour" }),
    ...reported,
  ],
};
