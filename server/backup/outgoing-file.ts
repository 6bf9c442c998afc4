// A file that was made to be sent once: it loses its name as soon as it is open, so that nothing of it stays behind however
// the process ends.
import { createHash } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { Problem } from "../../sdk/problem.ts";

const pieceBytes = 256 * 1024;
/** How long whoever reads may take nothing. */
const stallMsDefault = 60_000;

export interface OutgoingFile {
  readonly bytes: number;
  readonly sha256: Uint8Array;
  readonly body: ReadableStream<Uint8Array>;
}

async function* piecesOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read({
      buffer: new Uint8Array(pieceBytes),
      position,
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Closed with its last byte, or when nobody reads any more, even before the first; also where nothing is taken for so long: until
 * then the file takes its place on the disk.
 */
function sent(handle: FileHandle, stallMs: number): ReadableStream<Uint8Array> {
  const pieces = piecesOf(handle);
  let stalled: NodeJS.Timeout | undefined;
  return new ReadableStream({
    pull: async (controller) => {
      clearTimeout(stalled);
      const { done, value } = await pieces.next();
      if (done !== true) {
        controller.enqueue(value);
        stalled = setTimeout(() => {
          controller.error(new Problem("request-timeout"));
          void handle.close();
        }, stallMs).unref();
        return;
      }
      await handle.close();
      controller.close();
    },
    cancel: async () => {
      clearTimeout(stalled);
      await handle.close();
    },
  });
}

export async function outgoingFile(path: string, stallMs = stallMsDefault): Promise<OutgoingFile> {
  const handle = await open(path);
  await unlink(path);
  const hash = createHash("sha256");
  for await (const piece of piecesOf(handle)) hash.update(piece);
  const { size } = await handle.stat();
  return { bytes: size, sha256: hash.digest(), body: sent(handle, stallMs) };
}

/** Length and digest (RFC 9530) let whoever receives it see that it is whole. */
export const fileResponse = (
  { bytes, sha256, body }: OutgoingFile,
  { type, name }: { readonly type: string; readonly name: string },
): Response =>
  new Response(body, {
    headers: {
      "content-type": type,
      "content-length": String(bytes),
      "content-digest": `sha-256=:${Buffer.from(sha256).toString("base64")}:`,
      "content-disposition": `attachment; filename="${name}"`,
      "cache-control": "no-store",
    },
  });
