// What the edge hands over: checked for its region, appended to the stream, and only then acknowledged (SPEC §4.2, §5).
import { base64url, utf8 } from "../sdk/bytes.ts";
import { parseInvitation } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import {
  recordSchemas,
  type EdgeRecord,
  type IntakeAnswer,
  type IntakeBatch,
  type IntakeResult,
} from "../sdk/schema/record.ts";
import type { Candidate } from "./decide.ts";
import type { SeenTable } from "./seen.ts";
import type { Stream, StreamRecord } from "./stream/stream.ts";
import { traceHeaderOf, type Begun, type Telemetry } from "./telemetry.ts";
import { eventsTopic, regionHeader, schemaHeader, sealedTopic } from "./stream/topics.ts";

export interface Intake {
  readonly region: Region;
  readonly stream: Pick<Stream, "append">;
  /** Where the region acknowledges from its stream; an outbox remembers for itself. */
  readonly seen: SeenTable | undefined;
  readonly telemetry?: Telemetry | undefined;
}

type Entry = IntakeBatch["entries"][number];

function streamRecord(
  region: Region,
  record: EdgeRecord,
  candidate: Candidate,
  span: Begun | undefined,
): StreamRecord {
  const { tenant, reader } = candidate.invitation;
  return {
    key: `${tenant}|${base64url(reader)}`,
    value: utf8(JSON.stringify(record)),
    headers: {
      [regionHeader]: region,
      [schemaHeader]: recordSchemas[record.kind],
      ...traceHeaderOf(span, candidate.trace),
    },
  };
}

/** The entry with its invitation read, or why it will never be stored. */
function candidateOf(region: Region, { record, receipt, trace }: Entry): Candidate | IntakeResult {
  try {
    const { body } = parseInvitation(record.invitation);
    if (body.region !== region) throw new Problem("region-mismatch");
    return { record, receipt, invitation: body, trace };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: "refused", code: error.code };
  }
}

/**
 * One result an entry, in order; `stored` and `seen` are durable in the stream. Throws Problem `region-mismatch` for
 * another region's batch, `region-unavailable` when nothing is promised: then repeat the whole batch. `arrived` is the
 * span of the request that brought it.
 */
export async function takeBatch(
  batch: IntakeBatch,
  intake: Intake,
  arrived?: Begun,
): Promise<IntakeAnswer> {
  const { region, seen } = intake;
  if (batch.region !== region) throw new Problem("region-mismatch");
  const entries = batch.entries.map((entry) => candidateOf(region, entry));
  const candidates = entries.filter((entry) => "invitation" in entry);
  const results =
    seen === undefined
      ? await append(candidates, intake, arrived)
      : await admit(candidates, seen, intake, arrived);
  return {
    results: entries.map((entry) =>
      "status" in entry ? entry : resultOf(results, candidates.indexOf(entry)),
    ),
  };
}

function resultOf(results: readonly IntakeResult[], index: number): IntakeResult {
  const result = results[index];
  if (result === undefined) throw new TypeError("an entry without its result");
  return result;
}

async function append(
  candidates: readonly Candidate[],
  intake: Intake,
  arrived: Begun | undefined,
): Promise<IntakeResult[]> {
  await toStream(candidates, intake, arrived);
  return candidates.map(() => ({ status: "stored" }));
}

const isEvents = ({ record }: Candidate): boolean => record.kind === "events";

/** Events last: where the stream refuses them, the answers beside them are in it. */
async function toStream(
  candidates: readonly Candidate[],
  intake: Intake,
  arrived: Begun | undefined,
): Promise<void> {
  const answers = candidates.filter((candidate) => !isEvents(candidate));
  await toTopic(sealedTopic(intake.region), answers, intake, arrived);
  await toTopic(eventsTopic(intake.region), candidates.filter(isEvents), intake, arrived);
}

/** Each under a span of its own, where it is traced: what reads it goes on from there. */
async function toTopic(
  topic: string,
  candidates: readonly Candidate[],
  { region, stream, telemetry }: Intake,
  arrived: Begun | undefined,
): Promise<void> {
  if (candidates.length === 0) return;
  const spans = candidates.map(({ trace }) => telemetry?.begin(trace));
  const records = candidates.map((candidate, index) =>
    streamRecord(region, candidate.record, candidate, spans[index]),
  );
  await stream.append(topic, records);
  telemetry?.appended(spans, topic, arrived);
}

async function admit(
  candidates: readonly Candidate[],
  seen: SeenTable,
  intake: Intake,
  arrived: Begun | undefined,
): Promise<IntakeResult[]> {
  if (candidates.length === 0) return [];
  const decisions = await seen.admit(candidates);
  const appended: Candidate[] = [];
  for (const [index, decision] of decisions.entries()) {
    const candidate = candidates[index];
    if (candidate === undefined || decision.kind === "refused" || decision.record === undefined)
      continue;
    appended.push({ ...candidate, record: decision.record });
  }
  await toStream(appended, intake, arrived);
  seen.markStored(appended);
  return decisions.map((decision): IntakeResult => {
    switch (decision.kind) {
      case "new":
        return { status: "stored", ...(decision.confirm && { confirm: true }) };
      case "repeat":
        return {
          status: "seen",
          receipt: decision.receipt,
          ...(decision.confirm && { confirm: true }),
        };
      case "refused":
        return { status: "refused", code: decision.code };
    }
  });
}
