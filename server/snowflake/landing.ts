// A record of the clean stream as a row of its landing table: the record itself, and where it came from under the name that
// Snowflake's Kafka connector uses, so that both feed the same pipe.
import { z } from "zod";
import { isRegion, type Region } from "../../sdk/region.ts";
import type { StoredRecord } from "../stream/stream.ts";

/** What every record has; all else is the pipe's to take apart, so that a newer record passes an older sink. */
const Landed = z.looseObject({
  id: z.string().min(1).max(200),
  kind: z.string().min(1).max(32),
  region: z.string(),
  tenant: z.int().min(1),
  campaign: z.string().max(64),
});

/** Why a record of the stream is not sent. */
export type Poison = "record-malformed" | "region-mismatch";

export const isPoison = (row: string): row is Poison =>
  row === "record-malformed" || row === "region-mismatch";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** One line of NDJSON, its line end within, or why there is none. */
export function landingRow(stored: StoredRecord, region: Region): string {
  let record: unknown;
  try {
    record = JSON.parse(decoder.decode(stored.value));
  } catch {
    return "record-malformed" satisfies Poison;
  }
  const landed = Landed.safeParse(record);
  if (!landed.success || !isRegion(landed.data.region)) return "record-malformed" satisfies Poison;
  // What is one region's is kept in no other's warehouse.
  if (landed.data.region !== region) return "region-mismatch" satisfies Poison;
  const { topic, partition, offset, key, appendedAt } = stored;
  return `${JSON.stringify({
    ...landed.data,
    RECORD_METADATA: { topic, partition, offset: Number(offset), key, CreateTime: appendedAt },
  })}\n`;
}
