import { concat, type Bytes } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";

/**
 * The whole body, counted while it streams. Problems: `unsupported-media-type`, `body-too-large`, and
 * `malformed-request` where the sender hung up.
 */
export async function readJsonBytes(request: Request, limitBytes: number): Promise<Bytes> {
  const mediaType = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") throw new Problem("unsupported-media-type");
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes)
    throw new Problem("body-too-large", { limitBytes });
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request.body ?? []) {
      length += part.length;
      if (length > limitBytes) throw new Problem("body-too-large", { limitBytes });
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("malformed-request", { errors: ["the body ended early"] });
  }
  return concat(...parts);
}
