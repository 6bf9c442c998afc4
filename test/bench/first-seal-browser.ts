// What test/bench/first-seal.ts runs in a fresh page: nothing but what our own page seals with.
import type { Bytes } from "../../sdk/bytes.ts";
import { sealPayload, warmUp } from "../../sdk/seal.ts";

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const payload = JSON.stringify({ answers: { why: "x".repeat(464) }, language: "de" });

export interface First {
  readonly warmUpMs: number;
  /** The longest that the page did not answer while it warmed up. */
  readonly blockedMs: number;
  readonly sealMs: number;
}

/** Runs `work` while messages go round; the longest gap between two of them. */
async function longestGap(work: () => Promise<void>): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  let longest = 0;
  let last = performance.now();
  let going = true;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  port1.addEventListener("message", () => {
    look();
    if (going) port2.postMessage(0);
  });
  port1.start();
  port2.postMessage(0);
  await work();
  look();
  going = false;
  port1.close();
  return longest;
}

/** The first seal of this page, warmed up or not. */
export async function first(key: readonly number[], isWarmed: boolean): Promise<First> {
  const to = {
    publicKey: Uint8Array.from(key),
    keyId: 1,
    region: "eu",
    tenant: 1,
    campaign: random(8),
    reader: random(16),
    submissionId: random(16),
    consent: { notice: 3, purposes: ["results"], givenAt: "2026-11-20T20:15:00Z", language: "de" },
    invitation: random(102),
  } as const;
  const begun = performance.now();
  const blockedMs = isWarmed ? await longestGap(() => warmUp(to)) : 0;
  const warm = performance.now();
  await sealPayload(to, payload);
  return { warmUpMs: warm - begun, blockedMs, sealMs: performance.now() - warm };
}
