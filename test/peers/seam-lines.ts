import { base64url } from "../../sdk/bytes.ts";
import { fixedBytes } from "../vectors/deterministic.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { regions } from "../../sdk/region.ts";
import { runCrypto, type CryptoMode } from "../../cli/crypto.ts";

/** The outcome of one line of the seam. */
export interface SeamAnswer {
  readonly envelope?: string;
  readonly payload?: unknown;
  /** A document of ours; a peer's is a code alone. */
  readonly problem?: { readonly code: string } | string;
}

/** Situations of every region and size, as lines of the seam without payload and envelope. */
export const seamLines = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const seed = generateSeed();
    return {
      seed: base64url(seed),
      publicKey: base64url(regionPublicKey(seed)),
      keyId: index % 256,
      region: regions[index % 3] ?? "eu",
      tenant: 1 + index * 30_000_000,
      campaign: base64url(fixedBytes(`campaign ${index}`, 8)),
      reader: base64url(fixedBytes(`reader ${index}`, 16)),
      submissionId: base64url(fixedBytes(`submission ${index}`, 16)),
      consent: {
        notice: index,
        purposes: ["results", "größe"].slice(0, index % 3),
        givenAt: "2026-11-20T20:15:00Z",
        language: "de",
      },
      invitation: base64url(fixedBytes(`invitation ${index}`, 102)),
      payload: { answers: { why: "ö✓".repeat((index * 17) % 800), nps: index }, language: "de" },
    };
  });

/** What `maily crypto seal|open` answers to these lines. */
export async function ourAnswers(
  mode: CryptoMode,
  lines: readonly object[],
): Promise<SeamAnswer[]> {
  const answers: SeamAnswer[] = [];
  async function* input() {
    for (const line of lines) yield JSON.stringify(line);
  }
  await runCrypto(mode, input(), (line) => answers.push(JSON.parse(line) as SeamAnswer)); // The seam's own form.
  return answers;
}
