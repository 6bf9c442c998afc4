import type { Bytes } from "../sdk/bytes.ts";

/** RFC 1952 */
export async function gzip(bytes: Bytes): Promise<Bytes> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
