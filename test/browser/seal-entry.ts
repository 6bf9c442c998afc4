// What test/browser/seal.test.ts runs in Chromium.
import { aesGcm } from "../../sdk/hpke/aead.ts";
import { verifyEd25519 } from "../../sdk/ed25519.ts";
import { sealPayload, warmUp } from "../../sdk/seal.ts";
import { fromBase64url, base64url, type Bytes } from "../../sdk/bytes.ts";
import type { Region } from "../../sdk/region.ts";

/** A line of `maily crypto seal`, bytes as base64url. */
export interface Line {
  readonly publicKey: string;
  readonly keyId: number;
  readonly region: Region;
  readonly tenant: number;
  readonly campaign: string;
  readonly reader: string;
  readonly submissionId: string;
  readonly consent: object;
  readonly invitation: string;
  readonly payload: object;
}

const bytesOf = (text: string): Bytes => fromBase64url(text) ?? new Uint8Array();

/** Seals as the page does, and says which AES was used. */
async function seal(line: Line): Promise<{ envelope: string; aead: string }> {
  const to = {
    ...line,
    publicKey: bytesOf(line.publicKey),
    campaign: bytesOf(line.campaign),
    reader: bytesOf(line.reader),
    submissionId: bytesOf(line.submissionId),
    invitation: bytesOf(line.invitation),
  };
  await warmUp(to);
  const envelope = await sealPayload(to, JSON.stringify(line.payload));
  return { envelope: base64url(envelope), aead: (await aesGcm()).name };
}

const verify = (publicKey: string, signature: string, message: string): Promise<boolean> =>
  verifyEd25519(bytesOf(publicKey), bytesOf(signature), bytesOf(message));

const sealing = { seal, verify };
export type Sealing = typeof sealing;

// For the test to find.
Object.assign(globalThis, { sealing });
