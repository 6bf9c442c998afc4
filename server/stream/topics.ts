import type { Region } from "../../sdk/region.ts";

/** Answers as the edge admitted them, sealed to the region (SPEC §3, records on the stream). */
export const sealedTopic = (region: Region): string => `answers.sealed.${region}`;

/** What readers did, apart: neither waits for the other. */
export const eventsTopic = (region: Region): string => `events.sealed.${region}`;

/** What ingest opened, checked and redacted (sdk/schema/opened.ts). */
export const openedTopic = (region: Region): string => `answers.${region}`;

/** What readers did, opened. */
export const openedEventsTopic = (region: Region): string => `events.${region}`;

/** Changes of segments (sdk/schema/segment.ts). */
export const segmentsTopic = (region: Region): string => `segments.${region}`;

/** Sealed records that ingest could not read, as dead letters; their replay is the operator's. */
export const deadLetterTopic = (region: Region): string => `answers.dead.${region}`;

/** What this region's tables hold as well: nobody's answer is lost with a record of these. */
export const derivedTopics = (region: Region): readonly string[] => [
  openedTopic(region),
  openedEventsTopic(region),
  segmentsTopic(region),
  deadLetterTopic(region),
];

/** Header names of every record. `schema` names the shape of the value, so that it can change beside its readers. */
export const regionHeader = "region";
export const schemaHeader = "schema";
/** W3C Trace Context, of a record whose way is traced. */
export const traceHeader = "traceparent";
