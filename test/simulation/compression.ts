// Compression without the thread pool: the same bytes, when the stream is closed and not before.
import * as zlib from "node:zlib";
import {
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  type InputType,
  type ZlibOptions,
} from "node:zlib";

type Format = "gzip" | "deflate" | "deflate-raw";

const compressing = {
  gzip: gzipSync,
  deflate: deflateSync,
  "deflate-raw": deflateRawSync,
} as const;
const expanding = {
  gzip: gunzipSync,
  deflate: inflateSync,
  "deflate-raw": inflateRawSync,
} as const;

class WholeStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(convert: (bytes: Uint8Array) => Uint8Array) {
    const parts: Uint8Array[] = [];
    super({
      transform(part) {
        parts.push(part);
      },
      flush(controller) {
        controller.enqueue(Uint8Array.from(convert(Buffer.concat(parts))));
      },
    });
  }
}

export class CompressionStream extends WholeStream {
  constructor(format: Format) {
    super((bytes) => compressing[format](bytes));
  }
}

export class DecompressionStream extends WholeStream {
  constructor(format: Format) {
    super((bytes) => expanding[format](bytes));
  }
}

/** Bytes whose stream needs no thread either. */
export class MemoryBlob {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(parts: readonly Uint8Array[]) {
    this.#bytes = Uint8Array.from(Buffer.concat(parts));
  }

  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    return new ReadableStream({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
  }
}

type Convert = (bytes: InputType, options: ZlibOptions) => Buffer;
type Done = (error: Error | null, result?: Buffer) => void;

/** Node's form with a callback, which is called before it returns. */
const withCallback =
  (convert: Convert) =>
  (bytes: InputType, options: ZlibOptions, done: Done): void => {
    let result: Buffer;
    try {
      result = convert(bytes, options);
    } catch (error) {
      done(error as Error); // zlib throws nothing else.
      return;
    }
    done(null, result);
  };

/** `node:zlib` as far as it is used here. */
export const zlibModule = {
  ...zlib,
  gunzip: withCallback(gunzipSync),
  gzip: withCallback(gzipSync),
};
