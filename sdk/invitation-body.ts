// What an invitation says (SPEC §3.3), read without its signature. Apart from invitation.ts so that the page carries
// neither the table of problems nor anything that signs.
import { fromBase64url, readUint, type Bytes } from "./bytes.ts";
import { regionOfCode, type Region } from "./region.ts";

export const invitationVersion = 1;
export const invitationBodyBytes = 38;
const signatureBytes = 64;
const invitationBytes = invitationBodyBytes + signatureBytes;

export const testFlag = 1;
export const visitFlag = 2;

/** What an invitation says; `campaign` 8 bytes, `reader` 16. */
export interface Invitation {
  /** Which of the campaign's invitation keys signed it. */
  readonly keyId: number;
  readonly region: Region;
  /** A test send, never counted. */
  readonly test: boolean;
  /** An anonymous site visit, signed by the edge's own visit key. */
  readonly visit: boolean;
  readonly tenant: number;
  readonly campaign: Bytes;
  readonly reader: Bytes;
  /** The version of the notice that the mail was sent with. */
  readonly notice: number;
  /** Unix seconds; from then on it admits nobody. */
  readonly expiresAt: number;
}

export interface ParsedInvitation {
  readonly body: Invitation;
  /** All 102 bytes, which an envelope is bound to. */
  readonly bytes: Bytes;
}

/** Undefined for what has not an invitation's form; whether it is genuine is the edge's to say. */
export function readInvitation(invitation: string | Bytes): ParsedInvitation | undefined {
  const bytes = typeof invitation === "string" ? fromBase64url(invitation) : invitation.slice();
  if (bytes?.length !== invitationBytes || bytes[0] !== invitationVersion) return undefined;
  const region = regionOfCode(readUint(bytes, 2, 1));
  const flags = readUint(bytes, 3, 1);
  if (region === undefined || flags > (testFlag | visitFlag)) return undefined;
  const body = {
    keyId: readUint(bytes, 1, 1),
    region,
    test: (flags & testFlag) !== 0,
    visit: (flags & visitFlag) !== 0,
    tenant: readUint(bytes, 4, 4),
    campaign: bytes.slice(8, 16),
    reader: bytes.slice(16, 32),
    notice: readUint(bytes, 32, 2),
    expiresAt: readUint(bytes, 34, 4),
  };
  return { body, bytes };
}
