// What a sealed answer is bound to (SPEC §3.2): HPKE's info and additional data.
import { concat, u32, u8, utf8, type Bytes } from "./bytes.ts";
import { sha256 } from "./canonical.ts";
import { suiteBytes } from "./hpke/suite.ts";
import { regionCodes, type Region } from "./region.ts";

/** What an envelope is bound to; `campaign` 8 bytes, `reader` and `submissionId` 16, `invitationBytes` 102. */
export interface Binding {
  readonly tenant: number;
  readonly campaign: Bytes;
  readonly region: Region;
  readonly keyId: number;
  readonly reader: Bytes;
  readonly submissionId: Bytes;
  /** The RFC 8785 bytes of the consent. */
  readonly consentBytes: Bytes;
  readonly invitationBytes: Bytes;
}

export const envelopeHeader = (keyId: number): Bytes => concat(u8(keyId), suiteBytes);

export const answerInfo = (hdr: Bytes): Bytes =>
  concat(utf8("application/vnd.maily.answer v1"), u8(0), hdr);

/** 111 bytes: an answer opens only for the reader, consent and invitation that it was sealed with. */
export async function answerAad(binding: Binding): Promise<Bytes> {
  const [consentDigest, invitationDigest] = await Promise.all([
    sha256(binding.consentBytes),
    sha256(binding.invitationBytes),
  ]);
  return joinAad(binding, consentDigest, invitationDigest);
}

/** The same from digests already made. */
export const joinAad = (
  {
    tenant,
    campaign,
    region,
    keyId,
    reader,
    submissionId,
  }: Omit<Binding, "consentBytes" | "invitationBytes">,
  consentDigest: Bytes,
  invitationDigest: Bytes,
): Bytes =>
  concat(
    u8(1),
    u32(tenant),
    campaign,
    u8(regionCodes[region]),
    u8(keyId),
    reader,
    submissionId,
    consentDigest,
    invitationDigest,
  );
