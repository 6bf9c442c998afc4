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
    ["AES-256-GCM, 1 MB", await sideBySide(await aesTasks(1_048_576))],
  ];
}
