// What readers answered, and which of it counts.
import { OpenedAnswer, OpenedPreferences, OpenedValue } from "../../../sdk/schema/opened.ts";
import { declared, type Table } from "./columns.ts";
import { ofReader, place } from "./shared.ts";

const at1 = declared(1);
const at2 = declared(2);

export const submissions: Table = {
  name: "submissions",
  description: OpenedAnswer.description ?? "",
  key: ["key"],
  since: 1,
  kind: "shared",
  columns: [
    at1("key", "uuid", "128 bits of SHA-256 over tenant, campaign, reader and submissionId."),
    at1("reader_key", "uuid", "The reader's `key` in `readers`.", { personal: "pseudonym" }),
    ...ofReader(1),
    at1("submission_id", "text", "The reader's own id of the answer."),
    at1("envelope_sha256", "bytes", "Tells a repeat from another answer under the same id."),
    at1("receipt_id", "text", "Digest of the receipt that the reader holds.", {
      personal: "consent",
    }),
    at1("revision", "uint32", "The campaign's revision that was answered."),
    at1("test", "boolean", "A test send: counted nowhere."),
    at1(
      "channel",
      "text",
      "Where it was answered: `web` is the page, `amp` inside the mail, `site` a site.",
    ),
    at1("language", "text", "BCP 47, of the page or mail.", { personal: "choice" }),
    at1("notice", "uint16", "The version of the notice agreed to.", { personal: "consent" }),
    at1("purposes", "texts", "The purposes agreed to with this answer.", { personal: "consent" }),
    at1("given_at", "instant", "When consent was given, by the device's clock.", {
      personal: "consent",
    }),
    at1("admitted_at", "instant", "When the edge took it.", { personal: "behaviour" }),
    at1("outcome", "text", "The outcome that was reached.", { nullable: true, personal: "choice" }),
    ...place(1),
  ],
};

export const answers: Table = {
  name: "answers",
  description: OpenedValue.description ?? "",
  key: [],
  since: 1,
  kind: "shared",
  columns: [
    at1("submission", "uuid", "The answer's `key` in `submissions`.", { personal: "pseudonym" }),
    at1("tenant", "uint32", "Whose campaign."),
    at1("campaign", "text", "The campaign."),
    at1("question", "text", OpenedValue.shape.question.description ?? ""),
    at1("position", "uint8", OpenedValue.shape.position.description ?? "", { personal: "choice" }),
    at1("option", "text", OpenedValue.shape.option.description ?? "", {
      nullable: true,
      personal: "choice",
    }),
    at1("number", "number", "A number, or the points of an option.", {
      nullable: true,
      personal: "choice",
    }),
    at1("text", "text", OpenedValue.shape.text.description ?? "", {
      nullable: true,
      personal: "writing",
    }),
    at1("date", "date", "A day.", { nullable: true, personal: "choice" }),
    at1("redacted", "texts", OpenedValue.shape.redacted.description ?? "", {
      nullable: true,
      since: 4,
    }),
    at1("cleared", "boolean", OpenedValue.shape.cleared.description ?? "", {
      nullable: true,
      since: 4,
    }),
  ],
};

export const readers: Table = {
  name: "readers",
  description: "One row a reader: the answer that counts, if any, and what is agreed to now.",
  key: ["key"],
  since: 1,
  kind: "shared",
  columns: [
    at1("key", "uuid", "128 bits of SHA-256 over tenant, campaign and reader.", {
      personal: "pseudonym",
    }),
    ...ofReader(1),
    at1("submissions", "uint32", "Answers agreed to since the last withdrawal.", {
      personal: "behaviour",
    }),
    at1("current", "uuid", "The `key` of the answer that counts.", { nullable: true }),
    at1("admitted_at", "instant", "When that was admitted.", {
      nullable: true,
      personal: "behaviour",
    }),
    at1("offset", "int64", "Its offset on the stream.", { nullable: true }),
    at1("outcome", "text", "Its outcome.", { nullable: true, personal: "choice" }),
    at1("withdrawn_at", "instant", "The last withdrawal or erasure.", {
      nullable: true,
      personal: "consent",
    }),
    at1("last_at", "instant", "The latest admission of all.", {
      nullable: true,
      personal: "behaviour",
      since: 2,
    }),
    at1("held", "boolean", "There are answers, and all came too fast to count.", {
      nullable: true,
      since: 2,
    }),
    at1("consented", "boolean", "What the preference page says; null without any.", {
      nullable: true,
      personal: "consent",
      since: 2,
    }),
    at1("purposes", "texts", "What the reader agrees to now.", {
      nullable: true,
      personal: "consent",
      since: 4,
    }),
    at1("sequence", "int64", "The number of the commit that last changed the row.", {
      nullable: true,
      since: 4,
    }),
  ],
};

export const preferences: Table = {
  name: "preferences",
  description: OpenedPreferences.description ?? "",
  key: ["key"],
  since: 2,
  kind: "shared",
  columns: [
    at2("key", "uuid", "128 bits of SHA-256 over tenant, campaign, reader and submissionId."),
    at2("reader_key", "uuid", "The reader's `key` in `readers`.", { personal: "pseudonym" }),
    ...ofReader(2),
    at2("submission_id", "text", "The reader's own id of it."),
    at2("envelope_sha256", "bytes", "Tells a repeat from another content under the same id."),
    at2("receipt_id", "text", "Digest of the receipt that the reader holds.", {
      personal: "consent",
    }),
    at2("revision", "uint32", "The campaign's revision."),
    at2("test", "boolean", "Of a test send: counted nowhere."),
    at2("language", "text", "BCP 47, of the page.", { personal: "choice" }),
    at2("notice", "uint16", "The version of the notice agreed to.", { personal: "consent" }),
    at2("purposes", "texts", "All that the reader agrees to from then on.", {
      personal: "consent",
    }),
    at2("consented", "boolean", "Whether they still allow to count the reader's answers.", {
      personal: "consent",
    }),
    at2("given_at", "instant", "When, by the device's clock.", { personal: "consent" }),
    at2("admitted_at", "instant", "When the edge took it.", { personal: "behaviour" }),
    at2("topics", "texts", "Topics the reader wants mail about.", { personal: "choice" }),
    at2("frequency", "text", "How often.", { nullable: true, personal: "choice" }),
    ...place(2),
  ],
};
