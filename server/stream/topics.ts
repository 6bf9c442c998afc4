import type { Region } from "../../sdk/region.ts";

/** Answers as the edge admitted them, sealed to the region (SPEC §3, records on the stream). */
export const sealedTopic = (region: Region): string => `answers.sealed.${region}`;

/** What readers did, apart: neither waits for the other. */
export const eventsTopic = (region: Region): string => `events.sealed.${region}`;

/** Header names of every record. `schema` names the shape of the value, so that it can change beside its readers. */
export const regionHeader = "region";
export const schemaHeader = "schema";
/** W3C Trace Context, of a record whose way is traced. */
export const traceHeader = "traceparent";
