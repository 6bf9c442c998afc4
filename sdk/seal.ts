// What the page runs to seal an answer to its region. No zod and no Node here: every byte of it is sent to every reader.
import { concat, utf8, type Bytes } from "./bytes.ts";
import { canonicalBytes } from "./canonical.ts";
import { answerAad, answerInfo, envelopeHeader, type Binding } from "./answer-binding.ts";
import { sealBase } from "./hpke/hpke.ts";
import { padPlaintext, payloadBytesMax } from "./padding.ts";
import type { Answers } from "./schema/answer.ts";

/** To whom an answer is sealed, and what it is bound to. `publicKey` 1,216 bytes, `invitation` its 102. */
export interface SealTo extends Omit<Binding, "consentBytes" | "invitationBytes"> {
  readonly publicKey: Bytes;
  /** A JSON object; its RFC 8785 bytes are bound. */
  readonly consent: object;
  readonly invitation: Bytes;
}

/**
 * Seals a payload as it is: the envelope's bytes (SPEC §3). Problem: answer-too-long. `coins`, 64 bytes, replace the
 * randomness in vectors and tests, and nowhere else.
 */
export async function sealPayload(to: SealTo, payload: string, coins?: Bytes): Promise<Bytes> {
  const payloadBytes = utf8(payload);
  if (payloadBytes.length > payloadBytesMax) {
    // Fetched for a refusal alone, so that no page carries the table of problems.
    const { Problem } = await import("./problem.ts");
    throw new Problem("answer-too-long", { limitBytes: payloadBytesMax });
  }
  const hdr = envelopeHeader(to.keyId);
  const aad = await answerAad({
    ...to,
    consentBytes: canonicalBytes(to.consent),
    invitationBytes: to.invitation,
  });
  const { enc, ct } = await sealBase(
    to.publicKey,
    answerInfo(hdr),
    aad,
    padPlaintext(payloadBytes),
    coins,
  );
  return concat(hdr, enc, ct);
}

/** Seals answers, given in `language`, to the region's active key. Problem: answer-too-long. */
export const seal = ({
  answers,
  language,
  ...to
}: SealTo & { readonly answers: Answers; readonly language: string }): Promise<Bytes> =>
  sealPayload(to, JSON.stringify({ answers, language }));

/**
 * Compiles, readies what the region's key alone decides, and seals nothing once, so that the reader's own seal takes a
 * millisecond. Nearly all of it is other threads' work: between its parts the page answers.
 */
export async function warmUp({
  publicKey,
  keyId,
}: Pick<SealTo, "publicKey" | "keyId">): Promise<void> {
  const nothing = new Uint8Array(0);
  await sealBase(publicKey, answerInfo(envelopeHeader(keyId)), nothing, nothing);
}
