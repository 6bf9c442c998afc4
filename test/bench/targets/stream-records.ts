// The outbox's rows as records of the stream: what the region's intake does with a batch, done at the edge.
import { base64url } from "../../../sdk/bytes.ts";
import { parseInvitation } from "../../../sdk/invitation.ts";
import { Problem } from "../../../sdk/problem.ts";
import type { Region } from "../../../sdk/region.ts";
import { recordSchemas, type EdgeRecord, type IntakeResult } from "../../../sdk/schema/record.ts";

export interface ProducedRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<"region" | "schema", string>>;
}

export interface Produced {
  readonly records: readonly ProducedRecord[];
  /** Of every entry, in order, should the records be taken. */
  readonly results: readonly IntakeResult[];
}

/** `texts` as `forwardBatch` is handed them. */
export function producedOf(region: Region, texts: readonly string[]): Produced {
  const entries = JSON.parse(`[${texts.join(",")}]`) as { record: EdgeRecord }[]; // The edge wrote it.
  const records: ProducedRecord[] = [];
  const results = entries.map(({ record }): IntakeResult => {
    try {
      const { body } = parseInvitation(record.invitation);
      if (body.region !== region) throw new Problem("region-mismatch");
      records.push({
        key: `${body.tenant}|${base64url(body.reader)}`,
        value: JSON.stringify(record),
        headers: { region, schema: recordSchemas[record.kind] },
      });
      return { status: "stored" };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: "refused", code: error.code };
    }
  });
  return { records, results };
}
