// What test/bench/crypto.ts runs in Chromium.
import { aesTasks, sealTasks } from "./crypto-contenders.ts";
import { sideBySide, type Measured } from "./side-by-side.ts";

/** Public keys in; every table's title and figures out. */
export async function measure(
  native: number[],
  portable: number[],
): Promise<[string, Measured[]][]> {
  const seals = await sealTasks(Uint8Array.from(native), Uint8Array.from(portable));
  return [
    ["seal an answer of 500 bytes", await sideBySide(seals)],
    ["AES-256-GCM, 500 bytes", await sideBySide(await aesTasks(500))],
    ["AES-256-GCM, 64 KB", await sideBySide(await aesTasks(65_536))],
  ];
}

/** Milliseconds of the first seal in a fresh page, without and, if so wanted, after a warm-up. */
export async function first(publicKey: number[]): Promise<{ warmUpMs: number; sealMs: number }> {
  const { payload, situation } = await import("./crypto-contenders.ts");
  const { sealPayload, warmUp } = await import("../../sdk/seal.ts");
  const to = situation(Uint8Array.from(publicKey));
  const begun = performance.now();
  await warmUp(to.publicKey);
  const warm = performance.now();
  await sealPayload(to, payload);
  return { warmUpMs: warm - begun, sealMs: performance.now() - warm };
}
