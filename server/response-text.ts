/** A response's body, of at most so many bytes; undefined where there are more: the rest is not read. */
export async function bytesAtMost(
  { body }: Pick<Response, "body">,
  bytesMax: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.byteLength;
    if (length > bytesMax) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The same as text of UTF-8. */
export async function textAtMost(
  response: Pick<Response, "body">,
  bytesMax: number,
): Promise<string | undefined> {
  const bytes = await bytesAtMost(response, bytesMax);
  return bytes && new TextDecoder().decode(bytes);
}
