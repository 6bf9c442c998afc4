// The views that a segment may ask, and their columns (SPEC §10.2). Tenant and campaign are put around a segment by us.

/** What a column or value is. `reader` is apart: it can be selected and looked up, never compared. */
export type ValueType = "text" | "number" | "date" | "timestamp";

export const viewNames = ["current_answers", "current_readers", "reader_activities"] as const;
export type ViewName = (typeof viewNames)[number];

const ofAnswer = {
  channel: "text",
  language: "text",
  outcome: "text",
  revision: "number",
  admitted_at: "timestamp",
} as const;

export const viewColumns: Readonly<Record<ViewName, Readonly<Record<string, ValueType>>>> = {
  current_answers: {
    question: "text",
    position: "number",
    option_id: "text",
    number_value: "number",
    date_value: "date",
    ...ofAnswer,
  },
  current_readers: ofAnswer,
  reader_activities: {
    kind: "text",
    label: "text",
    amount: "number",
    currency: "text",
    happened_at: "timestamp",
  },
};

export const isViewName = (name: string): name is ViewName =>
  (viewNames as readonly string[]).includes(name);
