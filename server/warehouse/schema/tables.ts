// Every table of a region's warehouse: the one place that says what is in it. DuckDB's file, Snowflake's tables and
// docs/tables.md follow from it. It only grows: nothing is removed, renamed or narrowed.
import { answers, preferences, readers, submissions } from "./answers.ts";
import { activities, deliveries, events } from "./behaviour.ts";
import { campaignOptions, campaigns } from "./campaigns.ts";
import type { Table } from "./columns.ts";
import { erasures, eventRefusals, requests, withdrawals } from "./consent.ts";
import { counters, deadLetters, eventOffsets, offsets, outgoing, tallied, tallies } from "./own.ts";

/** The newest version of the tables. */
export const tablesVersion = 4;

export const tables: readonly Table[] = [
  submissions,
  answers,
  readers,
  preferences,
  withdrawals,
  requests,
  events,
  activities,
  deliveries,
  campaigns,
  campaignOptions,
  erasures,
  eventRefusals,
  deadLetters,
  offsets,
  eventOffsets,
  outgoing,
  counters,
  tallies,
  tallied,
];
