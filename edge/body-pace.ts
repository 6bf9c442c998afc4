// How long a request's body may take: whoever sends it drop by drop holds nothing here for long.
import { concat, type Bytes } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";
import { inTime } from "./in-time.ts";

/** A body must have come at this pace once the grace is over, and be whole at the end; a page over a bad connection keeps it. */
export const bodyPace = {
  graceMilliseconds: 5_000,
  bytesPerSecondMin: 1_000,
  millisecondsMax: 30_000,
} as const;

/** By when so many bytes must be there, counted from the first look at the body. */
const dueAfter = (bytes: number): number =>
  Math.min(
    bodyPace.graceMilliseconds + (bytes / bodyPace.bytesPerSecondMin) * 1_000,
    bodyPace.millisecondsMax,
  );

/** Problems: request-timeout; malformed-request, where the sender hung up or framed the body wrongly. */
async function atPace<Value>(read: Promise<Value>, milliseconds: number): Promise<Value> {
  try {
    return await inTime(read, milliseconds, () => new Problem("request-timeout"));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("malformed-request", { errors: [{ path: "", message: "is not whole" }] });
  }
}

/** A body of `length` bytes, which HTTP's own framing holds it to. */
export const readAnnounced = async (request: Request, length: number): Promise<Bytes> =>
  new Uint8Array(await atPace(request.arrayBuffer(), dueAfter(length)));

/** A body of unknown length, at most `bytesMax` bytes. Problem: body-too-large. */
export async function readChunked(request: Request, bytesMax: number): Promise<Bytes> {
  if (request.body === null) return new Uint8Array(0);
  const reader = request.body.getReader();
  const pieces: Uint8Array[] = [];
  const startedAt = Date.now();
  for (let length = 0; ;) {
    const due = startedAt + dueAfter(length) - Date.now();
    const { done, value } = await atPace<ReadableStreamReadResult<Uint8Array>>(reader.read(), due);
    if (done) break;
    length += value.length;
    if (length > bytesMax) throw new Problem("body-too-large", { limitBytes: bytesMax });
    pieces.push(value);
  }
  return concat(...pieces);
}
