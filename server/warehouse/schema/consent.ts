// What readers took back, asked for, and what may therefore not come again.
import { OpenedRequest, OpenedWithdrawal } from "../../../sdk/schema/opened.ts";
import { declared, type Table } from "./columns.ts";
import { ofReader, place } from "./shared.ts";

const at1 = declared(1);
const at2 = declared(2);
const at3 = declared(3);

export const withdrawals: Table = {
  name: "withdrawals",
  description: OpenedWithdrawal.description ?? "",
  key: ["key"],
  since: 1,
  kind: "shared",
  columns: [
    at1("key", "uuid", "128 bits of SHA-256 over tenant, campaign, reader and submissionId."),
    ...ofReader(1),
    at1("submission_id", "text", "The reader's own id of it."),
    at1("receipt_id", "text", "The receipt that is taken back.", { personal: "consent" }),
    at1("admitted_at", "instant", "When the edge took it.", { personal: "consent" }),
  ],
};

export const requests: Table = {
  name: "requests",
  description: OpenedRequest.description ?? "",
  key: ["key"],
  since: 2,
  kind: "shared",
  columns: [
    at2("key", "uuid", "128 bits of SHA-256 over tenant, campaign, reader and submissionId."),
    at2("reader_key", "uuid", "The reader's `key` in `readers`.", { personal: "pseudonym" }),
    ...ofReader(2),
    at2("submission_id", "text", "The reader's own id of it."),
    at2("request", "text", "unsubscribe, resubscribe or erase.", { personal: "consent" }),
    at2("via", "text", "page, or header: a mail program's own button."),
    at2("admitted_at", "instant", "When the edge took it.", { personal: "consent" }),
    ...place(2),
  ],
};

export const erasures: Table = {
  name: "erasures",
  description:
    "Readers whose data is deleted: what was agreed to until then is gone, and is not taken again.",
  key: ["key"],
  since: 2,
  kind: "own",
  columns: [
    at2("key", "uuid", "The reader's `key`.", { personal: "pseudonym" }),
    at2("erased_at", "instant", "Until when.", { personal: "consent" }),
  ],
};

export const eventRefusals: Table = {
  name: "event_refusals",
  description:
    "Readers who allow no events: those agreed to until then are gone, and are not taken again.",
  key: ["key"],
  since: 3,
  kind: "own",
  columns: [
    at3("key", "uuid", "The reader's `key`.", { personal: "pseudonym" }),
    at3("refused_at", "instant", "Until when.", { personal: "consent" }),
  ],
};
