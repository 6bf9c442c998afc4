import { createHash } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { Problem } from "../sdk/problem.ts";
import { problemOf } from "./ask.ts";

/** How long the server may think before the first byte: it writes the file first. */
const firstByteMilliseconds = 660_000;
/** Without a byte for so long nothing more comes. */
const idleMilliseconds = 60_000;

const broken = (url: string, why: string): Problem =>
  new Problem("server-unreachable", {
    detail: `${new URL(url).origin}: ${why}; nothing was kept. Run the same command again.`,
  });

/** The digest that the server promised (RFC 9530); undefined without one. */
const promised = ({ headers }: Response): string | undefined =>
  /sha-256=:([A-Za-z0-9+/=]{44}):/.exec(headers.get("content-digest") ?? "")?.[1];

/** Writes each piece, and whatever was not written; the digest of all. */
async function save(
  { url, body, handle }: { url: string; body: AsyncIterable<Uint8Array>; handle: FileHandle },
  stop: AbortController,
): Promise<Buffer> {
  const hash = createHash("sha256");
  let idle: NodeJS.Timeout | undefined;
  try {
    for await (const piece of body) {
      clearTimeout(idle);
      idle = setTimeout(() => stop.abort(), idleMilliseconds);
      hash.update(piece);
      // All of it, from where the last ended.
      await handle.writeFile(piece);
    }
  } catch (error) {
    // A full disk, say, is not the server's fault.
    if (error instanceof Error && "syscall" in error && error.syscall === "write") throw error;
    throw broken(url, "the file ended before its time");
  } finally {
    clearTimeout(idle);
  }
  await handle.sync();
  return hash.digest();
}

/** A file from a server, whole or not at all; its SHA-256. Throws the server's Problem, or `server-unreachable`. */
export async function download(url: string, token: string, file: string): Promise<Buffer> {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), firstByteMilliseconds);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  }).catch(() => {
    throw broken(url, "does not answer. Check the address, and that it is running");
  });
  clearTimeout(late);
  if (!response.ok || response.body === null) throw await problemOf(response);
  const part = `${file}.part`;
  try {
    const handle = await open(part, "w", 0o600);
    let digest: Buffer;
    try {
      digest = await save({ url, body: response.body, handle }, stop);
    } finally {
      await handle.close();
    }
    const expected = promised(response);
    if (expected !== undefined && expected !== digest.toString("base64"))
      throw broken(url, "the file arrived damaged");
    await rename(part, file);
    return digest;
  } finally {
    await rm(part, { force: true });
  }
}
