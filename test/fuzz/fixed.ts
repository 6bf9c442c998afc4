// The same keys, ids and instants in every run: a seed makes the same cases to the byte, and what was kept once is still what a
// genuine sender's input was bent into.
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { setNow } from "../set-now.ts";
import { Random } from "./random.ts";

const at = Date.UTC(2026, 10, 21, 12);

/** Chance and time of this thread, from `name` alone. Returns what lets the time go on. */
export function fix(name: string): () => void {
  const random = new Random(`fixed ${name}`);
  const fill = <View extends ArrayBufferView | null>(view: View): View => {
    if (view !== null)
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(
        random.bytes(view.byteLength),
      );
    return view;
  };
  globalThis.crypto.getRandomValues = fill;
  // As it is called here: without a callback.
  crypto.randomBytes = (length: number) => fill(Buffer.alloc(length));
  syncBuiltinESMExports();
  let goesOnFrom: number | undefined;
  setNow(() => at + (goesOnFrom === undefined ? 0 : Math.floor(performance.now() - goesOnFrom)));
  return () => {
    goesOnFrom = performance.now();
  };
}
