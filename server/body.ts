import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { concat, type Bytes } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";

const inflate = promisify(gunzip);

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

/**
 * A body without its `content-encoding`, which may be gzip or none; to be called once the sender is known, and never gives more
 * than `limitBytes`. Problems: `unsupported-media-type` (RFC 9110 §8.4), `body-too-large`, and `malformed-request` where it
 * is no gzip.
 */
export async function decoded(request: Request, body: Bytes, limitBytes: number): Promise<Bytes> {
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return body;
  if (encoding !== "gzip") throw new Problem("unsupported-media-type", { acceptsEncoding: "gzip" });
  try {
    return new Uint8Array(await inflate(body, { maxOutputLength: limitBytes }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      // zlib's error is an Error with a code.
      throw new Problem("body-too-large", { limitBytes });
    throw new Problem("malformed-request", { errors: ["the body is not gzip"] });
  }
}
