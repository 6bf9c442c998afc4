// Invitations (SPEC §3.3): a signed token that admits one reader to one campaign, verified with no look-up.
import { base64url, concat, u16, u32, u8, utf8, type Bytes } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import {
  invitationBodyBytes,
  invitationVersion,
  readInvitation,
  testFlag,
  visitFlag,
  type Invitation,
  type ParsedInvitation,
} from "./invitation-body.ts";
import { Problem } from "./problem.ts";
import { regionCodes } from "./region.ts";

export type { Invitation, ParsedInvitation } from "./invitation-body.ts";

const campaignBytes = 8;
const readerBytes = 16;
const signatureContext = utf8("maily invitation v1\0");

/** The 38 bytes that are signed. Throws RangeError for what the form cannot hold. */
export function encodeInvitation(body: Invitation): Bytes {
  const fits =
    isUint(body.keyId, 1) &&
    isUint(body.tenant, 4) &&
    isUint(body.notice, 2) &&
    isUint(body.expiresAt, 4) &&
    body.campaign.length === campaignBytes &&
    body.reader.length === readerBytes;
  if (!fits) throw new RangeError("an invitation's member is out of its range");
  return concat(
    u8(invitationVersion),
    u8(body.keyId),
    u8(regionCodes[body.region]),
    u8((body.test ? testFlag : 0) | (body.visit ? visitFlag : 0)),
    u32(body.tenant),
    body.campaign,
    body.reader,
    u16(body.notice),
    u32(body.expiresAt),
  );
}

const isUint = (value: number, bytes: number) =>
  Number.isInteger(value) && value >= 0 && value < 256 ** bytes;

/** Reads an invitation's form, not its signature. Problem: invitation-malformed. */
export function parseInvitation(invitation: string | Bytes): ParsedInvitation {
  const parsed = readInvitation(invitation);
  if (parsed === undefined) throw new Problem("invitation-malformed");
  return parsed;
}

/** Signs an invitation with a 32-byte Ed25519 seed: 136 characters for a link. */
export async function mintInvitation(body: Invitation, seed: Bytes): Promise<string> {
  const encoded = encodeInvitation(body);
  return base64url(concat(encoded, await signEd25519(seed, concat(signatureContext, encoded))));
}

/** Finds the public key, 32 bytes, of the tenant or, for a visit, of the edge; undefined where there is none. */
export type InvitationKeyOf = (
  tenant: number,
  keyId: number,
  body: Invitation,
) => Bytes | undefined | Promise<Bytes | undefined>;

/** `now` is Unix seconds. Problems: invitation-malformed, invitation-forged, invitation-expired. */
export async function verifyInvitation(
  invitation: string | Bytes,
  keyOf: InvitationKeyOf,
  now: number,
): Promise<ParsedInvitation> {
  const parsed = parseInvitation(invitation);
  const { body } = parsed;
  const publicKey = await keyOf(body.tenant, body.keyId, body);
  const { message, signature } = signedPartsOf(parsed);
  const holds = publicKey !== undefined && (await verifyEd25519(publicKey, signature, message));
  if (!holds) throw new Problem("invitation-forged");
  if (now >= body.expiresAt) throw new Problem("invitation-expired");
  return parsed;
}

/** What the tenant's key signed, and its 64-byte signature. */
export const signedPartsOf = ({
  bytes,
}: ParsedInvitation): { readonly message: Bytes; readonly signature: Bytes } => ({
  message: concat(signatureContext, bytes.subarray(0, invitationBodyBytes)),
  signature: bytes.subarray(invitationBodyBytes),
});

/** A reader's name within one campaign, 16 bytes (SPEC §2); `readerKey` is the tenant's, 32 bytes. */
export async function readerPseudonym(
  readerKey: Bytes,
  campaign: Bytes,
  readerId: string,
): Promise<Bytes> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", readerKey, algorithm, false, ["sign"]);
  const message = concat(campaign, utf8(readerId.toLowerCase()));
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message)).slice(0, readerBytes);
}
